"""Console messages and progress bars, in one style for all commands.

Messages and progress go to standard error, so that standard output holds only what was asked for (tables, JSON).
"""

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from common.core.interrupts import stop_if_asked
from common.core.words import ESCAPED, counted, message_lines, printable, printable_lines, printable_message

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, Task


class PlainConsole(Console):
    """A console that shows text as it is: brackets are no markup, `:name:` is no emoji, and no character of a name
    steers the terminal, see `common.core.words.printable`. Styles come from the program alone.

    Args:
        arguments: of `rich.console.Console`.
    """

    def __init__(self, **arguments: Any):
        super().__init__(**{"markup": False, "emoji": False, "highlight": False} | arguments)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The pieces that are written; the escapes of `rich` itself are no text of them."""
        for piece in super().render(renderable, options):
            is_plain = piece.control or piece.text.isprintable() or piece.text == "\n"
            yield piece if is_plain else piece._replace(text=printable_lines(piece.text))


messages = PlainConsole(stderr=True, soft_wrap=True)
Verbosity = Literal["quiet", "normal", "verbose"]
_BAR_COLUMNS = 8
_SPEED_SECONDS = 3600.0


class _State:
    """How much this process prints."""

    verbosity: Verbosity = "normal"


def escape_unprintable() -> None:
    """Let standard output and error write escapes, as `\\xb1`, for characters that their encoding does not have: a
    printed name never ends a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ESCAPED)


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


# The lines printed in a block of `without_repetition`; None outside.
_printed: ContextVar[set[str] | None] = ContextVar("_printed", default=None)
# The warnings printed in a block of `each_warning_once`; None outside.
_warned: ContextVar[set[str] | None] = ContextVar("_warned", default=None)
_collected: ContextVar[list[str] | None] = ContextVar("_collected", default=None)


def say(text: str) -> None:
    """Print one plain line, in which names of files stand as they are, see `PlainConsole`."""
    if _State.verbosity != "quiet":
        _print(text)


def say_unbroken(text: str) -> None:
    """Print one plain line that is broken nowhere, e.g. a command to copy."""
    if _State.verbosity != "quiet":
        messages.print(printable_message(text), markup=False, emoji=False, highlight=False, soft_wrap=True)


def detail(text: str) -> None:
    """Print a text where details are asked for; its further lines, e.g. those of a traceback, are indented."""
    if is_verbose():
        _print("\n  ".join(text.rstrip("\n").split("\n")))


def warn(text: str) -> None:
    """Print one highlighted line that starts with `warning:`."""
    warned = _warned.get()
    if warned is not None:
        if text in warned:
            return
        warned.add(text)
    _print(f"warning: {text}", style="yellow")


def print_message(text: str, style: str | None = None) -> None:
    """Print a message, however little is to be printed. On a terminal its lines are broken between words, but a command
    at their end is not; in a log file they stay as they are, so that they can be searched. Names in it can neither
    begin a line nor steer the terminal, see `common.core.words.printable_message`."""
    text = printable_message(text)
    if messages.is_terminal:
        lines = [message_lines(line, messages.width, indent="  ") or [""] for line in text.split("\n")]
        text = "\n".join(part for line in lines for part in line)
    messages.print(text, style=style, markup=False, emoji=False)


def _print(line: str, style: str | None = None) -> None:
    printed = _printed.get()
    if printed is not None:
        if line in printed:
            return
        printed.add(line)
    lines = _collected.get()
    if lines is None:
        print_message(line, style)
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
def without_repetition() -> Iterator[None]:
    """Print each line only once while the block runs, e.g. what several plans say of the same data."""
    token = _printed.set(set())
    try:
        yield
    finally:
        _printed.reset(token)


@contextmanager
def each_warning_once() -> Iterator[None]:
    """Print each warning only once while the block runs, e.g. of a damaged file that several steps of a command read;
    a block within it has the same warnings."""
    token = _warned.set(set() if _warned.get() is None else _warned.get())
    try:
        yield
    finally:
        _warned.reset(token)


# Shows in the bar that is open in this context what is being done; None where no bar is open.
_step: ContextVar[Callable[[str], None] | None] = ContextVar("_step", default=None)


def show_step(what: str) -> None:
    """Name what is being done beside the bar that is open, e.g. the table that is being written; nothing where no bar
    is open.

    Raises:
        Interrupted: the command was asked to stop.
    """
    stop_if_asked()
    show = _step.get()
    if show is not None:
        show(printable(what))


def new_bars(
    *columns: "ProgressColumn", console: Console | None = None, transient: bool = False, disable: bool = False
) -> "Progress":
    """Progress bars as wide as the terminal. What a bar is about comes first, and is cut where there is no room for it;
    the given columns are never cut, and the bar comes last and takes the room that is left.

    Args:
        columns: of numbers, that must not be wrapped.
        console: None for that of the messages.
        transient, disable: see `rich.progress.Progress`.
    """
    # Not at the top of the file: most commands show no progress, and would start later.
    from rich import progress as shown
    from rich.measure import measure_renderables
    from rich.table import Column, Table

    screen = console or messages

    class Bars(shown.Progress):
        """Bars with a last column that grows."""

        def make_tasks_table(self, tasks) -> Table:
            """As wide as the console: names whole if there is room for them and a short bar, the rest for the bar."""
            table = super().make_tasks_table(tasks)
            widths = [
                measure_renderables(screen, screen.options, list(column.cells) or [""]).maximum
                for column in table.columns[:-1]
            ]
            room = screen.width - sum(widths[1:]) - len(widths) - _BAR_COLUMNS
            table.columns[0].width = max(1, min(widths[0], room))
            return table

    about = shown.TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    bar = shown.BarColumn(bar_width=None, table_column=Column(ratio=1, no_wrap=True, min_width=_BAR_COLUMNS))
    # Beside another console, what is printed to standard error meanwhile is not the bar's affair.
    redirect = console is None
    return Bars(
        about,
        *columns,
        bar,
        console=screen,
        expand=True,
        transient=transient,
        disable=disable,
        redirect_stdout=redirect,
        redirect_stderr=redirect,
        # Of epochs that take minutes, the last half minute says nothing.
        speed_estimate_period=_SPEED_SECONDS,
    )


def times_text(task: "Task") -> str:
    """How long a bar has run and how long it will go on, e.g. `0:13, 0:08 left`; when it ended the first only."""
    left = None if task.finished else task.time_remaining
    return clock(task.elapsed or 0) + ("" if left is None else f", {clock(left)} left")


def clock(seconds: float) -> str:
    """A time as `0:08`, or `1:00:08` from one hour on."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@contextmanager
def progress(
    description: str,
    total: int | None = None,
    *,
    unit: str = "",
    short: str = "",
    transient: bool = False,
    console: Console | None = None,
) -> Iterator[Callable[[int], None]]:
    """Show a progress bar with time left while the block runs; the block calls the yielded function to advance it, and
    `show_step` to name what is being done. Both stop a command that was asked to.

    Where standard error is not a terminal (a log file, CI), one line is printed at the start, and
    one at the end where the total is known.

    Args:
        total: number of things to do; None where it is not known: the bar then shows the time that has passed, and is
            removed at the end. Of 0 things nothing is shown.
        unit: what is counted, in the plural.
        short: name of the bar, where the description is too long for it and stands in a line of its own above.
        transient: remove the bar at the end, because a line that says what was found follows.
        console: to draw on, where it is not that of the messages.
    """
    if total == 0:
        yield lambda amount=1: stop_if_asked()
        return
    description = printable(description)
    if not shows_progress():
        what = description if total is None else f"{description}: {counted(total, unit)}".rstrip()
        say(f"{what} ...")
        yield lambda amount=1: stop_if_asked()
        if total is not None:
            say(f"{description}: done")
        return
    from rich import progress as shown
    from rich.table import Column
    from rich.text import Text

    class Numbers(shown.ProgressColumn):
        """What is done, of how many, and the times."""

        def render(self, task: "Task") -> Text:
            """In one line."""
            done = "" if task.total is None else f"{int(task.completed)}/{int(task.total)} {unit}".rstrip() + ", "
            return Text(done + times_text(task))

    if short:
        say(f"{description} ...")
        description = short
    numbers = Numbers(table_column=Column(no_wrap=True))
    with new_bars(numbers, console=console, transient=transient or total is None) as bars:
        task = bars.add_task(description, total=total)
        token = _step.set(lambda what: bars.update(task, description=f"{description}: {what}", refresh=True))

        def advance(amount: int = 1) -> None:
            stop_if_asked()
            bars.advance(task, amount)

        try:
            yield advance
        finally:
            _step.reset(token)
            bars.update(task, description=description)
