"""Decoding: exact samples of good files, and one clear error for each kind of bad file."""

import struct
import sys

import numpy as np
import pytest
import soundfile

from common.core.errors import DataError, SpecError
from data_pipeline.audio import decode
from data_pipeline.audio.decode import AudioHeader, read_audio, read_header

RATE = 22050
PCM = (np.arange(1, 5001) * 37 % 65536 - 32768).astype("<i2")
DATA = PCM.tobytes()


def wav_bytes(*chunks: tuple[bytes, int, bytes], channels: int = 1) -> bytes:
    """A RIFF file of a 16-bit format chunk and `chunks` of (name, declared length, content)."""
    layout = struct.pack("<HHIIHH", 1, channels, RATE, RATE * 2 * channels, 2 * channels, 16)
    content = b"".join(
        name + struct.pack("<I", length) + body for name, length, body in ((b"fmt ", 16, layout), *chunks)
    )
    return b"RIFF" + struct.pack("<I", 4 + len(content)) + b"WAVE" + content


def au_bytes(samples: np.ndarray, declared: int) -> bytes:
    """A 16-bit mono AU file with a header of 24 bytes."""
    return b".snd" + struct.pack(">IIIII", 24, declared, 3, RATE, 1) + samples.astype(">i2").tobytes()


@pytest.fixture
def clip(tmp_path):
    """Write bytes to a file and return its path."""

    def write(content: bytes, name: str = "clip.wav"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def refusal(path) -> str:
    """The message with which a file is refused; it names the file and says what to do."""
    with pytest.raises(DataError) as caught:
        read_audio(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "Replace the file" in message
    assert "--skip-bad" in message
    return message


def test_wav_samples_are_its_integers_over_32768(clip):
    samples = read_audio(clip(wav_bytes((b"data", len(DATA), DATA))))
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, PCM.astype(np.float32) / 32768)


def test_au_samples_are_its_integers_over_32768(clip):
    samples = read_audio(clip(au_bytes(PCM, len(DATA)), "clip.au"))
    np.testing.assert_array_equal(samples, PCM.astype(np.float32) / 32768)


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_compressed_formats_decode(tmp_path, suffix):
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)
    soundfile.write(tmp_path / f"clip.{suffix}", tone, RATE)
    samples = read_audio(tmp_path / f"clip.{suffix}")
    assert samples.shape == tone.shape
    assert np.abs(samples - tone)[1000:-1000].max() < (1e-4 if suffix == "flac" else 0.02)


def test_stereo_is_averaged_or_kept(clip):
    left, right = PCM, PCM[::-1]
    path = clip(wav_bytes((b"data", 2 * len(DATA), np.stack([left, right], axis=1).tobytes()), channels=2))
    both = read_audio(path, mono=False)
    assert both.shape == (5000, 2)
    np.testing.assert_array_equal(both, np.stack([left, right], axis=1).astype(np.float32) / 32768)
    # Not integer arithmetic: 32767 + 32767 would overflow.
    np.testing.assert_array_equal(read_audio(path), (left.astype(np.float32) + right) / 65536)


@pytest.mark.parametrize("file_rate", [11025, 16000, 44100, 48000])
def test_resampling_keeps_duration_and_pitch(tmp_path, file_rate):
    time = np.arange(2 * file_rate) / file_rate
    soundfile.write(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * 1000 * time), file_rate)
    samples = read_audio(tmp_path / "tone.wav", sample_rate=RATE)
    assert samples.dtype == np.float32
    assert samples.shape == (2 * RATE,)
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE)
    np.testing.assert_allclose(samples[500:-500], expected[500:-500], atol=1e-3)


def test_resampling_does_not_alias_high_tones(tmp_path):
    soundfile.write(tmp_path / "high.wav", 0.5 * np.sin(2 * np.pi * 15000 * np.arange(88200) / 44100), 44100)
    samples = read_audio(tmp_path / "high.wav", sample_rate=RATE)
    assert np.abs(samples[500:-500]).max() < 1e-3


def test_files_of_the_asked_rate_are_not_touched(clip):
    path = clip(wav_bytes((b"data", len(DATA), DATA)))
    np.testing.assert_array_equal(read_audio(path, sample_rate=RATE), read_audio(path))


def test_stereo_is_resampled_channel_by_channel(tmp_path):
    tones = [0.5 * np.sin(2 * np.pi * hz * np.arange(44100) / 44100) for hz in (500, 2000)]
    soundfile.write(tmp_path / "two.wav", np.stack(tones, axis=1), 44100)
    samples = read_audio(tmp_path / "two.wav", sample_rate=RATE, mono=False)
    assert samples.shape == (RATE, 2)
    strongest = np.abs(np.fft.rfft(samples, axis=0)).argmax(axis=0)
    assert strongest.tolist() == [500, 2000]


LIST_CHUNK = (b"LIST", 18, b"INFOISFT" + struct.pack("<I", 6) + b"a tool")
ODD_CHUNK = (b"junk", 5, b"abcde\0")


@pytest.mark.parametrize("extra", [[LIST_CHUNK], [ODD_CHUNK], [LIST_CHUNK, ODD_CHUNK, LIST_CHUNK]])
def test_chunks_before_the_data_are_skipped(clip, extra):
    np.testing.assert_array_equal(
        read_audio(clip(wav_bytes(*extra, (b"data", len(DATA), DATA)))), PCM.astype(np.float32) / 32768
    )
    message = refusal(clip(wav_bytes(*extra, (b"data", len(DATA), DATA[:-10]))))
    assert f"declares {len(DATA)} bytes of samples, the file holds {len(DATA) - 10}" in message


def test_chunks_after_the_data_do_not_count_as_samples(clip):
    path = clip(wav_bytes((b"data", len(DATA), DATA), LIST_CHUNK))
    assert read_audio(path).shape == (5000,)


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFE])
def test_lengths_that_pipes_leave_are_accepted(clip, length):
    samples = read_audio(clip(wav_bytes((b"data", length, DATA))))
    np.testing.assert_array_equal(samples, PCM.astype(np.float32) / 32768)


def test_unknown_length_of_au_is_accepted(clip):
    samples = read_audio(clip(au_bytes(PCM, 0xFFFFFFFF), "clip.au"))
    np.testing.assert_array_equal(samples, PCM.astype(np.float32) / 32768)


@pytest.mark.parametrize("lost_bytes", [1, 2, 5000, len(DATA)])
def test_truncated_wav(clip, lost_bytes):
    message = refusal(clip(wav_bytes((b"data", len(DATA), DATA[:-lost_bytes]))))
    assert "truncated" in message
    assert f"declares {len(DATA)} bytes of samples, the file holds {len(DATA) - lost_bytes}" in message


@pytest.mark.parametrize("lost_samples", [1, 2500])
def test_truncated_au(clip, lost_samples):
    message = refusal(clip(au_bytes(PCM[:-lost_samples], len(DATA)), "clip.au"))
    assert f"truncated: the header declares {len(DATA)} bytes" in message


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
@pytest.mark.parametrize("suffix", ["flac", "mp3"])
def test_truncated_compressed_files(tmp_path, suffix, share):
    path = tmp_path / f"clip.{suffix}"
    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 2 * RATE), RATE)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refusal(path)


@pytest.mark.parametrize("content", [wav_bytes((b"data", 0, b"")), wav_bytes((b"data", 0xFFFFFFFF, b""))])
def test_header_only_wav(clip, content):
    assert "no audio frames (header only)" in refusal(clip(content))


@pytest.mark.parametrize("content", [b"", b"RIFF", wav_bytes()[:40], wav_bytes()])
def test_wav_cut_off_within_its_header(clip, content):
    assert "does not decode as audio" in refusal(clip(content))


@pytest.mark.parametrize("name", ["clip.wav", "clip.au", "clip.flac", "clip.mp3"])
def test_text_with_an_audio_suffix_is_refused(clip, name):
    refusal(clip(b"Not Found: the page that you asked for has moved.\n" * 20, name))


@pytest.mark.parametrize("name", ["zero.wav", "zero.flac"])
def test_digital_silence(tmp_path, name):
    soundfile.write(tmp_path / name, np.zeros(3000), RATE)
    assert "all 3000 frames are zero" in refusal(tmp_path / name)


@pytest.mark.parametrize("sign", [-1, 1])
def test_samples_on_one_side_of_zero_are_no_silence(tmp_path, sign):
    soundfile.write(tmp_path / "side.wav", sign * (np.arange(3000) % 2) * 0.5, RATE)
    assert np.abs(read_audio(tmp_path / "side.wav")).max() == 0.5


def test_channels_that_cancel_are_silence_in_mono_only(tmp_path):
    tone = np.rint(20000 * np.sin(np.arange(3000) / 10)).astype(np.int16)
    soundfile.write(tmp_path / "phase.wav", np.stack([tone, -tone], axis=1), RATE)
    assert "all 3000 frames are zero" in refusal(tmp_path / "phase.wav")
    assert read_audio(tmp_path / "phase.wav", mono=False).any()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite(tmp_path, value):
    samples = np.full(3000, 0.5, np.float32)
    samples[1234] = value
    soundfile.write(tmp_path / "nan.wav", samples, RATE, subtype="FLOAT")
    assert "not finite" in refusal(tmp_path / "nan.wav")


@pytest.mark.parametrize("name", ["missing.wav", "."])
def test_a_path_that_is_not_a_file_is_named(tmp_path, name):
    with pytest.raises(DataError, match="cannot be read") as caught:
        read_audio(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")


@pytest.mark.parametrize("error", [ValueError("frames"), RuntimeError("x"), MemoryError(), struct.error("unpack")])
@pytest.mark.parametrize("read", [read_audio, read_header])
def test_whatever_a_decoder_raises_names_the_file(clip, monkeypatch, error, read):
    def fail(*_):
        raise error

    path = clip(wav_bytes((b"data", len(DATA), DATA)))
    monkeypatch.setattr(decode, "open_sound", fail)
    with pytest.raises(DataError, match="does not decode as audio") as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert (str(error) or "MemoryError") in str(caught.value)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_decoder_is_no_bad_file(clip, monkeypatch, error):
    def stop(*_):
        raise error

    path = clip(wav_bytes((b"data", len(DATA), DATA)))
    monkeypatch.setattr(decode, "open_sound", stop)
    with pytest.raises(error):
        read_audio(path)


def test_an_error_of_a_decoder_that_an_interrupt_caused_is_no_bad_file(clip, monkeypatch):
    def stop(*_):
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()

    path = clip(wav_bytes((b"data", len(DATA), DATA)))
    monkeypatch.setattr(decode, "open_sound", stop)
    with pytest.raises(KeyboardInterrupt):
        read_audio(path)


def test_bytes_that_were_read_already_are_checked_instead_of_the_file(clip):
    path = clip(wav_bytes((b"data", len(DATA), DATA)))
    with pytest.raises(DataError, match="truncated"):
        read_audio(path, content=path.read_bytes()[:-2])


def test_a_missing_optional_decoder_error_says_how_to_install_it(clip, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_io", None)
    path = clip(wav_bytes((b"data", len(DATA), DATA)))
    with pytest.raises(SpecError, match=r"--decoder tensorflow-io.*requirements-tfio\.txt"):
        read_audio(path, decoder="tensorflow-io")


def test_a_header_states_rate_channels_and_length(clip):
    assert read_header(clip(wav_bytes((b"data", len(DATA), DATA), channels=2))) == AudioHeader(RATE, 2, 2500)


@pytest.mark.parametrize(
    "content",
    [
        wav_bytes((b"data", len(DATA), DATA[:-2])),
        au_bytes(PCM[:-1], len(DATA)),
        wav_bytes((b"data", 0, b"")),
        wav_bytes()[:40],
        b"Not Found: the page that you asked for has moved.",
    ],
)
def test_a_header_is_refused_for_the_same_reason_as_its_file(clip, content):
    path = clip(content)
    with pytest.raises(DataError) as caught:
        read_header(path)
    assert str(caught.value) == refusal(path)
