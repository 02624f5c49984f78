"""FLAC files that state fewer samples than they hold."""

import io

import numpy as np
import pytest

from data_pipeline.audio import flac
from data_pipeline.audio.decode import read_audio, read_header
from tests.helpers.odd_audio import flac_with_total, id3v1, id3v2, signal, written


def _flac(seconds: float = 1.0, channels: int = 1) -> bytes:
    samples = np.stack([signal(number, seconds) for number in range(channels)], axis=1)
    return written(samples, format="FLAC")


def _header(content: bytes) -> bytes:
    return flac.header_of_all_samples(io.BytesIO(content), 0, len(content))


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("stated", [1, 4096, 30_000, 40_960])
@pytest.mark.parametrize(
    ("before", "behind"), [(b"", b""), (id3v2(bytes(2000)), b""), (b"", id3v1())], ids=["bare", "ID3v2", "ID3v1"]
)
def test_all_samples_are_read(tmp_path, channels, stated, before, behind):
    content, path = _flac(channels=channels), tmp_path / "a.flac"
    path.write_bytes(content)
    expected = read_audio(path, mono=False)
    assert len(expected) == 44_100
    path.write_bytes(before + flac_with_total(content, stated) + behind)
    np.testing.assert_array_equal(read_audio(path, mono=False), expected)
    assert read_header(path).frames == 44_100


def test_the_frames_of_a_long_file_are_found(tmp_path):
    # Numbers of frames take one byte up to 127, and two bytes from there on.
    content = _flac(20.0)
    (tmp_path / "a.flac").write_bytes(flac_with_total(content, 870_000))
    assert len(read_audio(tmp_path / "a.flac")) == 20 * 44_100


# Codes of RFC 9639, section 9.1.1, and of 4,096 and 1,000 samples as they are written out.
@pytest.mark.parametrize(
    ("code", "further", "samples"),
    [
        (1, b"", 192),
        (2, b"", 576),
        (5, b"", 4608),
        (6, b"\xff", 256),
        (7, b"\x03\xe7", 1000),
        (8, b"", 256),
        (12, b"", 4096),
        (15, b"", 32768),
    ],
)
def test_the_samples_of_a_frame_are_those_of_its_code(code, further, samples):
    # The 1,234,567th sample, which takes four bytes, in a file of blocks of different sizes.
    header = bytes((0xFF, 0xF9, code << 4 | 9, 0x08, 0xF4, 0xAD, 0x9A, 0x87)) + further
    header += bytes([flac._crc8(header)])
    assert flac._frames(b"\xff\xf8" + header, 4096) == [flac._Frame(0x12D687, 0x12D687 + samples)]
    assert flac._frames(header[:-1] + bytes([header[-1] ^ 1]), 4096) == []


def test_the_frames_of_a_file_follow_one_another():
    content = _flac(20.0)
    frames = flac._frames(content, 4096)
    chained = [frames[0]]
    for frame in frames[1:]:
        if frame.begin == chained[-1].end:
            chained.append(frame)
    assert (chained[0].begin, chained[-1].end, len(chained)) == (0, 20 * 44_100, -(-20 * 44_100 // 4096))


@pytest.mark.parametrize("seconds", [0.01, 1.0, 3.0])
def test_a_file_that_states_its_samples_is_read_as_it_is(seconds):
    content = _flac(seconds)
    assert _header(content) == b""
    assert _header(flac_with_total(content, 0)) == b""


@pytest.mark.parametrize("length", [0, 4, 20, 26, 42, 60])
def test_a_cut_header_is_left_to_the_decoder(length):
    assert _header(_flac()[:length]) == b""


def test_what_only_looks_like_the_header_of_a_frame_does_not_count(tmp_path):
    header = bytes((0xFF, 0xF8, 0xC9, 0x08, 0x7F))  # frame 127, of 4,096 samples
    content = _flac() + b"TAG" + header + bytes([flac._crc8(header)]) + bytes(119)
    assert flac._Frame(127 * 4096, 128 * 4096) in flac._frames(content[-128:], 4096)
    assert _header(content) == b""
    (tmp_path / "a.flac").write_bytes(flac_with_total(content, 9))
    assert len(read_audio(tmp_path / "a.flac")) == 44_100
