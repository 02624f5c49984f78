"""Which clips are by the same artist, however the metadata spell the name."""

import pytest

from data_pipeline.datasets.artists import artist_keys, in_order_of_appearance, known_artist
from data_pipeline.datasets.gtzan import facts


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
def test_different_artists_have_different_keys(one, other):
    assert not are_one(one, other)


def test_a_collaboration_joins_its_members_through_any_chain():
    assert are_one("A", "C", "B & C", "A and B", "B")
    # B itself has no clip: nothing shows that both duets are with the same B.
    assert not are_one("A & B", "B & C")


def test_a_name_without_other_spellings_is_its_own_key():
    # The order of the keys decides how a split by artist assigns clips, so names must not change without need.
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


@pytest.mark.parametrize(
    ("name", "known"),
    [
        *(
            (name, None)
            for name in ("various", "Various Artists", "VA", "V.A.", "v/a", "Compilation", "unknown", " ", None)
        ),
        *((name, None) for name in ("<Unknown Artist>", "[unknown]", "Magnatune Compilation", "Various  artists")),
        *((name, name) for name in ("Vašek", "The Unknown Band", "Compilations", "VAST", "Various Cruelties", "!!!!a")),
        (" ABBA ", "ABBA"),
    ],
)
def test_names_that_stand_for_no_artist_are_unknown(name, known):
    assert known_artist(name) == known
