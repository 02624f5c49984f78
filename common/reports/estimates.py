"""Shares of right decisions with intervals over test clips, of which those by one artist stand or fall together."""

import math
from collections.abc import Sequence

from common.metrics.clips import ClipResult
from common.metrics.intervals import Interval, effective_sample_size, wilson_interval
from common.records.record import Record
from data_pipeline.datasets.artists import artist_keys


def correct_by_clip(records: Sequence[Record], metric: str) -> dict[str, float]:
    """Clip -> mean share of it that was right over the runs that tested it.

    Args:
        metric: one of `METRIC_NAMES`.
    """
    found: dict[str, list[float]] = {}
    for record in records:
        for clip in record.clips:
            found.setdefault(clip.id, []).append(clip.correct(metric))
    return {clip: math.fsum(values) / len(values) for clip, values in found.items()}


def artist_of_clips(records: Sequence[Record]) -> dict[str, str]:
    """Tested clip -> what stands for its artist, see `data_pipeline.datasets.artists.artist_keys`."""
    clips = list(tested_clips(records).values())
    owners = artist_keys([clip.id for clip in clips], [clip.artist for clip in clips])
    return dict(zip((clip.id for clip in clips), owners, strict=True))


def tested_clips(records: Sequence[Record]) -> dict[str, ClipResult]:
    """Id -> what one of the runs said of it, for every clip that was tested."""
    return {clip.id: clip for record in records for clip in record.clips}


def accuracy_with_interval(records: Sequence[Record], metric: str) -> tuple[Interval, float]:
    """Mean of a metric over runs with Wilson's interval, and the independent clips that it counts.

    Windows of one clip are no independent trials, so clips are counted also for window accuracies.

    Args:
        metric: one of `METRIC_NAMES`.
    """
    values = [record.metrics["test"][metric] for record in records]
    mean = math.fsum(values) / len(values)
    shares, owners = correct_by_clip(records, metric), artist_of_clips(records)
    clips = effective_sample_size(list(shares.values()), [owners[clip] for clip in shares])
    return Interval(mean, *wilson_interval(mean, clips)), clips


def artists_known(records: Sequence[Record]) -> bool:
    """Whether the artist of any test clip is."""
    return any(clip.artist is not None for clip in tested_clips(records).values())


def resampled_units_text(records: Sequence[Record]) -> str:
    """What a caption has to say of what a bootstrap draws."""
    if artists_known(records):
        return "artists, each with all of its test clips"
    return "test clips, whose artists are not known"


def interval_text(records: Sequence[Record]) -> str:
    """What a caption has to say of how `accuracy_with_interval` counts clips."""
    told = "Wilson, counting test clips (not windows) as independent trials"
    if artists_known(records):
        return f"{told}, but those of one artist for as few as their results are alike (design effect)"
    return f"{told}; artists are not known, so clips of one artist count in full"


def interval_text_with_artists(records: Sequence[Record]) -> str:
    """`counting`, with how many artists there are."""
    return f"{interval_text(records)}: {artists_text(records)}" if artists_known(records) else interval_text(records)


def artists_text(records: Sequence[Record]) -> str:
    """How many artists the test clips are by."""
    clips = tested_clips(records).values()
    nameless = sum(clip.artist is None for clip in clips)
    artists = len(set(artist_of_clips(records).values())) - nameless
    unknown = f", that of {nameless} is not known" if nameless else ""
    return f"{len(clips)} test clips by {artists} artists{unknown}"
