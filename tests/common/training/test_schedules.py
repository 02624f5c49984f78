"""Learning rates that are lowered on a plateau and by steps, and weights of classes in the loss."""

import math

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from common.core.errors import SpecError
from common.core.spec import build
from common.paper.training import Training
from common.training.schedules import class_weights_of, learning_rate_of, learning_rates_of


def history(losses: list[float]) -> list[dict[str, float]]:
    return [{"val_loss": loss} for loss in losses]


def pytorch_rates(losses: list[float], *, patience: int, factor: float, threshold: float, step: int, gamma: float):
    """Rate of every epoch by PyTorch's rules, both schedulers stepped after each epoch, the plateau first."""
    rate, best, bad, rates = 1.0, math.inf, 0, [1.0]
    for epoch, loss in enumerate(losses, start=1):
        if loss < best - threshold:
            best, bad = loss, 0
        else:
            bad += 1
        if bad > patience:
            rate, bad = rate * factor, 0
        if epoch % step == 0:
            rate *= gamma
        rates.append(rate)
    return rates


@pytest.mark.parametrize("seed", range(5))
def test_both_schedules_together_are_pytorchs(seed):
    losses = (2 - 0.02 * np.arange(40) + np.random.default_rng(seed).normal(0, 0.1, 40)).tolist()
    training = Training(
        epochs=40,
        learning_rate=1.0,
        plateau_epochs=3,
        plateau_factor=0.7,
        plateau_threshold=1e-4,
        step_epochs=10,
        step_factor=0.6,
    )
    ours = [learning_rate_of(training, history(losses[:epoch])) for epoch in range(41)]
    theirs = pytorch_rates(losses, patience=2, factor=0.7, threshold=1e-4, step=10, gamma=0.6)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert len(set(ours)) > 5


def test_a_loss_that_falls_by_less_than_the_threshold_is_no_progress():
    losses = [1.0, 0.99995, 0.9999, 0.99985]
    arguments = {"epochs": 9, "learning_rate": 1.0, "plateau_epochs": 2, "plateau_factor": 0.5}
    assert learning_rate_of(Training(**arguments), history(losses)) == 1.0
    assert learning_rate_of(Training(**arguments, plateau_threshold=1e-3), history(losses)) == 0.5
    # Small steps add up: each is held against the best loss that counted.
    falling = [1.0, 0.9994, 0.9988, 0.9982]
    assert learning_rate_of(Training(**arguments, plateau_threshold=1e-3), history(falling)) == 1.0


def test_a_relative_threshold_is_a_share_of_the_best_loss():
    arguments = {"epochs": 9, "learning_rate": 1.0, "plateau_epochs": 2, "plateau_factor": 0.5}
    relative = Training(**arguments, plateau_threshold=0.01, plateau_threshold_form="relative")
    absolute = Training(**arguments, plateau_threshold=0.01)
    # 1 % of 4 is 0.04, so 3.97 and 3.965 are no progress; 3.95 is.
    assert learning_rate_of(relative, history([4.0, 3.97, 3.965])) == 0.5
    assert learning_rate_of(absolute, history([4.0, 3.97, 3.965])) == 1.0
    assert learning_rate_of(relative, history([4.0, 3.97, 3.95])) == 1.0
    # Of a small loss it is a small difference.
    assert learning_rate_of(relative, history([0.1, 0.0985, 0.097])) == 1.0
    assert learning_rate_of(absolute, history([0.1, 0.0985, 0.097])) == 0.5


@pytest.mark.parametrize("threshold", [1.0, 2.5])
def test_a_relative_threshold_that_no_loss_can_pass_is_refused(threshold):
    values = {"epochs": 9, "plateau_epochs": 2, "plateau_threshold": threshold}
    assert Training(**values).plateau_threshold == threshold
    with pytest.raises(SpecError, match=f"a relative plateau_threshold is a share below 1, received {threshold:g}"):
        build(Training, values | {"plateau_threshold_form": "relative"})


def test_the_rates_of_a_history_are_those_that_its_epochs_had():
    training = Training(
        epochs=9, learning_rate=1.0, plateau_epochs=1, plateau_factor=0.5, step_epochs=3, step_factor=0.1
    )
    assert learning_rates_of(training, history([3, 2, 2.5, 1, 1])) == pytest.approx([1, 1, 1, 0.05, 0.05])
    assert learning_rates_of(training, []) == []


@pytest.mark.parametrize(("epochs", "rate"), [(0, 1.0), (4, 1.0), (5, 0.5), (9, 0.5), (10, 0.25)])
def test_the_step_schedule_without_a_plateau(epochs, rate):
    training = Training(epochs=20, learning_rate=1.0, step_epochs=5)
    assert learning_rate_of(training, history([1.0] * epochs)) == rate


def test_class_weights_are_scikit_learns():
    labels = np.repeat([0, 1, 3], [10, 5, 1])
    training = Training(epochs=1, class_weights="inverse_frequency")
    found = class_weights_of(training, labels, 4)
    theirs = compute_class_weight("balanced", classes=np.array([0, 1, 3]), y=labels)
    assert [found[genre] for genre in (0, 1, 3)] == pytest.approx(theirs)
    assert found[2] == 0
    assert class_weights_of(Training(epochs=1), labels, 4) is None


@pytest.mark.parametrize(
    ("losses", "rate"),
    [
        ([], 1.0),
        ([3, 2, 1], 1.0),
        ([1, 2], 1.0),
        ([1, 2, 2], 0.5),
        ([1, 2, 2, 2], 0.5),
        ([1, 2, 2, 2, 2], 0.25),
        ([1, 2, 2, 0.5, 2], 0.5),
        ([1, 1, 1], 0.5),
    ],
)
def test_the_learning_rate_falls_on_a_plateau(losses, rate):
    training = Training(epochs=9, learning_rate=1.0, plateau_epochs=2, plateau_factor=0.5)
    assert learning_rate_of(training, [{"val_loss": loss} for loss in losses]) == rate
    constant = Training(epochs=9, learning_rate=1.0)
    assert learning_rate_of(constant, [{"val_loss": loss} for loss in losses]) == 1.0
