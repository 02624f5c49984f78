"""What a paper publishes: tables of results and of layers, confusion matrices and figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from common.core.errors import SpecError
from common.core.spec import Spec, build
from common.paper.experiment import Experiment
from common.paper.row_names import NAME_PATTERN, derived_name

if TYPE_CHECKING:
    import keras

# Label of the last row of a table of layers, with the trainable parameters of the whole network.
TOTAL = "Total"
# What is measured of every layer, besides the columns of its table.
_OF_EVERY_LAYER = ("output_shape", "parameters")


class Row(Spec):
    """One line of a published table: what was published (None where the paper gives no number), and the experiment that
    measures it again.

    Args:
        label: as in the paper.
        name: short name for the command line, `common.paper.row_names`; by default made of the label.
    """

    label: str
    name: Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
    published: dict[str, float | None]
    experiment: Experiment

    @model_validator(mode="before")
    @classmethod
    def _with_name(cls, values: Any) -> Any:
        if isinstance(values, dict) and "label" in values and "name" not in values:
            return values | {"name": derived_name(values["label"])}
        return values


class Reference(Spec):
    """What to compare a table with, e.g. the number of the paper that the published one reproduces.

    Args:
        label: whose it is, and what else is known of it.
        percent: None where the paper gives no number of it.
    """

    label: str
    percent: float | None = None


class ResultTable(Spec):
    """One published table of results.

    Args:
        id: as in the paper, e.g. `5.1`.
        row_header: what the row labels are.
        metrics: the published metrics, as keys of `Row.published`.
        compared_with: published metric -> the measured metric that it is compared with.
        reference: what else to compare the table with.
        notes: what a reader of the published numbers has to know.
        seconds_per_epoch: row label -> published seconds of one epoch, for tables that show them; labels without a
            published number are left out, and an empty one shows only the measured seconds. None for no such column.
    """

    id: str
    title: str
    row_header: str
    metrics: tuple[str, ...]
    compared_with: dict[str, str]
    reference: Reference | None = None
    notes: tuple[str, ...] = ()
    seconds_per_epoch: dict[str, float] | None = None
    rows: tuple[Row, ...] = Field(min_length=1)

    @property
    def has_f1(self) -> bool:
        """Whether a published number is compared with an F1 score."""
        return any(metric.startswith("clip_f1") for metric in self.compared_with.values())

    @model_validator(mode="after")
    def _check(self) -> "ResultTable":
        labels = [row.label for row in self.rows]
        if len(set(labels)) < len(labels):
            raise ValueError(f"row labels of table {self.id} must be unique: {labels}")
        names = [row.name for row in self.rows]
        if len(set(names)) < len(names):
            raise ValueError(f"row names of table {self.id} must be unique: {names}; give names of their own")
        for row in self.rows:
            if set(row.published) != set(self.metrics):
                raise ValueError(
                    f"row {row.label} of table {self.id}: published {set(row.published)}, expected {self.metrics}"
                )
        if set(self.compared_with) != set(self.metrics):
            raise ValueError(f"table {self.id}: compared_with must name {self.metrics}")
        if unknown := sorted(set(self.seconds_per_epoch or ()) - set(labels)):
            raise ValueError(f"table {self.id}: seconds_per_epoch of rows that it does not have: {unknown}")
        return self


Published = float | None | tuple[float | None, ...]


def result_table(
    base: Experiment | None = None,
    *,
    rows: Mapping[str, tuple[Published, Mapping[str, Any] | Experiment]],
    compared_with: dict[str, str],
    names: Mapping[str, str] | None = None,
    **described: Any,
) -> ResultTable:
    """A published table whose rows vary one experiment.

    Args:
        base: the experiment that the rows vary; None where each row is an experiment of its own.
        rows: label -> what was published, and what the row changes: dotted path -> value, e.g.
            `{"model.ratio": 8.0}`, or `model`, `feature`, ... as a whole; or an experiment of its own. Published are
            the numbers of `compared_with` in its order, or one number where there is one metric; None for no number.
        compared_with: published metric -> the measured metric that it is compared with.
        names: label -> short name for the command line, where a name made of the label would be unclear.
        described: the other fields of `ResultTable`.

    Raises:
        SpecError: a row changes a value that the experiment does not have, gives too few or too many numbers, or has no
            valid name.
    """
    metrics = tuple(compared_with)
    unknown = sorted(set(names or ()) - set(rows))
    if unknown:
        raise SpecError(f"names: no row has the label {', '.join(unknown)}; the labels are: {', '.join(rows)}.")
    return build(
        ResultTable,
        described
        | {
            "metrics": metrics,
            "compared_with": compared_with,
            "rows": tuple(
                build(
                    Row,
                    {
                        "label": label,
                        "published": _by_metric(label, metrics, published),
                        "experiment": _varied(label, base, changes),
                        **({"name": names[label]} if names and label in names else {}),
                    },
                )
                for label, (published, changes) in rows.items()
            ),
        },
    )


def _by_metric(label: str, metrics: tuple[str, ...], published: Published) -> dict[str, float | None]:
    numbers = published if isinstance(published, tuple) else (published,)
    if len(numbers) != len(metrics):
        raise SpecError(
            f"row {label}: {len(numbers)} published numbers, expected one for each of {', '.join(metrics)}; None where "
            "the paper gives none."
        )
    return dict(zip(metrics, numbers, strict=True))


def _varied(label: str, base: Experiment | None, changes: Mapping[str, Any] | Experiment) -> Experiment:
    if isinstance(changes, Experiment):
        return changes
    if base is None:
        raise SpecError(f"row {label}: changes {', '.join(changes)}, but there is no base experiment; give one.")
    whole = {path: value for path, value in changes.items() if "." not in path}
    return base.replace(**whole).with_values({path: value for path, value in changes.items() if path not in whole})


@dataclass(frozen=True)
class LayerColumn:
    """What a document prints of each layer, in a column of a table or in its text.

    Args:
        name: key in files, e.g. `kernel_size`.
        measure: (model, layer names) -> what we built, in the form of the published cells: a number, a size as a list
            of numbers, words, or None for what such a layer does not have.
        heading: what readers see, e.g. `output shape`; by default the name with blanks.
    """

    name: str
    measure: Callable[["keras.Model", tuple[str, ...]], Any]
    heading: str = ""

    @property
    def head(self) -> str:
        return self.heading or self.name.replace("_", " ")


@dataclass(frozen=True)
class ArchitectureRow:
    """One line of a published architecture table.

    Args:
        label: unique within the table, e.g. `Conv 1`.
        published: name of each column -> what the document prints there, None for nothing.
        layers: names of the Keras layers that it stands for.
    """

    label: str
    published: Mapping[str, Any]
    layers: tuple[str, ...]


@dataclass(frozen=True)
class LayerDifference:
    """Why published cells of a table of layers differ from ours.

    Args:
        reason: a sentence for the caption.
        rows: labels of the rows that it is about, `TOTAL` for the last one; empty for all.
        columns: names of the columns that it is about; empty for all.
    """

    reason: str
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def explains(self, label: str, column: str) -> bool:
        """Whether it is about that cell."""
        return label in (self.rows or (label,)) and column in (self.columns or (column,))


@dataclass(frozen=True)
class ArchitectureTable:
    """A published table of layers, compared with the network that we build.

    Args:
        columns: what the document prints of each layer.
        experiment: the network that is described.
        total: trainable parameters of the whole network that the document states; None where it states none.
        differences: why published cells differ from ours, for those that do.
        notes: what else a reader of the table has to know.

    Raises:
        SpecError: two rows or columns have one name, a column or row has a name that is taken, or a row does not have
            the table's columns.
    """

    id: str
    title: str
    columns: tuple[LayerColumn, ...]
    rows: tuple[ArchitectureRow, ...]
    experiment: Experiment
    total: int | None = None
    differences: tuple[LayerDifference, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names, labels = [column.name for column in self.columns], [row.label for row in self.rows]
        for what, given, taken in (("column", names, _OF_EVERY_LAYER), ("row", labels, (TOTAL,))):
            wrong = sorted({name for name in given if given.count(name) > 1 or name in taken})
            if wrong:
                raise SpecError(
                    f"table {self.id}: {what} {', '.join(wrong)}: expected names that are there once, and none of "
                    f"{', '.join(taken)}; give it another name."
                )
        for row in self.rows:
            if set(row.published) != set(names):
                raise SpecError(
                    f"table {self.id}, row {row.label}: published are {', '.join(row.published)}; expected "
                    f"{', '.join(names)}. Give each of them, None for what the document does not print."
                )


@dataclass(frozen=True)
class Confusion:
    """A published confusion matrix, compared with the clip decisions of its row.

    Args:
        id: its number in the paper, or a short name where it has none; `--table` accepts it too, so it differs from
            every table's id.
        row: (table id, row label).
        genres: names of the classes, in the matrix's order.
        counts: true genre x predicted genre, in clips, or in percent of the true genre's clips.
        percent: whether they are percent.
        aggregation: how clips are decided: `majority_vote` or `mean_softmax`.
        mean_clips: the matrix as the paper prints it, in mean clips of several runs, where it does; `counts` then holds
            the clips of all these runs. Tables and figures compare mean clips in place of percent.
        is_numbered: whether the paper counts it among its tables, and `id` is its number; it then has files of its own.
    """

    id: str
    title: str
    row: tuple[str, str]
    genres: tuple[str, ...]
    counts: tuple[tuple[float, ...], ...]
    aggregation: str
    notes: tuple[str, ...] = ()
    percent: bool = False
    mean_clips: tuple[tuple[float, ...], ...] = ()
    is_numbered: bool = False

    @property
    def table_id(self) -> str:
        """Id of the table that compares it with ours, in headings and file names."""
        return self.id if self.is_numbered else f"confusion_{self.id}"
