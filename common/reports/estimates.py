"""Accuracies with intervals over test clips, where clips by one artist are not independent."""

import math
from collections.abc import Sequence

from common.metrics.clips import ClipResult
from common.metrics.intervals import Interval, effective_sample_size, wilson_interval
from common.records.record import Record
from data_pipeline.datasets.artists import artist_keys


def correct_by_clip(records: Sequence[Record], metric: str) -> dict[str, float]:
    """Clip id -> share of the clip that was correct, averaged over the runs that tested it.

    Args:
        metric: one of `METRIC_NAMES`.
    """
    found: dict[str, list[float]] = {}
    for record in records:
        for clip in record.clips:
            found.setdefault(clip.id, []).append(clip.correct(metric))
    return {clip: math.fsum(values) / len(values) for clip, values in found.items()}


def artist_of_clips(records: Sequence[Record]) -> dict[str, str]:
    """Id of each tested clip -> key of its artist, see `data_pipeline.datasets.artists.artist_keys`."""
    clips = list(tested_clips(records).values())
    owners = artist_keys([clip.id for clip in clips], [clip.artist for clip in clips])
    return dict(zip((clip.id for clip in clips), owners, strict=True))


def tested_clips(records: Sequence[Record]) -> dict[str, ClipResult]:
    """Id of each tested clip -> its result in one of the runs."""
    return {clip.id: clip for record in records for clip in record.clips}


def accuracy_with_interval(records: Sequence[Record], metric: str) -> tuple[Interval, float]:
    """Mean of a metric over runs with its Wilson interval, and the effective number of clips.

    Windows of one clip are not independent trials, so window accuracies get an interval over clips, too.

    Args:
        metric: one of `METRIC_NAMES`.
    """
    values = [record.metrics["test"][metric] for record in records]
    mean = math.fsum(values) / len(values)
    shares, owners = correct_by_clip(records, metric), artist_of_clips(records)
    clips = effective_sample_size(list(shares.values()), [owners[clip] for clip in shares])
    return Interval(mean, *wilson_interval(mean, clips)), clips


def artists_known(records: Sequence[Record]) -> bool:
    """Whether the artist of any test clip is known."""
    return any(clip.artist is not None for clip in tested_clips(records).values())


def resampled_units_text(records: Sequence[Record]) -> str:
    """The units that a bootstrap resamples, in words."""
    if artists_known(records):
        return "artists, each with all of its test clips"
    return "test clips, because artists are not known"


def interval_text(records: Sequence[Record]) -> str:
    """How `accuracy_with_interval` counts clips, in words."""
    method = "Wilson, over test clips (not windows)"
    if artists_known(records):
        return f"{method}, with a design effect for clips by the same artist"
    return f"{method}; artists are not known, so all clips count as independent"


def interval_text_with_artists(records: Sequence[Record]) -> str:
    """`interval_text`, with the numbers of clips and artists."""
    return f"{interval_text(records)}: {artists_text(records)}" if artists_known(records) else interval_text(records)


def artists_text(records: Sequence[Record]) -> str:
    """Number of test clips and of their artists, in words."""
    clips = tested_clips(records).values()
    nameless = sum(clip.artist is None for clip in clips)
    artists = len(set(artist_of_clips(records).values())) - nameless
    unknown = f" (artist not known for {nameless})" if nameless else ""
    return f"{len(clips)} test clips by {artists} artists{unknown}"
