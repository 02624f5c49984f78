"""What training, validation and test of a split have in common."""

import numpy as np

from common.leakage.overlap import overlap_of, sides_of
from data_pipeline.cache.shards import ShardTrack
from data_pipeline.duplicates.scan import Pair


def pair(first, second, *, exact=False) -> Pair:
    return Pair(first, second, 0.9, 0.0, exact)


def test_clips_artists_and_duplicates_on_both_sides_are_counted():
    sides = {
        "a": {"train"},
        "b": {"test"},
        "c": {"train", "test"},
        "d": {"valid"},
        "e": {"test"},
        "f": {"test"},
        "g": {"train"},
    }
    artists = {"a": "one", "b": "one", "c": "two", "d": None, "e": None, "f": "three", "g": "four"}
    pairs = [
        pair("a", "b"),
        pair("d", "e", exact=True),
        pair("e", "f"),
        pair("a", "g"),
        pair("c", "f"),
        pair("f", "nowhere"),
    ]
    found = overlap_of(sides, artists, pairs)
    assert found.parts == {"train": 3, "valid": 1, "test": 4}
    assert found.clips == 1
    # One in a and b; two, because c itself is on both sides. Unknown artists are not an artist in common.
    assert found.artists == 2
    assert found.nameless == 1  # e; d is not in test
    assert (found.exact_pairs, found.near_pairs) == (1, 2)
    # b by its artist, c itself, e and f by duplicates.
    assert found.met == 4


def test_altered_copies_count_as_their_clip():
    class Fold:
        train, valid, test = np.array([0, 1]), np.array([2]), np.array([3])

    def track(name, copy_of=None):
        return ShardTrack(
            id=name, label="x", artist=None, shard=0, first_row=0, frames=1, source_sha256=name, copy_of=copy_of
        )

    tracks = (track("a"), track("a+copy", "a"), track("b"), track("c"))
    assert sides_of(Fold, np.array([0, 1, 2, 3]), tracks) == {"a": {"train"}, "b": {"valid"}, "c": {"test"}}


def test_a_duet_in_training_counts_as_its_singer_in_training():
    sides = {"duet": {"train"}, "singer": {"test"}, "unknown": {"test"}, "other": {"train"}}
    found = overlap_of(sides, {"duet": "A and B", "singer": "B", "unknown": None, "other": None}, [])
    assert (found.artists, found.met, found.nameless) == (1, 1, 1)
