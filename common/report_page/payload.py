"""All that the report page shows, but the clips, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A number with its 95 % interval, in percent or points.

    Args:
        text: the number as its table has it; of a difference with its sign.
    """

    mean: float
    low: float
    high: float
    text: str


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
        overlap_text: numbers of clips, artists and pairs on both sides in words; empty where unavailable.
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
    overlap_text: str
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Published:
    """A published number.

    Args:
        name: of the metric in the paper.
        text: the number, with the decimals that it was published with.
        metric: the measured metric that it is compared with.
    """

    name: str
    percent: float
    text: str
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
        flag_words: what keeps its runs from being the paper's, in words.
        warnings: those of its table, as sentences, in their short form where there is one.
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
    flag_words: tuple[str, ...]
    warnings: tuple[str, ...]
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
        heading: paper, id and title, with `place` between brackets where there is one.
        place: data, protocol, and what the command set: epochs, precision, whether it changed values; empty for tables
            that are not of runs.
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
    heading: str
    place: str
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
        published, mean, low, high, difference: None where there is none.
        published_text, mean_text, interval_text, inside_text, difference_text: as in the table.
    """

    name: str
    metric: str
    metric_name: str
    published: float | None
    mean: float | None
    low: float | None
    high: float | None
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
        heading: the label; where it has no letter, e.g. `8`, after the head of its column: `Ratio r: 8`.
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
    heading: str
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

    @property
    def protocol_without_split(self) -> str:
        """What the protocol says besides the split's name, e.g. `60/10/30, by clip`."""
        return self.protocol.removeprefix(self.split).lstrip(", ") or f"by {self.unit}"


@dataclass(frozen=True)
class RunView:
    """A run of a row.

    Args:
        key: `<paper>/<data set>/<run id>`.
        name: of its row.
        heading: its paper, table and row; without a table that of the paper and the row's name.
        protocol: in words.
        curves: name -> one number for each epoch.
        best_epoch: the epoch whose weights were tested, from 1.
        genres: place in the page's lists of genres.
    """

    key: str
    paper: str
    dataset: str
    data: str
    name: str
    heading: str
    split: str
    unit: str
    protocol: str
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
