"""What each paper can run on a data set: rows, tables, and the split without `--split`."""

from collections.abc import Collection
from dataclasses import dataclass

from common.launch import load_paper, paper_keys
from common.paper.paper import Paper
from common.paper.protocol import GENERAL_SPLITS
from common.paper.tables import Row
from common.runs.selection import choose_rows, is_runnable
from data_pipeline.datasets.check.report import DataReport
from data_pipeline.features import Feature


@dataclass(frozen=True)
class PaperOnData:
    """What a paper can run on a data set.

    Args:
        published_on: data set of the published numbers.
        is_published_on_it: whether that is this data set.
        tables: ids of tables, of those made without `--table`, with rows that can be run.
        rows: number of their rows that can be run: they take what the data are, at least one clip is long enough, and
            the genres that the paper uses are two or more.
        all_rows: number of the rows of all those tables.
        protocol: name of the protocol without `--split` and `--unit`.
        too_short: number of clips that are shorter than a window of one of these rows; they stop a run unless
            `--skip-bad` is given.
        left_out_genres: genres of the data set that the paper does not use without `--genres`.
    """

    paper: str
    title: str
    published_on: str
    is_published_on_it: bool
    tables: tuple[str, ...]
    rows: int
    all_rows: int
    protocol: str
    too_short: int
    left_out_genres: tuple[str, ...]


def papers_on(report: DataReport, given: Feature | None) -> list[PaperOnData]:
    """Each paper on a data set.

    Args:
        report: of the check of the data set.
        given: feature of the arrays that the data set consists of; None where there is audio.
    """
    return [_on(load_paper(key), report, given) for key in paper_keys()]


def split_names(splits: Collection[str], *, with_artist: bool) -> list[str]:
    """Values of `--split` that can be used on a data set.

    Args:
        splits: its predefined splits.
        with_artist: whether artists are known.
    """
    return [*GENERAL_SPLITS, *(["artist"] if with_artist else []), *splits]


def _on(paper: Paper, report: DataReport, given: Feature | None) -> PaperOnData:
    chosen = [(table, rows) for table, rows in choose_rows(paper, (), ()) if rows]
    seconds = list(report.seconds.values())
    too_short = {
        row.label: sum(_is_too_short(row, given, length) for length in seconds)
        for _, rows in chosen
        for row in rows
        if is_runnable(row, given)
    }
    used = [genre for genre, clips in report.genres.items() if clips.usable and genre not in paper.left_out_genres]
    fits = len(used) > 1
    kept = [
        (table, [row for row in rows if fits and too_short.get(row.label, len(seconds)) < len(seconds)])
        for table, rows in chosen
    ]
    return PaperOnData(
        paper=paper.key,
        title=paper.title,
        published_on=paper.published_on,
        is_published_on_it=paper.published_on == report.known_as,
        tables=tuple(table.id for table, rows in kept if rows),
        rows=sum(len(rows) for _, rows in kept),
        all_rows=sum(len(rows) for _, rows in chosen),
        protocol=paper.protocol_on(report.splits).name,
        too_short=max((too_short[row.label] for _, rows in kept for row in rows), default=0),
        left_out_genres=tuple(genre for genre in report.genres if genre in paper.left_out_genres),
    )


def _is_too_short(row: Row, given: Feature | None, seconds: float) -> bool:
    """Whether a clip is shorter than a window of one of a row's inputs."""
    for shown in row.experiment.inputs:
        feature = given or shown.feature
        if given is None:
            frames = feature.frames(round(seconds * feature.sample_rate))
        else:
            frames = round(seconds * feature.frames_per_second)
        if frames < shown.windows.window_frames(feature.frames_per_second):
            return True
    return False
