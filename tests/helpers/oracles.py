"""A small search without training: an oracle over two parameters, and trials whose score is a formula."""

import math

from keras_tuner.engine.trial import Trial, TrialStatus

from common.search.journal import StateFiles
from common.search.oracle import SearchOracle
from common.search.space import Choice, FloatRange, Parameters

PARAMETERS = Parameters(
    every=(
        FloatRange(name="r", path="model.ratio", low=2, high=64, sampling="log"),
        Choice(name="widths", path="model.widths", values=((4, 8), (8, 16))),
    )
)
# Six are drawn at random, the others chosen.
TRIALS = 9


def make(folder, *, trials=TRIALS, seed=0, parameters=PARAMETERS, initial=6, **more) -> SearchOracle:
    return SearchOracle(
        parameters, "val_accuracy", trials=trials, seed=seed, initial=initial, files=StateFiles(folder), **more
    )


def score(values) -> float:
    """Best at r = 16 with the wide layers."""
    return 0.9 - 0.02 * abs(math.log2(values["r"] / 16)) - (0.05 if values["widths"] == "4,8" else 0.0)


def step(oracle, tuner="one", outcome=score) -> bool:
    """Begin and end one trial; False once there is none left."""
    trial = oracle.create_trial(tuner)
    if trial.status != TrialStatus.RUNNING:
        return False
    end(oracle, trial, outcome(trial.hyperparameters.values))
    return True


def end(oracle, trial, value) -> None:
    if value is None:
        trial.status = TrialStatus.INVALID
    else:
        if not trial.metrics.exists("val_accuracy"):
            trial.metrics.register("val_accuracy", "max")
        trial.metrics.update("val_accuracy", value)
        trial.status = TrialStatus.COMPLETED
    oracle.end_trial(trial)


def as_sent(trial) -> Trial:
    """The trial after transport, in which numbers have 32 bits."""
    return Trial.from_proto(trial.to_proto())


def run(oracle, **more) -> list:
    while step(oracle, **more):
        pass
    return outcomes(oracle)


def outcomes(oracle) -> list:
    """Id, status, values and score of each trial."""
    return [
        (trial.trial_id, trial.status, trial.hyperparameters.values, trial.score) for trial in oracle.trials.values()
    ]
