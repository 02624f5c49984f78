"""The surrogate of a search: a Gaussian process that predicts the objective from the values of a trial.

The oracle chooses trials by it, and figures draw its prediction. Reports are made without keras-tuner, so the surrogate
is made here, as keras-tuner's Bayesian oracle makes it.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from common.search.journal import TrialState
from common.search.space import DIRECTIONS, Objective, Parameters

if TYPE_CHECKING:
    from sklearn.gaussian_process import GaussianProcessRegressor

# Number of trials that the Gaussian process is fitted to: half of them the latest, half the best of the others.
SURROGATE_TRIALS = 64
# Added to the diagonal of the kernel matrix: the variance that is expected where a trial is repeated.
_NOISE = 1e-4
_RESTARTS = 20


class _Scored(Protocol):
    score: float


_Trial = TypeVar("_Trial", bound=_Scored)


def new_surrogate(random_state: int) -> "GaussianProcessRegressor":
    """A Gaussian process that is not fitted yet.

    Args:
        random_state: draws the points from which the optimisation of the kernel's length starts.
    """
    from sklearn.gaussian_process import GaussianProcessRegressor  # a second of imports that few commands need
    from sklearn.gaussian_process.kernels import Matern

    return GaussianProcessRegressor(
        kernel=Matern(nu=2.5),
        n_restarts_optimizer=_RESTARTS,
        normalize_y=True,
        alpha=_NOISE,
        random_state=random_state,
    )


def random_state_of(seed: int) -> int:
    """keras-tuner's seed for the seed of a search: one higher, because the library takes 0 for no seed."""
    return seed + 1


def informative(completed: Sequence[_Trial], objective: Objective) -> list[_Trial]:
    """The trials that the surrogate is fitted to: the latest, and the best of the others.

    Args:
        completed: trials with a score, in the order in which they began.

    Returns:
        At most `SURROGATE_TRIALS` trials, in the order in which they began.
    """
    latest, earlier = completed[-SURROGATE_TRIALS // 2 :], completed[: -SURROGATE_TRIALS // 2]
    ranked = sorted(range(len(earlier)), key=lambda place: earlier[place].score, reverse=DIRECTIONS[objective] == "max")
    return [*(earlier[place] for place in sorted(ranked[: SURROGATE_TRIALS - len(latest)])), *latest]


def target_of(score: float, objective: Objective) -> float:
    """What the surrogate predicts, of which less is better: the score, negated where more is better."""
    return -score if DIRECTIONS[objective] == "max" else score


@contextmanager
def fitting() -> Iterator[None]:
    """Fit and evaluate surrogates on one thread, and without a warning where a kernel's length cannot be fitted."""
    import sklearn.exceptions
    import sklearn.gaussian_process  # whose libraries have to be loaded before their threads can be limited

    # For so few trials threads cost more than they save, and the last digits would depend on their number.
    with threadpool_limits(1), warnings.catch_warnings():
        # If scores hardly differ, the length scale cannot be fitted; the search then explores, as it should.
        warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)
        yield


def fitted_surrogate(
    parameters: Parameters, objective: Objective, trials: list[TrialState], *, seed: int
) -> "GaussianProcessRegressor":
    """The surrogate that the search has after these trials.

    Args:
        trials: in the order in which they began; those without a score are not used.
        seed: of the search.

    Returns:
        Takes points of `Parameters.vectors`, and predicts the objective, negated where larger is better.
    """
    surrogate = new_surrogate(random_state_of(seed))
    fitted_to = informative([trial for trial in trials if trial.score is not None], objective)
    targets = np.array([target_of(trial.score, objective) for trial in fitted_to])
    with fitting():
        return surrogate.fit(parameters.vectors([trial.values for trial in fitted_to]), targets)
