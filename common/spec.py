"""What a paper claims and how a row is trained: frozen, validated, hashable descriptions."""

import json
from typing import Any, Literal, Self

from pydantic import (
    Field,
    SerializeAsAny,
    model_validator,
)

from common.errors import SpecError
from common.methods import Protocol, Training
from common.specbase import Spec
from data_pipeline.features import Feature
from data_pipeline.offline import Copies
from data_pipeline.windows import WindowSpec

Scale = Literal["smoke", "paper"]


class Input(Spec):
    """What a network is shown: a feature, and the windows that are cut from it."""

    feature: Feature
    windows: WindowSpec


_CHANGEABLE = ("model", "feature", "windows", "protocol", "training", "second_input", "copies")


class Experiment(Spec):
    """Everything that decides what one row computes, but for the data, the fold and the seed.

    Args:
        second_input: for networks with two inputs: another feature of the same windows; None for one input.
        copies: altered copies of the clips that train and validate beside them; None for none.
    """

    paper: str
    model: SerializeAsAny[Spec]
    feature: Feature
    windows: WindowSpec
    protocol: Protocol
    training: Training
    second_input: Input | None = None
    copies: Copies | None = None

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The one or two inputs of the network."""
        first = Input(feature=self.feature, windows=self.windows)
        return (first,) if self.second_input is None else (first, self.second_input)

    def has(self, path: str) -> bool:
        """Whether there is a value at a dotted path that can be changed."""
        return path in self._changeable_paths()

    def changed(self, changes: dict[str, Any]) -> Self:
        """A validated copy with other values.

        Args:
            changes: dotted path -> value, e.g. `{"training.epochs": 3}`.

        Raises:
            SpecError: there is no such value, or it does not fit.
        """
        known = self._changeable_paths()
        for path in changes:
            if path not in known:
                raise SpecError(f"{path}: no such value of {self.paper}; its values are: {', '.join(known)}.")
            inside = [other for other in changes if other.startswith(f"{path}.")]
            if inside:
                raise SpecError(f"{path}: is given together with {inside[0]}, which is a part of it. Give one of them.")
        return _changed(self, changes)

    def _changeable_paths(self) -> list[str]:
        return [path for name in _CHANGEABLE for path in _paths_below(getattr(self, name), f"{name}.")]


def _paths_below(spec: Spec | None, prefix: str) -> list[str]:
    """Dotted paths of all values of a spec: its leaves, and the specs between them."""
    paths = []
    for name in type(spec).model_fields if spec is not None else ():
        paths += [f"{prefix}{name}", *_paths_below(_spec_or_none(getattr(spec, name)), f"{prefix}{name}.")]
    return paths


def _spec_or_none(value: Any) -> Spec | None:
    return value if isinstance(value, Spec) else None


def _changed(spec: Spec, changes: dict[str, Any]) -> Any:
    own = {path: value for path, value in changes.items() if "." not in path}
    below: dict[str, dict[str, Any]] = {}
    for path, value in changes.items():
        name, separator, rest = path.partition(".")
        if separator:
            below.setdefault(name, {})[rest] = value
    return spec.but(**own, **{name: _changed(getattr(spec, name), values) for name, values in below.items()})


def parse_change(text: str) -> tuple[str, Any]:
    """`PATH=VALUE` into path and value; the value is read as JSON, else taken as text.

    Raises:
        SpecError: there is no `=`, or the value is not finite.
    """
    path, separator, value = text.partition("=")
    if not separator or not path or not value:
        raise SpecError(f"--set {text}: expected PATH=VALUE, e.g. training.batch_windows=16.")
    try:
        read = json.loads(value)
    except ValueError:
        return path, value
    try:
        json.dumps(read, allow_nan=False)
    except ValueError as error:
        raise SpecError(f"--set {text}: expected a finite value.") from error
    return path, read


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


class Table(Spec):
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
    def _check(self) -> "Table":
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
