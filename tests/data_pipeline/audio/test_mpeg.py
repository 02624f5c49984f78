"""MP3 files as people have them: tags, padding, junk, no header that states the length, or one that is wrong."""

import io
import struct
from functools import cache

import numpy as np
import pytest
import soundfile

from common.core.errors import DataError
from data_pipeline.audio import mpeg
from data_pipeline.audio.decode import read_audio, read_header

RATE = 44100
# What LAME puts before the first sample; the decoder's own delay of 529 samples is trimmed in any case.
ENCODER_DELAY = 576


def music(seconds: float, rate: int, channels: int) -> np.ndarray:
    """Noise behind half the time near silence, so that frames of variable bit rate begin small."""
    samples = np.random.default_rng(0).normal(0, 0.2, (int(seconds * rate), channels)).clip(-1, 1)
    samples[: len(samples) // 2] *= 1e-4
    return samples


@cache
def encoded(rate: int = RATE, channels: int = 1, mode: str = "VARIABLE", seconds: float = 3.0) -> bytes:
    """An MP3 with a true Xing header."""
    file = io.BytesIO()
    samples = music(seconds, rate, channels)
    soundfile.write(file, samples, rate, format="MP3", bitrate_mode=mode, compression_level=0.1)
    return file.getvalue()


def xing_and_frames(data: bytes) -> tuple[bytes, bytes]:
    """The first frame, which only states the length, and the frames with samples."""
    ((begin, end),) = mpeg.find_stream(data).pieces
    return data[:begin], data[begin:end]


def middle(frames: bytes) -> int:
    """Where one of the frames in the middle begins."""
    stream = mpeg.find_stream(frames)
    end = 0
    for _ in range(stream.frames // 2):
        end = mpeg.find_stream(frames[end:]).pieces[0][0] + end
        end += mpeg._lengths(mpeg._kind(frames, end))[frames[end + 2]]
    return end


def id3v2(content: bytes, *, version: int = 3, flags: int = 0, name: bytes = b"ID3") -> bytes:
    size = bytes(len(content) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return name + bytes((version, 0, flags)) + size + content


def with_frames_field(first: bytes, frames: int) -> bytes:
    place = max(first.find(b"Xing"), first.find(b"Info"))
    return first[: place + 8] + struct.pack(">I", frames) + first[place + 12 :]


XING, FRAMES = xing_and_frames(encoded())
SAMPLES = 3 * RATE
PICTURE = np.random.default_rng(0).integers(0, 256, 20_000, dtype=np.uint8).tobytes()
TAG = id3v2(PICTURE)
HALF = middle(FRAMES)
APE = b"APETAGEX" + b"\0" * 200
ID3V1 = b"TAG" + b"\0" * 125
WHOLE = {
    "no tag": FRAMES,
    "cover art": TAG + FRAMES,
    "padding behind the tag": TAG + b"\0" * 2048 + FRAMES,
    "two tags": TAG + id3v2(b"\0" * 100) + FRAMES,
    "a tag with a footer": id3v2(PICTURE, version=4, flags=0x10) + id3v2(b"", name=b"3DI", flags=0x10) + FRAMES,
    "a tag whose size is not in seven bits": b"ID3\3\0\0" + struct.pack(">I", 0xFF00) + FRAMES,
    "junk before the first frame": b"\x00\x11\xff" * 50 + FRAMES,
    "the end of a lost frame before the first": FRAMES[HALF - 100 : HALF] + FRAMES,
    "zeros in the middle": FRAMES[:HALF] + b"\0" * 3000 + FRAMES[HALF:],
    "a tag in the middle": FRAMES[:HALF] + TAG + FRAMES[HALF:],
    "tags at the end": FRAMES + APE + ID3V1,
    "a header that says 0 frames": with_frames_field(XING, 0) + FRAMES,
    "the header of a shorter file": with_frames_field(XING, 30) + FRAMES,
    "a header with a checksum that says 0 frames": b"\xff\xfa" + with_frames_field(XING, 0)[2:] + FRAMES,
    "a header that counts itself": with_frames_field(XING, mpeg.find_stream(FRAMES).frames + 1) + FRAMES,
}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("name", ["a.mp3", "a.data"])
def test_every_frame_of_a_whole_mp3_is_read(tmp_path, kind, name):
    true, path = tmp_path / "true.mp3", tmp_path / name
    true.write_bytes(encoded())
    path.write_bytes(WHOLE[kind])
    expected, samples = read_audio(true), read_audio(path)
    assert len(expected) == SAMPLES
    assert 0 <= len(samples) - SAMPLES <= 2 * 1152
    begin = 529 + ENCODER_DELAY - _trimmed(samples)
    np.testing.assert_array_equal(samples[begin : begin + SAMPLES - 2000], expected[: SAMPLES - 2000])


def _trimmed(samples: np.ndarray) -> int:
    """What was trimmed before the samples: nothing of a stream that was read as it is."""
    whole = mpeg.find_stream(FRAMES).samples
    return {whole: 0, whole - 529: 529, SAMPLES: 529 + ENCODER_DELAY}[len(samples)]


def test_the_stream_is_such_that_libsndfile_alone_loses_samples(tmp_path):
    for kind in ("cover art", "the header of a shorter file", "a header that says 0 frames"):
        (tmp_path / "a.mp3").write_bytes(WHOLE[kind])
        assert len(soundfile.read(tmp_path / "a.mp3")[0]) < 0.8 * SAMPLES


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000])
def test_streams_of_every_mpeg_version_are_read_whole(tmp_path, rate, channels):
    data = encoded(rate, channels, seconds=1.5)
    stream = mpeg.find_stream(data)
    assert stream.frames == stream.declared_frames
    (tmp_path / "a.mp3").write_bytes(xing_and_frames(data)[1])
    samples = read_audio(tmp_path / "a.mp3", mono=False)
    assert samples.shape[1] == channels
    assert stream.samples - 529 <= len(samples) <= stream.samples
    assert stream.samples - 529 >= 1.5 * rate


@pytest.mark.parametrize("mode", ["CONSTANT", "AVERAGE", "VARIABLE"])
def test_a_true_header_trims_what_the_encoder_added(tmp_path, mode):
    (tmp_path / "a.mp3").write_bytes(TAG + encoded(mode=mode))
    assert len(read_audio(tmp_path / "a.mp3")) == SAMPLES


@pytest.mark.parametrize("first", [b"", XING])
def test_a_frame_that_is_cut_at_the_end_is_left_out(tmp_path, first):
    (tmp_path / "a.mp3").write_bytes(first + FRAMES[:-20])
    stream = mpeg.find_stream(first + FRAMES[:-20])
    assert stream.frames == mpeg.find_stream(FRAMES).frames - 1
    assert len(read_audio(tmp_path / "a.mp3")) == stream.samples - 529


@pytest.mark.parametrize("lost_frames", [2, 3])
def test_lost_frames_at_the_end_are_missed(tmp_path, lost_frames):
    (tmp_path / "a.mp3").write_bytes(with_frames_field(XING, mpeg.find_stream(FRAMES).frames + lost_frames) + FRAMES)
    with pytest.raises(DataError, match="truncated: its headers declare"):
        read_audio(tmp_path / "a.mp3")


@pytest.mark.parametrize("cut", [HALF, HALF + 10])
@pytest.mark.parametrize("before", [b"", TAG + b"\0" * 2048])
@pytest.mark.parametrize("name", ["a.mp3", "a.data"])
def test_a_file_that_holds_fewer_frames_than_its_header_declares_is_truncated(tmp_path, name, before, cut):
    (tmp_path / name).write_bytes(before + XING + FRAMES[:cut])
    with pytest.raises(DataError, match=rf"{name}: truncated: its headers declare .* frames, only .* decode"):
        read_audio(tmp_path / name)


def test_a_file_whose_only_frame_states_the_length_holds_no_frames(tmp_path):
    (tmp_path / "a.mp3").write_bytes(XING)
    assert mpeg.find_stream(XING) is None
    with pytest.raises(DataError, match=r"a\.mp3: does not decode as audio"):
        read_audio(tmp_path / "a.mp3")


def test_padding_before_a_true_header_changes_nothing(tmp_path):
    for name, before in (("a.mp3", b""), ("b.mp3", TAG + b"\0" * 2048), ("b.data", TAG + b"\0" * 2048)):
        (tmp_path / name).write_bytes(before + encoded())
        assert len(read_audio(tmp_path / name)) == SAMPLES
        assert read_header(tmp_path / name).frames == SAMPLES


def test_frames_that_were_overwritten_in_the_middle_are_missed(tmp_path):
    (tmp_path / "a.mp3").write_bytes(XING + FRAMES[: HALF - 4000] + b"\0" * 4000 + FRAMES[HALF:])
    with pytest.raises(DataError, match="truncated: its headers declare"):
        read_audio(tmp_path / "a.mp3")


def test_a_fraunhofer_header_that_says_too_few_frames_is_not_believed(tmp_path):
    first = bytearray(XING[:4].ljust(len(XING), b"\0"))
    first[36:54] = b"VBRI" + struct.pack(">HHHII", 1, 0, 75, 10_000, 20)
    (tmp_path / "a.mp3").write_bytes(bytes(first) + FRAMES)
    assert mpeg.find_stream(bytes(first) + FRAMES).declared_frames == 20
    assert 0 <= len(read_audio(tmp_path / "a.mp3")) - SAMPLES <= 2 * 1152


def test_a_change_of_the_sample_rate_is_refused(tmp_path):
    other = xing_and_frames(encoded(48000, seconds=1.5))[1]
    (tmp_path / "a.mp3").write_bytes(FRAMES + other)
    with pytest.raises(DataError, match="sample rate, version or layer of its MP3 frames changes in the middle"):
        read_audio(tmp_path / "a.mp3")


def test_mp3_in_wav_is_read_whole(tmp_path):
    layout = struct.pack("<HHIIHHHHIHHH", 0x55, 1, RATE, 16_000, 1, 0, 12, 1, 2, 417, 1, 1393)
    body = b"WAVEfmt " + struct.pack("<I", len(layout)) + layout + b"data" + struct.pack("<I", len(FRAMES)) + FRAMES
    (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    assert len(soundfile.read(tmp_path / "a.wav")[0]) < 0.8 * SAMPLES, "the guess is right, so nothing is tested"
    assert 0 <= len(read_audio(tmp_path / "a.wav")) - SAMPLES <= 2 * 1152


def frames_of_layer(layer: int, count: int) -> bytes:
    """MPEG 1 frames, mono at 44,100 Hz, whose first subband is noise: 256 kbit/s in Layer I, 192 in Layer II."""
    header, length, allocation = {
        1: (b"\xff\xff\x80\xc0", 276, "0001" + "0" * 124),
        2: (b"\xff\xfd\xa0\xc0", 626, "0001" + "0" * 90 + "10"),
    }[layer]
    bits = np.random.default_rng(0).integers(0, 2, (count, 8 * (length - 4)), dtype=np.uint8)
    fixed = allocation + "000011"  # a large scale factor
    bits[:, : len(fixed)] = [int(bit) for bit in fixed]
    return b"".join(header + np.packbits(frame).tobytes() for frame in bits)


@pytest.mark.parametrize(("layer", "samples_per_frame"), [(1, 384), (2, 1152)])
@pytest.mark.parametrize("before", [b"", TAG + b"\0" * 2000])
def test_layers_1_and_2_are_read_whole(tmp_path, layer, samples_per_frame, before):
    (tmp_path / "a.mp2").write_bytes(before + frames_of_layer(layer, 40) + ID3V1)
    assert len(read_audio(tmp_path / "a.mp2")) == 40 * samples_per_frame


def test_layer_2_of_variable_bit_rate_is_not_shortened_without_a_word(tmp_path):
    (tmp_path / "a.mp2").write_bytes(frames_of_layer(2, 20) + smaller_frames_of_layer_2(40))
    with pytest.raises(DataError, match=f"truncated: its headers declare {60 * 1152} frames, only"):
        read_audio(tmp_path / "a.mp2")


def smaller_frames_of_layer_2(count: int) -> bytes:
    """The same frames at 128 kbit/s, without their last bytes."""
    whole = frames_of_layer(2, count)
    return b"".join(b"\xff\xfd\x80\xc0" + whole[start + 4 : start + 417] for start in range(0, len(whole), 626))


@pytest.mark.parametrize(
    "data", [b"", b"no MP3 at all", b"\xff" * 5000, b"\xff\xfb\x90\x00", PICTURE, XING[:100], b"ID3\3\0\0\0\0\0\x0a"]
)
def test_other_bytes_hold_no_stream(data):
    assert mpeg.find_stream(data) is None
