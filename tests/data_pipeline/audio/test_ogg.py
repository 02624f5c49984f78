"""Streams of Ogg files that follow one another, and pages that are missing."""

import numpy as np
import pytest

from common.core.errors import DataError
from data_pipeline.audio import ogg
from data_pipeline.audio.decode import read_audio, read_header
from tests.helpers.odd_audio import RATE, changed_page, ogg_pages, signal, with_video, written


def _vorbis(seed: int, seconds: float = 0.5, rate: int = RATE, channels: int = 1) -> bytes:
    samples = signal(seed, seconds, rate)
    return written(np.stack([samples] * channels, axis=1), rate, format="OGG", subtype="VORBIS")


def _serial(data: bytes, serial: int) -> bytes:
    return b"".join(changed_page(page, serial=serial) for page in ogg_pages(data))


@pytest.fixture
def song(tmp_path):
    def write(content: bytes):
        path = tmp_path / "song.ogg"
        path.write_bytes(content)
        return path

    return write


def test_streams_that_follow_one_another_are_read_one_after_the_other(song):
    parts = [_serial(_vorbis(seed), 100 + seed) for seed in range(3)]
    path = song(b"".join(parts))
    assert ogg.links(path.read_bytes(), path) == parts
    whole = read_audio(path)
    np.testing.assert_array_equal(whole, np.concatenate([read_audio(song(part)) for part in parts]))
    assert read_header(song(b"".join(parts))).frames == len(whole)


def test_streams_that_play_together_are_one_part(song):
    content = with_video(_vorbis(0))
    assert ogg.links(content, song(content)) == [content]


@pytest.mark.parametrize(("rate", "channels"), [(22050, 1), (RATE, 2)])
def test_streams_that_cannot_be_joined_are_refused(rate, channels, song):
    path = song(_vorbis(0) + _serial(_vorbis(1, rate=rate, channels=channels), 7))
    for read in (read_audio, read_header):
        with pytest.raises(DataError, match=rf"2 streams .*44100 Hz, 1 channel; {rate} Hz, {channels} channel"):
            read(path)


def test_missing_pages_are_counted(song):
    pages = ogg_pages(_vorbis(0, 8.0))
    assert len(pages) == 6
    for read in (read_audio, read_header):
        with pytest.raises(DataError, match="lacks 1 Ogg page before page 4"):
            read(song(b"".join([*pages[:3], *pages[4:]])))


def test_a_recording_that_began_in_the_middle_of_a_stream_is_read(song):
    headers, sounds = ogg_pages(_vorbis(0, 5.0))[:2], ogg_pages(_vorbis(0, 5.0))[3:]
    content = b"".join([*headers, *sounds])
    assert ogg.links(content, song(content)) == [content]


def test_a_name_of_pages_within_a_page_is_none(song):
    head, *others = ogg_pages(_vorbis(0))
    content = b"".join([head, *others]) + b"OggS"
    assert ogg.links(content, song(content)) == [content]
