"""Peak resident memory of a training step of CNN 2D + LSTM on whole tracks: 16 at once, or 4 accumulated batches of 4.

    python -m benchmarks.recurrent

Each way runs in its own process (`accumulation_child.py`).
"""

import os
import statistics
from typing import Annotated

import typer

from benchmarks.accumulation import in_process_of_its_own
from benchmarks.harness import RESULTS, Out, Requirement, Result, finish, launch, ratios
from common.core.console import progress
from common.core.errors import RunError

MAX_GIGABYTES = 4.0
ROW = ["final", "CNN 2D + LSTM"]
FRAMES, BANDS = 1292, 128
WAYS = {"batch of 16": (16, 1), "4 batches of 4": (4, 4)}
PRECISIONS = ("float32", "mixed_bfloat16")


def command(
    updates: Annotated[int, typer.Option(min=1, help="Updates of each process.")] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="Processes for each way.")] = 1,
    out: Out = RESULTS,
) -> int:
    """Peak memory of CNN 2D + LSTM: 16 tracks at once compared with 4 accumulated batches of 4, in both precisions."""
    return finish(measure(updates=updates, rounds=rounds), out)


def measure(*, updates: int, rounds: int, frames: int = FRAMES) -> Result:
    """Run every way in every precision.

    Raises:
        RunError: a process failed, or the system killed it because memory ran out.
    """
    peaks: dict[str, list[float]] = {f"{precision}, {way}": [] for precision in PRECISIONS for way in WAYS}
    with progress("training", len(peaks) * rounds, unit="processes") as advance:
        for _ in range(rounds):
            for precision in PRECISIONS:
                for way, (windows, batches) in WAYS.items():
                    task = {
                        "paper": "crnn",
                        "row": ROW,
                        "shape": [frames, BANDS],
                        "windows": windows,
                        "batches": batches,
                        "updates": updates,
                        "precision": precision,
                    }
                    report = in_process_of_its_own(task)
                    if report is None:
                        raise RunError(
                            f"{precision}, {way}: the system ended the process because memory ran out. "
                            "Run it on a machine with more free memory."
                        )
                    peaks[f"{precision}, {way}"].append(report["peak_bytes"] / 2**20)
                    advance(1)
    accumulated = [statistics.median(peaks[f"{precision}, 4 batches of 4"]) / 1024 for precision in PRECISIONS]
    return Result(
        name="recurrent",
        title=f"Peak resident memory of training CNN 2D + LSTM on tracks of {frames} x {BANDS}",
        unit="MB",
        values=peaks,
        ratios={
            f"{precision}, 4 batches of 4 / batch of 16": ratios(
                peaks[f"{precision}, 4 batches of 4"], peaks[f"{precision}, batch of 16"]
            )
            for precision in PRECISIONS
        },
        requirements=(Requirement("peak of 4 batches of 4, GB", "at most", MAX_GIGABYTES, max(accumulated)),),
        settings={
            "frames": frames,
            "bands": BANDS,
            "updates": updates,
            "rounds": rounds,
            "memory_of_machine_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        },
    )


if __name__ == "__main__":
    launch(command)
