"""What one process holds after many runs, after many trials of a search, and after as many epochs as a day has.

    python -m benchmarks.endurance runs
    python -m benchmarks.endurance trials
    python -m benchmarks.endurance epochs

Each part runs in a process of its own (`endurance_child.py`): run after run with another seed, trial after trial with
other channel widths, so that each traces a network of its own. As `tune.py` does, the trials go on in a new process
after every ten. For comparison, further processes leave the graphs of
earlier networks in memory, as TensorFlow does unless it is stopped (`common/training/gradient_functions.py`).

The first runs are not counted: TensorFlow and the allocator of memory set up what they use again. Compared is the
median of the last runs with the median of as many after those.
"""

import functools
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.harness import RESULTS, Folder, Out, Requirement, Result, finish, launch
from benchmarks.synthetic import scratch
from common.core.errors import RunError
from common.core.files import read_json
from common.reports.figures.files import save_figure
from common.reports.figures.style import ACCENT, OURS, new_axes

Part = Literal["runs", "trials", "epochs"]
MAX_RATIO = 1.03
MAX_EPOCH_RATIO = 1.5
MEMORY = "resident memory, MB"
KEPT_MEMORY = "resident memory with all graphs kept, MB"
EPOCH_TIME = "processor time of an epoch, ms"
# What may not grow at all between the two ends.
COUNTED = ("open files", "threads", "temporary files")
_ROOT = Path(__file__).resolve().parent.parent
_SCRATCH_BYTES = 200 << 20


@dataclass(frozen=True)
class Endurance:
    """How a part is measured.

    Args:
        count: number of runs, trials or epochs.
        every: how many of them between two samples.
        first: samples that are not counted.
        window: samples at either end whose medians are compared.
        kept: number of runs or trials of the process that keeps all graphs; 0 for none.
    """

    count: int
    every: int = 1
    first: int = 4
    window: int = 5
    kept: int = 0


PARTS: dict[Part, Endurance] = {
    "runs": Endurance(50, kept=12),
    "trials": Endurance(50, kept=12),
    # 24 hours of epochs of 40 seconds.
    "epochs": Endurance(2160, every=20),
}


def command(
    part: Annotated[Part, typer.Argument(help="What to repeat.", show_default=False)],
    count: Annotated[
        int | None, typer.Option(min=1, help="Number of them. Default: 50 runs, 50 trials, 2160 epochs.")
    ] = None,
    folder: Folder = None,
    out: Out = RESULTS,
) -> int:
    """What one process holds after many runs, trials or epochs."""
    how = PARTS[part] if count is None else Endurance(count, PARTS[part].every, kept=PARTS[part].kept)
    with scratch(folder, _SCRATCH_BYTES) as temporary:
        code = finish(measure(part, temporary, how), out)
    draw(Path(out).expanduser())
    return code


def measure(part: Part, folder: Path, how: Endurance) -> Result:
    """Measure one part below `folder`.

    Raises:
        RunError: there are fewer samples than are compared, or the process failed.
    """
    samples = how.count // how.every
    if samples < how.first + 2 * how.window:
        raise RunError(
            f"--count {how.count}: gives {samples} samples, expected at least {how.first + 2 * how.window}: "
            f"{how.every * (how.first + 2 * how.window)} {part}."
        )
    values = in_process_of_its_own(part, folder / "freed", count=how.count, every=how.every)
    early, late = slice(how.first, how.first + how.window), slice(-how.window, None)
    grown = {name: max(each[late]) - max(each[early]) for name, each in values.items() if name in COUNTED}
    requirements = [_ratio(values, MEMORY, early, late, MAX_RATIO)]
    requirements += [Requirement(f"{name}: growth", "at most", 0, grown[name]) for name in COUNTED]
    if part == "epochs":
        requirements.append(_ratio(values, EPOCH_TIME, early, late, MAX_EPOCH_RATIO))
    if how.kept:
        kept = in_process_of_its_own(part, folder / "kept", count=how.kept, keep_graphs=True)
        values[KEPT_MEMORY] = kept[MEMORY]
    each = part if how.every == 1 else f"{how.every} {part}"
    return Result(
        name=f"endurance_{part}",
        title=f"What one process holds after each of {how.count} {part} of a tiny network",
        unit=f"after every {each}" if how.every > 1 else f"after each of the {part}",
        values=values,
        ratios={},
        requirements=tuple(requirements),
        settings={
            "rounds": samples,
            "count": how.count,
            "every": how.every,
            "samples_not_counted": how.first,
            "samples_compared": how.window,
        },
    )


def _ratio(values: dict[str, list[float]], name: str, early: slice, late: slice, limit: float) -> Requirement:
    between = statistics.median(values[name][late]) / statistics.median(values[name][early])
    compared = f"median of samples {early.start + 1} to {early.stop}"
    return Requirement(f"{name}: median of the last {-late.start} samples / {compared}", "at most", limit, between)


def in_process_of_its_own(part: Part, folder: Path, **how: Any) -> dict[str, list[float]]:
    """Run `endurance_child.endure` in a fresh process, with a folder of its own for temporary files.

    Raises:
        RunError: the process failed.
    """
    temporary = folder / "temporary"
    temporary.mkdir(parents=True)
    task = {"what": part, "folder": str(folder), **how}
    completed = subprocess.run(
        [sys.executable, "-m", "benchmarks.endurance_child", json.dumps(task)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        env=os.environ | {"TMPDIR": str(temporary)},
    )
    if completed.returncode:
        last = (completed.stderr.strip() or "no message").splitlines()[-1]
        raise RunError(f"the process of {part} ended with exit code {completed.returncode}: {last}")
    return json.loads(completed.stdout)


def draw(out: Path) -> list[Path]:
    """Draw resident memory over runs, trials and epochs, of the parts whose JSON is in `out`; returns the files."""
    panels = []
    for part in PARTS:
        path = out / f"endurance_{part}.json"
        if path.exists():
            written = read_json(path, what="the result of a benchmark")
            values = {
                name: written["values"][name]["rounds"] for name in (MEMORY, KEPT_MEMORY) if name in written["values"]
            }
            panels.append((part, written["settings"]["every"], values))
    return save_figure(functools.partial(draw_memory, panels), out / "endurance")


def draw_memory(panels: list[tuple[str, int, dict[str, list[float]]]]) -> Figure:
    """Resident memory that was added after the first run, trial or epoch: one panel for each part.

    Args:
        panels: (what is counted, how many of them between two samples, name -> memory in MB at each sample).
    """
    figure, axes = new_axes(1.0 + 3.6 * len(panels), 3.6, columns=len(panels), squeeze=False, sharey=True)
    for place, (what, every, values) in zip(axes[0], panels, strict=True):
        _draw_part(place, what, every, values)
    # Of what a process holds, TensorFlow's own 900 MB would hide how the rest grows.
    axes[0, 0].set_ylabel("added resident memory (MB)")
    return figure


def _draw_part(axes: Axes, what: str, every: int, values: dict[str, list[float]]) -> None:
    for name, colour, label in ((KEPT_MEMORY, ACCENT, "graphs kept, as before"), (MEMORY, OURS, "graphs freed")):
        if name in values:
            finished = [every * (place + 1) for place in range(len(values[name]))]
            added = [value - values[name][0] for value in values[name]]
            axes.plot(finished, added, color=colour, label=label, marker="." if every == 1 else None)
    axes.set_xlabel(f"finished {what}")
    axes.set_title(f"{what} of one process")
    axes.legend(frameon=False, loc="best")


if __name__ == "__main__":
    launch(command)
