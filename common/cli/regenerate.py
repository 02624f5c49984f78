"""Makes all tables, figures and pages of a results folder from its records, and removes tables and figures that no
record supports.

Every command ends here: one that trained, an audit, a search and `--from-records` leave the same files.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from common.core.console import say
from common.core.errors import DataError
from common.core.files import make_folder
from common.leakage.report import regenerate_audits
from common.paper.paper import Paper
from common.records.paths import ResultPaths, result_folders
from common.reports.pages import write_page
from common.reports.table import Table
from common.reports.write import GroupReport, data_figure_stems, regenerate_tables
from common.search.report import regenerate_searches

# Kinds of files that reports are made of; whatever else lies in a folder of results is left alone.
_TABLES = ("table_*", {".md", ".csv", ".tex", ".json", ".txt"})
_FIGURES = (("table_*", {".png", ".svg"}), ("figure_*", {".png", ".svg"}))


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


def regenerate(paper: Paper, out: Path, dataset: str | None = None) -> Regenerated:
    """Make the tables of results, searches and audits of a paper, its page and the list of all tables, and remove the
    tables and figures that earlier commands left and that no record supports.

    Args:
        dataset: key of the data set whose results are made; None for all.

    Returns:
        What was made. A record, search or audit that cannot be used is named in a warning and left out; where a search
        or an audit is left out, nothing is removed, because its tables may be of value still.
    """
    folders = result_folders(out, paper.key, dataset)
    with ExitStack() as locks:
        # Another command could otherwise remove what this one writes, if it read the records before this command
        # wrote its own.
        for results in folders:
            make_folder(results.tables_lock.parent)
            locks.enter_context(FileLock(results.tables_lock))
        groups = regenerate_tables(paper, out, dataset)
        found = [*regenerate_searches(paper, out, dataset), *regenerate_audits(paper, out, dataset)]
        others = [made for made in found if made is not None]
        written = {path for report in groups for paths in report.paths.values() for path in paths}
        written |= {path for _, paths in others for path in paths}
        for results in folders if len(others) == len(found) else ():
            mine = [report for report in groups if report.results == results]
            _remove_others(paper, results, mine, written)
        return Regenerated(groups, others, write_page(paper, out))


def _remove_others(paper: Paper, results: ResultPaths, groups: list[GroupReport], written: set[Path]) -> None:
    """Remove tables and figures of a folder that were not written; say which."""
    # Tables of layers need no records, and figures of the data are drawn only where the data are at hand.
    layers = {f"table_{table.id}" for table in paper.architecture}
    of_data = {stem for report in groups for stem in data_figure_stems(paper, report.group)}
    old = [path for path in _files(results.folder, *_TABLES) if path.stem not in layers]
    old += [path for kind in _FIGURES for path in _files(results.figures, *kind) if path.stem not in of_data]
    removed = [path for path in old if path not in written]
    for path in removed:
        path.unlink(missing_ok=True)
    if removed:
        stems = ", ".join(dict.fromkeys(path.stem for path in removed))
        say(f"{results.folder}: removed {len(removed)} files of tables and figures that no record supports: {stems}")


def _files(folder: Path, pattern: str, suffixes: Iterable[str]) -> list[Path]:
    return [path for path in sorted(folder.glob(pattern)) if path.suffix in suffixes and path.is_file()]
