"""Splits of windows: disjoint parts, the clips that parts share, and parts that lack something."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.core.errors import DataError
from common.paper.protocol import Protocol
from common.splits.clips import PARTS
from common.splits.windows import Fold, folds_of_windows, missing_genres, uneven_parts
from data_pipeline.datasets import gtzan


def gtzan_like(per_genre: int = 100) -> tuple[list[str], list[str]]:
    ids = [f"{genre}.{number:05d}" for genre in gtzan.GENRES for number in range(per_genre)]
    return ids, [name.split(".")[0] for name in ids]


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(10, 40), min_size=2, max_size=6),
    seed=st.integers(0, 1000),
    split=st.sampled_from(["holdout", "kfold"]),
    unit=st.sampled_from(["clip", "segment"]),
)
def test_parts_are_disjoint_and_whole_on_random_catalogs(sizes, seed, split, unit):
    labels = [f"genre{number}" for number, size in enumerate(sizes) for _ in range(size)]
    ids = [f"track{number:04d}" for number in range(len(labels))]
    tracks = np.repeat(np.arange(len(ids)), 3)
    starts = np.tile([0, 5, 10], len(ids))
    protocol = Protocol(split=split, unit=unit, folds=5, seed=seed)
    folds = folds_of_windows(protocol, track_ids=ids, track_labels=labels, window_tracks=tracks, window_starts=starts)
    assert len(folds) == (5 if split == "kfold" else 1)
    for fold in folds:
        assigned = np.concatenate((fold.train, fold.valid, fold.test))
        assert sorted(assigned.tolist()) == list(range(len(tracks)))
        sides = [set(tracks[part].tolist()) for part in (fold.train, fold.valid, fold.test)]
        overlap = (sides[0] | sides[1]) & sides[2]
        assert len(overlap) == fold.shared_tracks
        if unit == "clip":
            assert not overlap
            assert not sides[0] & sides[1]
    if split == "kfold":
        tested = np.concatenate([fold.test for fold in folds])
        assert sorted(tested.tolist()) == list(range(len(tracks)))


def test_a_split_by_window_contaminates_nearly_every_clip():
    ids, labels = gtzan_like(10)
    tracks, starts = np.repeat(np.arange(100), 19), np.tile(np.arange(19) * 64, 100)
    (fold,) = folds_of_windows(
        Protocol(unit="segment"), track_ids=ids, track_labels=labels, window_tracks=tracks, window_starts=starts
    )
    assert (len(fold.train), len(fold.valid), len(fold.test)) == (1140, 190, 570)
    assert fold.shared_tracks > 90


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(7, 40), min_size=1, max_size=6),
    seed=st.integers(0, 1000),
    partitions=st.integers(3, 7),
    stratified=st.booleans(),
    carry=st.booleans(),
    per_clip=st.integers(1, 4),
)
def test_every_clip_trains_validates_and_tests_once(sizes, seed, partitions, stratified, carry, per_clip):
    labels = [f"genre{number}" for number, size in enumerate(sizes) for _ in range(size)]
    ids = [f"track{number:04d}" for number in range(len(labels))]
    tracks = np.repeat(np.arange(len(ids)), per_clip)
    protocol = Protocol(split="rotating", partitions=partitions, stratified=stratified, seed=seed, carry_weights=carry)
    folds = folds_of_windows(
        protocol,
        track_ids=ids,
        track_labels=labels,
        window_tracks=tracks,
        window_starts=np.tile(np.arange(per_clip), len(ids)),
    )
    assert len(folds) == partitions
    for part in ("train", "valid", "test"):
        assigned = np.concatenate([getattr(fold, part) for fold in folds])
        assert sorted(assigned.tolist()) == list(range(len(tracks)))
    trained: set = set()
    for number, fold in enumerate(folds):
        sides = [set(tracks[part].tolist()) for part in (fold.train, fold.valid, fold.test)]
        assert len(set().union(*sides)) == sum(map(len, sides))
        trained |= sides[0]
        # A round's test partition is trained on two rounds later, so only the last two rounds test clips seen before.
        seen_before = trained & sides[2]
        assert bool(seen_before) == (number >= partitions - 2)
        assert fold.shared_tracks == (len(seen_before) if carry else 0)
        if stratified:
            for size, genre in zip(sizes, dict.fromkeys(labels), strict=True):
                mine = sum(labels[track] == genre for track in sides[0])
                assert mine in (size // partitions, -(-size // partitions))


@pytest.mark.parametrize("split", ["holdout", "kfold", "rotating"])
def test_clips_too_short_for_one_window_length_leave_the_other_clips_where_they_are(split):
    """Two rows of one table, one of them with windows that five clips are too short for."""
    ids = [f"clip{number:03d}" for number in range(60)]
    labels = ["ab"[number % 2] for number in range(60)]
    too_short = {3, 17, 20, 41, 58}

    def parts(tracks: np.ndarray) -> list[dict[str, str]]:
        folds = folds_of_windows(
            Protocol(split=split, partitions=5, folds=5),
            track_ids=ids,
            track_labels=labels,
            window_tracks=tracks,
            window_starts=np.zeros(len(tracks), np.int64),
        )
        return [{ids[tracks[p]]: part for part in PARTS for p in getattr(fold, part)} for fold in folds]

    everything = np.repeat(np.arange(60), 2)
    fewer = np.array([track for track in range(60) if track not in too_short])
    for whole, reduced in zip(parts(everything), parts(fewer), strict=True):
        assert reduced == {name: part for name, part in whole.items() if int(name[4:]) not in too_short}


def test_a_part_without_a_window_is_refused():
    ids, labels = [f"clip{number}" for number in range(10)], ["a"] * 10
    with pytest.raises(DataError, match="each part needs at least one"):
        folds_of_windows(
            Protocol(fractions=(0.6, 0.2, 0.2)),
            track_ids=ids,
            track_labels=labels,
            window_tracks=np.array([0]),
            window_starts=np.array([0]),
        )


PER_GENRE = Protocol(split="per_genre", fractions=(0.8, 0.1, 0.1), seed=42)


def clips_of(counts: dict[str, int]) -> tuple[list[str], list[str]]:
    ids = [f"{genre} {number:06d}" for genre, count in counts.items() for number in range(count)]
    return ids, [name.rpartition(" ")[0] for name in ids]


def test_parts_far_from_their_share_are_found():
    protocol = PER_GENRE.replace(split="artist")
    parts = [np.arange(0, 90), np.arange(90, 98), np.arange(98, 100)]
    fold = Fold(0, *parts, "split", 0)
    found = uneven_parts(protocol, fold, np.arange(100), np.zeros(100, bool))
    assert found == {"test": (0.02, 0.1)}
    copies = np.arange(100) < 72
    assert uneven_parts(protocol, fold, np.arange(100), copies)["valid"][0] == 8 / 28


def test_genres_that_a_part_lacks_are_named():
    ids, labels = clips_of({"a": 20, "b": 2})
    parts = [PARTS[number % 3] if label == "a" else "train" for number, label in enumerate(labels)]
    predefined = {"official": dict(zip(ids, parts, strict=True))}
    (fold,) = folds_of_windows(
        Protocol(split="official"),
        track_ids=ids,
        track_labels=labels,
        window_tracks=np.arange(22),
        window_starts=np.zeros(22, np.int64),
        predefined=predefined,
    )
    classes = np.array([0] * 20 + [1] * 2)
    assert missing_genres(fold, classes, ("a", "b")) == {"valid": ["b"], "test": ["b"]}
    assert missing_genres(fold, classes, ("a", "b", "c")) == {"train": ["c"], "valid": ["b", "c"], "test": ["b", "c"]}


@pytest.mark.parametrize("unit", ["clip", "segment"])
def test_exact_copies_can_be_dropped_before_a_split(unit):
    ids = [f"{genre}.{number}" for genre in "ab" for number in range(20)]
    first = {name: name for name in ids} | {"a.7": "a.3", "b.1": "a.3"}
    windows = np.repeat(np.arange(40), 3)
    given = {
        "track_ids": ids,
        "track_labels": [name[0] for name in ids],
        "window_tracks": windows,
        "window_starts": np.tile(np.arange(3), 40),
        "first_of_source": first,
    }
    (whole,) = folds_of_windows(Protocol(unit=unit), **given)
    (fold,) = folds_of_windows(Protocol(unit=unit, duplicates="drop"), **given)
    assigned = {ids[windows[place]] for part in ("train", "valid", "test") for place in getattr(fold, part)}
    assert assigned == set(ids) - {"a.7", "b.1"}
    assert len(fold.train) + len(fold.valid) + len(fold.test) == 38 * 3
    assert len(whole.train) + len(whole.valid) + len(whole.test) == 40 * 3
