"""Overlap of the test part of a split with training and validation: clips, artists and duplicate recordings."""

from collections.abc import Iterable

import numpy as np

from common.core.spec import Spec
from common.splits.clips import PARTS
from common.splits.windows import Fold
from data_pipeline.cache.shards import ShardTrack
from data_pipeline.datasets.artists import artist_keys
from data_pipeline.duplicates.scan import Pair

_SEEN, _TESTED = {"train", "valid"}, {"test"}


class Overlap(Spec):
    """Overlap of the test part of a split with training and validation, which fitted and selected the network.

    Args:
        parts: part -> number of clips in it.
        clips: number of clips with windows on both sides.
        artists: number of artists with clips on both sides.
        nameless: number of test clips of unknown artist; each counts as a separate artist.
        exact_pairs, near_pairs: pairs of clips of the same recording, one clip on each side.
        met: number of test clips that are not independent: the clip itself, a duplicate of it or another clip of its
            artist is in training or validation.
    """

    parts: dict[str, int]
    clips: int
    artists: int
    nameless: int
    exact_pairs: int
    near_pairs: int
    met: int


def sides_of(fold: Fold, window_tracks: np.ndarray, tracks: tuple[ShardTrack, ...]) -> dict[str, set[str]]:
    """Clip id -> parts that hold windows of the clip or of its altered copies; clips in no part are left out.

    Args:
        window_tracks: int64 (windows,): track position of each window.
    """
    sides: dict[str, set[str]] = {}
    for part in PARTS:
        for number in np.unique(window_tracks[getattr(fold, part)]):
            sides.setdefault(tracks[number].copy_of or tracks[number].id, set()).add(part)
    return sides


def is_across(pair: Pair, sides: dict[str, set[str]]) -> bool:
    """Whether one clip of the pair is in training or validation and the other in test."""
    first, second = sides.get(pair.first, set()), sides.get(pair.second, set())
    return bool((first & _SEEN and second & _TESTED) or (second & _SEEN and first & _TESTED))


def overlap_of(sides: dict[str, set[str]], artist_of: dict[str, str | None], pairs: Iterable[Pair]) -> Overlap:
    """Count clips, artists and duplicates on both sides of a split.

    Args:
        sides: see `sides_of`.
        artist_of: clip id -> artist as spelled in the data, see `data_pipeline.datasets.artists`; None where unknown.
        pairs: pairs of clips of the same recording.
    """
    seen = {clip for clip, parts in sides.items() if parts & _SEEN}
    tested = {clip for clip, parts in sides.items() if parts & _TESTED}

    key_of = dict(zip(artist_of, artist_keys(list(artist_of), list(artist_of.values())), strict=True))

    def artists(clips: set[str]) -> set[str]:
        return {key_of[clip] for clip in clips if artist_of[clip]}

    known_artists = artists(seen)
    known_clips = (seen & tested) | {clip for clip in tested if key_of[clip] in known_artists}
    across = [pair for pair in pairs if is_across(pair, sides)]
    for pair in across:
        known_clips |= {
            one
            for one, other in ((pair.first, pair.second), (pair.second, pair.first))
            if one in tested and other in seen
        }
    return Overlap(
        parts={part: sum(part in parts for parts in sides.values()) for part in PARTS},
        clips=len(seen & tested),
        artists=len(known_artists & artists(tested)),
        nameless=sum(artist_of[clip] is None for clip in tested),
        exact_pairs=sum(pair.exact for pair in across),
        near_pairs=sum(not pair.exact for pair in across),
        met=len(known_clips),
    )
