"""Shares of right decisions with intervals over test clips, of which those by one artist stand or fall together."""

import math
from collections.abc import Sequence

import numpy as np

from common.artists import in_order_of_appearance, owners_of
from common.evaluation import ClipResult, Interval, wilson_interval
from common.records import Record


def shares_of_clips(records: Sequence[Record], metric: str) -> dict[str, float]:
    """Clip -> mean share of it that was right over the runs that tested it.

    Args:
        metric: one of `METRIC_NAMES`.
    """
    found: dict[str, list[float]] = {}
    for record in records:
        for clip in record.clips:
            found.setdefault(clip.id, []).append(clip.right(metric))
    return {clip: math.fsum(values) / len(values) for clip, values in found.items()}


def owner_of_clips(records: Sequence[Record]) -> dict[str, str]:
    """Tested clip -> what stands for its artist, see `common.artists.owners_of`."""
    clips = list(tested_clips(records).values())
    owners = owners_of([clip.id for clip in clips], [clip.artist for clip in clips])
    return dict(zip((clip.id for clip in clips), owners, strict=True))


def tested_clips(records: Sequence[Record]) -> dict[str, ClipResult]:
    """Id -> what one of the runs said of it, for every clip that was tested."""
    return {clip.id: clip for record in records for clip in record.clips}


def independent_clips(shares: Sequence[float], owners: Sequence[str]) -> float:
    """How many clips by as many artists would leave a mean as uncertain as these clips do: Kish's effective sample
    size, clips over design effect, with the linearised variance of a ratio of sums over artists drawn at random
    (Kish 1965, "Survey Sampling", chapters 5 and 8). Never more than the clips.

    Where all clips are right, or none is, nothing tells how alike those of one artist are, and artists are counted.

    Args:
        shares: of each clip, between 0 and 1.
        owners: of each clip, see `common.artists.owners_of`.
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


def mean_share(records: Sequence[Record], metric: str) -> tuple[Interval, float]:
    """Mean of a metric over runs with Wilson's interval, and the independent clips that it counts.

    Windows of one clip are no independent trials, so clips are counted also for window accuracies.

    Args:
        metric: one of `METRIC_NAMES`.
    """
    values = [record.metrics["test"][metric] for record in records]
    mean = math.fsum(values) / len(values)
    shares, owners = shares_of_clips(records, metric), owner_of_clips(records)
    clips = independent_clips(list(shares.values()), [owners[clip] for clip in shares])
    return Interval(mean, *wilson_interval(mean, clips)), clips


def artists_known(records: Sequence[Record]) -> bool:
    """Whether the artist of any test clip is."""
    return any(clip.artist is not None for clip in tested_clips(records).values())


def drawn(records: Sequence[Record]) -> str:
    """What a caption has to say of what a bootstrap draws."""
    if artists_known(records):
        return "artists, each with all of its test clips"
    return "test clips, whose artists are not known"


def counting(records: Sequence[Record]) -> str:
    """What a caption has to say of how `mean_share` counts clips."""
    told = "Wilson, counting test clips (not windows) as independent trials"
    if artists_known(records):
        return f"{told}, but those of one artist for as few as their results are alike (design effect)"
    return f"{told}; artists are not known, so clips of one artist count in full"


def counted(records: Sequence[Record]) -> str:
    """`counting`, with how many artists there are."""
    return f"{counting(records)}: {by_artists(records)}" if artists_known(records) else counting(records)


def by_artists(records: Sequence[Record]) -> str:
    """How many artists the test clips are by."""
    clips = tested_clips(records).values()
    nameless = sum(clip.artist is None for clip in clips)
    artists = len(set(owner_of_clips(records).values())) - nameless
    unknown = f", that of {nameless} is not known" if nameless else ""
    return f"{len(clips)} test clips by {artists} artists{unknown}"
