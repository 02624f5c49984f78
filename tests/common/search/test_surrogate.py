"""The surrogate: the Gaussian process of keras-tuner's oracle, fitted to the best and the latest trials."""

import numpy as np
import pytest
from keras_tuner.oracles import BayesianOptimizationOracle

from common.search.journal import StateFiles, TrialState
from common.search.surrogate import SURROGATE_TRIALS, fitted_surrogate, fitting, informative, new_surrogate
from tests.helpers.oracles import PARAMETERS, make, run, score


def test_it_is_made_as_keras_tuner_makes_its_own(tmp_path):
    oracle = make(tmp_path, seed=4)
    library = BayesianOptimizationOracle._make_gpr(oracle)
    assert new_surrogate(5).get_params() == library.get_params()
    assert oracle.gpr.get_params() == library.get_params()


@pytest.mark.parametrize("objective", ["val_accuracy", "val_loss"])
def test_it_predicts_what_keras_tuners_own_does(tmp_path, objective):
    count = iter(range(9))
    oracle = make(tmp_path, seed=2)
    run(oracle, outcome=lambda values: None if next(count) == 4 else score(values))
    oracle.objective.direction = "max" if objective == "val_accuracy" else "min"
    points = np.random.default_rng(0).uniform(size=(40, 2))
    with fitting():
        library = BayesianOptimizationOracle._make_gpr(oracle)
        library.fit(*BayesianOptimizationOracle._vectorize_trials(oracle))
        trials = list(StateFiles(tmp_path).load().trials.values())
        ours = fitted_surrogate(PARAMETERS, objective, trials, seed=2)
        expected, found = (one.predict(points, return_std=True) for one in (library, ours))
    assert len(ours.X_train_) == 8
    np.testing.assert_array_equal(ours.X_train_, library.X_train_)
    np.testing.assert_array_equal(found, expected)


def trials_with(scores) -> list[TrialState]:
    return [TrialState(str(place), {}, "COMPLETED", score) for place, score in enumerate(scores)]


def test_all_of_few_trials_are_fitted_to():
    for count in (1, 33, SURROGATE_TRIALS):
        trials = trials_with(np.random.default_rng(count).uniform(size=count))
        assert informative(trials, "val_accuracy") == trials


@pytest.mark.parametrize(("objective", "best"), [("val_accuracy", range(36, 68)), ("val_loss", range(32))])
def test_of_many_the_best_and_the_latest_are_fitted_to_in_their_order(objective, best):
    """Scores rise, and the last 32 trials are neither the best nor the worst."""
    trials = trials_with([*np.linspace(0.0, 1.0, 68), *[0.5] * 32])
    chosen = [int(trial.id) for trial in informative(trials, objective)]
    assert chosen == [*best, *range(68, 100)]
