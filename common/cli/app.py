"""Runs command lines: errors as one clear line each, and exit codes."""

import gc
import sys
from typing import NoReturn

import typer

from common.core.console import messages
from common.core.errors import EncoreError

# Exit code of a process that was ended by Ctrl-C; typer turns the interrupt into it.
_INTERRUPTED = 130


def exit_process(code: int) -> NoReturn:
    """End the process with a code, without a search for unreachable objects first: with TensorFlow in memory that takes
    a second or more, in which nothing is shown any more."""
    gc.freeze()
    sys.exit(code)


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
        message = error.format_message().replace("Value error, ", "")
        if message:  # there is none where the help text was shown, because a command was named without arguments
            messages.print(f"error: {message} See --help.", style="red", markup=False)
        return 2
    if code == _INTERRUPTED:
        messages.print(
            "interrupted: finished runs and epochs are kept; the same command (without --fresh) continues from there"
        )
    return code
