"""The process that `benchmarks.endurance` measures: it carries out many runs, trials or epochs, and reports after each
what it holds: memory, open files, threads and temporary files.

Runs and trials go through the code of `run.py` and `tune.py`, on a tiny network and a tiny file of arrays.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

from common.core.tf_logging import quiet_start

with quiet_start():
    import numpy as np
    import psutil

    from common.cli.search import TRIALS_PER_PROCESS
    from common.core.console import set_verbosity
    from common.core.errors import EncoreError, RunError
    from common.core.interrupts import end_on_signals
    from common.core.renewal import renew
    from common.runs.options import Options
    from common.runs.plan import Plan, plan
    from common.runs.runner import Job, execute, in_this_process
    from common.search.search import Search, search_request
    from common.search.space import IntRange, Parameters, SearchSpace
    from common.search.tuner import run_search
    from common.training import model_cache
    from common.training.callback import FitCallback
    from reproductions._template.paper import PAPER
GENRES, CLIPS_PER_GENRE, BINS, FRAMES = 4, 10, 16, 64
ROW = ("1", "3")
WIDTHS = (4, 4)
SPACE = SearchSpace(
    key="endurance",
    title="channel widths",
    row=ROW,
    # Hardly any two trials have the same widths, so that each traces a network of its own.
    parameters=Parameters(
        every=tuple(
            IntRange(name=f"width{place + 1}", path="model.widths", place=place, low=4, high=48)
            for place in range(len(WIDTHS))
        )
    ),
    plotted="width1",
)


class Samples:
    """What this process holds at each sample: name with unit -> values.

    Args:
        file: that keeps them where a new process takes the place of this one.
    """

    def __init__(self, file: Path) -> None:
        self._process, self._file = psutil.Process(), file
        self.values: dict[str, list[float]] = json.loads(file.read_text()) if file.exists() else {}

    def keep(self) -> None:
        """Write the samples so far, for the process that takes the place of this one."""
        self._file.write_text(json.dumps(self.values))

    def take(self, **more: float) -> None:
        """Add a sample, with further values of the caller."""
        held = {
            "resident memory, MB": self._process.memory_info().rss / 2**20,
            "open files": self._process.num_fds(),
            "threads": self._process.num_threads(),
            "temporary files": sum(1 for _ in Path(tempfile.gettempdir()).rglob("*")),
        }
        for name, value in (held | more).items():
            self.values.setdefault(name, []).append(value)


def endure(*, what: str, folder: str, count: int, every: int = 1, keep_graphs: bool = False) -> dict[str, list[float]]:
    """Carry out runs, trials or epochs.

    Args:
        what: `runs`, `trials` or `epochs`.
        folder: empty folder for data and results.
        count: number of runs, trials or epochs.
        every: number of epochs between two samples.
        keep_graphs: leave the graphs of networks that are no longer trained in memory, as TensorFlow does.

    Returns:
        Name with unit -> value after each run, trial, or `every` epochs.

    Raises:
        RunError: a run failed.
    """
    set_verbosity("quiet")
    work = Path(folder)
    arrays = work / "arrays.npz"
    if not arrays.exists():
        _write_arrays(arrays)
    options = Options(
        dataset="arrays",
        data=arrays,
        out=work / "results",
        cache=work / "cache",
        tables=ROW[:1],
        rows=ROW[1:],
        seeds=count if what == "runs" else 1,
        epochs=count if what == "epochs" else 2,
        patience="none",
        batch_size=16,
        changes=(f"model.widths={list(WIDTHS)}",) if what != "trials" else (),
        keep_weights="none",
    )
    samples = Samples(work / "samples.json")
    planned = plan(PAPER, options)
    kept = mock.patch.object(model_cache, "remove_outdated") if keep_graphs else mock.MagicMock()
    with kept:
        if what == "trials":
            _trials(planned, options, count, samples, renewed=not keep_graphs)
        else:
            _runs(planned, options, samples, every=every if what == "epochs" else None)
    planned.close()
    return samples.values


def _runs(planned: Plan, options: Options, samples: Samples, *, every: int | None) -> None:
    """Carry out all runs; a sample after each, or, with `every`, after this many epochs."""
    carry_out = in_this_process(options)

    def sampled(job: Job, progress):
        for run, result in carry_out(job, progress if every is None else _Epochs(job, samples, every)):
            if result.record is None:
                raise RunError(result.failure)
            if every is None:
                samples.take()
            yield run, result

    execute(planned, options, sampled)


class _Epochs(FitCallback):
    """Stands in for the display of progress, and takes a sample after every `every` epochs."""

    def __init__(self, job: Job, samples: Samples, every: int):
        self._work, self._samples, self._every = job.paths.work(job.pending[0].run.id), samples, every
        self._began = time.process_time()

    def begin(self, *names: Any, **how: Any) -> FitCallback:
        """A run begins."""
        return self

    def end(self, callback: FitCallback, line: str) -> None:
        """A run has ended."""

    def on_epoch_end(self, entry: dict[str, float]) -> None:
        if entry["epoch"] % self._every == 0:
            now = time.process_time()
            self._samples.take(
                **{
                    "processor time of an epoch, ms": 1000 * (now - self._began) / self._every,
                    "checkpoint, KB": self._work.checkpoint.stat().st_size / 1024,
                    "history.csv, KB": self._work.history.stat().st_size / 1024,
                }
            )
            self._began = time.process_time()


class _SampledSearch(Search):
    """A search that takes a sample after each trial."""

    samples: Samples

    def run_trial(self, *trial: Any) -> float:
        score = super().run_trial(*trial)
        self.samples.take()
        return score


def _trials(planned: Plan, options: Options, count: int, samples: Samples, *, renewed: bool) -> None:
    """Carry out all trials; where `renewed`, in processes of as many trials as `tune.py` has, each in the other's
    place."""
    search = _SampledSearch(planned, SPACE, options, search_request(SPACE, trials=count))
    search.samples = samples
    if not run_search(search, most_trials=TRIALS_PER_PROCESS if renewed else None):
        planned.close()
        samples.keep()
        renew()


def _write_arrays(path: Path) -> None:
    """Spectrograms in which each genre is loud in bins of its own."""
    clips = GENRES * CLIPS_PER_GENRE
    values = np.random.default_rng(0).integers(0, 120, (clips, BINS, FRAMES), dtype=np.uint8)
    genres = np.repeat(np.arange(GENRES), CLIPS_PER_GENRE)
    share = BINS // GENRES
    for clip, genre in enumerate(genres):
        values[clip, share * genre : share * (genre + 1)] += 100
    np.savez(
        path,
        X=values,
        name=np.array([f"clip{clip:03d}" for clip in range(clips)]),
        genre=np.array(["ambient", "bebop", "cumbia", "dub"])[genres],
        n_samples=np.full(clips, 10 * 22050),
    )


if __name__ == "__main__":
    end_on_signals()  # as a command, which takes what the process before it left for it
    try:
        print(json.dumps(endure(**json.loads(sys.argv[1]))))
    except EncoreError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
