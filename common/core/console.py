"""Console messages and progress bars, in one style for all commands.

Messages and progress go to standard error, so that standard output holds only what was asked for (tables, JSON).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from rich.console import Console

from common.core.words import counted

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


# Shows in the bar that is open in this context what is being done; None where no bar is open.
_step: ContextVar[Callable[[str], None] | None] = ContextVar("_step", default=None)


def show_step(what: str) -> None:
    """Name what is being done beside the bar that is open, e.g. the table that is being written; nothing where no bar
    is open."""
    show = _step.get()
    if show is not None:
        show(what)


@contextmanager
def progress(description: str, total: int | None = None, *, unit: str = "") -> Iterator[Callable[[int], None]]:
    """Show a progress bar with time left while the block runs; the block calls the yielded function to advance it, and
    `show_step` to name what is being done.

    Where standard error is not a terminal (a log file, CI), one line is printed at the start, and
    one at the end where the total is known.

    Args:
        total: number of things to do; None where it is not known: the bar then shows the time that has passed, and is
            removed at the end.
        unit: what is counted, in the plural.
    """
    if not shows_progress():
        what = description if total is None else f"{description}: {counted(total, unit)}".rstrip()
        say(f"{what} ...")
        yield lambda amount=1: None
        if total is not None:
            say(f"{description}: done")
        return
    # Not at the top of the file: most commands show no progress, and would start later.
    from rich import progress as shown
    from rich.table import Column

    counts = () if total is None else (shown.MofNCompleteColumn(), shown.TextColumn(unit))
    left = () if total is None else (shown.TextColumn("left"), shown.TimeRemainingColumn())
    columns = (
        shown.TextColumn("{task.description}"),
        shown.BarColumn(),
        *counts,
        shown.TimeElapsedColumn(),
        *left,
        shown.TextColumn("{task.fields[step]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
    )
    with shown.Progress(*columns, console=messages, transient=total is None) as bars:
        task = bars.add_task(description, total=total, step="")
        token = _step.set(lambda what: bars.update(task, step=what, refresh=True))
        try:
            yield lambda amount=1: bars.advance(task, amount)
        finally:
            _step.reset(token)
            bars.update(task, step="")
