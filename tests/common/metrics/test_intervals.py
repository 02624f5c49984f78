"""Intervals of shares of correct clips and of differences, against scipy, statsmodels and published examples."""

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from common.metrics.intervals import (
    Interval,
    effective_sample_size,
    independent_difference,
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


def difference(one: float, of_one: int, other: float, of_other: int) -> Interval:
    """Of shares of so many clips, from their Wilson intervals."""
    return independent_difference(
        Interval(one, *wilson_interval(one, of_one)), Interval(other, *wilson_interval(other, of_other))
    )


def test_the_difference_of_two_shares_is_newcombes_example():
    # His 56 of 70 against 48 of 80, method 10.
    found = difference(56 / 70, 70, 48 / 80, 80)
    assert (found.mean, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    back = difference(48 / 80, 80, 56 / 70, 70)
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))


@pytest.mark.parametrize(("correct", "clips"), [(232, 290), (0, 12), (12, 12), (1, 3), (155, 300)])
def test_wilson_interval_equals_that_of_statsmodels(correct, clips):
    expected = proportion_confint(correct, clips, method="wilson")
    assert wilson_interval(correct / clips, clips) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (9, 10, 3, 10), (0, 10, 7, 20), (10, 10, 0, 20)])
def test_the_difference_equals_that_of_statsmodels(counts):
    correct, clips, other_correct, other_clips = counts
    expected = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    found = difference(correct / clips, clips, other_correct / other_clips, other_clips)
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-12)


def test_the_design_effect_is_that_of_clustered_standard_errors_in_statsmodels():
    rng = np.random.default_rng(3)
    of_artist = rng.random(30)
    owners = np.repeat(np.arange(30), rng.integers(1, 8, 30))
    shares = (rng.random(len(owners)) < of_artist[owners]).astype(float)
    clustered = OLS(shares, np.ones(len(shares))).fit(
        cov_type="cluster", cov_kwds={"groups": owners, "use_correction": False}
    )
    variance = float(clustered.bse[0]) ** 2 * 30 / 29
    mean = shares.mean()
    expected = mean * (1 - mean) / variance
    assert expected < len(shares)
    assert effective_sample_size(shares.tolist(), [str(owner) for owner in owners]) == pytest.approx(expected)


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
