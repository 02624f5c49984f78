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

FIGURES = (
    Figure("curves", "comparison", "Validation loss and macro F1", rows=tuple(("final", label) for label in p.FINAL)),
    Figure("tsne", "tsne", "t-SNE of CNN 1D + GRU", rows=(("final", "CNN 1D + GRU"),), layer=EMBEDDING),
    Figure("mel", "spectrograms", "Mel spectrograms", genres=("Rock", "Pop", "Electronic"), clips=3),
    Figure("genre_distribution", "distribution", "Tracks of each genre", counts=TRACKS_OF_GENRES),
    Figure("wordcloud", "genre_sizes", "Tracks of each genre, what the word cloud shows", counts=TRACKS_OF_GENRES),
    Figure("waveform", "waveforms", "Waveform of a track", genres=("Rock",)),
    Figure("feature_extraction", "feature_extraction", "From samples to a mel spectrogram"),
)
