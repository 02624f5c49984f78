"""Accuracies with intervals over test clips, where clips by one artist are not independent, and over runs."""

import math
from collections.abc import Sequence

from common.core.spec import build
from common.core.words import plural
from common.metrics.clips import ClipResult
from common.metrics.intervals import Interval, effective_sample_size, wilson_interval
from common.metrics.runs import Estimate, estimate_over_runs
from common.paper.protocol import Protocol
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


def accuracy_estimate(records: Sequence[Record], metric: str) -> tuple[Estimate, float]:
    """Mean of a metric over runs with its intervals, and the effective number of clips.

    Windows of one clip are not independent trials, so window accuracies get an interval over clips, too (Wilson's).

    Args:
        metric: one of `METRIC_NAMES`.
    """
    values = [record.metrics["test"][metric] for record in records]
    mean = math.fsum(values) / len(values)
    shares, owners = correct_by_clip(records, metric), artist_of_clips(records)
    clips = effective_sample_size(list(shares.values()), [owners[clip] for clip in shares])
    return estimate_of_runs(records, values, Interval(mean, *wilson_interval(mean, clips))), clips


def estimate_of_runs(
    records: Sequence[Record], values: Sequence[float], clips: Interval, *, least: float = 0.0, most: float = 1.0
) -> Estimate:
    """A mean over runs with its interval over test clips -> the same with the intervals that its runs allow.

    Args:
        values: the result of each record.
        clips: their mean, with its interval over test clips.
        least, most: the possible range.
    """
    places = [(record.seed, record.fold) for record in records]
    return estimate_over_runs(
        clips, dict(zip(places, values, strict=True)), _tested_per_trained(records), least=least, most=most
    )


def weights_are_carried(records: Sequence[Record]) -> bool:
    """Whether a round starts from the weights of the round before."""
    return build(Protocol, records[0].experiment["protocol"]).carry_weights


def _tested_per_trained(records: Sequence[Record]) -> float | None:
    """Test clips (windows, where these are split) per training clip, mean over runs; 0 where folds share no training
    clips, and None where weights are carried."""
    if weights_are_carried(records):
        return None
    if records[0].setting.split == "rotating":
        return 0.0  # no round trains on clips that another one trains on
    unit = "windows" if records[0].setting.unit == "segment" else "clips"
    shares = [getattr(record.parts["test"], unit) / getattr(record.parts["train"], unit) for record in records]
    return math.fsum(shares) / len(shares)


def distinct_clips(records: Sequence[Record], part: str) -> int:
    """Number of different clips in a part of the split, over all folds that were run.

    Test clips are known by their ids. Of the other parts, a record holds the number of clips only:

    * `kfold` over clips: fold k is tested in run k and validates run k - 1, and all other folds are trained on. What no
      run trained on is therefore in the two held-out folds of every run.
    * Other splits: validation parts do not overlap, nor do the training parts of rotating partitions.
    * Where windows are split, clips are in several parts, and the number cannot be higher than that of all clips.

    Args:
        records: of one row; of several seeds of a fold, any one counts.
        part: `train`, `valid` or `test`.
    """
    if part == "test":
        return len(tested_clips(records))
    of_fold = {record.fold: record for record in records}
    one = records[0]
    if part == "train" and one.setting.split == "kfold" and one.setting.unit == "clip":
        held_out = [{fold, (fold + 1) % one.folds} for fold in of_fold]
        never = set.intersection(*held_out)
        whole = sum(count.clips for count in one.parts.values())
        return whole - sum(_clips_of_fold(of_fold, fold) for fold in never)
    return min(one.data.clips, sum(record.parts[part].clips for record in of_fold.values()))


def _clips_of_fold(of_fold: dict[int, Record], fold: int) -> int:
    """Clips of one of several folds, from a run that tested or validated on it."""
    if fold in of_fold:
        return of_fold[fold].parts["test"].clips
    before = (fold - 1) % next(iter(of_fold.values())).folds
    return of_fold[before].parts["valid"].clips


def artists_known(records: Sequence[Record]) -> bool:
    """Whether the artist of any test clip is known."""
    return any(clip.artist is not None for clip in tested_clips(records).values())


def resampled_units_text(records: Sequence[Record]) -> str:
    """The units that a bootstrap resamples, in words."""
    if artists_known(records):
        return "artists, each with all of its test clips"
    return "test clips, because artists are not known"


def interval_text(records: Sequence[Record]) -> str:
    """How `accuracy_estimate` counts clips, in words."""
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
    of_clips = f"{len(clips)} test {plural(len(clips), 'clip')}"
    return f"{of_clips} by {artists} {plural(artists, 'artist')}{unknown}"
