"""The figures that are drawn again for the CNN + RNN networks."""

from common.paper import Figure
from reproductions.crnn import published as p
from reproductions.crnn.specs import EMBEDDING

_GRU, _LSTM = ("final", "CNN 1D + GRU"), ("final", "CNN 1D + LSTM")
_LOSS_AND_ACCURACY = ("loss", "accuracy")
FIGURES = (
    Figure("cnn1d_gru_loss", "loss", "CNN(1D)-GRU: Validation vs Train Loss", rows=(_GRU,)),
    Figure("cnn1d_lstm_loss", "loss", "CNN(1D)-LSTM: Validation vs Train Loss", rows=(_LSTM,)),
    Figure("learning_rate", "learning_rate", "CNN(1D)-LSTM: Learning rate", rows=(_LSTM,)),
    Figure("gru_vs_lstm", "comparison", "CNN(1D) GRU vs LSTM", rows=(_GRU, _LSTM), quantities=_LOSS_AND_ACCURACY),
    Figure(
        "cnn2d_lstm_curves",
        "curves",
        "CNN(2D)-LSTM",
        rows=(("final", "CNN 2D + LSTM"),),
        quantities=_LOSS_AND_ACCURACY,
    ),
    Figure(
        "cnn2d_gru_curves",
        "curves",
        "CNN(2D)-GRU",
        rows=(("final", "CNN 2D + GRU"),),
        quantities=_LOSS_AND_ACCURACY,
    ),
    Figure(
        "curves",
        "comparison",
        "Validation loss and macro F1",
        rows=tuple(("final", label) for label in p.FINAL),
        quantities=("loss", "f1_macro"),
    ),
    Figure("tsne", "tsne", "t-SNE of CNN 1D + GRU", rows=(_GRU,), layer=EMBEDDING),
    Figure("mel", "spectrograms", "Mel spectrograms", genres=("Rock", "Pop", "Electronic")),
)
