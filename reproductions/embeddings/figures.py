"""The figures that are drawn again for the embedding networks."""

from common.paper import Figure

FIGURES = (
    Figure(
        "accuracy",
        "accuracy",
        "MSD Embed, accuracy",
        rows=(("1", "MSD Embed, original"),),
    ),
    Figure("mel", "spectrograms", "Mel spectrograms of three genres", genres=("classical", "jazz", "metal")),
)
