"""The figures that are drawn again for nnet1 and nnet2."""

from common.paper import Figure

FIGURES = (
    Figure("nnet1", "network", "nnet1", rows=(("results", "nnet1"),)),
    Figure("nnet2", "network", "nnet2", rows=(("results", "nnet2"),)),
    Figure("windows", "windows", "Windows of a spectrogram"),
    Figure("accuracy", "accuracy", "nnet2, accuracy on training and validation folds"),
    Figure("loss", "loss", "nnet2, loss on training and validation folds"),
)
