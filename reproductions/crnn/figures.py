"""The figures that are drawn again for the CNN + RNN networks."""

from common.paper import Figure
from reproductions.crnn import published as p
from reproductions.crnn.specs import EMBEDDING

# The study's 49,027 tracks of FMA-large, by genre, without the four genres that it leaves out.
TRACKS_OF_GENRES = {
    "Rock": 14171,
    "Experimental": 10603,
    "Electronic": 9357,
    "Hip-Hop": 3541,
    "Folk": 2801,
    "Pop": 2331,
    "Instrumental": 2077,
    "International": 1375,
    "Classical": 1230,
    "Jazz": 571,
    "Old-Time / Historic": 549,
    "Spoken": 421,
}

_PUBLISHED = "(published: the study's repository)"
_GRU, _LSTM = ("final", "CNN 1D + GRU"), ("final", "CNN 1D + LSTM")
_LOSS_AND_ACCURACY = ("loss", "accuracy")
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
    Figure("mel", "spectrograms", "Mel spectrograms", genres=("Rock", "Pop", "Electronic"), clips=3),
    Figure(
        "genre_distribution",
        "distribution",
        f"Tracks of each genre {_PUBLISHED}",
        counts=TRACKS_OF_GENRES,
    ),
    Figure(
        "wordcloud",
        "genre_sizes",
        f"Genres of the word cloud as bars {_PUBLISHED}",
        counts=TRACKS_OF_GENRES,
    ),
    Figure("waveform", "waveforms", "Waveform of a track", genres=("Rock",)),
    Figure("feature_extraction", "feature_extraction", "From samples to a mel spectrogram"),
)
