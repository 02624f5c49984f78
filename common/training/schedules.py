"""Learning-rate schedules (per epoch) and class weights (per genre) of a training."""

import math

import numpy as np

from common.paper.training import Training


def learning_rate_of(training: Training, history: list[dict[str, float]]) -> float:
    """Learning rate of the next epoch: a function of the history only, so that it is deterministic under resume."""
    rate, best, waited = training.learning_rate, math.inf, 0
    for entry in history:
        if entry["val_loss"] < _to_beat(training, best):
            best, waited = entry["val_loss"], 0
        else:
            waited += 1
        if training.plateau_epochs is not None and waited >= training.plateau_epochs:
            rate, waited = rate * training.plateau_factor, 0
    if training.step_epochs is not None:
        rate *= training.step_factor ** (len(history) // training.step_epochs)
    return rate


def _to_beat(training: Training, best: float) -> float:
    """Validation loss below which an epoch is no part of a plateau."""
    if training.plateau_threshold_form == "relative":
        return best * (1 - training.plateau_threshold)
    return best - training.plateau_threshold


def learning_rates_of(training: Training, history: list[dict[str, float]]) -> list[float]:
    """Learning rate of each epoch of a history, as the schedule sets it from the epochs before."""
    return [learning_rate_of(training, history[:epoch]) for epoch in range(len(history))]


def class_weights_of(training: Training, labels: np.ndarray, classes: int) -> dict[int, float] | None:
    """Weight of each class in the loss, from the labels of the training windows; None for no weights.

    A class without a training window gets weight 0; it never occurs in the loss.
    """
    if training.class_weights == "none":
        return None
    counts = np.bincount(labels, minlength=classes)
    present = int((counts > 0).sum())
    return {genre: len(labels) / (present * int(count)) if count else 0.0 for genre, count in enumerate(counts)}
