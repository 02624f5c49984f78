"""What commands show: how much they print, and tables on screen or as JSON."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from rich.console import Console
from typer import Option

from common.core.console import set_verbosity
from common.core.errors import SpecError
from common.reports.formats import show_table
from common.reports.table import Table


@dataclass(frozen=True)
class ScreenOptions:
    """How much a command prints, and in which form."""

    json: Annotated[bool, Option("--json", help="Print JSON on standard output instead of tables.")] = False
    quiet: Annotated[
        bool, Option("--quiet", "-q", help="Print results, warnings and errors only: no progress, no remarks.")
    ] = False
    verbose: Annotated[
        bool, Option("--verbose", "-v", help="Print details, too: what is read and written, how long steps take.")
    ] = False

    def apply(self) -> None:
        """Make this process print as much as was asked for.

        Raises:
            SpecError: both more and less were asked for.
        """
        if self.quiet and self.verbose:
            raise SpecError("--quiet, --verbose: contradict each other; give one.")
        set_verbosity("quiet" if self.quiet else "verbose" if self.verbose else "normal")


def wide_console(width: int = 200, widest: int | None = None) -> Console:
    """Standard output; in a log file, tables are not squeezed into the 80 columns that rich assumes there.

    Args:
        width: in columns, where it is no terminal.
        widest: of a terminal, the most columns that are used; None for all.
    """
    if not sys.stdout.isatty():
        return Console(width=width)
    return Console() if widest is None else Console(width=min(Console().width, widest))


def print_tables(shown: list[Table], paths: list[Path], *, as_json: bool = False) -> None:
    """Show tables, then the paths of what was written; or both as one JSON document."""
    written = list(dict.fromkeys(map(str, paths)))
    if as_json:
        print_json({"tables": [table.as_json() for table in shown], "written": written})
        return
    screen = wide_console()
    for table in shown:
        show_table(table, screen)
    screen.print("written:")
    for path in written:
        screen.print(f"  {path}", markup=False, highlight=False, soft_wrap=True)


def print_json(values: Any) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(values, indent=1))
