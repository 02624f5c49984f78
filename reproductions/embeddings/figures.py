"""The figures that are drawn again for the embedding networks."""

from common.paper import Figure
from reproductions.embeddings import published as p

FIGURES = (
    Figure("1", "network", "Proposed Algorithm", rows=(("1", "ResNet34+MSD, original"),)),
    Figure("baseline", "network", "Baseline", rows=(("1", "Baseline, original"),)),
    Figure("question1", "network", "Model of question 1", rows=(("1", "Base1DCNN, original"),)),
    Figure(
        "accuracy",
        "accuracy",
        "MSD Embed, accuracy",
        rows=(("1", "MSD Embed, original"),),
    ),
    Figure("feature_check", "spectrograms", "Mel spectrograms of one clip per genre", genres=p.GENRES, listen=True),
    Figure("split", "distribution", "Clips of each genre in the parts"),
    Figure(
        "augmentation_check",
        "copies",
        "Clips and their altered copies",
        genres=("classical", "jazz", "metal"),
        listen=True,
    ),
    Figure("segments", "windows", "Segments of 4 s", rows=(("1", "Base2DCNN, segmentation"),)),
)
