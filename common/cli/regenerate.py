"""Makes all tables, figures and pages of a results folder from its records, and removes tables and figures that no
record supports.

Every command comes here: one that trained, an audit, a search and `--from-records` leave the same files. The page of
all results, which shows them, is written after they were shown, see `common.cli.paper_page`.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.core.console import each_warning_once, progress, say, show_step, warn
from common.core.errors import DataError
from common.core.files import read_json
from common.core.leftovers import remove_leftovers
from common.core.locks import lock
from common.core.words import counted
from common.leakage.report import regenerate_audits
from common.paper.figures import Needs
from common.paper.paper import Paper
from common.records.paths import ResultPaths, result_folders
from common.records.record import reading_once
from common.reports.committed import CommittedOf, are_own, committed_beside
from common.reports.coverage import write_coverage
from common.reports.pages import write_page
from common.reports.table import Table
from common.reports.write import GroupReport, regenerate_tables
from common.search.report import regenerate_searches

# The forms of a table, see `common.reports.formats`.
_FORMS = (".md", ".csv", ".tex", ".json")


@dataclass(frozen=True)
class Regenerated:
    """What was made from records.

    Args:
        groups: tables of results, one report for each group of records.
        others: tables of searches and audits, each with its files.
        page: the generated page of the paper.
    """

    groups: list[GroupReport]
    others: list[tuple[Table, list[Path]]]
    page: Path

    def other(self, markdown: Path) -> tuple[Table, list[Path]]:
        """The table of a search or an audit that has this Markdown file, with its files.

        Raises:
            DataError: it was not made.
        """
        for table, paths in self.others:
            if markdown in paths:
                return table, paths
        raise DataError(
            f"{markdown}: was not made, because its records are gone or cannot be used. Repeat the command that "
            "made them."
        )


def regenerate(
    paper: Paper,
    out: Path,
    dataset: str | None = None,
    *,
    draw_figures: bool = True,
    list_tables: bool = True,
    committed: CommittedOf = committed_beside,
    own: Callable[[ResultPaths], bool] = are_own,
) -> Regenerated:
    """Make the tables of results, searches and audits of a paper, its page and the list of all tables, and remove the
    tables and figures that earlier commands left and that no record supports.

    Args:
        dataset: key of the data set whose results are made; None for all.
        draw_figures: False names the files of the figures in what is returned, but draws none, and writes the digest of
            what each shows instead, see `save_digest`; none of those of searches.
        list_tables: False leaves the list of all tables as it is.
        committed, own: see `common.reports.write.regenerate_tables`.

    Returns:
        What was made. A record, search or audit that cannot be used is named in a warning and not used; where a search
        or an audit is not used, nothing is removed, because its tables may be of value still.
    """
    folders = result_folders(out, paper.key, dataset)
    with ExitStack() as locks:
        if draw_figures:
            locks.enter_context(progress("making tables and figures"))
        locks.enter_context(reading_once())
        locks.enter_context(each_warning_once())
        # Another command could otherwise remove what this one writes, if it read the records before this command
        # wrote its own.
        for results in folders:
            locks.enter_context(lock(results.tables_lock, flag="--out"))
            remove_leftovers(results.folder, results.figures)
        groups = regenerate_tables(paper, out, dataset, draw_figures=draw_figures, committed=committed, own=own)
        found = [
            *regenerate_searches(paper, out, dataset, draw_figures=draw_figures),
            *regenerate_audits(paper, out, dataset, draw_figures=draw_figures),
        ]
        others = [made for made in found if made is not None]
        written = {path for report in groups for path in report.files}
        written |= {path for _, paths in others for path in paths}
        for results in folders if len(others) == len(found) else ():
            mine = [report for report in groups if report.results == results]
            _remove_others(paper, results, mine, written)
        show_step("page of the paper")
        page = write_page(paper, out, list_tables=list_tables)
        if list_tables:
            write_coverage(out)
        return Regenerated(groups, others, page)


def _remove_others(paper: Paper, results: ResultPaths, groups: list[GroupReport], written: set[Path]) -> None:
    """Remove tables and figures of a folder that earlier commands wrote and this one did not; say which."""
    shown = {record.run_id for report in groups for record in report.group.records}
    in_no_table = [path for path in sorted(results.runs.glob("*.json")) if path.stem not in shown]
    removed = unsupported_files(paper, results, written)
    if not removed:
        return
    stems = ", ".join(dict.fromkeys(path.stem for path in removed))
    if in_no_table:
        warn(
            f"{results.folder}: not all records are in a table (first of {len(in_no_table)} that are not: "
            f"{in_no_table[0].name}), so older tables and figures are kept: {stems}"
        )
        return
    for path in removed:
        path.unlink(missing_ok=True)
    files = counted(len(removed), "file")
    say(f"{results.folder}: removed {files} of tables and figures that no record supports: {stems}")


def unsupported_files(paper: Paper, results: ResultPaths, written: set[Path]) -> list[Path]:
    """The tables and figures in a folder that commands wrote and that its records do not support.

    Args:
        written: files that the records support.
    """
    layers = {f"table_{table.id}" for table in paper.tables_without_runs}  # need no records
    old = [path for path in _written_tables(paper, results) if path.stem not in layers]
    return [path for path in (*old, *_written_figures(paper, results)) if path not in written]


def _written_tables(paper: Paper, results: ResultPaths) -> list[Path]:
    """The files of tables in a folder that commands wrote, not those that a user put beside them: the forms of every
    JSON file that is a table of the paper, and the CSV files of the tables below it."""
    found = []
    for path in sorted(results.folder.glob("table_*.json")):
        try:
            values = read_json(path, what="a table")
        except DataError:
            continue  # a file of somebody else, or a damaged one, which is written again if it is a table's
        if isinstance(values, dict) and values.get("paper") == paper.key and "table" in values:
            found += [path.with_suffix(suffix) for suffix in _FORMS]
            suffix = path.stem.removeprefix(f"table_{values['table']}")
            below = values.get("companions")
            tables = [one.get("table") for one in below if isinstance(one, dict)] if isinstance(below, list) else []
            found += [path.with_name(f"table_{name}{suffix}.csv") for name in tables if _is_file_name(name)]
    return [path for path in dict.fromkeys(found) if path.is_file()]


def _is_file_name(name: Any) -> bool:
    """Whether this can be a part of the name of a file, which is to be removed."""
    return isinstance(name, str) and not {"/", "\\", "\0"} & set(name)


def _written_figures(paper: Paper, results: ResultPaths) -> list[Path]:
    """The figures of runs in a folder that commands wrote: both PNG and SVG, named after a table or a figure of the
    paper. Others are drawn without records, and those of the data only where the data are at hand."""
    names = [f"figure_{figure.id}" for figure in paper.figures if figure.needs == Needs.RUNS]
    numbered = [matrix.table_id for matrix in paper.confusions if matrix.is_numbered]
    names += [f"table_{name}" for name in (*(table.id for table in paper.tables), *numbered, "confusion", "audit")]
    names += ["figure_search", "table_top", "figure_top"]
    found = []
    for path in sorted(results.figures.glob("*.svg")):
        is_named = any(path.stem == name or path.stem.startswith(f"{name}_") for name in names)
        if is_named and path.with_suffix(".png").is_file():
            found += [path, path.with_suffix(".png")]
    return found
