"""The figures that are drawn again for nnet1 and nnet2."""

from common.paper import Figure

FIGURES = (
    Figure("windows", "windows", "Windows of a spectrogram"),
    Figure("accuracy", "accuracy", "nnet2, accuracy on training and validation folds"),
    Figure("loss", "loss", "nnet2, loss on training and validation folds"),
)
