"""The items of the description of nnet1 and nnet2, in its order, and what makes them again."""

from common.paper import DocumentItem

ITEMS = (
    DocumentItem("Architecture of nnet1", tables=("nnet1",), figures=("nnet1",)),
    DocumentItem("Architecture of nnet2", tables=("nnet2",), figures=("nnet2",)),
    DocumentItem("Windows of a spectrogram", figures=("windows",)),
    DocumentItem("Accuracy on GTZAN", tables=("results",), figures=("accuracy", "loss")),
)
