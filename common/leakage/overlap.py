"""What stands on both sides of a split: clips, artists, and recordings that are there twice."""

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
    """What the test part of a split has in common with training and validation, which the network was fitted to and
    chosen by.

    Args:
        parts: part -> clips in it.
        clips: that have windows on both sides.
        artists: that have clips on both sides.
        nameless: test clips whose artist is not known; each counts as an artist of its own.
        exact_pairs, near_pairs: pairs of two clips that are one recording, one of them on each side.
        met: test clips of which the network knows the clip itself, a duplicate, or its artist.
    """

    parts: dict[str, int]
    clips: int
    artists: int
    nameless: int
    exact_pairs: int
    near_pairs: int
    met: int


def sides_of(fold: Fold, window_tracks: np.ndarray, tracks: tuple[ShardTrack, ...]) -> dict[str, set[str]]:
    """Clip id -> parts that hold windows of it (of its altered copies, too); clips in no part are left out.

    Args:
        window_tracks: int64 (windows,): track position of each window.
    """
    sides: dict[str, set[str]] = {}
    for part in PARTS:
        for number in np.unique(window_tracks[getattr(fold, part)]):
            sides.setdefault(tracks[number].copy_of or tracks[number].id, set()).add(part)
    return sides


def is_across(pair: Pair, sides: dict[str, set[str]]) -> bool:
    """Whether one clip of the pair was seen and the other is tested."""
    first, second = sides.get(pair.first, set()), sides.get(pair.second, set())
    return bool((first & _SEEN and second & _TESTED) or (second & _SEEN and first & _TESTED))


def overlap_of(sides: dict[str, set[str]], artist_of: dict[str, str | None], pairs: Iterable[Pair]) -> Overlap:
    """Count what stands on both sides.

    Args:
        sides: see `sides_of`.
        artist_of: clip id -> artist as the data spell it, see `data_pipeline.datasets.artists`; None where unknown.
        pairs: of clips that are one recording.
    """
    seen = {clip for clip, parts in sides.items() if parts & _SEEN}
    tested = {clip for clip, parts in sides.items() if parts & _TESTED}

    owner_of = dict(zip(artist_of, artist_keys(list(artist_of), list(artist_of.values())), strict=True))

    def artists(clips: set[str]) -> set[str]:
        return {owner_of[clip] for clip in clips if artist_of[clip]}

    known = artists(seen)
    met = (seen & tested) | {clip for clip in tested if owner_of[clip] in known}
    across = [pair for pair in pairs if is_across(pair, sides)]
    for pair in across:
        met |= {
            one
            for one, other in ((pair.first, pair.second), (pair.second, pair.first))
            if one in tested and other in seen
        }
    return Overlap(
        parts={part: sum(part in parts for parts in sides.values()) for part in PARTS},
        clips=len(seen & tested),
        artists=len(known & artists(tested)),
        nameless=sum(artist_of[clip] is None for clip in tested),
        exact_pairs=sum(pair.exact for pair in across),
        near_pairs=sum(not pair.exact for pair in across),
        met=len(met),
    )
