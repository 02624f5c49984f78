"""What the JSON file of a table has to hold, so that a damaged one is named instead of ending a command."""

import reprlib
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from common.metrics.clips import MAIN_METRICS, METRIC_NAMES

Bounds = Annotated[list[float], Field(min_length=2, max_length=2)]


class _Form(BaseModel):
    """Fields that are read; others may be there. The value of a field with a default is not used: it may be missing."""

    model_config = ConfigDict(strict=True, extra="allow")


class _Interval(_Form):
    """A mean, or a difference of means, in percent, with its 95 % intervals."""

    mean: float
    ci95: Bounds
    ci95_clips: Bounds = [0.0, 0.0]
    ci95_runs: Bounds = [0.0, 0.0]
    runs_vary_in: str = ""

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        if self.runs_vary_in and "ci95_clips" not in self.model_fields_set:
            raise ValueError("intervals of runs without ci95_clips")
        return self


class _Estimate(_Interval):
    """A measured mean."""

    metric: str
    sd: float = 0.0
    runs: int
    clips: int


class _Committed(_Form):
    """The committed numbers beside a row's own."""

    measured: dict[str, _Estimate]
    path: str
    data: str
    runs: int
    epochs: int | None
    reduced: list[str]


class _Seconds(_Form):
    """Seconds per epoch of a row."""

    published: float | None
    measured: float | None


class _Row(_Form):
    """A row of a table of results; `measured` is empty where it was not run."""

    label: str
    name: str | None = None
    published: dict[str, float | None]
    measured: dict[str, _Estimate]
    difference: dict[str, float]
    published_inside: dict[str, bool | None]
    trainable_parameters: int | None
    records: list[str]
    committed: _Committed | None = None
    seconds_per_epoch: _Seconds | None = None


class _Setting(_Form):
    """What the command chose."""

    dataset: str
    split: str
    unit: str
    epochs: int | None = None
    changes: list[str] = []


class _Table(_Form):
    """What every table has; that of layers has no setting."""

    paper: str
    table: str
    title: str
    dataset: str
    data: str | None = None
    protocol: str | None = None
    scale: str | None = None
    caption: list[str]
    warnings: list[str]
    flags: list[str]
    caption_kinds: list[str] | None = None
    warning_kinds: list[str] | None = None
    caption_short: list[str] | None = None
    warnings_short: list[str] | None = None
    assumed: list[str] = []
    differing: list[str] = []
    setting: _Setting | None = None
    rows: list[dict[str, Any]]
    companions: list[dict[str, Any]] = []

    @model_validator(mode="after")
    def _check_kinds(self) -> Self:
        for texts, kinds, shorts in (
            (self.caption, self.caption_kinds, self.caption_short),
            (self.warnings, self.warning_kinds, self.warnings_short),
        ):
            if kinds and len(kinds) != len(texts):
                raise ValueError(f"{len(kinds)} kinds of {len(texts)} notes")
            if shorts and len(shorts) != len(texts):
                raise ValueError(f"{len(shorts)} short forms of {len(texts)} notes")
        return self


class _Layer(_Form):
    """A row of a table of layers, with `parameters`, `output_shape` and the table's metrics in `measured`."""

    label: str
    published: dict[str, Any]
    measured: dict[str, Any]


class _Total(_Form):
    """Trainable parameters of a network; `published` is None where the document states no number."""

    published: int | None
    measured: int


class _Layers(_Table):
    """A table of layers. Those of earlier versions have no headings and no total."""

    row_header: str
    rows: list[_Layer]
    metrics: Annotated[list[str], Field(min_length=1)]
    headings: dict[str, str] = {}
    total: _Total | None = None

    @model_validator(mode="after")
    def _check_metrics(self) -> Self:
        for row in self.rows:
            needed = {*self.metrics, "output_shape", "parameters"}
            lacking = [name for name in self.metrics if name not in row.published] or needed - row.measured.keys()
            if lacking:
                raise ValueError(f"row {row.label} does not compare {', '.join(self.metrics)}")
            if not isinstance(row.measured["parameters"], int):
                raise ValueError(f"row {row.label} without a number of parameters")
        return self


class _Pair(_Form):
    """A row of a paired comparison; the metrics of `MAIN_METRICS` are compared."""

    label: str
    difference: dict[str, _Interval]
    p_value: float
    p_holm: float
    runs: int
    clips: int


class _Pairs(_Table):
    """A paired comparison of the rows of a table of results."""

    row_header: str
    reference: str
    setting: _Setting
    rows: list[_Pair]

    @model_validator(mode="after")
    def _check_metrics(self) -> Self:
        for row in self.rows:
            if lacking := sorted(set(MAIN_METRICS) - row.difference.keys()):
                raise ValueError(f"row {row.label} without {', '.join(lacking)}")
        return self


class _Gap(_Form):
    """A measured accuracy of a split, or its difference from another split's."""

    mean: float
    ci95: Bounds


class _SplitMeasured(_Form):
    """What was measured under a split."""

    runs: int
    clips: int
    window_accuracy: _Gap
    clip_accuracy_mean_softmax: _Gap


class _Overlap(_Form):
    """Numbers of clips in the parts of a split, and on both of its sides."""

    parts: dict[str, int]
    clips: int
    artists: int
    nameless: int
    exact_pairs: int
    near_pairs: int
    met: int


class _Split(_Form):
    """A split of an audit; `measured` is empty where it was not run, and `overlap` missing where it is impossible."""

    label: str
    means: str
    unavailable: str
    measured: Annotated[_SplitMeasured | None, BeforeValidator(lambda value: value or None)]
    gap: dict[str, _Gap]
    overlap: _Overlap | None
    records: list[str]


class _PublishedOfAudit(_Form):
    """The published number of an audited row; None where there is none."""

    metric: str | None
    percent: float | None
    compared_with: str | None


class _Audit(_Table):
    """A leakage audit."""

    setting: _Setting
    gap_to: str
    published: _PublishedOfAudit
    rows: Annotated[list[_Split], Field(min_length=1)]


class _DuplicatePair(_Form):
    """Two clips of the same recording, and the parts of each split that hold them."""

    label: str
    second: str
    similarity: float
    shift_seconds: float
    exact: bool
    parts: list[str]


class _Duplicates(_Table):
    """Pairs of clips of the same recording."""

    regimes: list[str]
    rows: list[_DuplicatePair]

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        for row in self.rows:
            if len(row.parts) != len(self.regimes):
                raise ValueError(f"pair {row.label} has parts of {len(row.parts)} of {len(self.regimes)} splits")
        return self


class _Results(_Table):
    """A table of results."""

    data: str
    scale: str
    row_header: str
    metrics: list[str]
    compared_with: dict[str, str]
    setting: _Setting
    rows: Annotated[list[_Row], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_metrics(self) -> Self:
        for row in self.rows:
            needed = {*self.metrics, *METRIC_NAMES}
            found = [row.measured] if row.measured else []
            found += [row.committed.measured] if row.committed else []
            if lacking := sorted({name for measured in found for name in needed - measured.keys()}):
                raise ValueError(f"row {row.label} without {', '.join(lacking)}")
            if row.measured and row.trainable_parameters is None:
                raise ValueError(f"row {row.label} without trainable_parameters")
            compared = {name for name in self.metrics if row.measured and row.published.get(name) is not None}
            if not set(self.metrics) <= row.published.keys() or not compared <= (
                row.difference.keys() & row.published_inside.keys()
            ):
                raise ValueError(f"row {row.label} does not compare {', '.join(self.metrics)}")
        return self


_OF_KIND: dict[str, type[_Table]] = {"pairs": _Pairs, "audit": _Audit, "duplicates": _Duplicates}


def damage_of(values: Any) -> str:
    """What is wrong with the JSON values of a table, also of those below it, in a few words; empty where they hold what
    is read of them."""
    if damage := _damage(_form_of(values), values):
        return damage
    below = (damage_of(one) for one in values.get("companions", ()))
    return next(filter(None, below), "")


def damage_of_listed(values: Any) -> str:
    """As `damage_of`, of what the list of all tables reads: also tables of earlier versions and of other commands are
    in it, whose rows may be of any kind."""
    return _damage(_Table, values)


def _damage(form: type[_Table], values: Any) -> str:
    try:
        form.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "value_error":
            return str(first["ctx"]["error"])
        place = ".".join(map(str, first["loc"])) or "file"
        if first["type"] == "missing":
            return f"{place}: missing"
        return f"{place}: unexpected {reprlib.repr(first['input'])}"
    return ""


def _form_of(values: Any) -> type[_Table]:
    if not isinstance(values, dict):
        return _Table
    if kind := values.get("kind"):
        return _OF_KIND.get(kind, _Table) if isinstance(kind, str) else _Table
    return _Results if "setting" in values or "compared_with" in values else _Layers
