"""Files that are not audio, or of a format that is not read, under the name of audio."""

import numpy as np
import pytest

from common.core.errors import DataError
from data_pipeline.audio.decode import read_audio, read_header
from data_pipeline.audio.other_files import about_file
from tests.helpers.odd_audio import integers, mp3, signal, written

MPEG_4 = b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0"
FILES = {
    "HTML": (b"\n<!DOCTYPE html>\n<html><head><title>404</title></head></html>", "it is an HTML page"),
    "HTML with a byte order mark": (b"\xef\xbb\xbf<HTML><BODY>gone</BODY></HTML>", "it is an HTML page"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 13\n", "it is a pointer of Git LFS"),
    "M4A": (MPEG_4 + bytes(range(256)) * 20, "it is M4A or MP4, which is not read: convert it to FLAC or WAV"),
    "WebM": (bytes.fromhex("1a45dfa39f4286810142f78101") + bytes(range(256)) * 20, "it is WebM or Matroska"),
    "WMA": (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(range(256)), "it is WMA"),
    "AAC": (bytes.fromhex("fff15080 2e7ffc") + bytes(range(200)), "it is AAC"),
    "zip": (b"PK\3\4" + bytes(range(200)), "it is a zip archive"),
    "AppleDouble": (b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(500), "it is a companion file of macOS"),
    "nothing": (b"", "it is empty"),
    "text": (b"Not Found\n" * 50, "Format not recognised"),
}


@pytest.mark.parametrize("read", [read_audio, read_header])
@pytest.mark.parametrize("suffix", ["mp3", "wav", "flac"])
@pytest.mark.parametrize("kind", FILES)
def test_the_message_says_what_the_file_is(tmp_path, kind, suffix, read):
    content, what = FILES[kind]
    (tmp_path / f"a.{suffix}").write_bytes(content)
    with pytest.raises(DataError, match=rf"a\.{suffix}: does not decode as audio \({what}.*\)\. Expected WAV, AU"):
        read(tmp_path / f"a.{suffix}")


@pytest.mark.parametrize("format", ["WAV", "AIFF", "FLAC", "OGG", "CAF", "AU"])
def test_audio_is_nothing_else(format):
    assert about_file(written(signal(), format=format)[:512]) == ""
    assert about_file(mp3(signal())[:512]) == ""


def test_a_damaged_file_keeps_the_reason_of_the_decoder(tmp_path):
    content = np.frombuffer(written(signal(), format="FLAC"), np.uint8).copy()
    content[2000:2010] ^= 0xFF
    (tmp_path / "a.flac").write_bytes(content.tobytes())
    with pytest.raises(DataError, match=r"does not decode as audio \(flac decoder lost sync\)"):
        read_audio(tmp_path / "a.flac")


def test_samples_without_a_header_are_no_known_format(tmp_path):
    (tmp_path / "a.wav").write_bytes(integers(signal()))
    with pytest.raises(DataError, match="Format not recognised"):
        read_audio(tmp_path / "a.wav")
