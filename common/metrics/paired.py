"""Comparisons on the same test clips: paired bootstrap, McNemar's test, and variance between folds and seeds.

All accuracies are shares between 0 and 1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.stats

from common.metrics.intervals import Interval
from data_pipeline.datasets.artists import in_order_of_appearance

RESAMPLES = 9999
_BOOTSTRAP_SEED = 0


def paired_difference(one: Sequence[float], other: Sequence[float], owners: Sequence[str]) -> Interval:
    """Mean of `one - other` over the same clips, with a bootstrap interval (bias-corrected and accelerated) over their
    artists, each drawn with all of its clips.

    Args:
        one, other: share of each clip's decisions that were right, clip by clip in one order.
        owners: whose each clip is, see `data_pipeline.datasets.artists.artist_keys`.

    Raises:
        ValueError: their lengths differ, or there are no clips.
    """
    if not len(one) == len(other) == len(owners) or not len(one):
        raise ValueError(
            f"expected two shares and an artist for each clip, received {len(one)}, {len(other)}, {len(owners)}"
        )
    differences = np.asarray(one, np.float64) - np.asarray(other, np.float64)
    mean = float(differences.mean())
    artist = in_order_of_appearance(owners)
    sums, clips = np.bincount(artist, differences), np.bincount(artist).astype(np.float64)
    if len(sums) == 1 and len(differences) > 1:
        return Interval(mean, -1.0, 1.0)  # one artist does not tell how others would differ
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
        rng=np.random.default_rng(_BOOTSTRAP_SEED),
    )
    return Interval(mean, float(found.confidence_interval.low), float(found.confidence_interval.high))


@dataclass(frozen=True)
class McNemar:
    """Whether two rows err on different clips equally often (Q. McNemar 1947, exact form).

    Args:
        only_first, only_second: clips that this row alone decided rightly.
        p_value: probability of so unequal counts, or more unequal ones, if both rows were equally good.
    """

    only_first: int
    only_second: int
    p_value: float


def mcnemar(first_right: np.ndarray, second_right: np.ndarray) -> McNemar:
    """Exact test on paired decisions.

    Args:
        first_right, second_right: bool (clips,), in one order.

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
    """How much of the spread of runs comes from the fold, and how much from the seed.

    Args:
        fold_sd: standard deviation that folds add (method of moments; 0 where seeds explain all).
        seed_sd: of the seeds within one fold.
        p_value: probability of folds so far apart if folds made no difference (one-way analysis of variance).
    """

    fold_sd: float
    seed_sd: float
    p_value: float


def variance_components(by_fold: Sequence[Sequence[float]]) -> VarianceComponents | None:
    """Effect of the fold against that of the seed.

    Args:
        by_fold: for each fold the results of its seeds.

    Returns:
        None unless there are two folds, and a fold with two seeds.
    """
    groups = [list(values) for values in by_fold if values]
    runs = sum(map(len, groups))
    if len(groups) < 2 or runs <= len(groups):
        return None
    whole = math.fsum(value for group in groups for value in group) / runs
    means = [math.fsum(group) / len(group) for group in groups]
    between = sum(len(group) * (mean - whole) ** 2 for group, mean in zip(groups, means, strict=True))
    within = sum((value - mean) ** 2 for group, mean in zip(groups, means, strict=True) for value in group)
    of_folds, of_seeds = between / (len(groups) - 1), within / (runs - len(groups))
    typical = (runs - sum(len(group) ** 2 for group in groups) / runs) / (len(groups) - 1)
    # Seeds that make no difference at all: any difference of folds is theirs.
    without_seeds = 1.0 if of_folds == 0 else 0.0
    p_value = float(scipy.stats.f_oneway(*groups).pvalue) if of_seeds else without_seeds
    return VarianceComponents(math.sqrt(max(0.0, (of_folds - of_seeds) / typical)), math.sqrt(of_seeds), p_value)
