"""How every command ends: errors as one clear line, exit codes, tables on screen."""

import sys
from pathlib import Path

import typer
from rich.console import Console

from common.core.console import messages, say
from common.core.errors import EncoreError
from common.reports.formats import show_table

# What shells report for a process that Ctrl-C ended; the command-line library turns the interrupt into it.
_INTERRUPTED = 130


def run_app(app: typer.Typer, arguments: list[str] | None = None) -> int:
    """Run a command line (the process's own arguments by default) with errors as one clear line each; returns the exit
    code."""
    try:
        code = app(arguments, standalone_mode=False) or 0
    except EncoreError as error:
        messages.print(f"error: {error}", style="red", markup=False)
        return error.exit_code
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except typer.Exit as stop:
        return stop.exit_code
    except Exception as error:
        # Usage errors of the command-line library: they carry an exit code and a message for people.
        if not hasattr(error, "format_message"):
            raise
        messages.print(
            f"error: {error.format_message().replace('Value error, ', '')} See --help.", style="red", markup=False
        )
        return 2
    if code == _INTERRUPTED:
        say("interrupted: finished runs and epochs are kept; the same command (without --fresh) goes on from there")
    return code


def print_tables(shown: list[dict], paths: list[Path]) -> None:
    """Show tables, then the paths of what was written."""
    # A table in a log file is not squeezed to the 80 columns that an unknown terminal is taken to have.
    screen = Console() if sys.stdout.isatty() else Console(width=200)
    for values in shown:
        show_table(values, screen)
    screen.print("written:")
    for path in dict.fromkeys(paths):
        screen.print(f"  {path}", markup=False, highlight=False, soft_wrap=True)
