"""Runs command lines: errors as one clear line each, and exit codes."""

import gc
import re
import sys
from typing import Any, NoReturn

import typer

from common.core.console import escape_unprintable, print_message
from common.core.errors import EncoreError
from common.core.interrupts import kept_interrupts
from common.core.nearest import did_you_mean, nearest_names

_ENDS_WITH_COMMAND = re.compile(r"\b(encore|python|pip) [^.;:,]*[^.;:,\s]\.$")
_IN_PYTHON = " (skip_bad=True)"
_EXTRA = re.compile(r"Got unexpected extra argument(?:s|\(s\))? \((.+)\)")
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
    escape_unprintable()
    try:
        with kept_interrupts():
            code = app(arguments, standalone_mode=False) or 0
    except EncoreError as error:
        print_message(f"error: {_for_a_shell(str(error))}", style="red")
        return error.exit_code
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except typer.Exit as stop:
        return stop.exit_code
    except Exception as error:
        # Usage errors of the command-line library: they carry an exit code and a message for people.
        if not hasattr(error, "format_message"):
            raise
        message = usage_message(error)
        if message:  # there is none where the help text was shown, because a command was named without arguments
            print_message(f"error: {message} See --help.", style="red")
        return 2
    if code == _INTERRUPTED:
        print_message(
            "interrupted: finished runs and epochs are kept; the same command (without --fresh) continues from there"
        )
    return code


def _for_a_shell(message: str) -> str:
    """A message for a shell: without the full stop of a command at its end, so that the command can be copied, and
    without how an option is spelled in Python."""
    message = message.replace(_IN_PYTHON, "")
    return message[:-1] if _ENDS_WITH_COMMAND.search(message) else message


def usage_message(error: Any) -> str:
    """What is wrong with the arguments, with the nearest name that exists, as one sentence or several.

    Args:
        error: of the command-line library.
    """
    if hasattr(error, "possibilities"):
        known = [
            flag for param in error.ctx.command.params for flag in param.opts if not getattr(param, "hidden", False)
        ]
        # Without the dashes, which would make any two options alike.
        near = nearest_names(error.option_name.lstrip("-"), [flag[2:] for flag in known if flag.startswith("--")])
        if error.option_name == "--folder" and "--data" in known:
            return "--folder: no such option. For a folder of audio files, give --dataset folder --data DIR."
        return f"{error.option_name}: no such option{did_you_mean([f'--{name}' for name in near]) or '.'}"
    param, cause = getattr(error, "param", None), error.__cause__
    if param is None or not hasattr(cause, "errors"):
        message = error.format_message().replace("Value error, ", "")
        if extra := _EXTRA.match(message):
            takes_rows = any(param.name == "rows" for param in error.ctx.command.params)
            several = " Several values of an option are one word, e.g. --row r8,r16." if takes_rows else ""
            return f"{extra[1]}: not expected here.{several}"
        return message if not message or message.endswith((".", "?")) else f"{message}."
    problem, choices = cause.errors()[0], param.type_descriptor.choices
    received = problem["input"]
    if choices is None:
        return f"{param.opts[0]} {received}: expected {_expected(problem, param.min, param.max)}."
    near = did_you_mean(nearest_names(received, map(str, choices)))
    return f"{param.opts[0]} {received}: no such value{near or '.'} Expected one of: {', '.join(map(str, choices))}."


def _expected(problem: dict[str, Any], least: float | None, most: float | None) -> str:
    """What pydantic expected, in words.

    Args:
        problem: one of those of its error.
        least, most: limits of the option; None for none.
    """
    kind, limits = problem["type"], problem.get("ctx", {})
    if kind in ("greater_than_equal", "less_than_equal") and None not in (least, most):
        return f"a number between {least} and {int(most) if most == int(most) else most}"
    words = {
        "int_parsing": "a whole number",
        "float_parsing": "a number",
        "greater_than_equal": f"a number of at least {limits.get('ge')}",
        "less_than_equal": f"a number of at most {limits.get('le')}",
    }
    return words.get(kind) or problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
