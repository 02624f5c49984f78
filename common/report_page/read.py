"""Reads what a folder of results holds of papers: their tables, and the records of their rows' runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from common.core.console import warn
from common.core.errors import DataError, SpecError
from common.paper.paper import Paper
from common.records.divergence import Divergence, read_divergences
from common.records.paths import ResultPaths
from common.records.record import Record
from common.records.rows import usable_row_records
from common.records.tuned_rows import with_tuned_rows
from common.reports.stored import StoredTable, stored_tables
from common.reports.table import Table


@dataclass(frozen=True)
class ReadTable:
    """A table on disk with its cells.

    Args:
        stored: as it lies on disk.
        table: the same with its cells as text.
        results: the folder that it is in.
        paper: with the rows that searches in that folder found.
        below: tables that belong to it.
    """

    stored: StoredTable
    table: Table
    results: ResultPaths
    paper: Paper
    below: tuple["ReadTable", ...] = ()


@dataclass(frozen=True)
class PaperResults:
    """What a folder of results holds of one paper.

    Args:
        paper: without the rows that searches found.
        tables: by path; those that cannot be shown were named in warnings.
        records: `<data set>/<run id>` -> record.
        diverged: data set -> notes of runs that diverged.
    """

    paper: Paper
    tables: tuple[ReadTable, ...]
    records: dict[str, Record]
    diverged: dict[str, list[Divergence]]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing of the paper."""
        return not (self.tables or self.records)

    def record(self, results: ResultPaths, run_id: str) -> Record | None:
        """The record of a run; None where it is missing or was not usable."""
        return self.records.get(f"{results.dataset}/{run_id}")

    @cached_property
    def keys(self) -> dict[str, Record]:
        """Key of each run, `<paper>/<data set>/<run id>` -> its record, by key."""
        return {f"{self.paper.key}/{name}": self.records[name] for name in sorted(self.records)}


def read_results(papers: Sequence[Paper], out: Path) -> list[PaperResults]:
    """The results of papers in a folder; papers without any have none.

    A table or a record that cannot be used is named in a warning and not used.
    """
    return [_read_paper(paper, out) for paper in papers]


def _read_paper(paper: Paper, out: Path) -> PaperResults:
    wholes: dict[str, Paper] = {}
    tables = []
    for stored in stored_tables(out, paper.key):
        results = ResultPaths(stored.path.parent)
        if results.dataset not in wholes:
            wholes[results.dataset] = with_tuned_rows(paper, out, results.dataset)
        if one := _read_table(stored, results, wholes[results.dataset]):
            tables.append(one)
    records, diverged = {}, {}
    for results in ResultPaths.with_records(out, paper.key):
        whole = wholes.get(results.dataset) or with_tuned_rows(paper, out, results.dataset)
        usable = usable_row_records(whole, results)
        records |= {f"{results.dataset}/{one.record.run_id}": one.record for one in usable}
        diverged[results.dataset] = read_divergences(results.diverged)
    return PaperResults(paper, tuple(tables), records, diverged)


def _read_table(stored: StoredTable, results: ResultPaths, paper: Paper) -> ReadTable | None:
    try:
        below = [_as_table(one, results, paper) for one in stored.companions]
        whole = _as_table(stored, results, paper)
    except (DataError, SpecError) as error:
        warn(f"not on the page: {stored.path}: {error}")
        return None
    return ReadTable(stored, whole.table, results, paper, tuple(below))


def _as_table(stored: StoredTable, results: ResultPaths, paper: Paper) -> ReadTable:
    kind = stored.values.get("kind")
    cells = None
    if kind in ("audit", "duplicates"):
        from common.leakage.duplicate_tables import duplicate_cells
        from common.leakage.tables import audit_cells

        cells = audit_cells if kind == "audit" else duplicate_cells
    elif kind == "search":
        from common.search.table import search_cells

        cells = search_cells
    return ReadTable(stored, stored.as_table(paper, cells), results, paper)
