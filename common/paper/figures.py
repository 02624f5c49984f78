"""The figures of a paper that are drawn again, and what each kind of them needs."""

from dataclasses import dataclass, field
from enum import StrEnum


class Needs(StrEnum):
    """What a figure is drawn from."""

    NOTHING = "nothing"
    """What the paper declares, or the networks that are built from it."""
    DATA = "data"
    RUNS = "runs"
    """Records of trained rows."""


FIGURE_KINDS: dict[str, Needs] = {
    # Networks: the whole of it, and a part.
    "network": Needs.NOTHING,
    "block": Needs.NOTHING,
    # Examples of the data.
    "spectrogram": Needs.DATA,
    "spectrograms": Needs.DATA,
    "windows": Needs.DATA,
    "waveforms": Needs.DATA,
    "waveform_windows": Needs.DATA,
    "feature_extraction": Needs.DATA,
    "copies": Needs.DATA,
    # Windows of a clip, and what a network answered to them, where a run is there.
    "approach": Needs.DATA,
    # Numbers of clips.
    "distribution": Needs.DATA,
    "genre_sizes": Needs.DATA,
    # What the paper declares about its training.
    "protocol": Needs.NOTHING,
    "accumulation": Needs.NOTHING,
    # Learning curves.
    "accuracy": Needs.RUNS,
    "loss": Needs.RUNS,
    "learning_rate": Needs.RUNS,
    "curves": Needs.RUNS,
    "comparison": Needs.RUNS,
    # Confusion matrices side by side.
    "confusions": Needs.RUNS,
    # Test clips as a network sees them.
    "tsne": Needs.RUNS,
    # A whole table in one figure.
    "heat_maps": Needs.RUNS,
    "scaling": Needs.RUNS,
}
"""Each kind of figure and what it needs."""


@dataclass(frozen=True)
class Level:
    """A value that the paper's text states for a curve: a horizontal line, or a band between two values.

    Args:
        value: in percent for accuracies.
        label: what it is, with its place in the text, for the legend.
        upper: upper end of a band; None for a line.
        rows: labels of the rows in whose panels it is drawn; empty for all.
        quantity: whose panels it is drawn in, see `Figure.quantities`.
    """

    value: float
    label: str
    upper: float | None = None
    rows: tuple[str, ...] = ()
    quantity: str = "accuracy"


@dataclass(frozen=True)
class Figure:
    """A published figure that is drawn again.

    Args:
        id: its number in the paper, or a short name where it has none; what `--figure` takes.
        kind: one of `FIGURE_KINDS`.
        rows: (table id, row label) of the rows whose curves are drawn, side by side, or of the one whose network,
            input, protocol or training is shown; empty for the default row, and for an input the first row whose input
            fits the kind.
        quantities: values of an epoch that `curves` and `comparison` draw, a panel for each: `loss`, `accuracy`,
            `f1_macro` or `learning_rate`.
        levels: values that the paper's text states for its curves.
        matrices: ids of the confusion matrices that `confusions` draws side by side.
        layer: name of the layer whose values `tsne` projects.
        genres: `waveforms`, `spectrograms` and `copies` show clips of each; genres that the data lack are replaced by
            others.
        clips: number of clips of each of those genres.
        listen: print the paths of the clips that are shown, where the figure is asked for, so that one can listen.
        counts: genre -> clips of the published data set, of `distribution` and `genre_sizes`.
        stated: what the paper states in words on what `protocol` and `accumulation` show.
        table: id of the table that is drawn whole.
        places: position of each of its rows: row label -> (line, column) of a heat map, (family, size) of a scaling.
        sizes: row label -> trainable parameters of the published network, of a scaling.
        layers: `block` shows the layers of the network whose names begin with one of these.
    """

    id: str
    kind: str
    title: str
    rows: tuple[tuple[str, str], ...] = ()
    table: str = ""
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    layer: str = ""
    genres: tuple[str, ...] = ()
    clips: int = 1
    listen: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    stated: str = ""
    quantities: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    matrices: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()

    @property
    def needs(self) -> Needs:
        """What has to be at hand to draw it."""
        return FIGURE_KINDS[self.kind]
