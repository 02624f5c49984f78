"""The figures that are drawn again for ResNet1D."""

from common.paper import Figure

FIGURES = (
    Figure("network", "network", "Network of section 4.1"),
    Figure("residual_block", "block", "Residual layer of section 4.2", layers=("block1_",)),
    Figure("shortcut", "block", "Shortcut with a convolution, section 5.1", layers=("block3_",)),
    Figure("windows", "waveform_windows", "Sliding window over the samples"),
    Figure("accuracy", "accuracy", "Accuracy on training and validation partition"),
    Figure("loss", "loss", "Loss on training and validation partition"),
)
