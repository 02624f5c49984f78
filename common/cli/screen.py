"""What commands show: how much they print, and tables on screen or as JSON."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from rich.console import Console
from typer import Option

from common.core.console import PlainConsole, is_verbose, set_verbosity
from common.core.errors import SpecError
from common.core.option_groups import OUTPUT
from common.core.shell import shell_word
from common.core.words import message_lines, printable
from common.reports.screen.columns import Column
from common.reports.screen.notes import Line
from common.reports.screen.show import plain_lines, screen_lines
from common.reports.screen.wide import wide_lines
from common.reports.table import Table

# Of tables in a log file or a pipe.
_WIDTH_WITHOUT_TERMINAL = 100
# Wider than any table, so that nothing is folded.
_UNLIMITED = 10_000


@dataclass(frozen=True)
class ScreenOptions:
    """How much a command prints, and in which form."""

    json: Annotated[
        bool,
        Option("--json", rich_help_panel=OUTPUT, help="Print JSON on standard output instead of tables."),
    ] = False
    quiet: Annotated[
        bool,
        Option("--quiet", "-q", rich_help_panel=OUTPUT, help="Print results, warnings and errors only."),
    ] = False
    verbose: Annotated[
        bool,
        Option("--verbose", "-v", rich_help_panel=OUTPUT, help="Print what is read and written, and times of steps."),
    ] = False
    wide: Annotated[
        bool, Option("--wide", rich_help_panel=OUTPUT, help="Show all columns and notes of tables, however wide.")
    ] = False

    def apply(self) -> None:
        """Make this process print as much as was asked for.

        Raises:
            SpecError: both more and less were asked for.
        """
        if self.quiet and self.verbose:
            raise SpecError("--quiet, --verbose: contradict each other; give one.")
        set_verbosity("quiet" if self.quiet else "verbose" if self.verbose else "normal")


def wide_console(width: int, widest: int | None = None) -> Console:
    """Standard output; in a log file, tables are not squeezed into the 80 columns that rich assumes there.

    Args:
        width: in columns, where it is no terminal.
        widest: of a terminal, the most columns that are used; None for all.
    """
    if not sys.stdout.isatty():
        return PlainConsole(width=width)
    return PlainConsole() if widest is None else PlainConsole(width=min(PlainConsole().width, widest))


def screen_width() -> int:
    """Columns that tables may take: those of the terminal; without one, `COLUMNS` or 100."""
    if sys.stdout.isatty():
        return PlainConsole().width
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdigit() and int(columns) else _WIDTH_WITHOUT_TERMINAL


@dataclass(frozen=True)
class Shown:
    """A table that a command shows.

    Args:
        page: its Markdown file, with all of its notes; None where it has none.
        whole: the table that it belongs to, if that is shown before it: their common notes are said once.
        is_own: whether the runs are the user's own, not those that come with Encore.
        origin: whose runs these are, said in the title; empty where that goes without saying.
    """

    table: Table
    page: Path | None = None
    whole: Table | None = None
    is_own: bool = False
    origin: str = ""


def print_tables(shown: Sequence[Shown], paths: Sequence[Path], screen: ScreenOptions) -> None:
    """Show tables, then where their files are; or tables and the paths of all files as one JSON document."""
    written = list(dict.fromkeys(paths))
    if screen.json:
        print_json({"tables": [one.table.as_json() for one in shown], "written": list(map(str, written))})
        return
    for one in shown:
        said = (*one.whole.notes, *one.whole.warnings) if one.whole else ()
        whose: dict[str, Any] = {"said": said, "is_own": one.is_own, "origin": one.origin}
        if screen.wide and one.table.rows:
            print_lines(wide_lines(one.table, screen_width() if sys.stdout.isatty() else None, **whose))
        else:
            print_lines(screen_lines(one.table, screen_width(), page=one.page, **whose))
        print()
    print_written(written)


def print_lines(lines: Sequence[Line]) -> None:
    """Print lines as they are: paths are not folded."""
    console = PlainConsole()
    for line in lines:
        console.print(printable(line.text), style=line.style or None, soft_wrap=True)


def print_sentence(text: str, *, indent: int = 2) -> None:
    """Print one line; on a terminal it is wrapped at words, but not within a command at its end; elsewhere it stays one
    line, which can be searched.

    Args:
        indent: blanks before every line but the first.
    """
    wide = not sys.stdout.isatty()
    print_lines([Line(line) for line in ([text] if wide else message_lines(text, screen_width(), indent=" " * indent))])


def print_listing(title: str, columns: Sequence[Column], screen: ScreenOptions, notes: Sequence[str] = ()) -> None:
    """Print a table, sentences below it, and an empty line."""
    print_lines(plain_lines(title, columns, _UNLIMITED if screen.wide else screen_width(), notes))
    print()


def print_written(paths: Sequence[Path]) -> None:
    """Say where files were written, and which to open first, as words to copy into a shell; with --verbose, name them
    all."""
    if not paths:
        return
    folder = Path(os.path.commonpath([path.parent for path in paths]))
    # Tables and figures come before the pages that list them.
    first = next((path for path in paths if path.suffix in (".md", ".png")), paths[0])
    files = "1 file" if len(paths) == 1 else f"{len(paths)} files"
    lines = [f"written to: {shell_word(folder)} ({files})", f"open first: {shell_word(first)}"]
    if is_verbose():
        lines += [f"  {shell_word(path)}" for path in paths]
    print_lines([Line(line) for line in lines])


def print_json(values: Any) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(values, indent=1))
