"""What the JSON file of a table has to hold, so that a damaged one is named instead of ending a command."""

import reprlib
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from common.core.errors import SpecError
from common.core.spec import build
from common.metrics.clips import ALL_METRIC_NAMES, METRIC_NAMES
from common.paper.overrides import Setting
from common.reports.stored_base import Estimate, Form, SettingOfRuns, TableForm, check_parts_of_all
from common.reports.stored_kinds import OF_KIND


class _Committed(Form):
    """The committed numbers beside a row's own."""

    measured: dict[str, Estimate]
    path: str
    data: str
    runs: int
    epochs: int | None
    reduced: list[str]


class _Seconds(Form):
    """Seconds per epoch of a row."""

    published: float | None
    measured: float | None


class _Row(Form):
    """A row of a table of results; `measured` is empty where it was not run."""

    label: str
    name: str | None = None
    published: dict[str, float | None]
    measured: dict[str, Estimate]
    difference: dict[str, float]
    published_inside: dict[str, bool | None]
    trainable_parameters: int | None
    records: list[str]
    committed: _Committed | None = None
    seconds_per_epoch: _Seconds | None = None


class _Layer(Form):
    """A row of a table of layers, with `parameters`, `output_shape` and the table's metrics in `measured`."""

    label: str
    published: dict[str, Any]
    measured: dict[str, Any]


class _Total(Form):
    """Trainable parameters of a network; `published` is None where the document states no number."""

    published: int | None
    measured: int


class _Layers(TableForm):
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


class _Results(TableForm):
    """A table of results."""

    data: str
    protocol: str | None
    scale: str
    row_header: str
    metrics: list[str]
    compared_with: dict[str, str]
    setting: SettingOfRuns
    rows: Annotated[list[_Row], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_setting(self) -> Self:
        # Notes of runs that diverged are looked up with it.
        if "diverged" in self.flags:
            try:
                build(Setting, self.setting.model_dump(exclude_unset=True))
            except SpecError as error:
                raise ValueError(f"setting: {error}") from error
        return self

    @model_validator(mode="after")
    def _check_metrics(self) -> Self:
        if lacking := [name for name in self.metrics if self.compared_with.get(name) not in ALL_METRIC_NAMES]:
            raise ValueError(f"compared_with without a metric for {', '.join(lacking)}")
        of_rows = [row.measured for row in self.rows if row.measured]
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
        check_parts_of_all(measured[name] for measured in of_rows for name in self.metrics)
        return self


def damage_of(values: Any) -> str:
    """What is wrong with the JSON values of a table, also of those below it, in a few words; empty where they hold what
    is read of them."""
    form = _form_of(values)
    if damage := _damage(form, values):
        return damage
    if form is TableForm:
        return f"kind: unexpected {reprlib.repr(values['kind'])}"
    below = (damage_of(one) for one in values.get("companions", ()))
    return next(filter(None, below), "")


def damage_of_listed(values: Any) -> str:
    """As `damage_of`, of what the list of all tables reads: also tables of earlier versions and of other commands are
    in it, whose rows may be of any kind."""
    return _damage(TableForm, values)


def _damage(form: type[TableForm], values: Any) -> str:
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


def _form_of(values: Any) -> type[TableForm]:
    if not isinstance(values, dict):
        return TableForm
    if kind := values.get("kind"):
        return OF_KIND.get(kind, TableForm) if isinstance(kind, str) else TableForm
    return _Results if "setting" in values or "compared_with" in values else _Layers
