"""Artists in the tags of audio files."""

import tracemalloc

import pytest

from data_pipeline.datasets.tags import read_artists
from tests.helpers.own_folder import id3_tag, write_song

# The beginning of a frame of MPEG audio.
FRAME = b"\xff\xfb\x90\x00" + bytes(2000)


@pytest.mark.parametrize(
    ("frames", "artist"),
    [
        ({"TPE1": "ABBA", "TPE2": "Various Artists"}, "ABBA"),
        ({"TPE2": "Björk"}, "Björk"),
        ({"TPE1": " ", "TPE2": "Queen"}, "Queen"),
        ({"TIT2": "Waterloo"}, None),
        ({"TPE1": "Simon\0Garfunkel"}, "Simon; Garfunkel"),
    ],
)
def test_the_artist_comes_before_that_of_the_album(tmp_path, frames, artist):
    path = tmp_path / "song.mp3"
    path.write_bytes(id3_tag(**frames) + FRAME)
    assert read_artists([path]).artists == {path: artist}


def test_tags_that_cannot_be_read_are_counted_and_no_error(tmp_path):
    broken, gone, whole = tmp_path / "a.flac", tmp_path / "b.mp3", tmp_path / "c.flac"
    broken.write_bytes(b"fLaX" + bytes(100))
    write_song(whole, artist="ABBA", seconds=0.1)
    found = read_artists([broken, gone, whole])
    assert found.artists == {broken: None, gone: None, whole: "ABBA"}
    assert found.unreadable == (broken, gone)


def test_an_artist_of_a_thousand_characters_is_read_and_a_longer_one_is_unreadable(tmp_path):
    for name, count in (("a.mp3", 1000), ("b.mp3", 1001)):
        (tmp_path / name).write_bytes(id3_tag(TPE1="x" * count) + FRAME)
    tags = read_artists([tmp_path / "a.mp3", tmp_path / "b.mp3"])
    assert tags.artists == {tmp_path / "a.mp3": "x" * 1000, tmp_path / "b.mp3": None}
    assert tags.unreadable == (tmp_path / "b.mp3",)


def test_memory_is_not_taken_for_what_a_tag_only_claims(tmp_path):
    path = tmp_path / "a.flac"
    write_song(path, artist="ABBA", seconds=0.1)
    content = bytearray(path.read_bytes())
    # Of the comment "artist=ABBA", the length in four bytes.
    place = content.index(b"artist=ABBA") - 4
    content[place : place + 4] = (1 << 30).to_bytes(4, "little")
    path.write_bytes(content)
    tracemalloc.start()
    try:
        read_artists([path])
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()
