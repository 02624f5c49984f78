"""Comparisons on the same clips, against cases worked out by hand and statsmodels."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.contingency_tables import mcnemar as theirs
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.oneway import anova_oneway

from common.metrics.paired import holm, mcnemar, paired_difference, permutation_p_value, variance_components


def test_mcnemar_on_a_given_table():
    # 30 clips both correct, 2 only the first, 8 only the second, 4 neither: p = 2 (1 + 10 + 45) / 2^10.
    first = np.array([True] * 30 + [True] * 2 + [False] * 8 + [False] * 4)
    second = np.array([True] * 30 + [False] * 2 + [True] * 8 + [False] * 4)
    found = mcnemar(first, second)
    assert (found.only_first, found.only_second, found.p_value) == (2, 8, pytest.approx(0.109375))
    assert mcnemar(first, first).p_value == 1.0
    with pytest.raises(ValueError, match="two decisions for each clip"):
        mcnemar(first, second[:-1])


@pytest.mark.parametrize(("only_first", "only_second"), [(2, 8), (5, 5), (0, 3), (36, 14), (0, 0)])
def test_mcnemar_equals_that_of_statsmodels(only_first, only_second):
    first = np.array([True] * 20 + [True] * only_first + [False] * only_second)
    second = np.array([True] * 20 + [False] * only_first + [True] * only_second)
    expected = theirs([[20, only_first], [only_second, 0]], exact=True)
    assert mcnemar(first, second).p_value == pytest.approx(min(1.0, expected.pvalue), abs=1e-12)


def test_a_permutation_swaps_whole_artists():
    # Sums over artists 3, 1, 1 and -1: of 16 signs, those with a total of at least 4 or at most -4 count. 3 + three
    # signs of 1 is 6, or 4 in three ways: 4 above and 4 below.
    one = [1, 1, 1, 1, 0, 1, 0, 0]
    other = [0, 0, 0, 0, 0, 0, 0, 1]
    owners = list("aaabbccd")
    assert permutation_p_value(one, other, owners) == 8 / 16
    assert permutation_p_value(other, one, owners) == 8 / 16
    # Each clip by itself: five signs of 1 and one of -1 sum up to 4 or more in 7 of 64 cases.
    assert permutation_p_value(one, other, own_artists(8)) == 14 / 64


def test_equal_rows_have_a_p_of_one():
    assert permutation_p_value([1, 0, 1], [1, 0, 1], list("aab")) == 1.0
    # Thirds that cancel except for rounding.
    assert permutation_p_value([1 / 3, 2 / 3, 0], [0, 0, 1], list("abc")) == 1.0
    assert permutation_p_value([1, 1], [0, 0], list("aa")) == 1.0  # one artist
    with pytest.raises(ValueError, match="two shares and an artist for each clip"):
        permutation_p_value([1.0], [0.0, 1.0], ["a", "b"])


def test_all_permutations_are_counted_where_they_are_few_and_drawn_where_they_are_many():
    rng = np.random.default_rng(0)
    few = rng.normal(0.3, 1, 12)
    totals = [sum(sign * value for sign, value in zip(signs, few, strict=True)) for signs in
              itertools.product((-1, 1), repeat=12)]  # fmt: skip
    expected = np.mean(np.abs(totals) >= abs(few.sum()) - 1e-12)
    assert permutation_p_value(few, np.zeros(12), own_artists(12)) == pytest.approx(expected, abs=1e-12)
    many = rng.normal(0.1, 0.5, 120)
    found = permutation_p_value(many, np.zeros(120), own_artists(120))
    z = many.sum() / math.sqrt((many**2).sum())
    assert found == pytest.approx(2 * scipy.stats.norm.sf(abs(z)), abs=0.015)
    assert permutation_p_value(many, np.zeros(120), own_artists(120)) == found


@pytest.mark.parametrize("p_values", [[0.01, 0.04, 0.03], [0.5], [0.02, 0.02, 0.9, 0.001], [0.6, 0.7, 0.8], [1.0, 0.0]])
def test_holm_equals_that_of_statsmodels(p_values):
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]), abs=1e-12)


def test_holm_by_hand():
    # 3 x 0.01; 2 x 0.03; 0.04, but not below the one before.
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_the_test_between_folds_equals_that_of_statsmodels():
    groups = [[0.59, 0.61], [0.69, 0.70, 0.72], [0.66, 0.68]]
    expected = anova_oneway(groups, use_var="equal").pvalue
    assert variance_components(groups).p_value == pytest.approx(expected, abs=1e-12)


def own_artists(clips: int) -> list[str]:
    """Each clip by an artist of its own."""
    return [str(number) for number in range(clips)]


def test_pairs_are_kept_together_when_they_are_drawn():
    rng = np.random.default_rng(1)
    clips = rng.random(300)
    one = clips + rng.normal(0.02, 0.01, 300)
    found = paired_difference(one, clips, own_artists(300))
    assert found.mean == pytest.approx((one - clips).mean())
    # The spread of clips, ten times as large, does not count.
    assert 0.018 < found.low < found.mean < found.high < 0.022
    assert paired_difference(one, clips, own_artists(300)) == found
    same = paired_difference(clips, clips, own_artists(300))
    assert (same.mean, same.low, same.high) == (0, 0, 0)
    with pytest.raises(ValueError, match="two shares and an artist for each clip"):
        paired_difference(one, clips[1:], own_artists(300))


def test_the_interval_of_pairs_is_about_the_normal_one():
    differences = np.random.default_rng(2).normal(0.1, 0.3, 400)
    found = paired_difference(differences, np.zeros(400), own_artists(400))
    half = 1.96 * differences.std() / 20
    assert (found.low, found.high) == pytest.approx((found.mean - half, found.mean + half), abs=0.003)


def test_the_variation_over_folds_and_over_seeds():
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


def test_paired_differences_draw_whole_artists():
    rng = np.random.default_rng(0)
    one = np.repeat(rng.random(60) < 0.7, 5).astype(float)
    other = np.repeat(rng.random(60) < 0.5, 5).astype(float)
    owners = [str(artist) for artist in range(60) for _ in range(5)]
    wide, narrow = paired_difference(one, other, owners), paired_difference(one, other, [str(n) for n in range(300)])
    assert wide.mean == narrow.mean == pytest.approx(float((one - other).mean()))
    assert wide.high - wide.low == pytest.approx(np.sqrt(5) * (narrow.high - narrow.low), rel=0.1)
    of_one = paired_difference([1.0, 0.0], [0.0, 0.0], ["a", "a"])
    assert (of_one.low, of_one.high) == (-1, 1)
