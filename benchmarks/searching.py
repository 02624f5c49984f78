"""Cost of choosing a trial as a search grows: 1,000 trials whose trainings take no time.

    python -m benchmarks.searching

KerasTuner's own oracle fits a Gaussian process to all trials, at a cost that grows with the cube of their number; ours
to 64 of them (`common/search/surrogate.py`). Measured is everything between two trainings (choosing values, journal and
snapshot), in processor seconds, which other processes on the machine do not lengthen.
"""

import math
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from keras_tuner.engine.trial import TrialStatus

from benchmarks.harness import RESULTS, Out, Requirement, Result, finish, launch, ratios
from common.core.console import progress
from common.search.journal import StateFiles
from common.search.oracle import SearchOracle
from common.search.surrogate import SURROGATE_TRIALS
from reproductions.se_cnn.paper import PAPER
from reproductions.se_cnn.spaces import DOCUMENTED

MAX_RATIO = 3.0
EARLY_TRIAL = 50
_INITIAL = 6
_SHOWN = (60, 100, 150, 200, 500, 1000)


def command(
    trials: Annotated[int, typer.Option(min=100, help="Trials of the search.")] = 1000,
    window: Annotated[int, typer.Option(min=2, help="Trials whose times are averaged.")] = 20,
    out: Out = RESULTS,
) -> int:
    """Cost of choosing the last trials of a search compared with that of trial 50."""
    return finish(measure(trials=trials, window=window), out)


def measure(*, trials: int, window: int, early: int = EARLY_TRIAL) -> Result:
    """Run one search and time each of its trials.

    Args:
        window: trials around `early`, and at the end, whose times are compared.
        early: trial that the last ones are compared with.
    """
    with tempfile.TemporaryDirectory() as folder:
        seconds = _times(Path(folder), trials)
    first = early - window // 2
    above, below = f"trials up to {trials}", f"trials around {early}"
    values = {below: seconds[first : first + window], above: seconds[-window:]}
    # Single trials vary with the optimiser's work, and a search waits for their mean. The slowest stretch of all is
    # compared with the limit, not only the last one.
    means = {last: sum(seconds[last - window : last]) / window for last in range(first + window, trials + 1)}
    slowest = max(means, key=means.get)
    return Result(
        name="searching",
        title=f"Choosing a trial of a search: {DOCUMENTED.title}",
        unit="s per trial",
        values=values,
        ratios={f"{above} / {below}": ratios(values[above], values[below])},
        requirements=(
            Requirement(
                f"slowest mean of {window} trials in a row / mean of {below}",
                "at most",
                MAX_RATIO,
                means[slowest] / means[first + window],
            ),
        ),
        settings={"trials": trials, "rounds": window, "surrogate_trials": SURROGATE_TRIALS, "space": DOCUMENTED.key},
        facts={f"mean seconds of {window} trials up to {shown}": means[shown] for shown in _SHOWN if shown in means}
        | {"slowest stretch ends with trial": slowest, "seconds in all": sum(seconds)},
    )


def _times(folder: Path, trials: int) -> list[float]:
    oracle = SearchOracle(
        DOCUMENTED.parameters,
        "val_accuracy",
        trials=trials,
        seed=0,
        initial=_INITIAL,
        files=StateFiles(folder),
        network_of=lambda values: DOCUMENTED.trial(PAPER.default_experiment, values).digest,
    )
    seconds = []
    with progress("choosing", trials, unit="trials") as advance:
        for _ in range(trials):
            began = time.process_time()
            trial = oracle.create_trial("one")
            trial.metrics.register("val_accuracy", "max")
            trial.metrics.update("val_accuracy", _accuracy(trial.hyperparameters.values))
            trial.status = TrialStatus.COMPLETED
            oracle.end_trial(trial)
            seconds.append(time.process_time() - began)
            advance(1)
    return seconds


def _accuracy(values: dict) -> float:
    """A realistic landscape: a broad optimum in r, steps between the widths, and deterministic noise."""
    widths = sum(map(int, values["widths"].split(",")))
    smooth = 0.6 - 0.01 * math.log2(values["r"] / 31.43) ** 2 - 0.005 * abs(math.log2(widths / 608))
    return smooth + 0.01 * math.sin(1e4 * values["r"])


if __name__ == "__main__":
    launch(command)
