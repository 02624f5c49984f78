"""The figures that are drawn again for the CNN + RNN networks."""

from common.paper import Figure
from reproductions.crnn import published as p
from reproductions.crnn.specs import EMBEDDING

FIGURES = (
    Figure("curves", "comparison", "Validation loss and macro F1", rows=tuple(("final", label) for label in p.FINAL)),
    Figure("tsne", "tsne", "t-SNE of CNN 1D + GRU", rows=(("final", "CNN 1D + GRU"),), layer=EMBEDDING),
    Figure("mel", "spectrograms", "Mel spectrograms", genres=("Rock", "Pop", "Electronic")),
)
