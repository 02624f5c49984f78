"""The figures that are drawn again for the document on SE-CNN."""

from common.paper import Figure

FIGURES = (
    Figure("2.1", "spectrogram", "Example of a spectrogram"),
    Figure("2.2", "windows", "Splitting of the spectrogram"),
    Figure("5.1", "accuracy", "Accuracy on training and validation set"),
    Figure("5.2", "loss", "Loss on training and validation set"),
)
