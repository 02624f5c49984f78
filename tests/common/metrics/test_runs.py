"""Intervals over seeds and folds, worked out by hand, and the coverage of intervals for test clips and seeds."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from common.metrics.intervals import Interval, effective_sample_size, wilson_interval
from common.metrics.runs import (
    Estimate,
    estimate_over_runs,
    interval_over_folds,
    interval_over_seeds,
    with_both_sources,
)

# 97.5 % points of Student's t with two and with nine degrees of freedom, from tables.
T_2, T_9 = 4.302653, 2.262157


def test_seeds_have_students_interval():
    found = interval_over_seeds([0.90, 0.91, 0.95])
    # Mean 0.92, deviation sqrt(0.0014 / 2).
    half = T_2 * math.sqrt(0.0007) / math.sqrt(3)
    assert (found.mean, found.low) == pytest.approx((0.92, 0.92 - half), abs=1e-6)
    assert found.high == pytest.approx(0.92 + half, abs=1e-6)
    assert interval_over_seeds([0.9]) is None
    assert interval_over_seeds([0.5, 0.5]) == Interval(0.5, 0.5, 0.5)


def test_intervals_are_cut_at_the_possible_range():
    assert interval_over_seeds([0.1, 0.9]) == Interval(0.5, 0.0, 1.0)
    assert interval_over_seeds([-0.4, 0.4], least=-1.0) == Interval(0.0, -1.0, 1.0)
    wide = Interval(0.5, 0.1, 0.9)
    assert with_both_sources(wide, wide) == Interval(0.5, 0.0, 1.0)


def test_folds_have_the_corrected_resampled_interval():
    # Ten folds, each tested on 10 clips and trained on 80: variance (1 / 10 + 1 / 8) s^2 instead of s^2 / 10.
    values = [0.70 + 0.01 * number for number in range(10)]
    deviation = math.sqrt(sum((value - 0.745) ** 2 for value in values) / 9)
    found = interval_over_folds(values, 10 / 80)
    half = T_9 * deviation * math.sqrt(0.225)
    assert (found.mean, found.low, found.high) == pytest.approx((0.745, 0.745 - half, 0.745 + half), abs=1e-6)
    # Without test clips per training clip, it is Student's.
    assert interval_over_folds(values, 0.0) == interval_over_seeds(values)
    assert interval_over_folds([0.5], 0.1) is None


def test_both_sources_are_added_as_squares_on_each_side():
    # 3 and 4 below, 5 and 12 above.
    found = with_both_sources(Interval(0.5, 0.47, 0.55), Interval(0.5, 0.46, 0.62))
    assert (found.mean, found.low, found.high) == pytest.approx((0.5, 0.45, 0.63))
    # A source that adds nothing leaves the other as it is.
    clips = Interval(0.5, 0.4, 0.7)
    assert with_both_sources(clips, Interval(0.5, 0.5, 0.5)) == clips


def test_seeds_and_folds_determine_the_kind_of_interval():
    clips = Interval(0.7, 0.66, 0.74)
    assert estimate_over_runs(clips, {(0, 0): 0.7}, 0.1) == Estimate(clips, clips)
    # Two seeds of two folds: means of the seeds, 0.69 and 0.71.
    seeds = {(0, 0): 0.68, (0, 1): 0.70, (1, 0): 0.72, (1, 1): 0.70}
    found = estimate_over_runs(clips, seeds, 0.1)
    assert found.over == "seeds"
    assert found.runs == interval_over_seeds([0.69, 0.71])
    assert found.both == with_both_sources(clips, found.runs)
    # Carried weights: seeds are repetitions, rounds of one seed are not.
    assert estimate_over_runs(clips, seeds, None) == found
    assert estimate_over_runs(clips, {(0, 0): 0.6, (0, 1): 0.8}, None) == Estimate(clips, clips)


def test_a_seed_that_lacks_folds_adds_nothing_to_the_interval_over_runs():
    """Otherwise its mean is that of its only fold, and one interrupted command makes the interval useless."""
    clips = Interval(0.7, 0.66, 0.74)
    whole = {(0, fold): 0.6 + 0.05 * fold for fold in range(5)}
    assert estimate_over_runs(clips, whole | {(1, 4): 0.8}, 0.1) == estimate_over_runs(clips, whole, 0.1)
    second = {(1, fold): 0.61 + 0.05 * fold for fold in range(5)}
    found = estimate_over_runs(clips, whole | second | {(2, 0): 0.6}, 0.1)
    assert found == estimate_over_runs(clips, whole | second, 0.1)
    assert found.over == "seeds"


def test_folds_of_one_seed_reach_as_far_as_the_wider_source_on_each_side():
    clips = Interval(0.7, 0.5, 0.701)
    found = estimate_over_runs(clips, {(0, fold): 0.7 + 0.01 * (fold - 1) for fold in range(3)}, 0.5)
    half = T_2 * 0.01 * math.sqrt(1 / 3 + 0.5)
    assert found.over == "folds"
    assert (found.runs.low, found.runs.high) == pytest.approx((0.7 - half, 0.7 + half), abs=1e-6)
    assert (found.both.low, found.both.high) == (0.5, found.runs.high)


def test_the_interval_covers_the_mean_and_a_joint_bootstrap_is_too_narrow():
    """A clip is correct where a sum of normal effects is above 0. Most of them are the same for all seeds, as in
    networks trained on the same clips; accuracies of seeds differ by a standard deviation of 7 points."""
    rng = np.random.default_rng(0)
    seeds, artists, clips, repetitions, resamples = 3, 40, 5, 800, 200
    of_seed, of_artist, of_clip, of_both = 0.2, 0.4, 0.8, 0.2
    expected = norm.cdf(0.4 / math.hypot(of_seed, of_artist, of_clip, of_both))
    owners = [str(artist) for artist in range(artists) for _ in range(clips)]
    covered, covered_by_bootstrap = 0, 0
    for _ in range(repetitions):
        same = np.repeat(rng.normal(0.4, of_artist, artists), clips) + rng.normal(0, of_clip, artists * clips)
        varying = rng.normal(0, of_seed, (seeds, 1)) + rng.normal(0, of_both, (seeds, artists * clips))
        correct = same + varying > 0
        shares = correct.mean(axis=0)
        mean = float(shares.mean())
        over_clips = Interval(mean, *wilson_interval(mean, effective_sample_size(shares.tolist(), owners)))
        both = with_both_sources(over_clips, interval_over_seeds(correct.mean(axis=1).tolist()))
        covered += both.low <= expected <= both.high
        by_artist = correct.reshape(seeds, artists, clips).mean(axis=2)
        drawn_seeds = rng.multinomial(seeds, np.full(seeds, 1 / seeds), resamples) / seeds
        drawn_artists = rng.multinomial(artists, np.full(artists, 1 / artists), resamples) / artists
        low, high = np.percentile(((drawn_seeds @ by_artist) * drawn_artists).sum(axis=1), [2.5, 97.5])
        covered_by_bootstrap += low <= expected <= high
    assert 0.94 <= covered / repetitions <= 0.985
    assert covered_by_bootstrap / repetitions < 0.91
