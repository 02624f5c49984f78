"""What JSON files of tables have to hold that state their kind, see `common.reports.stored_form`."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from common.metrics.clips import MAIN_METRICS, METRIC_NAMES
from common.reports.stored_base import (
    Bounds,
    Form,
    Interval,
    SettingOfRuns,
    StoredSetting,
    TableForm,
    check_parts_of_all,
)
from common.reports.tables.genres import SCORES


class _Pair(Form):
    """A row of a paired comparison; the metrics of `MAIN_METRICS` are compared."""

    label: str
    name: str | None = None
    difference: dict[str, Interval]
    p_value: float
    p_holm: float
    runs: int
    clips: int


class _Pairs(TableForm):
    """A paired comparison of the rows of a table of results."""

    row_header: str
    reference: str
    setting: StoredSetting
    rows: list[_Pair]

    @model_validator(mode="after")
    def _check_metrics(self) -> Self:
        for row in self.rows:
            if lacking := sorted(set(MAIN_METRICS) - row.difference.keys()):
                raise ValueError(f"row {row.label} without {', '.join(lacking)}")
        check_parts_of_all(row.difference[name] for row in self.rows for name in MAIN_METRICS)
        return self


class _Gap(Form):
    """Difference of an accuracy of a split from another split's."""

    mean: float
    ci95: Bounds


class _Accuracy(Interval):
    """A measured accuracy of a split."""

    sd: float = 0.0


class _SplitMeasured(Form):
    """What was measured under a split."""

    runs: int
    clips: int
    window_accuracy: _Accuracy
    clip_accuracy_mean_softmax: _Accuracy


class _Overlap(Form):
    """Numbers of clips in the parts of a split, and on both of its sides."""

    parts: dict[str, int]
    clips: int
    artists: int
    nameless: int
    exact_pairs: int
    near_pairs: int
    met: int

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        if "test" not in self.parts:
            raise ValueError("overlap without the number of test clips")
        return self


class _Split(Form):
    """A split of an audit; `measured` is empty where it was not run, and `overlap` missing where it is impossible."""

    label: str
    means: str
    unavailable: str
    measured: Annotated[_SplitMeasured | None, BeforeValidator(lambda value: value or None)]
    gap: dict[str, _Gap]
    overlap: _Overlap | None
    records: list[str]

    @model_validator(mode="after")
    def _check_overlap(self) -> Self:
        if self.measured and not self.overlap:
            raise ValueError(f"split {self.label} was measured, without its overlap")
        return self


class _PublishedOfAudit(Form):
    """The published number of an audited row; None where there is none."""

    metric: str | None
    percent: float | None
    compared_with: str | None

    @model_validator(mode="after")
    def _check_metric(self) -> Self:
        if self.percent is not None and not (self.metric and self.compared_with):
            raise ValueError("a published number without its metric")
        return self


class _Audit(TableForm):
    """A leakage audit."""

    row_name: str = ""
    data_clips: int
    setting: SettingOfRuns
    gap_to: str
    published: _PublishedOfAudit
    rows: Annotated[list[_Split], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_rest(self) -> Self:
        measured = [row.measured for row in self.rows if row.measured]
        check_parts_of_all(one for of in measured for one in (of.window_accuracy, of.clip_accuracy_mean_softmax))
        if any(below.get("kind") != "duplicates" for below in self.companions):
            raise ValueError("below an audit a table of another kind than duplicates")
        return self


class _DuplicatePair(Form):
    """Two clips of the same recording, and the parts of each split that hold them."""

    label: str
    second: str
    similarity: float
    shift_seconds: float
    exact: bool
    parts: list[str]


class _Duplicates(TableForm):
    """Pairs of clips of the same recording."""

    regimes: list[str]
    rows: list[_DuplicatePair]

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        for row in self.rows:
            if len(row.parts) != len(self.regimes):
                raise ValueError(f"pair {row.label} has parts of {len(row.parts)} of {len(self.regimes)} splits")
            if any(parts.count(" / ") != 1 for parts in row.parts):
                raise ValueError(f"pair {row.label} without the parts of both clips")
        return self


class _FoldRun(Form):
    """A run of a fold, or, without `round`, the mean or the spread of a row's runs."""

    label: str
    name: str | None = None
    measured: dict[str, float]
    round: int = 0
    seed: int = 0
    clips: dict[str, int] = {}
    epochs: int = 0
    best_epoch: int = 0
    test_clips_met_before: int = 0

    @model_validator(mode="after")
    def _check_run(self) -> Self:
        of_runs = {"seed", "clips", "epochs", "best_epoch", "test_clips_met_before"}
        lacking = of_runs - self.model_fields_set if "round" in self.model_fields_set else set()
        if lacking := sorted(lacking | (METRIC_NAMES.keys() - self.measured.keys())):
            raise ValueError(f"row {self.label} without {', '.join(lacking)}")
        return self


class _Folds(TableForm):
    """The runs of a table of results, fold by fold."""

    row_header: str
    rows: list[_FoldRun]


class _Genre(Form):
    """A row of a table of genres."""

    label: str
    clips: int
    measured: dict[str, dict[str, float | None]]


class _Genres(TableForm):
    """The scores of the rows of a table of results, genre by genre."""

    columns: list[str]
    rows: list[_Genre]

    @model_validator(mode="after")
    def _check_scores(self) -> Self:
        for row in self.rows:
            if any(SCORES.keys() - row.measured.get(column, {}).keys() for column in self.columns):
                raise ValueError(f"genre {row.label} without {', '.join(SCORES)} of each row")
        return self


class _Value(Form):
    """A row of a table of declared values."""

    label: str
    published: Any
    ours: dict[str, Any]
    where: str


class _Values(TableForm):
    """A table of declared values."""

    row_header: str
    columns: list[str]
    rows: list[_Value]

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        for row in self.rows:
            if lacking := [column for column in self.columns if column not in row.ours]:
                raise ValueError(f"row {row.label} without {', '.join(lacking)}")
        return self


class _TrueGenre(Form):
    """A row of a confusion matrix; `published` is empty where the published one has other genres."""

    label: str
    published: dict[str, float]
    measured: dict[str, float]


class _Confusion(TableForm):
    """A confusion matrix."""

    metrics: list[str]
    rows: Annotated[list[_TrueGenre], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_cells(self) -> Self:
        both = bool(self.rows[0].published)
        for row in self.rows:
            for cells in (row.measured, row.published) if both else (row.measured,):
                if lacking := [genre for genre in self.metrics if genre not in cells]:
                    raise ValueError(f"genre {row.label} without {', '.join(lacking)}")
        return self


class _Trial(Form):
    """A trial of a search."""

    rank: int | None
    trial: str
    values: dict[str, float | int | str]
    score: float | None
    trainable_parameters: int | None
    best_epoch: int | None
    remark: str


class _Search(TableForm):
    """The trials of a search."""

    setting: StoredSetting
    objective: str
    parameters: list[str]
    rows: list[_Trial]

    @model_validator(mode="after")
    def _check_values(self) -> Self:
        for row in self.rows:
            if lacking := [name for name in self.parameters if name not in row.values]:
                raise ValueError(f"trial {row.trial} without {', '.join(lacking)}")
        return self


OF_KIND: dict[str, type[TableForm]] = {
    "pairs": _Pairs,
    "audit": _Audit,
    "duplicates": _Duplicates,
    "fold": _Folds,
    "round": _Folds,
    "genres": _Genres,
    "values": _Values,
    "confusion": _Confusion,
    "search": _Search,
}
