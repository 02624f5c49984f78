"""The figures that are drawn again for the document on SE-CNN."""

from common.paper import Figure

FIGURES = (
    Figure("2.1", "spectrogram", "Example of a spectrogram"),
    Figure("2.2", "windows", "Splitting of the spectrogram"),
    Figure("3.1", "block", "Computational process of SE-Block", layers=("se1_",)),
    Figure("4.1", "network", "Network's model"),
    Figure("5.1", "accuracy", "Accuracy on training and validation set"),
    Figure("5.2", "loss", "Loss on training and validation set"),
)
