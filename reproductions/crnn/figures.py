"""The figures that are drawn again for the CNN + RNN networks."""

from common.paper import Figure
from reproductions.crnn import published as p
from reproductions.crnn.specs import EMBEDDING

# Beginnings of the names of the convolutional front's layers.
_FRONT = ("conv", "norm", "relu1", "relu2", "relu3", "pool", "front_")
_NETWORKS = {
    "cnn1d_gru": "CNN 1D + GRU",
    "cnn1d_lstm": "CNN 1D + LSTM",
    "cnn2d_gru": "CNN 2D + GRU",
    "cnn2d_lstm": "CNN 2D + LSTM",
}

FIGURES = (
    Figure("cnn1d", "block", "CNN-1D", rows=(("final", "CNN 1D + GRU"),), layers=_FRONT),
    Figure("cnn2d", "block", "CNN-2D", rows=(("final", "CNN 2D + GRU"),), layers=("channel", *_FRONT, "sequence")),
    *(Figure(figure, "network", label, rows=(("final", label),)) for figure, label in _NETWORKS.items()),
    Figure("curves", "comparison", "Validation loss and macro F1", rows=tuple(("final", label) for label in p.FINAL)),
    Figure("tsne", "tsne", "t-SNE of CNN 1D + GRU", rows=(("final", "CNN 1D + GRU"),), layer=EMBEDDING),
    Figure("mel", "spectrograms", "Mel spectrograms", genres=("Rock", "Pop", "Electronic")),
)
