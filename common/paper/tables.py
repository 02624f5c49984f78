"""What a paper publishes: tables of results and of layers, confusion matrices and figures."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
from pydantic import Field, model_validator

from common.core.spec import Spec
from common.paper.experiment import Experiment


class Row(Spec):
    """One line of a published table: what was published (None where the paper gives no number), and the experiment that
    measures it again."""

    label: str
    published: dict[str, float | None]
    experiment: Experiment


class Reference(Spec):
    """A number that a table is read against, e.g. of the paper that the published one reproduces."""

    label: str
    percent: float


class ResultTable(Spec):
    """One published table of results.

    Args:
        id: as in the paper, e.g. `5.1`.
        row_header: what the row labels are.
        metrics: the published metrics, as keys of `Row.published`.
        compared_with: published metric -> the measured metric that it is compared with.
        reference: a number to read the table against.
        notes: what a reader of the published numbers has to know.
    """

    id: str
    title: str
    row_header: str
    metrics: tuple[str, ...]
    compared_with: dict[str, str]
    reference: Reference | None = None
    notes: tuple[str, ...] = ()
    rows: tuple[Row, ...] = Field(min_length=1)

    @property
    def has_f1(self) -> bool:
        """Whether a published number is held against an F1 score."""
        return any(metric.startswith("clip_f1") for metric in self.compared_with.values())

    @model_validator(mode="after")
    def _check(self) -> "ResultTable":
        labels = [row.label for row in self.rows]
        if len(set(labels)) < len(labels):
            raise ValueError(f"row labels of table {self.id} must be unique: {labels}")
        for row in self.rows:
            if set(row.published) != set(self.metrics):
                raise ValueError(
                    f"row {row.label} of table {self.id}: published {set(row.published)}, expected {self.metrics}"
                )
        if set(self.compared_with) != set(self.metrics):
            raise ValueError(f"table {self.id}: compared_with must name {self.metrics}")
        return self


@dataclass(frozen=True)
class ArchitectureRow:
    """One line of a published architecture table.

    Args:
        label: unique within the table, e.g. `Conv 1`.
        published: what the paper prints (a shape, a rate, a ratio; None for nothing).
        layers: names of the Keras layers that it stands for.
    """

    label: str
    published: Any
    layers: tuple[str, ...]


@dataclass(frozen=True)
class ArchitectureTable:
    """A published table of layers, held against the network that we build.

    Args:
        column: what the published column is, e.g. `filter_shape`.
        experiment: the network that is described.
        measure: (model, layer names) -> what we built, in the form of the published column.
    """

    id: str
    title: str
    column: str
    rows: tuple[ArchitectureRow, ...]
    experiment: Experiment
    measure: Callable[[keras.Model, tuple[str, ...]], Any]


@dataclass(frozen=True)
class Figure:
    """A published figure that is drawn again.

    Args:
        kind: `spectrogram`, `spectrograms`, `windows`, `waveform_windows`; learning curves: `accuracy`, `loss`,
            `comparison`; test clips as a network sees them: `tsne`; or a whole table in one picture: `heat_maps`,
            `scaling`.
        rows: (table id, row label) of the rows whose curves are drawn, side by side; empty for the default row.
        layer: whose values are projected for `tsne`.
        genres: of which one clip each is shown in `spectrograms`; other
            genres of the data stand in for those that it lacks.
        table: id of the table that is drawn whole.
        places: where each of its rows stands: row label -> (line, column) of a heat map, (family, size) of a scaling.
        sizes: row label -> trainable parameters of the published network, of a scaling.
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


@dataclass(frozen=True)
class Confusion:
    """A published confusion matrix, held against the clip decisions of the row that it is of.

    Args:
        row: (table id, row label).
        genres: names of the classes, in the matrix's order.
        counts: true genre x decided genre, in clips, or in percent of the true genre's clips.
        percent: whether they are percent.
        aggregation: how clips are decided: `majority_vote` or `mean_softmax`.
    """

    id: str
    title: str
    row: tuple[str, str]
    genres: tuple[str, ...]
    counts: tuple[tuple[float, ...], ...]
    aggregation: str
    notes: tuple[str, ...] = ()
    percent: bool = False
