"""The figures that are drawn again for ResNet1D."""

from common.paper import Figure

FIGURES = (
    Figure("windows", "waveform_windows", "Sliding window over the samples"),
    Figure("accuracy", "accuracy", "Accuracy on training and validation partition"),
    Figure("loss", "loss", "Loss on training and validation partition"),
)
