"""Writes all tables and figures that can be made from records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure as Drawing

from common.core.console import show_step
from common.paper.paper import Paper
from common.paper.tables import ArchitectureTable, ResultTable
from common.paper.value_tables import ValueTable
from common.records.divergence import Divergence, read_divergences
from common.records.paths import ResultPaths
from common.records.rows import usable_row_records
from common.records.tuned_rows import with_tuned_rows
from common.reports.committed import CommittedOf, are_own, committed_beside
from common.reports.figures.files import save_digest, save_figure
from common.reports.figures.tables import (
    draw_confusion,
    draw_folds,
    draw_pairs,
    draw_per_genre,
    draw_results,
)
from common.reports.formats import write_table
from common.reports.groups import Group, groups_of
from common.reports.run_figures import run_figures
from common.reports.table import Table
from common.reports.tables.architecture import architecture_table
from common.reports.tables.confusion import confusion_table
from common.reports.tables.declared_values import value_table
from common.reports.tables.folds import fold_table
from common.reports.tables.genres import per_genre_table
from common.reports.tables.legacy import legacy_table
from common.reports.tables.pairs import paired_table
from common.reports.tables.results import results_table
from common.reports.text.caption import flag_summary
from common.reports.text.committed import FindCommitted
from data_pipeline.datasets.about import is_asked_for

# A chart of fewer measured lines, or of fewer differences between rows, tells no more than the table itself.
_FEWEST_LINES, _FEWEST_DIFFERENCES = 2, 4


@dataclass(frozen=True)
class GroupReport:
    """The tables and files that were written for one group of records.

    Args:
        results: where they were written.
        tables: table id -> table, also of tables that were not written.
        paths: id of a table of results -> files, those of the charts of its numbers among them.
        figures: id of a figure -> files.
        held_by: id of a table or confusion matrix without a file of its own -> ids of the tables that hold its measured
            rows.
    """

    group: Group
    results: ResultPaths
    tables: dict[str, Table]
    paths: dict[str, list[Path]]
    figures: dict[str, list[Path]]
    held_by: dict[str, list[str]] = field(default_factory=dict)

    @property
    def files(self) -> set[Path]:
        """All that was written."""
        return {path for paths in (*self.paths.values(), *self.figures.values()) for path in paths}


def regenerate_tables(
    paper: Paper,
    out: Path,
    dataset: str | None = None,
    *,
    draw_figures: bool = True,
    committed: CommittedOf = committed_beside,
    own: Callable[[ResultPaths], bool] = are_own,
) -> list[GroupReport]:
    """Write all tables and learning curves that the records of a paper support.

    Needs neither data nor training, and is the only way in which tables are written: a command that trained and
    `--from-records` end with the same bytes.

    Args:
        dataset: key of the data set whose records are used; None for all.
        draw_figures: False names the files of the figures in the reports, but writes only digests of what they show.
        committed: paper and results -> what finds the committed numbers to show beside the own ones.
        own: whether results are the user's own, which their tables call so.
    """
    reports = []
    for results in ResultPaths.with_records(out, paper.key):
        if is_asked_for(results.dataset, dataset):
            show_step(f"reading records on {results.dataset}")
            whole = with_tuned_rows(paper, out, results.dataset)
            groups = groups_of(whole, [one.record for one in usable_row_records(whole, results)])
            notes = read_divergences(results.diverged)
            find = committed(whole, results)
            reports += [
                _write_group(
                    whole,
                    group,
                    results,
                    group.diverged(whole, notes),
                    find,
                    draw_figures=draw_figures,
                    is_own=own(results),
                )
                for group in groups
            ]
    return reports


def _write_group(
    paper: Paper,
    group: Group,
    results: ResultPaths,
    diverged: Sequence[Divergence],
    committed: FindCommitted | None,
    *,
    draw_figures: bool,
    is_own: bool,
) -> GroupReport:
    records = list(group.records)
    made = {
        published.id: table
        for published in paper.tables
        if _measured(table := results_table(paper, published, group.setting, records, diverged, committed))
    }
    holders = _holders(paper, made)
    companions: dict[str, dict[str, Table]] = {}
    matrices: dict[str, list[str]] = {}
    paths: dict[str, list[Path]] = {}

    def save(drawing: partial[Drawing], stem: str) -> list[Path]:
        show_step(f"{results.dataset}: {stem}")
        path = results.figures / stem
        return save_figure(drawing, path) if draw_figures else save_digest(drawing, path)

    def draw(table: Table, chart: Callable[..., Drawing], whole: Table) -> list[Path]:
        kind = table.values.get("kind")
        lines = table.values["rows"] if kind else _measured(table)
        if len(lines) < (_FEWEST_DIFFERENCES if kind == "pairs" else _FEWEST_LINES):
            return []
        drawn = partial(chart, table.values, subtitle=flag_summary(whole))
        return save(drawn, group.stem("table", table.id, paper))

    def keep(own: Table, chart: Callable[..., Drawing], beside: str) -> None:
        """Keep a table that belongs to the table of results with the id `beside`, and draw it if that is written."""
        made[own.id] = own
        if beside in holders.values():
            companions.setdefault(beside, {})[group.stem("table", own.id, paper)] = own
            paths.setdefault(beside, []).extend(draw(own, chart, made[beside]))

    for published in paper.tables:
        if published.id not in made:
            continue
        table = made[published.id]
        for build, chart, without in (
            # Neither has intervals, and rounds have lines of their own for mean and standard deviation.
            (fold_table, draw_folds, ("intervals", "spread")),
            (per_genre_table, draw_per_genre, ("intervals", "spread")),
            (legacy_table, draw_results, ()),
            # Differences of rows have intervals of their own.
            (paired_table, draw_pairs, ("intervals", "spread")),
        ):
            show_step(f"{results.dataset}: {group.stem('table', published.id, paper)}")
            own = build(paper, published, group.setting, records)
            if own:
                keep(own.with_notes_of(table, without=without), chart, published.id)
    for published in paper.confusions:
        own = confusion_table(paper, published, group.setting, records)
        if own:
            holder = holders[paper.row(*published.row).experiment.digest]
            # A matrix has neither means nor intervals.
            own = own.with_notes_of(made[holder], without=("intervals", "spread"))
            if published.is_numbered:
                made[own.id] = own
                written = write_table(results.folder, group.stem("table", own.id, paper), own, is_own=is_own)
                paths[own.id] = [*written, *draw(own, draw_confusion, own)]
            else:
                keep(own, draw_confusion, holder)
                matrices[published.id] = [holder]
    for table_id in dict.fromkeys(holders.values()):
        stem, table = group.stem("table", table_id, paper), made[table_id]
        written = write_table(results.folder, stem, table, companions.get(table_id), is_own=is_own)
        paths[table_id] = [*written, *draw(table, draw_results, table), *paths.get(table_id, [])]
    drawings = run_figures(paper, group, made, paths)
    figures = {figure: save(drawn, group.stem("figure", figure, paper)) for figure, drawn in drawings.items()}
    for table in paper.tables_without_runs:
        made[table.id], paths[table.id] = write_without_runs(paper, table, results)
    held_by = matrices | {
        published.id: list(
            dict.fromkeys(holders[digest] for digest in _measured_experiments(published, made[published.id]))
        )
        for published in paper.tables
        if published.id in made and published.id not in paths
    }
    return GroupReport(group, results, made, paths, figures, held_by)


def _measured(table: Table) -> list[dict[str, Any]]:
    return [row for row in table.values["rows"] if row["measured"]]


def _measured_experiments(published: ResultTable, table: Table) -> list[str]:
    """Digests of the experiments of a table's measured rows."""
    measured = {row["label"] for row in _measured(table)}
    return [row.experiment.digest for row in published.rows if row.label in measured]


def _holders(paper: Paper, made: dict[str, Table]) -> dict[str, str]:
    """Digest of each measured experiment -> id of the table that is written with its row.

    The table of the recommended row comes first, then the paper's order. A table whose measured rows are all in tables
    before it is not written: it would show nothing that was measured besides them.
    """
    holders: dict[str, str] = {}
    for published in sorted(paper.tables, key=lambda table: table.id != paper.default_row[0]):
        if published.id in made:
            for digest in _measured_experiments(published, made[published.id]):
                holders.setdefault(digest, published.id)
    return holders


def write_without_runs(
    paper: Paper, table: ArchitectureTable | ValueTable, results: ResultPaths
) -> tuple[Table, list[Path]]:
    """Write a table of layers or of values; it needs no records."""
    if isinstance(table, ValueTable):
        built = value_table(paper, table, results.dataset)
    else:
        built = architecture_table(paper, table, results.dataset)
    return built, write_table(results.folder, f"table_{table.id}", built)
