"""Whose clip is whose, and what clips of one artist are worth."""

import numpy as np
import pytest

from common.leakage.overlap import overlap_of
from common.metrics.intervals import effective_sample_size, wilson_interval
from common.metrics.paired import paired_difference
from common.paper.protocol import Protocol
from common.reports.estimates import accuracy_with_interval
from common.splits.clips import PARTS, split_ids
from data_pipeline.datasets.artists import artist_keys, in_order_of_appearance
from data_pipeline.datasets.gtzan import facts
from tests.helpers.soundfusion_records import record


def are_one(*names: str) -> bool:
    return len(set(artist_keys([f"clip{number}" for number in range(len(names))], names))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Earth, Wind & Fire", "Earth Wind and Fire"),
        ("Rage Against The Machine", "Rage Against the Machine"),
        ("The Doors", "Doors"),
        ("AC/DC", "AC DC"),
        ("Bob Marley", "Lauryn Hill and Bob Marley"),
        ("Ella Fitzgerald feat. Louis Armstrong", "Louis Armstrong"),
    ],
)
def test_spellings_and_collaborations_are_one_artist(one, other):
    assert are_one(one, other)
    assert are_one(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Earth, Wind & Fire", "Windhand"),
        ("Ashford & Simpson", "Ashlee Simpson"),
        ("The The", "The Who"),
        ("!!!", "???"),
        (None, None),
        ("Lauryn Hill and Bob Marley", "Lauryn Hill and Nas"),
    ],
)
def test_others_are_two_artists(one, other):
    assert not are_one(one, other)


def test_a_collaboration_joins_its_members_through_any_chain():
    assert are_one("A", "C", "B & C", "A and B", "B")
    # B itself has no clip: nothing tells that both duets are with one B.
    assert not are_one("A & B", "B & C")


def test_spellings_stand_for_themselves_where_nothing_is_joined():
    # The order of owners decides how a split by artist deals out, so names must not change without need.
    assert artist_keys(["1", "2", "3"], ["The Zs", None, "a"]) == ["The Zs", "unknown: 2", "a"]
    assert in_order_of_appearance(["b", "a", "b"]) == [0, 1, 0]


def test_the_index_of_gtzan_spells_four_artists_in_several_ways():
    artists = {clip: fact["artist"] or None for clip, fact in facts().items()}
    owners = dict(zip(artists, artist_keys(list(artists), list(artists.values())), strict=True))
    of_one = {}
    for clip, artist in artists.items():
        if artist:
            of_one.setdefault(owners[clip], set()).add(artist)
    assert sorted(sorted(names) for names in of_one.values() if len(names) > 1) == [
        [
            "Aretha Franklin, Celine Dion, Mariah Carey, Shania Twain & Gloria Estefan",
            "Celine Dion",
            "Mariah Carey",
            "Shania Twain",
        ],
        ["Barbra Streisand and Donna Summer", "Donna Summer"],
        ["Bob Marley", "Lauryn Hill", "Lauryn Hill and Bob Marley"],
        ["Earth Wind and Fire", "Earth, Wind & Fire"],
        ["Peter Tosh", "Peter Tosh and Mick Jagger"],
        ["Rage Against The Machine", "Rage Against the Machine"],
    ]


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


def test_a_duet_in_training_makes_its_singer_known():
    sides = {"duet": {"train"}, "singer": {"test"}, "nobody": {"test"}, "other": {"train"}}
    found = overlap_of(sides, {"duet": "A and B", "singer": "B", "nobody": None, "other": None}, [])
    assert (found.artists, found.met, found.nameless) == (1, 1, 1)


def test_clips_of_an_artist_that_fare_alike_count_as_few():
    # Four artists of two clips: variance 4 / 3 x (1 + 1 + 1 + 1) / 64 against 0.25 / 8 of independent ones.
    alike = effective_sample_size([1, 1, 1, 1, 0, 0, 0, 0], list("aabbccdd"))
    assert alike == pytest.approx(8 * (0.25 / 8) / (4 / 3 * 4 / 64))
    # Artists of one right and one wrong clip each do not differ: never more than the clips.
    assert effective_sample_size([1, 0] * 4, list("aabbccdd")) == 8
    assert effective_sample_size([1, 0] * 3 + [1, 1], list("aabbccdd")) == 8
    assert effective_sample_size([1, 1, 0, 0, 1], list("abcde")) == 5
    # All right: nothing tells how alike an artist's clips are.
    assert effective_sample_size([1] * 8, list("aabbccdd")) == 4
    assert effective_sample_size([1, 0, 1], list("aaa")) == 1


def test_the_interval_is_as_wide_as_repeated_draws_of_artists_spread():
    rng = np.random.default_rng(0)

    def drawn() -> tuple[np.ndarray, list[str]]:
        of_artist = rng.beta(1, 1, 60)
        return (rng.random((60, 5)) < of_artist[:, None]).ravel().astype(float), [
            str(a) for a in range(60) for _ in "12345"
        ]

    means = [drawn()[0].mean() for _ in range(400)]
    widths = []
    for _ in range(40):
        shares, owners = drawn()
        low, high = wilson_interval(shares.mean(), effective_sample_size(shares, owners))
        widths.append(high - low)
    assert np.mean(widths) == pytest.approx(2 * 1.96 * np.std(means), rel=0.12)
    # Which is much wider than if clips were independent.
    low, high = wilson_interval(0.5, 300)
    assert np.mean(widths) > 1.3 * (high - low)


def test_tables_take_their_interval_from_artists():
    plain = record("performance", "nnet2", [(1, 0)] * 4 + [(1, 3)] * 4)
    named = plain.replace(
        clips=tuple(clip.replace(artist="abcd"[number // 2]) for number, clip in enumerate(plain.clips))
    )
    interval, clips = accuracy_with_interval([named], "clip_accuracy_mean_softmax")
    assert clips == pytest.approx(3)
    assert (interval.low, interval.high) == pytest.approx(wilson_interval(0.5, 3))
    assert accuracy_with_interval([plain], "clip_accuracy_mean_softmax")[1] == 8


def test_paired_differences_draw_whole_artists():
    rng = np.random.default_rng(0)
    one = np.repeat(rng.random(60) < 0.7, 5).astype(float)
    other = np.repeat(rng.random(60) < 0.5, 5).astype(float)
    owners = [str(artist) for artist in range(60) for _ in range(5)]
    wide, narrow = paired_difference(one, other, owners), paired_difference(one, other, [str(n) for n in range(300)])
    assert wide.mean == narrow.mean == pytest.approx(float((one - other).mean()))
    assert wide.high - wide.low == pytest.approx(np.sqrt(5) * (narrow.high - narrow.low), rel=0.1)
    of_one = paired_difference([1.0, 0.0], [0.0, 0.0], ["a", "a"])
    assert (of_one.low, of_one.high) == (-1, 1)
