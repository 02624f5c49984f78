"""F1 against scikit-learn, and its intervals."""

import keras
import numpy as np
import pytest
from sklearn.metrics import f1_score

from common.metrics.f1 import f1_of_counts, f1_with_interval
from common.training.window_metrics import MacroF1

CASES = {
    "all genres": ([0, 1, 2, 3, 0, 1, 2, 3, 1], [0, 1, 2, 0, 0, 2, 2, 3, 1]),
    "a genre never decided for": ([0, 1, 2, 3, 3], [0, 1, 2, 2, 1]),
    "a genre without clips": ([0, 1, 2, 0], [0, 1, 1, 0]),
    "a genre decided for but without clips": ([0, 1, 2, 0], [0, 1, 3, 3]),
    "nothing right": ([0, 1, 2, 3], [1, 2, 3, 0]),
    "one genre": ([2, 2, 2], [2, 2, 2]),
}


def scored(runs, classes):
    """Scores where every clip has an artist of its own."""
    return f1_with_interval(runs, classes, {name: name for names, _, _ in runs for name in names})


def theirs(true, decided, average: str) -> float:
    return f1_score(true, decided, average=average, zero_division=0)


@pytest.mark.parametrize("case", CASES)
def test_scores_are_those_of_scikit_learn(case):
    true, decided = map(np.array, CASES[case])
    names = [f"clip{number}" for number in range(len(true))]
    found = scored([(names, true, decided)], 4)
    for metric, average in (("clip_f1_weighted", "weighted"), ("clip_f1_macro", "macro")):
        (value,), low, high = found[metric]
        assert value == pytest.approx(theirs(true, decided, average), abs=1e-12)
        assert 0 <= low <= high <= 1
        assert np.isfinite([low, high]).all()


@pytest.mark.parametrize("case", CASES)
def test_the_metric_of_training_is_that_of_scikit_learn(case):
    true, decided = map(np.array, CASES[case])
    metric = MacroF1(4)
    for part in np.array_split(np.arange(len(true)), 2):
        metric.update_state(true[part], keras.ops.one_hot(decided[part], 4), sample_weight=np.full(len(part), 7.0))
    assert float(metric.result()) == pytest.approx(theirs(true, decided, "macro"), abs=1e-6)
    metric.reset_state()
    assert float(metric.result()) == 0


def test_a_matrix_without_clips_has_no_score():
    empty = f1_of_counts(np.zeros((2, 3, 3)))
    assert np.isnan(empty["clip_f1_macro"]).all()
    assert np.isnan(empty["clip_f1_weighted"]).all()


def run_of(clips: int, seed: int, right: float = 0.7):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 5, clips)
    decided = np.where(rng.random(clips) < right, true, rng.integers(0, 5, clips))
    return [f"clip{number:04d}" for number in range(clips)], true, decided


def test_an_interval_is_as_wide_as_repeated_draws_of_clips_spread():
    _, low, high = scored([run_of(400, 0)], 5)["clip_f1_macro"]
    drawn = [scored([run_of(400, seed)], 5)["clip_f1_macro"][0][0] for seed in range(1, 60)]
    assert high - low == pytest.approx(4 * np.std(drawn), rel=0.35)
    _, narrow_low, narrow_high = scored([run_of(6400, 0)], 5)["clip_f1_macro"]
    assert narrow_high - narrow_low == pytest.approx((high - low) / 4, rel=0.3)


def test_clips_of_an_artist_with_the_same_decisions_count_as_one_clip():
    names, true, decided = run_of(100, 0)
    _, low, high = scored([(names, true, decided)], 5)["clip_f1_macro"]
    fourfold = [f"{name} {part}" for name in names for part in range(4)]
    run = fourfold, np.repeat(true, 4), np.repeat(decided, 4)
    found = f1_with_interval([run], 5, {name: name.split()[0] for name in fourfold})["clip_f1_macro"]
    assert found[1:] == pytest.approx((low, high), abs=1e-12)
    _, narrow_low, narrow_high = scored([run], 5)["clip_f1_macro"]
    assert narrow_high - narrow_low == pytest.approx((high - low) / 2, rel=0.25)


def test_seeds_on_the_same_clips_are_no_more_clips():
    one = run_of(200, 0)
    _, low, high = scored([one], 5)["clip_f1_macro"]
    values, low3, high3 = scored([one] * 3, 5)["clip_f1_macro"]
    assert len(values) == 3
    assert (low3, high3) == pytest.approx((low, high), abs=1e-12)


def test_folds_of_single_clips_have_finite_intervals():
    folds = [([f"clip{number}"], np.array([number]), np.array([number])) for number in range(3)]
    assert scored(folds, 3)["clip_f1_macro"] == ([1.0, 1.0, 1.0], 1.0, 1.0)
