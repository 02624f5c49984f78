"""Runs command lines: errors as one clear line each, and exit codes."""

import re
import signal
from typing import Any

import typer

from common.core.console import escape_unprintable, print_message
from common.core.errors import EncoreError
from common.core.interrupts import (
    asked_to_stop,
    ending_at_once,
    exit_code_of,
    keeps,
    raise_if_interrupted,
    stop_if_asked,
    take_line,
)
from common.core.nearest import did_you_mean, nearest_names

_ENDS_WITH_COMMAND = re.compile(r"\b(encore|python|pip) [^.;:,]*[^.;:,\s]\.$")
_IN_PYTHON = " (skip_bad=True)"
_EXTRA = re.compile(r"Got unexpected extra argument(?:s|\(s\))? \((.+)\)")
# typer turns the interrupt into this exit code.
_INTERRUPTED = exit_code_of(signal.SIGINT)


def run_app(app: typer.Typer, arguments: list[str] | None = None) -> int:
    """Run a command line (the process's own arguments by default) with errors as one clear line each; returns the exit
    code. A signal ends it with one line, and with code 130 (SIGINT) or 143 (SIGTERM)."""
    escape_unprintable()
    keeps("")
    try:
        with ending_at_once(False):
            code = _run_app(app, arguments)
            stop_if_asked()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    if code == _INTERRUPTED:
        code = exit_code_of(asked_to_stop() or signal.SIGINT)
        if line := take_line():
            print_message(line)
    return code


def _run_app(app: typer.Typer, arguments: list[str] | None) -> int:
    """As `run_app`, without what an interrupt makes of it."""
    try:
        stop_if_asked()
        return app(arguments, standalone_mode=False) or 0
    except EncoreError as error:
        stop_if_asked()
        print_message(f"error: {_for_a_shell(str(error))}", style="red")
        return error.exit_code
    except typer.Exit as stop:
        return stop.exit_code
    except Exception as error:
        raise_if_interrupted(error)
        # Usage errors of the command-line library: they carry an exit code and a message for people.
        if not hasattr(error, "format_message"):
            raise
        message = usage_message(error)
        if message:  # there is none where the help text was shown, because a command was named without arguments
            print_message(f"error: {message} See --help.", style="red")
        return 2


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
