"""Splits: exact shares, disjoint parts, no dependence on order, and the leak counted where windows are dealt out."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.core.errors import DataError, SpecError
from common.paper.protocol import Protocol
from common.splits.clips import PARTS, split_ids
from common.splits.windows import Fold, folds_of_windows, missing_genres, uneven_parts
from data_pipeline.datasets import gtzan


def gtzan_like(per_genre: int = 100) -> tuple[list[str], list[str]]:
    ids = [f"{genre}.{number:05d}" for genre in gtzan.GENRES for number in range(per_genre)]
    return ids, [name.split(".")[0] for name in ids]


def test_holdout_of_gtzan_has_the_published_counts_and_equal_genres():
    ids, labels = gtzan_like()
    (split,) = split_ids(Protocol(), ids, labels)
    assert (len(split.train), len(split.valid), len(split.test)) == (600, 100, 300)
    assert set(Counter(name.split(".")[0] for name in split.test).values()) == {30}
    assert set(split.train) | set(split.valid) | set(split.test) == set(ids)


def test_a_split_depends_on_ids_and_seed_alone():
    ids, labels = gtzan_like(20)
    order = np.random.default_rng(1).permutation(len(ids))
    shuffled = split_ids(Protocol(), [ids[i] for i in order], [labels[i] for i in order])
    assert shuffled == split_ids(Protocol(), ids, labels)
    assert split_ids(Protocol(seed=1), ids, labels) != shuffled


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
        dealt = np.concatenate((fold.train, fold.valid, fold.test))
        assert sorted(dealt.tolist()) == list(range(len(tracks)))
        sides = [set(tracks[part].tolist()) for part in (fold.train, fold.valid, fold.test)]
        overlap = (sides[0] | sides[1]) & sides[2]
        assert len(overlap) == fold.shared_tracks
        if unit == "clip":
            assert not overlap
            assert not sides[0] & sides[1]
    if split == "kfold":
        tested = np.concatenate([fold.test for fold in folds])
        assert sorted(tested.tolist()) == list(range(len(tracks)))


def test_dealing_out_windows_contaminates_nearly_every_clip():
    ids, labels = gtzan_like(10)
    tracks, starts = np.repeat(np.arange(100), 19), np.tile(np.arange(19) * 64, 100)
    (fold,) = folds_of_windows(
        Protocol(unit="segment"), track_ids=ids, track_labels=labels, window_tracks=tracks, window_starts=starts
    )
    assert (len(fold.train), len(fold.valid), len(fold.test)) == (1140, 190, 570)
    assert fold.shared_tracks > 90


def test_fault_filtered_split_is_the_published_one_and_leaves_removed_clips_out():
    ids, labels = gtzan_like()
    protocol = Protocol(split="fault_filtered")
    (split,) = split_ids(protocol, ids, labels, {"fault_filtered": gtzan.fault_filtered_split()})
    assert (len(split.train), len(split.valid), len(split.test)) == (443, 197, 290)
    assert "blues.00012" in split.test
    assert "classical.00042" not in split.train + split.valid + split.test
    artists = {name: fact["artist"] for name, fact in gtzan.facts().items()}
    known = [{artists[name] for name in part if artists[name]} for part in (split.train, split.test)]
    assert not known[0] & known[1]


@pytest.mark.parametrize(
    ("protocol", "per_genre", "error", "words"),
    [
        (Protocol(), 1, DataError, "too few items"),
        (Protocol(split="kfold", folds=10), 5, DataError, "has 5"),
        (Protocol(split="fault_filtered"), 20, SpecError, "has no such predefined split"),
    ],
)
def test_impossible_splits_say_what_to_do(protocol, per_genre, error, words):
    ids, labels = gtzan_like(per_genre)
    with pytest.raises(error, match=words):
        split_ids(protocol, ids, labels, {})


def test_predefined_clips_cannot_be_dealt_out_by_window():
    with pytest.raises(SpecError, match="--unit segment"):
        split_ids(Protocol(split="fault_filtered", unit="segment"), ["a"], ["x"], {"fault_filtered": {"a": "train"}})


def test_a_split_that_is_not_stratified_says_so_in_its_name():
    assert Protocol(stratified=False).name == "60/10/30 over clips, not stratified"
    assert Protocol(unit="segment").name == "60/10/30 over windows"


def rounds_of(ids, labels, **changes) -> list:
    return split_ids(Protocol(split="rotating", **changes), ids, labels)


def test_rotating_partitions_of_gtzan():
    ids, labels = gtzan_like()
    rounds = rounds_of(ids, labels)
    assert [len(split.test) for split in rounds] == [170, 170, 160, 160, 170, 170]
    assert [len(split.train) for split in rounds] == [170, 170, 170, 170, 160, 160]
    for split in rounds:
        per_genre = Counter(name.split(".")[0] for name in split.train)
        assert set(per_genre.values()) == {len(split.train) // 10}
    for number, split in enumerate(rounds):
        assert split.valid == rounds[(number + 1) % 6].train
        assert split.test == rounds[(number + 2) % 6].train
    assert rounds != rounds_of(ids, labels, seed=1)


def test_equal_partitions_leave_out_what_does_not_divide():
    ids, labels = gtzan_like()
    rounds = rounds_of(ids, labels, equal_partitions=True)
    assert {len(split.train) for split in rounds} == {160}
    assert len(set().union(*(split.train for split in rounds))) == 960


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
        dealt = np.concatenate([getattr(fold, part) for fold in folds])
        assert sorted(dealt.tolist()) == list(range(len(tracks)))
    trained: set = set()
    for number, fold in enumerate(folds):
        sides = [set(tracks[part].tolist()) for part in (fold.train, fold.valid, fold.test)]
        assert len(set().union(*sides)) == sum(map(len, sides))
        trained |= sides[0]
        # The test partition of a round is trained on two rounds later, so only the last two meet what was trained on.
        met = trained & sides[2]
        assert bool(met) == (number >= partitions - 2)
        assert fold.shared_tracks == (len(met) if carry else 0)
        if stratified:
            for size, genre in zip(sizes, dict.fromkeys(labels), strict=True):
                mine = sum(labels[track] == genre for track in sides[0])
                assert mine in (size // partitions, -(-size // partitions))


def test_too_few_clips_for_the_partitions_are_told():
    ids, labels = gtzan_like(5)
    with pytest.raises(DataError, match="6 partitions need 6 items of each genre"):
        rounds_of(ids, labels)
    assert len(rounds_of(ids, labels, stratified=False)) == 6


def test_names_of_rotating_protocols():
    rotating = Protocol(split="rotating")
    assert rotating.name == "6 rotating partitions over clips"
    assert rotating.replace(carry_weights=True).name.endswith("weights carried from round to round")
    assert rotating.replace(equal_partitions=True, stratified=False).name.endswith("of equal size, not stratified")
    with pytest.raises(SpecError, match="carry_weights goes with the rotating split"):
        Protocol().replace(carry_weights=True)


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


FMA_LARGE = {
    "Rock": 14171,
    "Experimental": 10603,
    "Electronic": 9357,
    "Hip-Hop": 3541,
    "Folk": 2801,
    "Pop": 2331,
    "Instrumental": 2077,
    "International": 1375,
    "Classical": 1230,
    "Jazz": 571,
    "Old-Time / Historic": 549,
    "Spoken": 421,
}
PER_GENRE = Protocol(split="per_genre", fractions=(0.8, 0.1, 0.1), seed=42)


def clips_of(counts: dict[str, int]) -> tuple[list[str], list[str]]:
    ids = [f"{genre} {number:06d}" for genre, count in counts.items() for number in range(count)]
    return ids, [name.rpartition(" ")[0] for name in ids]


def test_per_genre_gives_the_published_sizes_of_fma_large():
    ids, labels = clips_of(FMA_LARGE)
    (split,) = split_ids(PER_GENRE, ids, labels)
    assert (len(split.train), len(split.valid), len(split.test)) == (39_215, 4_899, 4_913)
    trained = Counter(name.rpartition(" ")[0] for name in split.train)
    assert trained == {genre: 8 * count // 10 for genre, count in FMA_LARGE.items()}
    # NumPy's old generator with the repository's seed, genre after genre in alphabetical order.
    dealer = np.random.RandomState(42)
    first = np.array(sorted(name for name in ids if name.startswith("Classical")))
    dealer.shuffle(first)
    assert set(first[:984]) <= set(split.train)
    assert PER_GENRE.name == "80/10/10 of each genre over clips"


@pytest.mark.parametrize("rare", [1, 9])
def test_per_genre_refuses_a_genre_that_would_be_in_no_validation(rare):
    ids, labels = clips_of({"a": 50, "b": rare})
    with pytest.raises(DataError, match=rf"the rarest, b, has {rare} .*0 to valid.*--genres"):
        split_ids(PER_GENRE, ids, labels)
    (split,) = split_ids(PER_GENRE.replace(stratified=False), ids, labels)
    assert len(split.train) == int(0.8 * len(ids))
    assert PER_GENRE.replace(stratified=False).name == "80/10/10 over clips, not stratified"


def test_artists_stay_together_and_genres_keep_about_their_shares():
    ids, labels = clips_of({"a": 300, "b": 200})
    artists = [f"{label}{number // 4}" for number, label in enumerate(labels)]
    protocol = PER_GENRE.replace(split="artist")
    (split,) = split_ids(protocol, ids, labels, artists=artists)
    of = dict(zip(ids, artists, strict=True))
    sides = [{of[name] for name in getattr(split, part)} for part in PARTS]
    assert len(set.union(*sides)) == sum(map(len, sides))
    for part, share in zip(PARTS, protocol.fractions, strict=True):
        found = Counter(name.rpartition(" ")[0] for name in getattr(split, part))
        assert found["a"] == pytest.approx(300 * share, abs=15)
        assert found["b"] == pytest.approx(200 * share, abs=15)
    order = np.random.default_rng(0).permutation(len(ids))
    again = split_ids(
        protocol, [ids[i] for i in order], [labels[i] for i in order], artists=[artists[i] for i in order]
    )
    assert again == [split]
    assert protocol.name == "80/10/10 with artists apart over clips"


def test_clips_without_an_artist_are_artists_of_their_own():
    ids, labels = clips_of({"a": 30, "b": 30})
    artists = [None if number % 2 else "one and the same" for number in range(60)]
    (split,) = split_ids(PER_GENRE.replace(split="artist"), ids, labels, artists=artists)
    sides = [part for part in PARTS if {artists[ids.index(name)] for name in getattr(split, part)} - {None}]
    assert len(sides) == 1
    assert len(split.train) + len(split.valid) + len(split.test) == 60


@pytest.mark.parametrize(
    ("artists", "unit", "message"),
    [
        (None, "clip", "names no artists"),
        ([None] * 60, "clip", "names no artists"),
        (["x", "y", "z"] * 20, "clip", "3 artists are too few"),
        ([str(number) for number in range(60)], "segment", "cannot be dealt out by --unit segment"),
    ],
)
def test_a_split_by_artist_that_cannot_be_made_is_refused(artists, unit, message):
    ids, labels = clips_of({"a": 30, "b": 30})
    with pytest.raises((DataError, SpecError), match=message):
        split_ids(PER_GENRE.replace(split="artist", unit=unit), ids, labels, artists=artists)


def test_a_split_by_artist_of_fewer_than_ten_clips_a_genre_is_refused():
    ids, labels = clips_of({"a": 8, "b": 8})
    with pytest.raises(DataError, match="too few items, 16 of 2 genres; the rarest, a, has 8"):
        split_ids(PER_GENRE.replace(split="artist"), ids, labels, artists=list(map(str, range(16))))
    (split,) = split_ids(
        PER_GENRE.replace(split="artist", stratified=False), ids, labels, artists=list(map(str, range(16)))
    )
    assert len(split.train) + len(split.valid) + len(split.test) == 16


def test_parts_far_from_their_share_are_found():
    protocol = PER_GENRE.replace(split="artist")
    parts = [np.arange(0, 90), np.arange(90, 98), np.arange(98, 100)]
    fold = Fold(0, *parts, "split", 0)
    found = uneven_parts(protocol, fold, np.arange(100), np.zeros(100, bool))
    assert found == {"test": (0.02, 0.1)}
    copies = np.arange(100) < 72
    assert uneven_parts(protocol, fold, np.arange(100), copies)["valid"][0] == 8 / 28


def test_fractions_of_a_split_by_artist_are_tenths():
    with pytest.raises(SpecError, match="must be tenths"):
        PER_GENRE.replace(split="artist", fractions=(0.85, 0.1, 0.05))


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
