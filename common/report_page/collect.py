"""From a folder of results to what the page shows, in the order of papers and files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common.core.words import counted
from common.paper.paper import Paper
from common.records.record import Record
from common.report_page.clip_data import runs_by_data
from common.report_page.clip_faults import DataClips, count_clips
from common.report_page.collect_about import about_view
from common.report_page.collect_audits import audit_view
from common.report_page.collect_papers import paper_view
from common.report_page.collect_rows import GenreLists, RunNames, rows_of, run_view
from common.report_page.collect_tables import kind_of, table_view
from common.report_page.names import Ids, shown
from common.report_page.payload import AuditView, Page, RowView, TableView
from common.report_page.read import PaperResults, read_results
from common.reports.committed import are_committed
from common.reports.screen.results import data_name
from data_pipeline.datasets.recognise import known_dataset


@dataclass(frozen=True)
class Collected:
    """What a page is made of.

    Args:
        page: all but the clips.
        runs: key of each run on the page, and its record, by key.
        clips: counts of decisions on each clip, for each data set.
    """

    page: Page
    runs: tuple[tuple[str, Record], ...]
    clips: tuple[DataClips, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a table nor a run."""
        return not (self.page.tables or self.runs)


def collect(papers: Sequence[Paper], out: Path) -> Collected:
    """All that the page shows of papers.

    Args:
        papers: without the rows that searches found.
        out: folder of results.
    """
    every = [results for results in read_results(papers, out) if not results.is_empty]
    runs = {key: record for results in every for key, record in results.keys.items()}
    keys = sorted(runs)
    places = {key: place for place, key in enumerate(keys)}
    ordered = tuple((key, runs[key]) for key in keys)
    datasets = {digest: data.name for data in runs_by_data(ordered) for digest in data.digests}
    ids, genres = Ids(), GenreLists()
    tables: list[TableView] = []
    rows: list[RowView] = []
    audits: list[AuditView] = []
    names: dict[str, RunNames] = {}
    without_runs: set[tuple] = set()
    for results in every:
        for one in results.tables:
            if not one.stored.setting:
                # Tables of layers and values are written beside the results of each data set, and are the same there.
                content = (results.paper.key, one.stored.id, one.table.header, one.table.rows)
                if content in without_runs:
                    continue
                without_runs.add(content)
            view = table_view(one, ids)
            tables.append(view)
            if kind_of(one) == "results":
                mine = rows_of(one, view.id, results, places, genres, ids)
                rows += mine
                for row in mine:
                    heading = f"{results.paper.title}, table {row.table_id}, {row.heading}"
                    names |= {keys[place]: RunNames(row.name, heading, row.data) for place in row.runs}
            elif kind_of(one) == "audit":
                dataset = datasets.get(one.stored.setting["data_digest"], "")
                audits.append(audit_view(one, view.id, results, dataset, ids))
    curves = [run_view(key, runs[key], names.get(key) or _unnamed(every, runs[key]), genres) for key in keys]
    page = Page(
        title=_title(every),
        lead=_lead(every, rows, len(runs)),
        own=not are_committed(out),
        genres=tuple(genres.every),
        audits=tuple(audits),
        tables=tuple(tables),
        rows=tuple(rows),
        runs=tuple(curves),
        papers=tuple(map(paper_view, every)),
        about=about_view(every),
    )
    return Collected(page, ordered, count_clips(ordered, _pairs(every)))


def _title(every: Sequence[PaperResults]) -> str:
    return (
        f"{shown(every[0].paper.title)}: results" if len(every) == 1 else "Results of music-genre-classification papers"
    )


def _lead(every: Sequence[PaperResults], rows: Sequence[RowView], runs: int) -> str:
    """What is on the page, in numbers."""
    measured = sum(row.is_measured for row in rows)
    return (
        f"{counted(len(every), 'paper')}, {counted(measured, 'measured row')} of {counted(len(rows), 'row')} in their "
        f"tables of results, {counted(runs, 'run')}."
    )


def _unnamed(every: Sequence[PaperResults], record: Record) -> RunNames:
    """What a run is called that is in no table of results, e.g. of an audit alone."""
    paper = next(results.paper for results in every if results.paper.key == record.paper)
    rows = (row for table in paper.tables for row in table.rows)
    name = next((row.name for row in rows if row.experiment.digest == record.row_experiment), record.row_experiment[:8])
    known = known_dataset(record.setting.dataset, record.data.genres, [clip.id for clip in record.clips])
    data = data_name({"data": record.data.title, "known_data": known})
    return RunNames(name, f"{paper.title}, {name}", data)


def _pairs(every: Sequence[PaperResults]) -> dict[str, list[tuple[str, str, bool]]]:
    """Digest of data -> pairs of clips of the same recording that audits found, and whether their bytes are the
    same."""
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for results in every:
        for one in results.tables:
            for below in one.below if kind_of(one) == "audit" else ():
                pairs = found.setdefault(one.stored.setting["data_digest"], [])
                pairs += [(row["label"], row["second"], row["exact"]) for row in below.stored.values["rows"]]
    return found
