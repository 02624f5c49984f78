"""Comparisons on the same test clips: paired cluster bootstrap, permutation test, McNemar's test, Holm's correction,
variance between folds and seeds.

All accuracies are shares between 0 and 1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats

from common.metrics.intervals import Interval
from data_pipeline.datasets.artists import in_order_of_appearance

# Resamples of the bootstrap, and permutations where there are more of them. The seed is fixed, so that a table depends
# only on its records.
RESAMPLES = 9999
_SEED = 0
# Sums of differences closer to 0 than this are rounding errors.
_ROUNDING = 1e-9


def paired_difference(one: Sequence[float], other: Sequence[float], owners: Sequence[str]) -> Interval:
    """Mean of `one - other` over the same clips, with an interval from a cluster bootstrap over their artists.

    The bootstrap is bias-corrected and accelerated (BCa); each artist is drawn with all of its clips.

    Args:
        one, other: (clips,) share of correct decisions on each clip, both in the same order.
        owners: (clips,) artist of each clip, see `data_pipeline.datasets.artists.artist_keys`.

    Raises:
        ValueError: their lengths differ, or there are no clips.
    """
    sums, clips = _differences_by_artist(one, other, owners)
    mean = float(sums.sum() / clips.sum())
    if len(sums) == 1 and clips[0] > 1:
        return Interval(mean, -1.0, 1.0)  # the spread between artists cannot be estimated from one
    if np.ptp(sums / clips) == 0:
        return Interval(mean, mean, mean)
    found = scipy.stats.bootstrap(
        (sums, clips),
        lambda sums, clips, axis: sums.sum(axis=axis) / clips.sum(axis=axis),
        paired=True,
        n_resamples=RESAMPLES,
        batch=256,
        vectorized=True,
        method="BCa",
        rng=np.random.default_rng(_SEED),
    )
    return Interval(mean, float(found.confidence_interval.low), float(found.confidence_interval.high))


def _differences_by_artist(
    one: Sequence[float], other: Sequence[float], owners: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Sum of `one - other` over the clips of each artist, and the number of these clips."""
    if not len(one) == len(other) == len(owners) or not len(one):
        raise ValueError(
            f"expected two shares and an artist for each clip, received {len(one)}, {len(other)}, {len(owners)}"
        )
    differences = np.asarray(one, np.float64) - np.asarray(other, np.float64)
    artist = in_order_of_appearance(owners)
    return np.bincount(artist, differences), np.bincount(artist).astype(np.float64)


def permutation_p_value(one: Sequence[float], other: Sequence[float], owners: Sequence[str]) -> float:
    """Two-sided p of a paired permutation test of whether two rows are equally good on the clips of any artist.

    If they are, their results on an artist can be swapped. Each permutation swaps the results of some artists, each
    with all of its clips, which changes the sign of the artist's sum of differences. All permutations are counted where
    there are at most `RESAMPLES`, else `RESAMPLES` are drawn at random.

    Args:
        one, other: (clips,) share of correct decisions on each clip, averaged over seeds, both in the same order.
        owners: (clips,) artist of each clip, see `data_pipeline.datasets.artists.artist_keys`.

    Raises:
        ValueError: their lengths differ, or there are no clips.
    """
    sums, _ = _differences_by_artist(one, other, owners)
    if abs(sums.sum()) < _ROUNDING or len(sums) == 1:
        return 1.0  # every permutation is at least as extreme
    found = scipy.stats.permutation_test(
        (sums,),
        lambda sums, axis: sums.sum(axis=axis),
        permutation_type="samples",
        n_resamples=RESAMPLES,
        batch=256,
        vectorized=True,
        rng=np.random.default_rng(_SEED),
    )
    return float(found.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number (S. Holm 1979, "A simple sequentially rejective multiple test procedure").

    The smallest p is multiplied by the number of tests, the next by one less, and so on; none is lower than the one
    before it or higher than 1. Rejecting those below 0.05 rejects a true hypothesis among them in at most 5 % of cases.
    """
    corrected, so_far = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        so_far = max(so_far, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = so_far
    return corrected


@dataclass(frozen=True)
class McNemar:
    """McNemar's test of whether two rows err equally often (Q. McNemar 1947, exact form).

    Args:
        only_first, only_second: number of clips that only this row classified correctly.
        p_value: probability of counts at least this unequal if both rows were equally good.
    """

    only_first: int
    only_second: int
    p_value: float


def mcnemar(first_right: np.ndarray, second_right: np.ndarray) -> McNemar:
    """McNemar's exact test on paired decisions.

    Args:
        first_right, second_right: bool (clips,), whether each clip is classified correctly, in the same order.

    Raises:
        ValueError: their shapes differ.
    """
    if first_right.shape != second_right.shape:
        raise ValueError(f"expected two decisions for each clip, received {first_right.shape}, {second_right.shape}")
    only_first = int((first_right & ~second_right).sum())
    only_second = int((second_right & ~first_right).sum())
    discordant = only_first + only_second
    p_value = float(scipy.stats.binomtest(only_first, discordant).pvalue) if discordant else 1.0
    return McNemar(only_first, only_second, p_value)


@dataclass(frozen=True)
class VarianceComponents:
    """Standard deviation of runs, separated into the parts of the fold and of the seed.

    Args:
        fold_sd: standard deviation that folds add (method of moments; 0 where the seeds explain all of it).
        seed_sd: standard deviation of the seeds within one fold.
        p_value: probability of folds this different or more if folds had no effect (one-way analysis of variance).
    """

    fold_sd: float
    seed_sd: float
    p_value: float


def variance_components(by_fold: Sequence[Sequence[float]]) -> VarianceComponents | None:
    """Estimate the effects of the fold and of the seed on a result.

    Args:
        by_fold: for each fold, the results of its seeds.

    Returns:
        None unless there are at least two folds, and a fold with at least two seeds.
    """
    groups = [list(values) for values in by_fold if values]
    runs = sum(map(len, groups))
    if len(groups) < 2 or runs <= len(groups):
        return None
    grand_mean = math.fsum(value for group in groups for value in group) / runs
    means = [math.fsum(group) / len(group) for group in groups]
    between = math.fsum(len(group) * (mean - grand_mean) ** 2 for group, mean in zip(groups, means, strict=True))
    within = math.fsum((value - mean) ** 2 for group, mean in zip(groups, means, strict=True) for value in group)
    of_folds, of_seeds = between / (len(groups) - 1), within / (runs - len(groups))
    seeds_per_fold = (runs - sum(len(group) ** 2 for group in groups) / runs) / (len(groups) - 1)
    # Without any spread between seeds, any difference between folds is due to the folds.
    without_seeds = 1.0 if of_folds == 0 else 0.0
    p_value = float(scipy.stats.f_oneway(*groups).pvalue) if of_seeds else without_seeds
    return VarianceComponents(math.sqrt(max(0.0, (of_folds - of_seeds) / seeds_per_fold)), math.sqrt(of_seeds), p_value)
