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
    "waveform_windows": Needs.DATA,
    # Learning curves.
    "accuracy": Needs.RUNS,
    "loss": Needs.RUNS,
    "comparison": Needs.RUNS,
    # Test clips as a network sees them.
    "tsne": Needs.RUNS,
    # A whole table in one figure.
    "heat_maps": Needs.RUNS,
    "scaling": Needs.RUNS,
}
"""Each kind of figure and what it needs."""


@dataclass(frozen=True)
class Figure:
    """A published figure that is drawn again.

    Args:
        id: its number in the paper, or a short name where it has none; what `--figure` takes.
        kind: one of `FIGURE_KINDS`.
        rows: (table id, row label) of the rows whose curves are drawn, side by side, or of the one whose network is;
            empty for the default row.
        layer: name of the layer whose values `tsne` projects.
        genres: `spectrograms` shows one clip of each; genres that the data lack are replaced by others.
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
    layers: tuple[str, ...] = ()

    @property
    def needs(self) -> Needs:
        """What has to be at hand to draw it."""
        return FIGURE_KINDS[self.kind]
