"""Runs command lines: errors as one clear line each, exit codes, tables on screen."""

import sys
from pathlib import Path

import typer
from rich.console import Console

from common.core.console import messages, say
from common.core.errors import EncoreError
from common.reports.formats import show_table
from common.reports.table import Table

# Exit code of a process that was ended by Ctrl-C; typer turns the interrupt into it.
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
        say("interrupted: finished runs and epochs are kept; the same command (without --fresh) continues from there")
    return code


def print_tables(shown: list[Table], paths: list[Path]) -> None:
    """Show tables, then the paths of what was written."""
    # In a log file, tables are not squeezed into the 80 columns that rich assumes without a terminal.
    screen = Console() if sys.stdout.isatty() else Console(width=200)
    for table in shown:
        show_table(table, screen)
    screen.print("written:")
    for path in dict.fromkeys(paths):
        screen.print(f"  {path}", markup=False, highlight=False, soft_wrap=True)
