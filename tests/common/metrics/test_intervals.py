"""Intervals of shares of correct clips, of means over runs and of differences, against scipy and published examples."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from common.metrics.intervals import (
    accuracy_difference,
    effective_sample_size,
    interval_over_runs,
    mean_with_interval,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("correct", "clips"),
    [(232, 290), (0, 12), (12, 12), (1, 3), (150, 300), (0, 10), (7, 10), (155, 290), (1000, 1000)],
)
def test_wilson_interval_equals_scipys(correct, clips):
    expected = binomtest(correct, clips).proportion_ci(method="wilson")
    assert wilson_interval(correct / clips, clips) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_eighty_percent_of_290_clips():
    low, high = wilson_interval(0.8, 290)
    assert (round(100 * low, 1), round(100 * high, 1)) == (75.0, 84.2)


def test_mean_over_runs():
    found = mean_with_interval([0.7, 0.8], 100)
    assert found.mean == pytest.approx(0.75)
    assert found.low < 0.75 < found.high


def test_the_difference_of_two_shares_is_newcombes_example():
    # His 56 of 70 against 48 of 80, method 10.
    found = accuracy_difference(56 / 70, 70, 48 / 80, 80)
    assert (found.mean, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    back = accuracy_difference(48 / 80, 80, 56 / 70, 70)
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))


def test_runs_have_students_interval():
    found = interval_over_runs([0.90, 0.91, 0.95])
    # Mean 0.92, deviation sqrt(0.0014 / 2), t of 2 degrees of freedom 4.3027.
    half = 4.302653 * math.sqrt(0.0007) / math.sqrt(3)
    assert (found.mean, found.low, found.high) == pytest.approx((0.92, 0.92 - half, 0.92 + half), abs=1e-6)
    assert interval_over_runs([0.9]) is None
    assert interval_over_runs([0.5, 0.5]).low == 0.5


def test_equal_results_within_artists_lower_the_effective_sample_size():
    # Four artists of two clips: variance 4 / 3 x (1 + 1 + 1 + 1) / 64 against 0.25 / 8 of independent ones.
    alike = effective_sample_size([1, 1, 1, 1, 0, 0, 0, 0], list("aabbccdd"))
    assert alike == pytest.approx(8 * (0.25 / 8) / (4 / 3 * 4 / 64))
    # Artists of one correct and one wrong clip each do not differ: never more than the clips.
    assert effective_sample_size([1, 0] * 4, list("aabbccdd")) == 8
    assert effective_sample_size([1, 0] * 3 + [1, 1], list("aabbccdd")) == 8
    assert effective_sample_size([1, 1, 0, 0, 1], list("abcde")) == 5
    # All correct: nothing shows how similar the results of an artist's clips are.
    assert effective_sample_size([1] * 8, list("aabbccdd")) == 4
    assert effective_sample_size([1, 0, 1], list("aaa")) == 1


def test_the_interval_is_as_wide_as_repeated_draws_of_artists_spread():
    rng = np.random.default_rng(0)

    def drawn() -> tuple[np.ndarray, list[str]]:
        of_artist = rng.beta(1, 1, 60)
        return (rng.random((60, 5)) < of_artist[:, None]).ravel().astype(float), [
            str(a) for a in range(60) for _ in "12345"
        ]

    means = [drawn()[0].mean() for _ in range(400)]
    widths = []
    for _ in range(40):
        shares, owners = drawn()
        low, high = wilson_interval(shares.mean(), effective_sample_size(shares, owners))
        widths.append(high - low)
    assert np.mean(widths) == pytest.approx(2 * 1.96 * np.std(means), rel=0.12)
    # Which is much wider than if clips were independent.
    low, high = wilson_interval(0.5, 300)
    assert np.mean(widths) > 1.3 * (high - low)
