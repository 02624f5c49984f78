"""What JSON files of tables of every kind have to hold, see `common.reports.stored_form`."""

from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.paper.protocol import Unit

Bounds = Annotated[list[float], Field(min_length=2, max_length=2)]


class Form(BaseModel):
    """Fields that are read; others may be there. The value of a field with a default is not used: it may be missing."""

    model_config = ConfigDict(strict=True, extra="allow")


class Interval(Form):
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


def check_parts_of_all(intervals: Iterable[Interval]) -> None:
    """Where one interval of a table is shown with its parts, each is."""
    given = [interval.model_fields_set for interval in intervals]
    if any("runs_vary_in" in fields for fields in given) and not all("ci95_clips" in fields for fields in given):
        raise ValueError("intervals without ci95_clips beside those of runs")


class Estimate(Interval):
    """A measured mean."""

    metric: str
    sd: float = 0.0
    runs: int
    clips: int


class StoredSetting(Form):
    """What the command chose."""

    dataset: str
    split: str
    unit: str
    epochs: int | None = None
    precision: str | None = None
    changes: list[str] = []


class SettingOfRuns(StoredSetting):
    """The whole of it, of tables whose runs are looked up."""

    data_digest: str
    unit: Unit
    changes: list[str]


class TableForm(Form):
    """What every table has; that of layers has no setting."""

    paper: str
    table: str
    title: str
    dataset: str
    data: str | None = None
    known_data: str | None = None
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
    setting: StoredSetting = StoredSetting.model_construct()
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
