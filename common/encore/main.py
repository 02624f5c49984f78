"""The console command `encore`: one entry to everything, from any folder.

Each command is loaded when it is used, because a help text should not wait for what it does not need.
"""

import importlib
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from common.cli.app import run_app
from common.cli.help import HelpGroup
from common.core.errors import SpecError
from common.core.interrupts import end_with
from common.launch import is_paper, load_paper, load_spaces, paper_keys, papers_with_searches
from common.records.source import encore_version

# Help texts of options that typer adds, which are long.
_COMPLETION_TEXTS = {
    "install_completion": "Let the Tab key complete words in this shell.",
    "show_completion": "Print the script that --install-completion installs.",
}


class _LateCommand(TyperCommand):
    """A command that is loaded when it is used.

    Args:
        name: as typed.
        about: its line in the list of commands.
        load: makes the command line.
    """

    def __init__(self, name: str, about: str | Callable[[], str], load: Callable[[], typer.Typer]):
        super().__init__(name)
        self._about, self._load = about, load

    def get_short_help_str(self, limit: int = 45) -> str:
        """Its line in the list of commands."""
        return self._about if isinstance(self._about, str) else self._about()

    @property
    def short_help(self) -> str:
        """Its line in the list of commands."""
        return self.get_short_help_str()

    @short_help.setter
    def short_help(self, text: str | None) -> None:
        """Given with `about`; the base class sets none."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the command itself."""
        command = typer.main.get_command(self._load())
        return command.make_context(info_name, args, parent=parent, **extra)


def _from_module(module: str) -> Callable[[], typer.Typer]:
    return lambda: importlib.import_module(module).make_app()


def _of_papers(
    name: str, about: str, keys: list[str], load: Callable[[str], typer.Typer], kind: type[HelpGroup] = HelpGroup
) -> HelpGroup:
    """A command with a paper as its first argument, as each paper has options of its own."""
    papers = {key: _LateCommand(key, lambda key=key: _title(key), lambda key=key: load(key)) for key in keys}
    return kind(
        member="paper",
        name=name,
        commands=papers,
        help=f"{about}\n\nTo list the options: encore {name} PAPER --help",
        short_help=about,
        no_args_is_help=True,
        options_metavar=None,
        subcommand_metavar="PAPER [OPTIONS]",
    )


def _title(key: str) -> str:
    """The paper's title, or the mistake in its declaration: it does not keep the other papers from being listed."""
    try:
        return load_paper(key).title
    except SpecError as error:
        return f"cannot be used: {error}"


class _SearchGroup(HelpGroup):
    """Papers with searches; of the others it says that they have none."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of that paper.

        Raises:
            SpecError: there is no such paper, or it has no search.
        """
        if args[0] not in self.commands and is_paper(args[0]):
            raise SpecError(f"{args[0]}: has no search space. Papers with one: {', '.join(self.commands)}.")
        return super().resolve_command(ctx, args)


def _run_app(key: str) -> typer.Typer:
    from common.cli.run import make_app

    return make_app(load_paper(key))


def _audit_app(key: str) -> typer.Typer:
    from common.cli.run import make_audit_app

    return make_audit_app(load_paper(key))


def _tune_app(key: str) -> typer.Typer:
    from common.cli.tune import make_app

    return make_app(load_paper(key), load_spaces(key))


def _show_app(key: str) -> typer.Typer:
    from common.encore.show import make_app

    return make_app(load_paper(key))


def _print_version(asked: bool) -> None:
    if asked:
        print(f"encore {encore_version()}")
        raise typer.Exit


def make_command() -> HelpGroup:
    """The whole command, not yet run."""
    app = typer.Typer(
        cls=HelpGroup,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Re-run music-genre-classification papers, and print their tables next to your own measurements.",
    )

    @app.callback()
    def encore(
        version: Annotated[
            bool,
            typer.Option(
                "--version", callback=_print_version, is_eager=True, metavar="", help="Print the version, then stop."
            ),
        ] = False,
    ) -> None:
        pass

    command = typer.main.get_command(app)
    for param in command.params:
        param.help = _COMPLETION_TEXTS.get(param.name, param.help)
    papers, searched = paper_keys(), papers_with_searches()
    command.commands = {
        "list": _LateCommand(
            "list", "Papers, or the tables of one with published numbers.", _from_module("common.encore.list_papers")
        ),
        "run": _of_papers("run", "Train a paper's networks and make its tables.", papers, _run_app),
        "show": _of_papers("show", "Print a paper's tables again, without training.", papers, _show_app),
        "report": _LateCommand(
            "report", "All results of a folder on one HTML page.", _from_module("common.encore.report")
        ),
        "tune": _of_papers("tune", "Search over values of a paper's network.", searched, _tune_app, _SearchGroup),
        "audit": _of_papers("audit", "Train one row under every split: what leaks?", papers, _audit_app),
        "duplicates": _LateCommand(
            "duplicates", "Find clips that are the same recording.", _from_module("common.duplicates")
        ),
        "data": _LateCommand(
            "data", "Where to get a data set; check a folder of it.", _from_module("common.encore.data")
        ),
        "board": _LateCommand("board", "Learning curves of runs, in TensorBoard.", _from_module("common.encore.board")),
        "verify": _LateCommand(
            "verify", "Check records, tables and weights on disk.", _from_module("common.encore.verify")
        ),
    }
    return command


def main() -> None:
    """Run the command with the process's arguments, and exit with its code; see `common.encore.start`."""
    end_with(run_app(make_command()))
