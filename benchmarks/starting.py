"""Processor time of commands that train nothing, as whole processes: help texts, lists, and tables made from records.

    python -m benchmarks.starting

Processor time on all cores, start of Python included: it depends less on other processes than time on the clock.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import RESULTS, Out, Requirement, Result, Rounds, finish, launch
from common.core.console import progress
from common.core.errors import RunError

_ROOT = Path(__file__).resolve().parent.parent
_ENCORE = ("-c", "import sys; sys.argv[0] = 'encore'; from common.encore.start import main; main()")
_SE_CNN = (str(_ROOT / "reproductions" / "se_cnn" / "run.py"),)


@dataclass(frozen=True)
class Started:
    """A command that is measured.

    Args:
        name: as typed.
        arguments: of Python.
        most_seconds: of processor time that it may take.
        exit_code: that it ends with.
        needs_results: whether it works on a copy of the committed results.
    """

    name: str
    arguments: tuple[str, ...]
    most_seconds: float
    exit_code: int = 0
    needs_results: bool = False


COMMANDS = (
    Started("encore --help", (*_ENCORE, "--help"), 0.6),
    Started("run.py --help", (*_SE_CNN, "--help"), 0.6),
    Started("run.py --nosuch", (*_SE_CNN, "--nosuch"), 0.6, exit_code=2),
    Started("encore list", (*_ENCORE, "list"), 1.5),
    Started("run.py --list", (*_SE_CNN, "--list"), 1.5),
    Started("encore show se_cnn", (*_ENCORE, "show", "se_cnn"), 2.0, needs_results=True),
    Started("run.py --from-records", (*_SE_CNN, "--from-records"), 8.0, needs_results=True),
)


def command(rounds: Rounds = 5, out: Out = RESULTS) -> int:
    """Processor time of commands that train nothing."""
    return finish(measure(rounds=rounds), out)


def measure(*, rounds: int) -> Result:
    """Measure every command in turn, round after round; the first round, which fills caches, is not counted."""
    seconds: dict[str, list[float]] = {started.name: [] for started in COMMANDS}
    with progress("measuring", 1 + rounds, unit="rounds") as advance:
        for _ in range(1 + rounds):
            for started in COMMANDS:
                seconds[started.name].append(_processor_seconds(started))
            advance(1)
    counted = {name: values[1:] for name, values in seconds.items()}
    return Result(
        name="starting",
        title="Commands that train nothing: processor time of the whole process",
        unit="seconds of processor time",
        values=counted,
        ratios={},
        requirements=tuple(
            Requirement(
                f"{started.name}: seconds",
                "at most",
                started.most_seconds,
                statistics.median(counted[started.name]),
            )
            for started in COMMANDS
        ),
        settings={"rounds": rounds},
    )


def _processor_seconds(started: Started) -> float:
    """Processor time of one process, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        if started.needs_results:
            shutil.copytree(_ROOT / "results" / "se_cnn", Path(folder) / "results" / "se_cnn")
        before = os.times()
        done = subprocess.run(
            [sys.executable, *started.arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        after = os.times()
    if done.returncode != started.exit_code:
        raise RunError(f"{started.name}: ended with exit code {done.returncode}, expected {started.exit_code}.")
    return after.children_user + after.children_system - before.children_user - before.children_system


if __name__ == "__main__":
    launch(command)
