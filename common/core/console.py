"""Console messages and progress bars, in one style for all commands.

Messages and progress go to standard error, so that standard output holds only what was asked for (tables, JSON).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from rich.console import Console

messages = Console(stderr=True, highlight=False, soft_wrap=True)
Verbosity = Literal["quiet", "normal", "verbose"]


class _State:
    """How much this process prints."""

    verbosity: Verbosity = "normal"


def set_verbosity(verbosity: Verbosity) -> None:
    """How much this process prints: `quiet` leaves out messages and progress, but neither warnings nor errors;
    `verbose` adds details."""
    _State.verbosity = verbosity


def verbosity() -> Verbosity:
    """How much this process prints."""
    return _State.verbosity


def is_verbose() -> bool:
    """Whether details are printed."""
    return _State.verbosity == "verbose"


def shows_progress() -> bool:
    """Whether progress bars are drawn: on a terminal, unless the command is to be quiet."""
    return messages.is_terminal and _State.verbosity != "quiet"


_collected: ContextVar[list[str] | None] = ContextVar("_collected", default=None)


def say(text: str) -> None:
    """Print one plain line (markup is not interpreted, so that file names with brackets print as they are)."""
    if _State.verbosity != "quiet":
        _print(text)


def detail(text: str) -> None:
    """Print one plain line where details are asked for."""
    if is_verbose():
        _print(text)


def warn(text: str) -> None:
    """Print one highlighted line that starts with `warning:`."""
    _print(f"warning: {text}", style="yellow")


def _print(line: str, style: str | None = None) -> None:
    lines = _collected.get()
    if lines is None:
        messages.print(line, style=style, markup=False)
    else:
        lines.append(line)


@contextmanager
def collected() -> Iterator[list[str]]:
    """Collect the lines that would be printed while the block runs, instead of printing them."""
    lines: list[str] = []
    token = _collected.set(lines)
    try:
        yield lines
    finally:
        _collected.reset(token)


@contextmanager
def progress(description: str, total: int, *, unit: str = "") -> Iterator[Callable[[int], None]]:
    """Show a progress bar with time left while the block runs; the block calls the yielded function to advance it.

    Where standard error is not a terminal (a log file, CI), one line is printed at the start and one at the end.
    """
    if not shows_progress():
        say(f"{description}: {total} {unit}".rstrip() + " ...")
        yield lambda amount=1: None
        say(f"{description}: done")
        return
    # Not at the top of the file: most commands show no progress, and would start later.
    from rich import progress as shown

    columns = (
        shown.TextColumn("{task.description}"),
        shown.BarColumn(),
        shown.MofNCompleteColumn(),
        shown.TextColumn(unit),
        shown.TimeElapsedColumn(),
        shown.TextColumn("left"),
        shown.TimeRemainingColumn(),
    )
    with shown.Progress(*columns, console=messages, transient=False) as bars:
        task = bars.add_task(description, total=total)
        yield lambda amount=1: bars.advance(task, amount)
