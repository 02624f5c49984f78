"""Decisions of clips from their windows, against hand-made cases and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from common.metrics.clips import accuracies, aggregate_windows

# Two windows say class 0 (weakly), one says class 1 (strongly): vote and mean disagree.
DISAGREEING = np.array([[0.6, 0.4, 0.0], [0.55, 0.45, 0.0], [0.0, 1.0, 0.0]])


def test_majority_vote_and_mean_softmax_are_different_decisions():
    (clip,) = aggregate_windows(DISAGREEING, np.array([1, 1, 1]), np.array([0, 0, 0]), ["a"], [None])
    assert clip.by_majority_vote == 0
    assert clip.by_mean_softmax == 1
    assert (clip.windows, clip.windows_correct, clip.votes) == (3, 1, (2, 1, 0))
    assert accuracies([clip]) == {
        "window_accuracy": pytest.approx(1 / 3),
        "clip_accuracy_mean_softmax": 1.0,
        "clip_accuracy_majority_vote": 0.0,
    }


def test_ties_of_the_vote_go_to_the_lowest_class():
    probabilities = np.array([[0.1, 0.2, 0.7], [0.1, 0.7, 0.2]])
    (clip,) = aggregate_windows(probabilities, np.array([2, 2]), np.array([0, 0]), ["a"], ["b"])
    assert (clip.by_majority_vote, clip.artist) == (1, "b")


def test_windows_find_their_clips_in_any_order():
    rng = np.random.default_rng(0)
    tracks = rng.integers(0, 7, 200)
    labels = np.arange(7)[tracks] % 4
    probabilities = rng.dirichlet(np.ones(4), 200)
    order = rng.permutation(200)
    ids = [f"t{number}" for number in range(7)]
    straight = aggregate_windows(probabilities, labels, tracks, ids, [None] * 7)
    shuffled = aggregate_windows(probabilities[order], labels[order], tracks[order], ids, [None] * 7)
    assert straight == shuffled
    assert accuracies(straight)["window_accuracy"] == accuracy_score(labels, probabilities.argmax(axis=1))
