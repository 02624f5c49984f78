"""Splits of clips: exact shares, disjoint parts, and no dependence on order."""

import re
from collections import Counter

import numpy as np
import pytest

from common.core.errors import DataError, SpecError
from common.paper.protocol import Protocol
from common.splits.clips import PARTS, rotation, split_ids
from data_pipeline.datasets import gtzan
from data_pipeline.datasets.gtzan import facts
from tests.helpers.imports import modules_after


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
        (
            Protocol(),
            1,
            DataError,
            r"too few clips, 10 of 10 genres; the rarest, blues, has 1; 10 of each, 100 in all, are enough\. Use more",
        ),
        (Protocol(split="kfold", folds=10), 5, DataError, "has 5"),
        (Protocol(split="fault_filtered"), 20, SpecError, "--split fault_filtered: only GTZAN has this split"),
    ],
)
def test_impossible_splits_say_what_to_do(protocol, per_genre, error, words):
    ids, labels = gtzan_like(per_genre)
    with pytest.raises(error, match=words):
        split_ids(protocol, ids, labels, {})


def test_a_predefined_split_cannot_be_by_window():
    with pytest.raises(SpecError, match="--unit window"):
        split_ids(Protocol(split="fault_filtered", unit="segment"), ["a"], ["x"], {"fault_filtered": {"a": "train"}})


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
    assert rotation(6) == [(0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (4, 5, 0), (5, 0, 1)]


def test_equal_partitions_leave_out_what_does_not_divide():
    ids, labels = gtzan_like()
    rounds = rounds_of(ids, labels, equal_partitions=True)
    assert {len(split.train) for split in rounds} == {160}
    assert len(set().union(*(split.train for split in rounds))) == 960


def test_too_few_clips_for_the_partitions_are_refused():
    ids, labels = gtzan_like(5)
    with pytest.raises(DataError, match="6 partitions need 6 of each genre"):
        rounds_of(ids, labels)
    assert len(rounds_of(ids, labels, stratified=False)) == 6


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
    rng = np.random.RandomState(42)
    first = np.array(sorted(name for name in ids if name.startswith("Classical")))
    rng.shuffle(first)
    assert set(first[:984]) <= set(split.train)


@pytest.mark.parametrize("rare", [1, 9])
def test_per_genre_refuses_a_genre_without_validation_clips(rare):
    ids, labels = clips_of({"a": 50, "b": rare})
    with pytest.raises(DataError, match=rf"the rarest, b, has {rare}; .*0 for validation.*--genres"):
        split_ids(PER_GENRE, ids, labels)
    (split,) = split_ids(PER_GENRE.replace(stratified=False), ids, labels)
    assert len(split.train) == int(0.8 * len(ids))


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


def test_each_clip_without_an_artist_is_assigned_separately():
    ids, labels = clips_of({"a": 30, "b": 30})
    artists = [None if number % 2 else "one and the same" for number in range(60)]
    (split,) = split_ids(PER_GENRE.replace(split="artist"), ids, labels, artists=artists)
    sides = [part for part in PARTS if {artists[ids.index(name)] for name in getattr(split, part)} - {None}]
    assert len(sides) == 1
    assert len(split.train) + len(split.valid) + len(split.test) == 60


@pytest.mark.parametrize(
    ("artists", "unit", "message"),
    [
        (None, "clip", "has no artist names"),
        ([None] * 60, "clip", "has no artist names"),
        (["x", "y", "z"] * 20, "clip", "3 artists are too few"),
        ([str(number) for number in range(60)], "segment", "does not go with --unit window"),
    ],
)
def test_a_split_by_artist_that_cannot_be_made_is_refused(artists, unit, message):
    ids, labels = clips_of({"a": 30, "b": 30})
    with pytest.raises((DataError, SpecError), match=message):
        split_ids(PER_GENRE.replace(split="artist", unit=unit), ids, labels, artists=artists)


def test_a_split_that_has_no_regard_to_genre_already_is_not_advised_again():
    ids, labels = clips_of({"a": 1})
    with pytest.raises(DataError, match="of 1 the fractions give") as caught:
        split_ids(PER_GENRE.replace(stratified=False), ids, labels)
    assert "--allow-incomplete" not in str(caught.value)
    assert str(caught.value).endswith("where clips have several windows, --unit window.")


def test_a_split_by_artist_of_fewer_than_ten_clips_a_genre_is_refused():
    ids, labels = clips_of({"a": 8, "b": 8})
    with pytest.raises(DataError, match="too few clips, 16 of 2 genres; the rarest, a, has 8") as caught:
        split_ids(PER_GENRE.replace(split="artist"), ids, labels, artists=list(map(str, range(16))))
    # What would not help is not advised: there is no split by artist of windows.
    assert str(caught.value).endswith("give --allow-incomplete (which splits without regard to genre).")
    (split,) = split_ids(
        PER_GENRE.replace(split="artist", stratified=False), ids, labels, artists=list(map(str, range(16)))
    )
    assert len(split.train) + len(split.valid) + len(split.test) == 16


def test_a_split_by_artist_keeps_spellings_and_duets_together():
    clips, named = zip(*((clip, fact["artist"] or None) for clip, fact in facts().items()), strict=True)
    labels = [clip.partition(".")[0] for clip in clips]
    (split,) = split_ids(Protocol(split="artist"), list(clips), labels, artists=list(named))
    part_of = {clip: part for part in PARTS for clip in getattr(split, part)}
    for one, other in (
        ("Earth, Wind & Fire", "Earth Wind and Fire"),
        ("Rage Against The Machine", "Rage Against the Machine"),
        ("Donna Summer", "Barbra Streisand and Donna Summer"),
        ("Bob Marley", "Lauryn Hill and Bob Marley"),
    ):
        parts = {part_of[clip] for clip, name in zip(clips, named, strict=True) if name in (one, other)}
        assert len(parts) == 1, (one, other)


def test_splits_are_named_without_scikit_learn():
    without = "import sys; sys.modules['sklearn'] = None\n"
    assert "common.splits.clips" in modules_after(f"{without}import common.splits.clips")


@pytest.mark.parametrize("genres", [2, 3, 5, 10, 16])
def test_the_number_that_is_said_to_be_enough_is_the_smallest_that_is(genres):
    def split(each: int):
        return split_ids(Protocol(), *clips_of({f"genre{number:02}": each for number in range(genres)}))

    with pytest.raises(DataError) as error:
        split(2)
    enough = int(re.search(r"; (\d+) of each, (\d+) in all, are enough", str(error.value))[1])
    with pytest.raises(DataError, match=f"{enough} of each"):
        split(enough - 1)
    (made,) = split(enough)
    assert len(made.train) + len(made.valid) + len(made.test) == genres * enough
