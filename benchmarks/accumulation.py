"""Peak resident memory of a training step: eight accumulated batches of 10 windows compared with one batch of 80.

    python -m benchmarks.accumulation

Each way runs in its own process (`accumulation_child.py`). A process that the system kills because memory runs out is
reported as such, which is a result, too.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.harness import RESULTS, Out, Requirement, Result, finish, launch, ratios
from common.core.console import progress, warn
from common.core.errors import RunError

MAX_RATIO = 0.25
SAMPLES = 110_250
ROW = ["7", "Normal"]
WAYS = {"batch of 80": (80, 1), "8 batches of 10": (10, 8), "batch of 40": (40, 1), "batch of 10": (10, 1)}
_ROOT = Path(__file__).resolve().parent.parent


def command(
    precision: Annotated[
        list[str] | None, typer.Option(help="Precision of the arithmetic; repeat for several. Default: both.")
    ] = None,
    updates: Annotated[int, typer.Option(min=1, help="Updates of each process.")] = 1,
    rounds: Annotated[int, typer.Option(min=1, help="Processes for each way.")] = 1,
    out: Out = RESULTS,
) -> int:
    """Peak memory of accumulating eight batches of 10 compared with one batch of 80."""
    precisions = precision or ["mixed_bfloat16", "float32"]
    return finish(measure(precisions=precisions, updates=updates, rounds=rounds), out)


def measure(*, precisions: list[str], updates: int, rounds: int, samples: int = SAMPLES) -> Result:
    """Run every way in every precision.

    Raises:
        RunError: a process failed for another reason than memory, or in no precision could both ways run.
    """
    peaks: dict[str, list[float]] = {}
    killed = []
    with progress("training", len(precisions) * len(WAYS) * rounds, unit="processes") as advance:
        for precision in precisions:
            for name, (windows, batches) in WAYS.items():
                task = {
                    "paper": "resnet1d",
                    "row": ROW,
                    "shape": [samples, 1],
                    "windows": windows,
                    "batches": batches,
                    "updates": updates,
                    "precision": precision,
                }
                reports = []
                for _ in range(rounds):
                    reports.append(in_process_of_its_own(task))
                    advance(1)
                if None in reports:
                    killed.append(f"{precision}, {name}")
                else:
                    peaks[f"{precision}, {name}"] = [report["peak_bytes"] / 2**20 for report in reports]
    compared = {}
    for precision in precisions:
        large, small = (peaks.get(f"{precision}, {name}") for name in ("batch of 80", "8 batches of 10"))
        if large and small:
            compared[f"{precision}, 8 batches of 10 / batch of 80"] = ratios(small, large)
    if not compared:
        raise RunError(
            f"no precision could be compared; ended by the system for lack of memory: {', '.join(killed) or 'none'}. "
            "Run it on a machine with more free memory."
        )
    for name in killed:
        warn(f"{name}: the system ended the process because memory ran out")
    return Result(
        name="accumulation",
        title=f"Peak resident memory of training ResNet1D on windows of {samples} samples",
        unit="MB",
        values=peaks,
        ratios=compared,
        requirements=(
            Requirement(
                "peak of 8 batches of 10 / of a batch of 80",
                "at most",
                MAX_RATIO,
                max(statistics.median(each) for each in compared.values()),
            ),
        ),
        settings={
            "samples": samples,
            "updates": updates,
            "rounds": rounds,
            "memory_of_machine_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "ended_for_lack_of_memory": killed,
        },
    )


def in_process_of_its_own(task: dict[str, Any]) -> dict[str, Any] | None:
    """Run `accumulation_child.consume(**task)` in a fresh process; None where the system killed it."""
    completed = subprocess.run(
        [sys.executable, "-m", "benchmarks.accumulation_child", json.dumps(task)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
    )
    if completed.returncode == -signal.SIGKILL:
        return None
    if completed.returncode:
        last = (completed.stderr.strip() or "no message").splitlines()[-1]
        raise RunError(f"training with {task} ended with exit code {completed.returncode}: {last}")
    return json.loads(completed.stdout)


if __name__ == "__main__":
    launch(command)
