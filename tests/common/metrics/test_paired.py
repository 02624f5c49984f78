"""Statistics against cases worked out by hand, and against scipy."""

import math

import numpy as np
import pytest
import scipy.stats

from common.metrics.intervals import accuracy_difference, interval_over_runs, wilson_interval
from common.metrics.paired import mcnemar, paired_difference, variance_components


def test_the_interval_of_80_percent_of_290_clips():
    low, high = wilson_interval(0.8, 290)
    assert (round(100 * low, 1), round(100 * high, 1)) == (75.0, 84.2)


@pytest.mark.parametrize(("right", "clips"), [(0, 10), (7, 10), (155, 290), (1000, 1000)])
def test_the_interval_of_clips_is_scipys(right, clips):
    expected = scipy.stats.binomtest(right, clips).proportion_ci(method="wilson")
    assert wilson_interval(right / clips, clips) == pytest.approx((expected.low, expected.high), abs=1e-12)


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


def test_mcnemar_on_a_given_table():
    # 30 clips both right, 2 only the first, 8 only the second, 4 neither: p = 2 (1 + 10 + 45) / 2^10.
    first = np.array([True] * 30 + [True] * 2 + [False] * 8 + [False] * 4)
    second = np.array([True] * 30 + [False] * 2 + [True] * 8 + [False] * 4)
    found = mcnemar(first, second)
    assert (found.only_first, found.only_second, found.p_value) == (2, 8, pytest.approx(0.109375))
    assert mcnemar(first, first).p_value == 1.0
    with pytest.raises(ValueError, match="two decisions for each clip"):
        mcnemar(first, second[:-1])


def apart(clips: int) -> list[str]:
    """Each clip by an artist of its own."""
    return [str(number) for number in range(clips)]


def test_pairs_are_kept_together_when_they_are_drawn():
    rng = np.random.default_rng(1)
    clips = rng.random(300)
    one = clips + rng.normal(0.02, 0.01, 300)
    found = paired_difference(one, clips, apart(300))
    assert found.mean == pytest.approx((one - clips).mean())
    # The spread of clips, ten times as large, does not count.
    assert 0.018 < found.low < found.mean < found.high < 0.022
    assert paired_difference(one, clips, apart(300)) == found
    same = paired_difference(clips, clips, apart(300))
    assert (same.mean, same.low, same.high) == (0, 0, 0)
    with pytest.raises(ValueError, match="two shares and an artist for each clip"):
        paired_difference(one, clips[1:], apart(300))


def test_the_interval_of_pairs_is_about_the_normal_one():
    differences = np.random.default_rng(2).normal(0.1, 0.3, 400)
    found = paired_difference(differences, np.zeros(400), apart(400))
    half = 1.96 * differences.std() / 20
    assert (found.low, found.high) == pytest.approx((found.mean - half, found.mean + half), abs=0.003)


def test_the_fold_against_the_seed():
    # Folds at 0.6, 0.7 and 0.8, two seeds 0.01 above and below each: within 2 x 3 x 0.01^2 / 3, between 2 x 0.02 / 2.
    found = variance_components([[0.59, 0.61], [0.69, 0.71], [0.79, 0.81]])
    assert found.seed_sd == pytest.approx(math.sqrt(2e-4))
    assert found.fold_sd == pytest.approx(math.sqrt((0.02 - 2e-4) / 2))
    assert found.p_value == pytest.approx(scipy.stats.f.sf(100, 2, 3))
    alike = variance_components([[0.5, 0.7], [0.7, 0.5]])
    assert alike.fold_sd == 0
    assert variance_components([[0.5], [0.6]]) is None
    assert variance_components([[0.5, 0.6]]) is None
    assert variance_components([[0.5, 0.5], [0.6, 0.6]]).p_value == 0.0
