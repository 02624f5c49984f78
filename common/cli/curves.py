"""Says how to look at the learning curves of the runs that a command trained."""

from pathlib import Path

from common.core.console import verbosity
from common.core.shell import shell_word
from common.core.words import printable
from common.runs.options import DataOptions


def print_after_tables(line: str, *, as_json: bool) -> None:
    """Print a line beside those that say where tables were written, on standard output; nothing where that holds a JSON
    document, or where results only are asked for."""
    if not as_json and verbosity() != "quiet":
        print(printable(line))


def shown_path(path: Path) -> Path:
    """A path as it is shown: relative to the current folder where it is below that."""
    absolute, here = path.absolute(), Path.cwd()
    return absolute.relative_to(here) if absolute.is_relative_to(here) else path


def print_where_curves_are(paper: str, out: Path, *, as_json: bool) -> None:
    """Name the command that shows the learning curves of the runs that were trained.

    Args:
        paper: key of the paper.
        out: folder of the results.
        as_json: whether standard output holds a JSON document.
    """
    place = shown_path(Path(out))
    flag = "" if place == DataOptions.out else f" --out {shell_word(place)}"
    print_after_tables(f"learning curves: encore board {paper}{flag}", as_json=as_json)
