"""All that the report page shows, as plain values, and the part of it that the page's script reads.

The page holds the values twice: as HTML that is readable without JavaScript, and as JSON in
`<script type="application/json" id="data">`, from which the script draws charts and filters rows. Texts that the script
does not need (captions, cells of whole tables, reasons) are in the HTML only.

The JSON, where `?` marks values that may be null, percentages are in percent, and ids are those of HTML elements:

```
{"format": 1,
 "title": "...", "own": false,                 whether the runs are the reader's own
 "genres": [["blues", ...], ...],              lists of genres, which rows and audits name by their place
 "audits": [{
    "id": "audit-se_cnn-arrays-audit", "paper": "se_cnn", "title": "...", "row": "se-12345", "data": "...",
    "dataset": "GTZAN",
    "metrics": [["window_accuracy", "window accuracy"], ["clip_accuracy_mean_softmax", "clip accuracy (mean softmax)"]],
    "published": {"name": "accuracy", "percent": 93.6, "metric": "window_accuracy"}?,
    "splits": [{
       "id": "audit-se_cnn-arrays-audit-1", "label": "holdout, by window", "means": "...", "unavailable": "",
       "values": {"window_accuracy": {"mean": 89.8, "low": 87.7, "high": 91.7}, ...},         {} where it was not run
       "gaps": {"window_accuracy": {"mean": -19.9, "low": -30.0, "high": -10.1}, ...},        {} for the first split
       "gap_text": "19.9 points lower ...", "text": "window accuracy 89.8 % (95 % interval ...)",
       "runs": 3, "clips": 998, "overlap": {"parts": {"train": 999, ...}, "clips": 998, "artists": 235,
            "nameless": 80, "exact_pairs": 14, "near_pairs": 41, "met": 998}?,
       "examples": [{"clip": "blues.00000", "genre": "blues", "artist": "..."?, "why": "...", "decided": "...",
            "differs": true}]}]}],
 "tables": [{"id": "table-se_cnn-arrays-5.1_20_epochs_bfloat16", "paper": "se_cnn", "table": "5.1", "title": "..."}],
 "rows": [{                                     those that were measured
    "id": "se_cnn-arrays-5.1_20_epochs_bfloat16-se-12345", "table": <id of its table>, "paper": "se_cnn",
    "name": "se-12345", "label": "1,2,3,4,5", "data": "GTZAN", "split": "holdout", "unit": "clip",
    "flags": ["reduced_features", ...], "contaminated": false, "reduced": true,
    "metrics": [{"name": "accuracy", "metric": "window_accuracy", "published": 93.6?, "mean": 69.9?, "low": 60.0?,
                 "high": 79.6?, "sd": 3.3?, "inside": false?, "difference": -23.7?, "runs": 3, "clips": 300}],
    "runs": [<places in "runs">],
    "confusion": {"genres": <place in "genres">, "counts": [[true genre x decided genre]]}?,
    "scores": [[<precision>?, <recall>?, <f1>?, <test clips>] of each genre]}],
 "runs": [{"key": "se_cnn/arrays/08b5fff8fc85468e", "paper": "se_cnn", "dataset": "arrays", "data": "GTZAN",
    "name": "se-12345", "split": "holdout", "unit": "clip", "seed": 0, "fold": 0, "folds": 1, "best_epoch": 19,
    "genres": <place in "genres">,
    "curves": {"loss": [...], "val_loss": [...], "accuracy": [...], "val_accuracy": [...], "learning_rate": [...]}}]}
```

Curves have one number for each epoch, accuracies as shares between 0 and 1; `learning_rate` is missing where the record
does not hold it. A run's clip decisions are packed apart from this, by its key, see `common.report_page.clips`.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1
# Characters that could end the script element, or begin markup, in the JSON of the page.
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


@dataclass(frozen=True)
class Interval:
    """A number with its 95 % interval, in percent or points."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Example:
    """A clip that shows what a split leaks, or keeps apart.

    Args:
        clip: its id, as the packed clip decisions have it; the other texts are as the page shows them.
        genre: its label.
        artist: None where unknown.
        why: what connects it with training clips, as a sentence.
        decided: how often the split's runs decided it correctly, and for what else, in words.
        differs: whether the runs of a leaking split were right more often than those of the split that it is compared
            with, and those of another split less often.
    """

    clip: str
    genre: str
    artist: str | None
    why: str
    decided: str
    differs: bool


@dataclass(frozen=True)
class AuditSplit:
    """One split of a leakage audit.

    Args:
        id: of its HTML element.
        label: title of the split.
        means: what it separates, in words.
        unavailable: why the data do not allow it; empty where they do.
        values: metric -> accuracy in percent; empty where it was not run.
        gaps: metric -> difference from the first split in points; empty for the first one.
        text: the accuracies in words.
        gap_text: the differences in words; empty for the first split.
        overlap: numbers of clips in the parts and on both sides, see `common.leakage.overlap`; None where unavailable.
        overlap_text: those on both sides in words.
    """

    id: str
    label: str
    means: str
    unavailable: str
    values: dict[str, Interval]
    gaps: dict[str, Interval]
    text: str
    gap_text: str
    runs: int
    clips: int
    overlap: dict[str, Any] | None
    overlap_text: str
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Published:
    """A published number.

    Args:
        name: of the metric in the paper.
        metric: the measured metric that it is compared with.
    """

    name: str
    percent: float
    metric: str


@dataclass(frozen=True)
class AuditView:
    """A leakage audit.

    Args:
        id: of its HTML element.
        row: name of the audited row.
        dataset: name of the data among the packed clip decisions; empty where no run of it is there.
        published_on: data set of the published number.
        metrics: key and name of each metric.
        table: id of its table, which is among the page's.
    """

    id: str
    paper: str
    title: str
    row: str
    data: str
    dataset: str
    published: Published | None
    published_on: str
    metrics: tuple[tuple[str, str], ...]
    splits: tuple[AuditSplit, ...]
    table: str


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Args:
        text: as in the table's Markdown file.
        is_number: whether it is shown as one.
    """

    text: str
    is_number: bool


@dataclass(frozen=True)
class Assumption:
    """A value that the source does not state, or that differs from it.

    Args:
        path: dotted path of the value.
        value: what was chosen, as text.
        status: `assumed` or `differs`.
        reason: why.
    """

    path: str
    value: str
    status: str
    reason: str


@dataclass(frozen=True)
class TableView:
    """A table as it lies on disk.

    Args:
        id: of its HTML element.
        table: id in the paper, e.g. `5.1` or `5.1_pairs`.
        kind: of its JSON file; `results` and `layers` where that has none.
        data, protocol: in words; empty for tables that are not of runs.
        file: its Markdown file, relative to the folder of results.
        header, lines: its cells.
        warnings, notes: sentences above and below it.
        assumptions: values of its rows that the source does not state, or that differ from it.
        below: tables that belong to it.
    """

    id: str
    paper: str
    table: str
    title: str
    kind: str
    data: str
    protocol: str
    file: str
    header: tuple[str, ...]
    lines: tuple[tuple[Cell, ...], ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    assumptions: tuple[Assumption, ...] = ()
    below: tuple["TableView", ...] = ()


@dataclass(frozen=True)
class Measured:
    """A metric of a row, in percent.

    Args:
        name: in the paper.
        metric, metric_name: key and name of the measured metric that it is compared with.
        published, mean, low, high, sd, difference: None where there is none.
        inside: whether the published number lies inside the interval; None where that is not known.
        published_text, mean_text, interval_text, inside_text, difference_text: as in the table.
    """

    name: str
    metric: str
    metric_name: str
    published: float | None
    mean: float | None
    low: float | None
    high: float | None
    sd: float | None
    inside: bool | None
    difference: float | None
    runs: int
    clips: int
    published_text: str
    mean_text: str
    interval_text: str
    inside_text: str
    difference_text: str


@dataclass(frozen=True)
class ConfusionView:
    """Clips of each genre by what they were taken for (mean softmax), added up over a row's runs.

    Args:
        genres: place in the page's lists of genres.
        counts: (true genre, decided genre).
    """

    genres: int
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class RowView:
    """A row of a table of results.

    Args:
        id: of its HTML element; `data-row` of its line in the list of all results.
        table: id of its table.
        data: the well-known data set that the clips are from, or the title of the data.
        unit: `clip` or `window`: what is split.
        protocol: in words.
        flags: of its table, see `common.reports.table.Flag`, and those that are its own.
        flag_words: the same in words.
        contaminated: whether windows of test clips are in training or validation, of the fold itself or, where weights
            are carried over, of an earlier one.
        reduced: whether the runs are not at the paper's scale and settings (with more epochs, too), or not on its data.
            Another split alone does not count.
        metrics: published ones, with what was measured.
        others: the other measured accuracies.
        parameters: trainable parameters; None where it was not run.
        runs: places in the page's runs.
        scores: of each genre precision, recall and F1 in percent (None where not defined) and test clips.
    """

    id: str
    table: str
    paper: str
    table_id: str
    name: str
    label: str
    data: str
    split: str
    unit: str
    protocol: str
    flags: tuple[str, ...]
    flag_words: tuple[str, ...]
    contaminated: bool
    reduced: bool
    recommended: bool
    metrics: tuple[Measured, ...]
    others: tuple[Measured, ...]
    parameters: int | None
    runs: tuple[int, ...]
    confusion: ConfusionView | None
    scores: tuple[tuple[float | None, float | None, float | None, int], ...]

    @property
    def is_measured(self) -> bool:
        """Whether it has a number of ours."""
        return any(metric.mean is not None for metric in self.metrics)


@dataclass(frozen=True)
class RunView:
    """A run of a row.

    Args:
        key: `<paper>/<data set>/<run id>`.
        name: of its row.
        curves: name -> one number for each epoch.
        best_epoch: the epoch whose weights were tested, from 1.
        genres: place in the page's lists of genres.
    """

    key: str
    paper: str
    dataset: str
    data: str
    name: str
    split: str
    unit: str
    seed: int
    fold: int
    folds: int
    best_epoch: int
    genres: int
    curves: dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class PaperView:
    """How a paper fared, as a reproducibility summary, in sentences.

    Args:
        scope: what is reproduced, and on which data.
        method: how it was run here.
        easy: what the source states, and its tables of layers that Encore's networks have in full.
        hard: what it does not state, its other tables of layers, and in what the measured tables differ from its own.
        remarks: what its declaration says of it, in which code stands between backticks.
        assumed: values that were chosen where the source is silent.
        differs: values that are not those of the source.
        outcome: how the measured numbers compare with the published ones.
    """

    id: str
    key: str
    title: str
    citation: str
    scope: tuple[str, ...]
    method: tuple[str, ...]
    easy: tuple[str, ...]
    hard: tuple[str, ...]
    remarks: tuple[str, ...]
    outcome: tuple[str, ...]
    assumed: tuple[Assumption, ...]
    differs: tuple[Assumption, ...]


@dataclass(frozen=True)
class About:
    """Data, licences, citation, versions and machines; each entry is a name and a text."""

    data: tuple[tuple[str, str], ...]
    licences: tuple[tuple[str, str], ...]
    citation: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]
    machines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Page:
    """The whole page, but the clips.

    Args:
        title: heading of the page.
        lead: what the page is of, as a sentence.
        own: whether the runs are the reader's own, not those that come with Encore.
        tables: of results, layers, values, searches and audits, in order of paper and file.
    """

    title: str
    lead: str
    own: bool
    genres: tuple[tuple[str, ...], ...]
    audits: tuple[AuditView, ...]
    tables: tuple[TableView, ...]
    rows: tuple[RowView, ...]
    runs: tuple[RunView, ...]
    papers: tuple[PaperView, ...]
    about: About

    def as_json(self) -> dict[str, Any]:
        """What the page's script reads."""
        return {
            "format": FORMAT,
            "title": self.title,
            "own": self.own,
            "genres": self.genres,
            "audits": [_fields(audit, without=("table", "published_on")) for audit in self.audits],
            "tables": [
                {"id": one.id, "paper": one.paper, "table": one.table, "title": one.title, "kind": one.kind}
                for one in self.tables
            ],
            "rows": [_row_json(row) for row in self.rows if row.is_measured],
            "runs": [asdict(run) for run in self.runs],
        }


_TEXTS = ("metric_name", "published_text", "mean_text", "interval_text", "inside_text", "difference_text")
_OF_HTML = ("table_id", "protocol", "flag_words", "recommended", "others", "parameters")


def _row_json(row: RowView) -> dict[str, Any]:
    metrics = [_fields(metric, without=_TEXTS) for metric in row.metrics]
    return _fields(row, without=_OF_HTML) | {"metrics": metrics}


def _fields(one: Any, *, without: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name not in without}


def script_json(values: Any) -> str:
    """Compact JSON that can stand in a `<script>` element whatever texts it holds: `<`, `>`, `&` and the line
    separators of JavaScript are escaped, which changes nothing for who parses it."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)
