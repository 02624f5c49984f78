"""Says how to look at the learning curves of the runs that a command trained."""

import shlex
from pathlib import Path

from common.core.console import say
from common.runs.options import DataOptions


def say_where_curves_are(paper: str, out: Path) -> None:
    """Name the command that shows the learning curves of the runs that were trained.

    Args:
        paper: key of the paper.
        out: folder of the results.
    """
    place = "" if Path(out) == DataOptions.out else f" --out {shlex.quote(str(out))}"
    say(f"learning curves: encore board {paper}{place}")
