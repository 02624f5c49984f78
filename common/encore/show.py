"""`encore show`: the tables of a paper as they lie on disk, without data, training or making them again."""

import itertools
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from typer import Option

from common.cli.flags import TypedFlags, command_of
from common.cli.help import HelpCommand
from common.cli.screen import ScreenOptions, Shown, print_tables
from common.core.console import say, warn
from common.core.errors import DataError, SpecError
from common.core.option_groups import DATA, OUTPUT, WHAT
from common.paper.paper import Paper
from common.paper.protocol import UNIT_NAMES, SplitName, read_unit
from common.paper.tables import Confusion, ResultTable
from common.records.paths import COMMITTED_RESULTS, OWN_RESULTS, results_of_checkout
from common.records.tuned_rows import with_tuned_rows
from common.reports.asked import only_rows
from common.reports.stored import CellsOf, StoredTable, held_table, stored_tables
from common.reports.table import Table
from common.reports.tables.settings import SettingColumn, settings_table
from common.runs.options import DatasetName
from common.runs.selection import choose_rows

# Option that may be repeated -> the values that it takes.
_VALUES = {
    "--dataset": get_args(DatasetName),
    "--split": get_args(SplitName),
    "--unit": tuple(UNIT_NAMES.values()),
}
# Id of the table of a leakage audit.
_AUDIT = "audit"


def _completing(flag: str) -> Callable[[str], list[str]]:
    """What completes the values of an option in the shell."""

    def begin(incomplete: str) -> list[str]:
        return [value for value in _VALUES[flag] if value.startswith(incomplete)]

    return begin


@dataclass(frozen=True)
class ShowOptions:
    """What to show."""

    tables: Annotated[
        tuple[str, ...],
        Option(
            "--table",
            metavar="ID",
            rich_help_panel=WHAT,
            help="Table to show, e.g. 5.1 or audit; repeat for several. Default: those with numbers.",
        ),
    ] = ()
    rows: Annotated[
        tuple[str, ...],
        Option("--row", metavar="NAME", rich_help_panel=WHAT, help="Row to show; repeat for several. Default: all."),
    ] = ()
    datasets: Annotated[
        tuple[str, ...],
        Option(
            "--dataset",
            metavar="NAME",
            rich_help_panel=DATA,
            help=f"{', '.join(get_args(DatasetName))}. Several are shown beside each other.",
            autocompletion=_completing("--dataset"),
        ),
    ] = ()
    splits: Annotated[
        tuple[str, ...],
        Option(
            "--split",
            metavar="NAME",
            rich_help_panel=WHAT,
            help=f"{', '.join(get_args(SplitName))}. Several are shown beside each other.",
            autocompletion=_completing("--split"),
        ),
    ] = ()
    units: Annotated[
        tuple[str, ...],
        Option(
            "--unit",
            metavar="window|clip",
            rich_help_panel=WHAT,
            help="Split by single windows or by whole clips. Both are shown beside each other.",
            autocompletion=_completing("--unit"),
        ),
    ] = ()
    out: Annotated[
        Path | None,
        Option(
            metavar="DIR",
            rich_help_panel=OUTPUT,
            help=f"Folder of results. Default: {OWN_RESULTS}, and {COMMITTED_RESULTS} for tables that are not there.",
        ),
    ] = None

    def __post_init__(self) -> None:
        for flag, values in (("--dataset", self.datasets), ("--split", self.splits), ("--unit", self.units)):
            for value in values:
                if UNIT_NAMES.get(value, value) not in _VALUES[flag]:
                    raise SpecError(f"{flag} {value}: expected one of: {', '.join(_VALUES[flag])}.")


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


@dataclass(frozen=True)
class _Choice:
    """The data set, split and unit that were asked for; None where any will do."""

    dataset: str | None
    split: str | None
    unit: str | None

    @classmethod
    def all_of(cls, asked: ShowOptions) -> list["_Choice"]:
        """Each combination of what was asked for."""
        units = dict.fromkeys(map(read_unit, asked.units))
        every = (dict.fromkeys(asked.datasets) or (None,), dict.fromkeys(asked.splits) or (None,), units or (None,))
        return [cls(*one) for one in itertools.product(*every)]

    def fits(self, one: StoredTable) -> bool:
        """Whether a table is of what was asked for; tables of layers and of all splits have no split of their own."""
        if self.dataset not in (None, one.values["dataset"]):
            return False
        if not one.setting or one.values.get("kind") in ("audit", "duplicates"):
            return True
        return self.split in (None, one.setting["split"]) and self.unit in (None, one.setting["unit"])

    @property
    def flags(self) -> list[str]:
        """The flags of a command that measures it."""
        found = []
        for name in ("dataset", "split", "unit"):
            value = getattr(self, name)
            found += [f"--{name}", UNIT_NAMES.get(value, value)] if value else []
        return [*found, "--data", "PATH"] if self.dataset not in (None, "demo") else found


@dataclass(frozen=True)
class _TablesThere:
    """The tables of a paper in some folders.

    Args:
        places: in the order in which tables are looked for.
    """

    paper: Paper
    places: tuple[Path, ...]

    @cached_property
    def tables(self) -> list[list[StoredTable]]:
        """Every table of each place, also those below others."""
        found = [stored_tables(place, self.paper.key) for place in self.places]
        return [[one for whole in mine for one in (whole, *whole.companions)] for mine in found]

    def find(self, table: str, choice: _Choice, *, also_held: bool = False) -> list[StoredTable]:
        """The tables with an id that fit, of the first place that has any: those of the paper's split first, then the
        least reduced.

        Args:
            also_held: where there is none, one that has no file of its own, because other tables hold all its measured
                rows.
        """
        for mine in self.tables:
            fitting = [one for one in mine if one.id == table and choice.fits(one)]
            if fitting:
                return sorted(fitting, key=self._order)
        own = next((one for one in self.paper.tables if one.id == table), None) if also_held else None
        held = own and self._held(own, choice)
        return [held] if held else []

    def _held(self, table: ResultTable, choice: _Choice) -> StoredTable | None:
        """A table that has no file of its own, from those of the first place that hold its measured rows."""
        for mine in self.tables:
            results = [one for one in mine if "kind" not in one.values and one.setting and choice.fits(one)]
            for first in sorted(results, key=self._order):
                alike = [one for one in results if (one.setting, one.path.parent) == (first.setting, first.path.parent)]
                if found := held_table(self.paper, table, [first, *alike]):
                    return found
        return None

    def _order(self, one: StoredTable) -> tuple[Any, ...]:
        protocol = self.paper.default_experiment.protocol
        own_splits = (self.paper.published_protocol.split, protocol.split)
        other_split = one.setting.get("split") not in (*own_splits, None)
        return other_split, one.setting.get("unit") not in (protocol.unit, None), *one.rank, one.path


def _show(paper: Paper, asked: ShowOptions, screen: ScreenOptions) -> int:
    screen.apply()
    places = _places(asked.out)
    paper = with_tuned_rows(paper, places[0], None)
    stored = _TablesThere(paper, places)
    labels = _labels(stored, asked)
    choices = _Choice.all_of(asked)
    shown: list[Shown] = []
    lacking: list[str] = []
    said: list[str] = []
    by_name = bool(asked.tables or labels)
    for table in asked.tables or _default_tables(paper, asked, labels):
        if len(choices) > 1:
            made = _several(stored, table, choices, lacking, said, by_name=by_name)
        else:
            made = _one(stored, table, *choices, said, by_name=by_name)
            lacking += [] if made else [_command(paper, table, *choices)]
        for one in made:
            asked_rows = only_rows(one.table, labels) if labels else one.table
            shown += [] if asked_rows is None else [replace(one, table=asked_rows)]
    if len({one.origin for one in shown if one.origin}) < 2:
        shown = [replace(one, origin="") for one in shown]
    if labels:
        lacking += _rows_not_run(paper, [one.table for one in shown], labels)
    if shown or screen.json:
        print_tables(shown, [], screen)
    for line in dict.fromkeys(said) if shown else ():
        say(line)
    if shown and not (asked.tables or asked.rows or len(choices) > 1):
        return 0  # without --table, tables that have no numbers yet are not missed
    if not shown and not asked.tables:
        lacking = [_command(paper, "", choices[0], *asked.rows)]
    for line in dict.fromkeys(lacking):
        warn(line)
    return 1 if lacking else 0


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


def _default_tables(paper: Paper, asked: ShowOptions, labels: set[str]) -> list[str]:
    """The tables without `--table`: those of the paper's own choice, without tables of layers where a split is asked
    for; or all tables that have one of the rows that are asked for.

    Args:
        labels: of these rows.
    """
    if labels:
        return [table.id for table in paper.tables if labels & {row.label for row in table.rows}]
    of_layers = {table.id for table in paper.architecture} if asked.splits or asked.units else set()
    return [table for table in paper.default_tables or paper.table_ids if table not in of_layers]


def _labels(stored: _TablesThere, asked: ShowOptions) -> set[str]:
    """Labels of the rows that were asked for; empty for all.

    Raises:
        SpecError: there is no such table or row.
    """
    ids_there = {one.id for mine in stored.tables for one in mine}
    of_paper = {*stored.paper.table_ids, *(matrix.id for matrix in stored.paper.confusions)}
    ids = tuple(table for table in asked.tables if table in of_paper or table not in {*ids_there, _AUDIT})
    chosen = choose_rows(stored.paper, ids, asked.rows)
    return {row.label for _, rows in chosen for row in rows} if asked.rows else set()


def _one(stored: _TablesThere, table: str, choice: _Choice, said: list[str], *, by_name: bool) -> list[Shown]:
    """The table under one setting, if there is one; its file, and what else there is, go into `said`.

    Args:
        by_name: whether it, or one of its rows, was asked for by name: only then a table without a file is shown.
    """
    matrix = stored.paper.confusion(table)
    found = stored.find(matrix.table_id if isinstance(matrix, Confusion) else table, choice, also_held=by_name)
    if not found:
        return []
    said.append(f"table {found[0].id} is from {_markdown(found[0])}")
    if found[1:]:
        others = "; ".join(_choosing(stored, choice, found[0], other) for other in found[1:])
        said.append(f"table {found[0].id} was also measured with: {others}")
    kind = found[0].values.get("kind")
    # The file is named once, below all tables.
    return [Shown(found[0].as_table(stored.paper, _cells_of(kind)), origin=_origin(stored, found[0]))]


def _origin(stored: _TablesThere, one: StoredTable) -> str:
    """Whose runs a table is of; empty for tables of layers, which are not run."""
    if not one.setting:
        return ""
    return "your own runs" if one.path.parents[2] == stored.places[0] else "committed"


def _choosing(stored: _TablesThere, choice: _Choice, shown: StoredTable, other: StoredTable) -> str:
    """The options that show another table instead; its file where options cannot tell the two apart."""
    differing = {
        name: value
        for name, value, present in (
            ("dataset", other.values["dataset"], shown.values["dataset"]),
            ("split", other.setting.get("split"), shown.setting.get("split")),
            ("unit", other.setting.get("unit"), shown.setting.get("unit")),
        )
        if value != present
    }
    if stored.find(other.id, replace(choice, **differing))[:1] != [other]:
        return str(_markdown(other))
    return " ".join(f"--{name} {UNIT_NAMES.get(value, value)}" for name, value in differing.items())


def _several(
    stored: _TablesThere, table: str, choices: list[_Choice], lacking: list[str], said: list[str], *, by_name: bool
) -> list[Shown]:
    """The table under several settings: in one table if it is one of results, else one after the other.

    Args:
        lacking: gets the settings without numbers.
        said: gets the files.
        by_name: whether it, or one of its rows, was asked for by name; else it is not missed where it has no numbers.
    """
    if table not in {one.id for one in stored.paper.tables}:
        made: list[Shown] = []
        for choice in choices:
            found = _one(stored, table, choice, said, by_name=by_name)
            # An audit, or a table of layers, is of all splits, so it is there once.
            made += [one for one in found if one not in made]
            lacking += [_command(stored.paper, table, choice)] if by_name and not found else []
        return made
    fitting = {choice: stored.find(table, choice, also_held=by_name) for choice in choices}
    columns = [tables[0] for tables in fitting.values() if tables]
    if columns or by_name:
        lacking += [_command(stored.paper, table, choice) for choice in choices if not fitting[choice]]
    if not columns:
        return []
    differ = len({one.values["dataset"] for one in columns}) > 1
    mixed = len({one.path.parents[2] for one in columns}) > 1
    named = []
    for one in columns:
        name = _column_name(one, differ, mixed and one.path.parents[2] != stored.places[0])
        named.append(SettingColumn(name, str(_markdown(one)), one.values))
        said.append(f"table {table}, {name}, is from {_markdown(one)}")
    return [Shown(settings_table(stored.paper.key, stored.paper.table(table), named))]


def _column_name(one: StoredTable, with_data: bool, committed: bool) -> str:
    unit = UNIT_NAMES[one.setting["unit"]]
    data = f"{one.values['dataset']}: " if with_data else ""
    return f"{data}{one.setting['split']}, by {unit}{', committed' if committed else ''}"


def _cells_of(kind: str | None) -> CellsOf | None:
    """What makes the cells of tables that are none of results; None for those of results."""
    if kind in ("audit", "duplicates"):
        from common.leakage.tables import audit_cells, duplicate_cells

        return audit_cells if kind == "audit" else duplicate_cells
    if kind == "search":
        from common.search.table import search_cells

        return search_cells
    return None


def _rows_not_run(paper: Paper, tables: list[Table], labels: set[str]) -> list[str]:
    """The commands that measure the rows that no table that is shown has a number of."""
    measured: set[str] = set()
    known: dict[str, str] = {}
    for table in tables:
        for row in table.values["rows"] if "compared_with" in table.values else ():
            known.setdefault(row["label"], table.id)
            measured |= {row["label"]} if any(row["measured"]) else set()
    nowhere = _Choice(None, None, None)
    missing = [label for label in known if label in labels and label not in measured]
    return [_command(paper, known[label], nowhere, label) for label in missing]


def _command(paper: Paper, table: str, choice: _Choice, *labels: str) -> str:
    """That something has no numbers yet, and the command that makes them."""
    words = ["encore", "run", paper.key, *(["--table", table] if table else [])]
    if table == _AUDIT:
        words = ["encore", "audit", paper.key]
        choice = replace(choice, split=None, unit=None)  # an audit is of all splits
    for label in labels:
        words += ["--row", label]
    what = f"table {table}" if table else paper.key
    rows = f" [{' | '.join(labels)}]" if labels else ""
    command = " ".join(map(shlex.quote, [*words, *choice.flags]))
    return f"no numbers of {what}{rows} yet; this makes them: {command}"


def _markdown(one: StoredTable) -> Path:
    """Its Markdown file; below the working folder, as a path from there."""
    path, here = one.path.with_suffix(".md"), Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
