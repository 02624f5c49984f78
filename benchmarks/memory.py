"""Peak resident memory of training on small and on large shards, under the same memory limit.

    python -m benchmarks.memory --small-gigabytes 1 --large-gigabytes 8 --memory-limit 3GB

Each size is trained on in its own process (`memory_child.py`), which opens the finished cache with all its checks,
streams every window once and then trains. Memory that grows with the data would show in the peak of the large shards.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.harness import RESULTS, Folder, Out, Requirement, Result, finish, launch, ratios
from benchmarks.synthetic import scratch, write_shards
from common.core.console import progress
from common.core.errors import BudgetError, RunError

MAX_RATIO = 1.05
_ROOT = Path(__file__).resolve().parent.parent


def command(
    small_gigabytes: Annotated[float, typer.Option(min=0.001, help="Size of the small shards.")] = 1.0,
    large_gigabytes: Annotated[float, typer.Option(min=0.001, help="Size of the large shards.")] = 8.0,
    memory_limit: Annotated[
        str, typer.Option(help="Limit of resident memory of each training.", metavar="SIZE")
    ] = "3GB",
    steps: Annotated[int, typer.Option(min=1, help="Training steps in each of two epochs.")] = 10,
    rounds: Annotated[int, typer.Option(min=1, help="Processes for each size.")] = 3,
    folder: Folder = None,
    out: Out = RESULTS,
) -> int:
    """Peak memory of training on large shards compared with small ones."""
    from common.training.memory import parse_size

    sizes = {"small": int(small_gigabytes * 2**30), "large": int(large_gigabytes * 2**30)}
    limit = parse_size(memory_limit)
    with scratch(folder, sum(sizes.values())) as temporary:
        return finish(measure(temporary, sizes=sizes, limit_bytes=limit, steps=steps, rounds=rounds), out)


def measure(
    folder: Path,
    *,
    sizes: dict[str, int],
    limit_bytes: int,
    steps: int,
    rounds: int,
    bins: int = 513,
    frames: int = 129,
) -> Result:
    """Write both shards below `folder` and measure.

    Args:
        sizes: bytes of the `small` and the `large` shards.
        steps: training steps in each of two epochs.
        bins, frames: of a window.

    Raises:
        BudgetError: the limit is too small for the training.
    """
    caches = {name: folder / name for name in sizes}
    written = {name: write_shards(caches[name], size_bytes=size, bins=bins).size_bytes for name, size in sizes.items()}
    reports: dict[str, list[dict[str, Any]]] = {name: [] for name in sizes}
    with progress("training", len(sizes) * rounds, unit="processes") as advance:
        for number in range(rounds):
            for name, cache in caches.items():
                task = {
                    "cache": str(cache),
                    "work": str(folder / f"work-{name}-{number}"),
                    "frames": frames,
                    "limit_bytes": limit_bytes,
                    "steps": steps,
                }
                reports[name].append(in_process_of_its_own(task))
                advance(1)
    peaks = {name: [report["peak_bytes"] / 2**20 for report in each] for name, each in reports.items()}
    compared = ratios(peaks["large"], peaks["small"])
    return Result(
        name="memory",
        title=f"Peak resident memory of training SE-CNN on windows of {bins} bins x {frames} frames",
        unit="MB",
        values=peaks,
        ratios={"large / small": compared},
        requirements=(
            Requirement("peak on the large shards / on the small", "at most", MAX_RATIO, statistics.median(compared)),
        ),
        settings={
            "shard_bytes": written,
            "window": {"bins": bins, "frames": frames},
            "windows_streamed": {name: each[0]["windows"] for name, each in reports.items()},
            "memory_limit_bytes": limit_bytes,
            "batch_windows": reports["small"][0]["batch_windows"],
            "widths": reports["small"][0]["widths"],
            "steps_per_epoch": steps,
            "epochs": reports["small"][0]["epochs"],
            "rounds": rounds,
        },
        facts={f"{name} shards, GB": size / 2**30 for name, size in written.items()},
    )


def in_process_of_its_own(task: dict[str, Any]) -> dict[str, Any]:
    """Run `memory_child.consume(**task)` in a fresh process and return its report."""
    completed = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory_child", json.dumps(task)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
    )
    last = (completed.stderr.strip() or "no message").splitlines()[-1]
    if completed.returncode == BudgetError.exit_code:
        raise BudgetError(last.removeprefix("error: "))
    if completed.returncode:
        raise RunError(f"the training on {task['cache']} ended with exit code {completed.returncode}: {last}")
    return json.loads(completed.stdout)


if __name__ == "__main__":
    launch(command)
