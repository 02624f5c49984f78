"""The command line that every paper's `tune.py` shares."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import typer

from common.cli.app import run_app
from common.cli.flags import TypedFlags, command_of
from common.cli.help import HelpCommand
from common.cli.screen import ScreenOptions
from common.cli.search_options import SearchOptions
from common.cli.words import data_flags, genres_text, row_words, words_of
from common.core.console import say
from common.core.errors import SpecError
from common.core.extras import require_backend, require_extra
from common.core.files import require_usable_folder, require_writable_folder
from common.core.interrupts import end_with
from common.core.temporary import require_temporary_files
from common.paper.paper import Paper
from common.paper.row_names import listed_rows, rows_named
from common.runs.options import SET_HELP, Options
from common.search.connection import parse_address
from common.search.space import SearchSpace, find_space

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_MODELS = (SearchOptions, Options, ScreenOptions)
# Options of `run.py` that a search decides itself. Its own `--fresh` deletes the search.
_DECIDED = tuple((Options, name) for name in ("tables", "rows", "seeds", "only_seed", "fresh"))


def main(paper: Paper, spaces: tuple[SearchSpace, ...]) -> None:
    """Run a paper's searches and exit: 0 all trials have a score, 1 a trial failed, 2 unusable input."""
    end_with(run_app(make_app(paper, spaces)))


def make_app(paper: Paper, spaces: tuple[SearchSpace, ...]) -> typer.Typer:
    """A paper's search command, not yet run."""
    listed = ", ".join(f"{space.key} ({space.title})" for space in spaces)
    help_texts = {
        "space": f"Which search space to use. Default: {spaces[0].key}.",
        "genres": genres_text(paper),
        "trials": "Number of trials, including those of earlier commands. "
        f"Default: {_by_space(spaces, lambda space: space.trials)}.",
        "objective": "What to optimise: val_accuracy or val_loss. "
        f"Default: {_by_space(spaces, lambda space: space.objective)}.",
        "initial": "Draw the first N trials at random. The others are chosen by their results. "
        f"Default: {_by_space(spaces, lambda space: space.initial or 3 * len(space.parameters.every))}.",
        "row": "Search another row of the space's table. "
        f"Default: {_by_space(spaces, lambda space: paper.row(*space.row).name)}.",
        "name": "Name of the search, its folder and its tables. Searches of one space need different ones. "
        f"Default: that of the space, e.g. {spaces[0].key}.",
    }

    def handle(search: SearchOptions, options: Options, screen: ScreenOptions, flags: TypedFlags) -> int:
        return _tune(paper, spaces, search, options, screen, flags)

    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    about = f"Bayesian search over values of {paper.title}. Spaces: {listed}."
    example = f"encore tune {paper.key}{data_flags(paper)} --trials 30"
    words = words_of(paper) | {
        "row": lambda incomplete: row_words(paper, incomplete),
        "space": lambda incomplete: [space.key for space in spaces if space.key.startswith(incomplete)],
    }
    app.command(help=f"{about}\n\nExample: {example}", cls=HelpCommand)(
        command_of(handle, *_MODELS, help_texts=help_texts, without=_DECIDED, words=words)
    )
    return app


def _tune(
    paper: Paper,
    spaces: tuple[SearchSpace, ...],
    asked: SearchOptions,
    options: Options,
    screen: ScreenOptions,
    flags: TypedFlags,
) -> int:
    """Carry out a command. What a search or its report needs is imported after the flags have been checked."""
    screen.apply()
    asked.require_compatible(flags)
    space = find_space(spaces, asked.space)
    if asked.row is not None:
        space = _with_row(paper, space, asked.row)
        asked = replace(asked, row=space.row[1])
    if SET_HELP in options.changes:
        from common.cli.values import show_values

        row = paper.row(*space.row)
        experiment = row.experiment.with_values(space.base)
        varied = {parameter.path for parameter in space.parameters.every}
        return show_values(paper, (space.row[0], row.name), experiment, as_json=screen.json, varied=varied)
    address = None if asked.chief is None else parse_address(asked.chief)
    name = space.key if asked.row is None else f"{space.key}-{_plain(space.row[1])}"
    if asked.name is not None:
        name = asked.name
    if not _NAME.fullmatch(name):
        raise SpecError(f"--name {name}: expected letters, digits, and . _ - after the first.")
    require_writable_folder(options.out, flag="--out")
    require_temporary_files()
    if asked.from_records:
        say(f'reading the records of the search "{name}" below {options.out} ...')
        from common.cli.search import report_from_records

        return report_from_records(paper, spaces, options, asked, name, screen, flags)
    options = replace(options, tables=(space.row[0],), rows=(space.row[1],), seeds=1)
    require_usable_folder(options.cache, flag="--cache")
    if options.all_changes:
        from common.runs.plan import require_known_changes

        row = paper.row(*space.row)
        require_known_changes(options, paper, {row.name: row.experiment})
    require_extra("tune", needed_by="a search")
    require_backend()
    say(f'preparing the search "{name}" ...')
    from common.cli.search import search

    return search(paper, space, options, asked, name, address, screen, flags)


def _with_row(paper: Paper, space: SearchSpace, named: str) -> SearchSpace:
    """The space around another row of its table, which is given by name or label."""
    table = space.row[0]
    found = rows_named([named], {table: paper.table(table).rows}, paper=paper.key, of_some=True)[table]
    if len(found) > 1:
        raise SpecError(f"--row {named}: a search varies one row; give one of: {listed_rows(found)}.")
    return replace(space, row=(table, found[0].label))


def _by_space(spaces: tuple[SearchSpace, ...], value_of: Callable[[SearchSpace], Any]) -> str:
    """A default of each space, e.g. `50 (documented), 80 (free)`; once where all have the same."""
    values = {space.key: str(value_of(space)) for space in spaces}
    if len(set(values.values())) == 1:
        return values[spaces[0].key]
    return ", ".join(f"{value} ({key})" for key, value in values.items())


def _plain(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")
