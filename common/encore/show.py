"""`encore show`: the tables of a paper as they lie on disk, without data, training or making them again."""

from dataclasses import replace
from pathlib import Path

import typer

from common.cli.flags import TypedFlags, command_of
from common.cli.help import HelpCommand
from common.cli.screen import ScreenOptions, Shown, print_tables
from common.core.console import say, warn
from common.core.errors import DataError
from common.core.shell import shell_word
from common.encore.commands_to_run import command_for, rows_not_run, rows_to_run
from common.encore.other_tables import choosing, markdown_of, options_for
from common.encore.show_options import ShowOptions
from common.encore.tables_there import Beside, Choice, TablesThere
from common.paper.overrides import parse_change, require_paths
from common.paper.paper import Paper
from common.paper.protocol import UNIT_NAMES, read_unit
from common.paper.tables import Confusion
from common.records.paths import COMMITTED_RESULTS, OWN_RESULTS, results_of_checkout
from common.reports.asked import labels_with_numbers, only_rows
from common.reports.screen.results import data_name
from common.reports.stored import CellsOf, StoredTable
from common.reports.tables.settings import SettingColumn, settings_table
from common.runs.selection import choose_rows, labels_of

# Id of the table of a leakage audit.
_AUDIT = "audit"
# Id of a table -> labels of its rows that were asked for, in its order; None where all rows are shown.
_Labels = dict[str, list[str]] | None


def make_app(paper: Paper) -> typer.Typer:
    """The command line for a paper, not yet run."""

    def handle(asked: ShowOptions, screen: ScreenOptions, flags: TypedFlags) -> int:
        return _show(paper, asked, screen)

    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    about = (
        f"{paper.title}: print tables that were made before, your own with the committed numbers beside them. Several "
        "values of --dataset, --split or --unit give one table with all of them. Exit code: 0, or 1 if something that "
        "was asked for has no numbers yet."
    )
    app.command(help=about, cls=HelpCommand)(command_of(handle, ShowOptions, ScreenOptions))
    return app


def _show(paper: Paper, asked: ShowOptions, screen: ScreenOptions) -> int:
    screen.apply()
    places = _places(asked.out)
    stored = TablesThere(paper, places, asked.datasets, _committed_of(places))
    labels = _labels(stored, asked)
    _require_paths(stored.paper, asked.all_changes or ())
    choices = Choice.all_of(
        asked.datasets,
        asked.splits,
        map(read_unit, asked.units),
        asked.out and asked.out.expanduser(),
        asked.epochs,
        asked.precision,
        asked.all_changes,
    )
    shown: list[Shown] = []
    lacking: list[str] = []
    said: list[str] = []
    by_name = bool(asked.tables or asked.rows)
    for table in asked.tables or _default_tables(stored.paper, asked, labels):
        if labels is not None and labels.get(stored.base_of(table)) == []:
            said.append(f"table {table} is not shown: the rows that were asked for are of other tables")
        elif len(choices) > 1:
            shown += _several(stored, table, choices, labels, lacking, said, by_name=by_name)
        else:
            shown += _one(stored, table, *choices, labels, lacking, said, by_name=by_name)
    if len({one.origin for one in shown if one.origin}) < 2:
        shown = [replace(one, origin="") for one in shown]
    if labels is not None:
        lacking += rows_not_run(stored, [one.table for one in shown], labels, choices[0].out)
    if shown or screen.json:
        print_tables(shown, [], screen)
    for lines in dict.fromkeys(said) if shown else ():
        for line in lines.splitlines():
            say(line)
    if shown and not (asked.tables or asked.rows or len(choices) > 1):
        return 0  # without --table, tables that have no numbers yet are not missed
    if not shown and not asked.tables:
        lacking = [command_for(stored, "", choice, *asked.rows) for choice in choices]
    for line in dict.fromkeys(lacking):
        warn(line)
    if not (shown or asked.tables or asked.rows):
        say(f"looked in {', '.join(map(str, _places(asked.out)))}; --out DIR for another folder")
    return 1 if lacking else 0


def _require_paths(paper: Paper, changes: tuple[str, ...]) -> None:
    """Raise SpecError where no row of the paper has a value that was asked for."""
    rows = {row.name: row.experiment for table in paper.tables for row in table.rows}
    for change in changes:
        path, _ = parse_change(change)
        if not any(experiment.has(path) for experiment in rows.values()):
            require_paths([path], rows)


def _places(out: Path | None) -> tuple[Path, ...]:
    """The folders to look in.

    Raises:
        DataError: the folder that was asked for is none.
    """
    if out is not None:
        out = out.expanduser()
        if not out.is_dir():
            raise DataError(f"{out}: no such folder; expected a folder of results, as commands write it with --out.")
        return (out,)
    checkout = results_of_checkout()
    places: dict[Path, Path] = {}
    for place in (OWN_RESULTS, COMMITTED_RESULTS, checkout):
        if place is not None:
            places.setdefault(place.resolve(), place)
    return tuple(places.values())


def _committed_of(places: tuple[Path, ...]) -> frozenset[Path]:
    """Those of the places that hold results that come with Encore."""
    checkout = results_of_checkout()
    committed = {place.resolve() for place in (COMMITTED_RESULTS, checkout) if place is not None}
    return frozenset(place for place in places if place.resolve() in committed)


def _default_tables(paper: Paper, asked: ShowOptions, labels: _Labels) -> list[str]:
    """The tables without `--table`: those of the paper's own choice, without those that need no runs where runs of a
    setting are asked for; or all tables that have one of the rows that are asked for."""
    if labels is not None:
        return [table.id for table in paper.tables if labels.get(table.id)]
    of_runs = asked.splits or asked.units or asked.epochs is not None or asked.precision or asked.all_changes
    without_runs = {table.id for table in paper.tables_without_runs} if of_runs else set()
    return [table for table in paper.default_tables or paper.table_ids if table not in without_runs]


def _labels(stored: TablesThere, asked: ShowOptions) -> _Labels:
    """The rows that were asked for.

    Raises:
        SpecError: there is no such table or row.
    """
    ids_there = {one.id for mine in stored.tables for one in mine}
    of_paper = {*stored.paper.table_ids, *(matrix.id for matrix in stored.paper.confusions)}
    ids = []
    for table in asked.tables:
        # A table below another one has rows of that; an audit and a search have none.
        base = stored.base_of(table) if table in ids_there else table
        ids += [base] if base in of_paper or table not in {*ids_there, _AUDIT} else []
    chosen = choose_rows(stored.paper, tuple(ids), asked.rows)
    return labels_of(chosen) if asked.rows else None


def _one(
    stored: TablesThere,
    table: str,
    choice: Choice,
    labels: _Labels,
    lacking: list[str],
    said: list[str],
    *,
    by_name: bool,
) -> list[Shown]:
    """The table under one setting, if there is one; with rows that were asked for, also the tables after it that have
    numbers of rows that it has none of.

    Args:
        lacking: gets what has no numbers.
        said: gets the files, and what else there is, in one line or several.
        by_name: whether it, or one of its rows, was asked for by name: only then a table without a file is shown.
    """
    matrix = stored.paper.confusion(table)
    found = stored.find(matrix.table_id if isinstance(matrix, Confusion) else table, choice, also_held=by_name)
    asked = None if labels is None else labels.get(stored.base_of(table), [])
    if not found:
        lacking.append(command_for(stored, table, choice, *(asked or [])))
        return []
    if asked is None:
        chosen: list[tuple[StoredTable, list[str] | None]] = [(found[0][0], None)]
    else:
        chosen = _with_rows([one for mine in found for one in mine], asked)
    shown = []
    for one, rows in chosen:
        whole = one.as_table(stored.paper_of(one), _cells_of(one.values.get("kind")))
        part = whole if rows is None else only_rows(whole, rows)
        if part is None:
            lacking.append(_without_rows(one, asked or []))
        else:
            # The file is named once, below all tables.
            shown.append(Shown(part, is_own=stored.is_own(one), origin=_origin(stored, one)))
            said.append(f"table {one.id} is from {shell_word(markdown_of(one))}")
            said += rows_to_run(stored, one, part.values, choice) if asked is None else []
    of_place = next(mine for mine in found if chosen[0][0] in mine)
    every = [each for each, _ in chosen]
    options = [f"  {choosing(stored, choice, every[0], other)}" for other in of_place if other not in every]
    # Of another place the first, as the others can be found from there.
    for other in (mine[0] for mine in found if mine is not of_place and mine[0] not in every and mine[0].setting):
        chosen_by = options_for(stored, choice, every[0], other) or f"--out {shell_word(other.path.parents[2])}"
        options.append(f"  {chosen_by}   ({_origin(stored, other)}, {data_name(other.values)})")
    if options and shown:
        said.append("\n".join((f"table {chosen[0][0].id} is also there with:", *dict.fromkeys(options))))
    return shown


def _with_rows(tables: list[StoredTable], labels: list[str]) -> list[tuple[StoredTable, list[str]]]:
    """The first tables that together have numbers of all rows, as far as there are any, each with its rows; those that
    none has are left with the first.

    Args:
        tables: in the order in which they are looked at, at least one.
    """
    chosen: list[tuple[StoredTable, list[str]]] = []
    remaining = labels
    for one in tables:
        there = labels_with_numbers(one.values)
        if there is None:
            return [(one, labels)]
        if rows := [label for label in remaining if label in there]:
            chosen.append((one, rows))
            remaining = [label for label in remaining if label not in there]
    chosen = chosen or [(tables[0], [])]
    first, rows = chosen[0]
    return [(first, [*rows, *remaining]), *chosen[1:]]


def _without_rows(one: StoredTable, labels: list[str]) -> str:
    """That a table has none of the rows that were asked for, and those that it has."""
    there = " | ".join(sorted(labels_with_numbers(one.values) or ()))
    rows = f" [{' | '.join(labels)}]" if labels else ""
    return f"table {one.id} has none of the rows that were asked for{rows}; {markdown_of(one)} has: {there or 'none'}"


def _origin(stored: TablesThere, one: StoredTable) -> str:
    """Whose runs a table is of; empty for tables of layers, which are not run."""
    if not one.setting:
        return ""
    return "your own runs" if stored.is_own(one) else "comes with Encore"


def _several(
    stored: TablesThere,
    table: str,
    choices: list[Choice],
    labels: _Labels,
    lacking: list[str],
    said: list[str],
    *,
    by_name: bool,
) -> list[Shown]:
    """The table under several settings: in one table if it is one of results, else one after the other.

    Args:
        lacking: gets the settings without numbers.
        said: gets the files.
        by_name: whether it, or one of its rows, was asked for by name; else it is not missed where it has no numbers.
    """
    asked = None if labels is None else labels.get(stored.base_of(table), [])
    # Data sets that were asked for may be in several places; else one place, and one data set, has all columns.
    fitting: dict[Choice, StoredTable] = {}
    for dataset in dict.fromkeys(choice.dataset for choice in choices):
        of_data = [choice for choice in choices if choice.dataset == dataset]
        groups = stored.beside(table, of_data, asked, also_held=by_name)
        if groups:
            fitting |= groups[0]
            said += _not_beside(stored, groups, of_data)
    columns = [fitting[choice] for choice in choices if choice in fitting]
    declared = next((one for one in stored.paper.tables if one.id == table), None)
    if declared is None or any(stored.paper_of(one).table(table) != declared for one in columns):
        made: list[Shown] = []
        missed: list[str] = []
        for choice in choices:
            found = _one(stored, table, choice, labels, missed, said, by_name=by_name)
            # An audit, or a table of layers, is of all splits, so it is there once.
            made += [one for one in found if one not in made]
        lacking += missed if by_name else []
        return made
    if columns or by_name:
        lacking += [command_for(stored, table, choice, *(asked or [])) for choice in choices if choice not in fitting]
    if not columns:
        return []
    differ = len({one.values["dataset"] for one in columns}) > 1
    named = []
    for one in columns:
        one.require_metrics(stored.paper)
        name = _column_name(one, differ)
        named.append(SettingColumn(name, str(markdown_of(one)), one.values, stored.is_own(one)))
        said.append(f"table {table}, {name}, is from {shell_word(markdown_of(one))}")
    whole = settings_table(stored.paper.key, declared, named)
    part = whole if asked is None else only_rows(whole, asked)
    return [Shown(part, is_own=all(map(stored.is_own, columns)))] if part else []


def _not_beside(stored: TablesThere, groups: list[Beside], choices: list[Choice]) -> list[str]:
    """That own runs have only some of the choices, so that the results that come with Encore are shown instead."""
    shown = list(groups[0].values())
    own = next((list(group.values()) for group in groups if stored.is_own(next(iter(group.values())))), None)
    if own is None or stored.is_own(shown[0]):
        return []
    dataset, data = own[0].values["dataset"], data_name(shown[0].values)
    names = "; ".join(dict.fromkeys(_column_name(one, False) for one in own))
    is_same = dataset == shown[0].values["dataset"]
    option = f"--out {shell_word(own[0].path.parents[2])}" if is_same else f"--dataset {shell_word(dataset)}"
    of_choices = "only" if len(own) < len(choices) else "with fewer of the rows"
    return [
        f"your own runs on {dataset} have {names} {of_choices}; shown: the results on {data} that come with Encore. "
        f"For yours: {option}"
    ]


def _column_name(one: StoredTable, with_data: bool) -> str:
    unit = UNIT_NAMES[one.setting["unit"]]
    data = f"{one.values['dataset']}: " if with_data else ""
    return f"{data}{one.setting['split']}, by {unit}"


def _cells_of(kind: str | None) -> CellsOf | None:
    """What makes the cells of tables that are none of results; None for those of results."""
    if kind in ("audit", "duplicates"):
        from common.leakage.duplicate_tables import duplicate_cells
        from common.leakage.tables import audit_cells

        return audit_cells if kind == "audit" else duplicate_cells
    if kind == "search":
        from common.search.table import search_cells

        return search_cells
    return None
