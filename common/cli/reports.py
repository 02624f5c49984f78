"""Writes and shows tables: those that need no data, and those of existing records."""

from pathlib import Path

from common.cli.curves import print_after_tables, shown_path
from common.cli.paper_page import end_with_page
from common.cli.regenerate import regenerate
from common.cli.screen import ScreenOptions, Shown, print_tables
from common.core.console import each_warning_once, say, warn
from common.core.errors import SpecError
from common.core.shell import shell_word
from common.paper.figures import Figure, Needs
from common.paper.paper import Paper
from common.paper.row_names import listed_rows, name_and_label
from common.paper.tables import ArchitectureTable, Confusion
from common.paper.value_tables import ValueTable
from common.records.paths import OWN_RESULTS, ResultPaths, result_folders
from common.records.tuned_rows import with_tuned_rows
from common.reports.asked import only_rows
from common.reports.committed import are_committed
from common.reports.table import Table
from common.reports.write import GroupReport, write_without_runs
from common.runs.options import Options
from common.runs.selection import Asked, ChosenRows, choose_rows, labels_of

_WITHOUT_RUNS = "none of the runs that it is drawn from has a record"
_NOT_FROM_RECORDS = "is not drawn from records; leave out --from-records"


def tables_without_data(paper: Paper, chosen: ChosenRows, results: ResultPaths) -> tuple[list[Shown], list[Path]]:
    """Write the requested tables that need neither data nor training.

    Returns:
        What to show, and all files.
    """
    shown, paths = [], []
    for table, _ in chosen:
        if isinstance(table, ArchitectureTable | ValueTable):
            built, written = write_without_runs(paper, table, results)
            shown.append(Shown(built, _page(written)))
            paths += written
    return shown, paths


@each_warning_once()
def tables_from_records(
    paper: Paper, options: Options, dataset: str | None, figures: list[Figure], screen: ScreenOptions, *, legacy: bool
) -> int:
    """Make all tables and figures again from records, of one data set or of all (None); returns the exit code.

    Args:
        figures: those whose files are named; empty for those of the tables.
    """
    whole = with_tuned_rows(paper, options.out, dataset)
    only_figures = figures and not (options.tables or options.rows)
    asked = Asked([] if only_figures else choose_rows(whole, options.tables, options.rows), figures)
    if not result_folders(options.out, paper.key, dataset):
        of_data = f" on {dataset}" if dataset else ""
        own = options.out != OWN_RESULTS and result_folders(OWN_RESULTS, paper.key, dataset)
        do = f"Add --out {OWN_RESULTS}, where there are some." if own else "Run without --from-records first."
        raise SpecError(f"--from-records: no records of {paper.key}{of_data} below {options.out}. {do}")
    made = regenerate(paper, options.out, dataset)
    if not made.groups and not made.others:
        raise SpecError(
            f"--from-records: no record below {options.out} belongs to a row of {paper.key}. Run without "
            "--from-records first."
        )
    written = [path for _, paths in made.others for path in paths]
    show_reports(paper, options, made.groups, asked, [*written, made.page], screen, legacy=legacy)
    by_name = bool(options.tables or options.rows)
    lacking = by_name and name_rows_without_number(asked.tables, made.groups)
    not_drawn = {figure.id: _NOT_FROM_RECORDS for figure in figures if figure.needs != Needs.RUNS}
    not_drawn |= reasons_not_drawn(figures, made.groups)
    name_not_made(not_drawn)
    end_with_page(paper, options.out, as_json=screen.json)
    return 1 if lacking or not_drawn else 0


def show_reports(
    paper: Paper,
    options: Options,
    reports: list[GroupReport],
    asked_for: Asked,
    others: list[Path],
    screen: ScreenOptions,
    *,
    legacy: bool,
) -> None:
    """Show the chosen tables with the rows that were asked for, and the paths of their files, which hold all rows. A
    table that has no file of its own, because others hold all its measured rows, is shown only where it was asked for
    by name."""
    chosen = asked_for.tables
    # A row that is asked for by name is looked for in all tables.
    asked = [table.id for table, rows in chosen if rows or not options.rows]
    labels = labels_of(chosen)

    def is_shown(matrix: Confusion) -> bool:
        """A table of results is shown with the confusion matrices of those of its rows that are shown."""
        table, label = matrix.row
        return matrix.id in asked or (table in asked and (not options.rows or label in labels[table]))

    matrices = sorted(filter(is_shown, paper.confusions), key=lambda entry: entry.table_id)
    numbered = {entry.table_id for entry in matrices if entry.is_numbered}  # shown as matrices
    is_own = not are_committed(options.out)
    shown, held = [], []
    for report in reports:
        for table in asked:
            if (table in report.held_by and not options.tables) or table in numbered:
                continue
            first = f"{table}_legacy" if legacy else table
            names = (first, f"{table}_rounds", f"{table}_genres", f"{table}_pairs")
            page = _page(report.paths.get(table, []))
            whole = report.tables.get(first)
            for name in names:
                part = report.tables.get(name)
                if part is not None and options.rows:
                    part = _asked_rows(part, labels[table])
                if part is not None:
                    shown.append(Shown(part, page, whole if name != first else None, is_own=is_own))
            held += [(report, table)] if table in report.held_by else []
        for entry in matrices:
            if entry.table_id in report.tables:
                # A matrix that the paper counts among its tables has files of its own.
                (holder,) = report.held_by.get(entry.id, [entry.table_id])
                whole = report.tables[holder] if holder in asked and holder != entry.table_id else None
                shown.append(Shown(report.tables[entry.table_id], _page(report.paths[holder]), whole, is_own=is_own))
    drawn = [figure.id for figure in paper.figures if asked_for.shows(figure)]
    paths = [path for report in reports for name in asked for path in report.paths.get(name, [])]
    paths += [path for report in reports for name in drawn for path in report.figures.get(name, [])]
    print_tables(shown, [*paths, *others], screen)
    for report, table in held:
        files = ", ".join(f"{report.group.stem('table', holder, paper)}.md" for holder in report.held_by[table])
        is_matrix = paper.confusion(table) is not None
        held_there = f"it is a part of {files}" if is_matrix else f"all its measured rows are in {files}"
        say(f"table {table} has no file of its own: {held_there}")


def _asked_rows(table: Table, labels: list[str]) -> Table | None:
    """The rows of a table that were asked for. A comparison is shown only where the row that the others are compared
    with was asked for, too."""
    if table.values.get("kind") == "pairs" and table.values["reference"] not in labels:
        return None
    return only_rows(table, labels)


def _page(paths: list[Path]) -> Path | None:
    """The Markdown file among the files of a table; None where it has no file."""
    return next((path for path in paths if path.suffix == ".md"), None)


def reasons_not_drawn(figures: list[Figure], reports: list[GroupReport]) -> dict[str, str]:
    """Id of each figure of runs that is in no report -> why."""
    drawn = {name for report in reports for name in report.figures}
    return {figure.id: _WITHOUT_RUNS for figure in figures if figure.needs == Needs.RUNS and figure.id not in drawn}


def name_figures(figures: list[Figure], reports: list[GroupReport], *, as_json: bool) -> None:
    """Say where the pictures of runs are that were asked for: names tell in what the runs differ from those of the
    paper, so that they cannot be guessed."""
    for figure in figures:
        for path in (path for report in reports for path in report.figures.get(figure.id, ()) if path.suffix == ".png"):
            print_after_tables(f"figure {figure.id}: {shell_word(shown_path(path))}", as_json=as_json)


def name_other_commands(paper: Paper) -> None:
    """Name the items of the paper's document that other commands make."""
    for item in paper.items:
        if others := item.commands_beside(paper.key):
            say(f"{item.title}: made by {'; '.join(others)}")


def name_not_made(reasons: dict[str, str]) -> None:
    """Name the figures that were asked for and not made, each with the reason.

    Args:
        reasons: id of a figure -> why, as the rest of a sentence.
    """
    for figure, reason in reasons.items():
        warn(f"figure {figure}: not made: {reason}")


def name_rows_without_number(chosen: ChosenRows, reports: list[GroupReport]) -> bool:
    """Name the rows that were asked for and have no number in any of these tables; returns whether there are any."""
    lacking = []
    for table, rows in chosen:
        if isinstance(table, Confusion):
            if not any(table.table_id in report.tables for report in reports):
                lacking.append(f"table {table.id} [{name_and_label(rows[0]) if rows else table.row[1]}]")
            continue
        if isinstance(table, ArchitectureTable | ValueTable):
            continue  # made without records
        made = [report.tables[table.id] for report in reports if table.id in report.tables]
        measured = {row["label"] for one in made for row in one.values["rows"] if row.get("measured")}
        without = [row for row in rows if row.label not in measured]
        if without:
            lacking.append(f"table {table.id} [{listed_rows(without)}]")
    if lacking:
        warn(f"no record for: {'; '.join(lacking)}")
    return bool(lacking)
