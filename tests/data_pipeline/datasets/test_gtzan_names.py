"""Which files are clips of GTZAN, by their names."""

from pathlib import PurePosixPath

import pytest

from data_pipeline.datasets.gtzan_names import genre_in, named_clips


def clips(*names: str) -> dict[str, str]:
    return {clip: path.as_posix() for clip, path in named_clips(map(PurePosixPath, names)).clips.items()}


def extra(*names: str) -> list[str]:
    return [path.as_posix() for path in named_clips(map(PurePosixPath, names)).extra]


@pytest.mark.parametrize(
    ("name", "clip"),
    [
        ("genres/blues/blues.00007.wav", "blues.00007"),
        ("Genres/BLUES/Blues.00007.AU", "blues.00007"),
        ("blues_00007.wav", "blues.00007"),
        ("blues-00007.flac", "blues.00007"),
        ("blues 00007.ogg", "blues.00007"),
        ("blues00007.mp3", "blues.00007"),
        ("blues.00007.wav.wav", "blues.00007"),
        ("train/blues.00007.au.wav", "blues.00007"),
        ("hip-hop/hiphop.00007.wav", "hiphop.00007"),
        ("hiphop/hip_hop.00007.wav", "hiphop.00007"),
        ("Hip Hop/hip hop.00007.wav", "hiphop.00007"),
    ],
)
def test_a_clip_is_known_by_every_spelling_of_its_name(name, clip):
    assert clips(name) == {clip: name}
    assert extra(name) == []


@pytest.mark.parametrize(
    "name",
    [
        "pop/rock.00001.wav",  # in the folder of another genre
        "pop.00100.wav",  # GTZAN has none
        "polka.00001.wav",
        "blues.00001.mf",
        "blues.00001",
        "blues.000001.wav",
        "blues.00000 (1).txt",
        "blues.00000.wav.1",
        "00001.wav",
    ],
)
def test_other_files_are_no_clips(name):
    assert clips(name) == {}
    assert extra(name) == [name]


def test_numbers_without_five_digits_are_taken_where_they_count_from_0():
    assert clips("blues.0.wav", "blues.1.wav", "blues.99.wav") == {
        "blues.00000": "blues.0.wav",
        "blues.00001": "blues.1.wav",
        "blues.00099": "blues.99.wav",
    }
    assert clips("blues.00.wav", "blues.01.wav").keys() == {"blues.00000", "blues.00001"}


@pytest.mark.parametrize(
    "names",
    [
        ("blues.1.wav", "blues.2.wav"),
        ("blues.0.wav", "blues.100.wav"),
        ("blues.00001.wav", "blues.00002.wav", "blues.00100.wav"),
    ],
)
def test_numbers_that_may_count_from_1_are_not_guessed(names):
    found = named_clips(map(PurePosixPath, names))
    assert found.clips == {}
    assert [path.name for path in found.uncertain] == sorted(names)


def test_a_file_too_many_does_not_make_the_others_uncertain():
    assert clips("blues.00000.wav", "blues.00001.wav", "blues.00100.wav").keys() == {"blues.00000", "blues.00001"}
    assert extra("blues.00000.wav", "blues.00100.wav") == ["blues.00100.wav"]


def test_a_genre_that_counts_from_1_does_not_take_the_others_with_it():
    assert clips("jazz.0.wav", "blues.1.wav", "rock.00003.wav") == {
        "jazz.00000": "jazz.0.wav",
        "rock.00003": "rock.00003.wav",
    }


@pytest.mark.parametrize(
    "name", ["blues.00000.3.wav", "blues_00000_3.wav", "blues.00000-seg3.wav", "blues.00000 (1).wav"]
)
def test_pieces_and_copies_of_clips_are_told_apart_from_clips(name):
    found = named_clips([PurePosixPath("blues") / name])
    assert found.clips == {}
    assert [path.name for path in found.pieces] == [name]


def test_of_several_files_of_a_clip_one_is_taken():
    assert clips("a/blues.00001.mp3", "b/blues.00001.wav") == {"blues.00001": "b/blues.00001.wav"}
    assert extra("a/blues.00001.mp3", "b/blues.00001.wav") == ["a/blues.00001.mp3"]
    assert clips("a/blues_00001.wav", "b/blues.00001.wav") == {"blues.00001": "b/blues.00001.wav"}
    assert clips("a/blues.00001.wav", "b/blues.00001.wav") == {"blues.00001": "a/blues.00001.wav"}


@pytest.mark.parametrize(
    ("name", "genre"),
    [("Hip-Hop", "hiphop"), ("hip hop", "hiphop"), ("ROCK", "rock"), ("polka", None), ("rocks", None)],
)
def test_genres_are_known_by_every_spelling(name, genre):
    assert genre_in(name) == genre
