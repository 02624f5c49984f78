"""Confidence intervals of accuracies over test clips, and of differences between accuracies of different clips.

All accuracies are shares between 0 and 1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from data_pipeline.datasets.artists import in_order_of_appearance


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval, as shares between 0 and 1."""

    mean: float
    low: float
    high: float


def wilson_interval(share: float, clips: float, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share of `clips` independent clips (E. B. Wilson, 1927).

    `share` need not be a multiple of 1/clips (it may be a mean over runs), nor `clips` an integer (it may be an
    effective sample size, see `common.reports.estimates`).
    """
    z = float(norm.ppf(0.5 + confidence / 2))
    centre = (share + z * z / (2 * clips)) / (1 + z * z / clips)
    half = z / (1 + z * z / clips) * math.sqrt(share * (1 - share) / clips + z * z / (4 * clips * clips))
    return max(0.0, centre - half), min(1.0, centre + half)


def mean_with_interval(values: list[float], clips: int) -> Interval:
    """Mean over runs, with the Wilson interval over the distinct clips that were evaluated.

    Args:
        values: the accuracy of each run (share).
        clips: number of distinct clips evaluated, over all folds.
    """
    mean = math.fsum(values) / len(values)
    return Interval(mean, *wilson_interval(mean, clips))


def independent_difference(one: Interval, other: Interval) -> Interval:
    """Difference `one - other` of two accuracies of different clips, from the interval of each.

    Its distance from the difference is, on each side, the root of the sum of the two squared distances from the means
    (R. G. Newcombe 1998, "Interval estimation for the difference between independent proportions", method 10, where
    both intervals are Wilson's; G. Y. Zou and A. Donner 2008 for other intervals).
    """
    difference = one.mean - other.mean
    return Interval(
        difference,
        max(-1.0, difference - math.hypot(one.mean - one.low, other.high - other.mean)),
        min(1.0, difference + math.hypot(one.high - one.mean, other.mean - other.low)),
    )


def effective_sample_size(shares: Sequence[float], owners: Sequence[str]) -> float:
    """Kish's effective sample size: how many clips, each by another artist, would give an equally uncertain mean.

    It is the number of clips over the design effect, with the linearised variance of a ratio of sums over artists drawn
    at random (Kish 1965, "Survey Sampling", chapters 5 and 8), and never more than the number of clips.

    Where all clips are correct, or none is, the design effect cannot be estimated, and artists are counted instead.

    Args:
        shares: correct share of each clip, between 0 and 1.
        owners: artist of each clip, see `data_pipeline.datasets.artists.artist_keys`.
    """
    values = np.asarray(shares, np.float64)
    clips, mean = len(values), float(values.mean())
    artist = in_order_of_appearance(owners)
    artists = max(artist) + 1
    if artists == clips:
        return float(clips)
    if artists == 1 or mean in (0.0, 1.0):
        return float(artists)
    deviations = np.bincount(artist, values - mean)
    clustered = artists / (artists - 1) * float((deviations**2).sum()) / clips**2
    independent = mean * (1 - mean) / clips
    return clips * min(1.0, independent / clustered) if clustered else float(clips)
