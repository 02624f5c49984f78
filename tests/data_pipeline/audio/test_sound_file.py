"""What headers declare is checked before memory is taken for it."""

import tracemalloc

import numpy as np
import pytest
import soundfile

from common.core.errors import BudgetError, DataError
from data_pipeline.audio import decode as decode_module
from data_pipeline.audio.decode import AudioHeader, ReadLimits, read_audio, read_header
from data_pipeline.audio.sound_file import Opened, average_channels, declared_seconds

RATE = 22050
NOISE = np.random.default_rng(0).normal(0, 0.1, 2 * RATE)


def flac_that_declares(path, frames: int) -> None:
    """A FLAC file whose STREAMINFO states another number of frames, in the low 36 bits of eight bytes."""
    soundfile.write(path, NOISE, RATE, format="FLAC")
    content = bytearray(path.read_bytes())
    stated = int.from_bytes(content[18:26], "big") >> 36 << 36 | frames
    content[18:26] = stated.to_bytes(8, "big")
    path.write_bytes(content)


@pytest.mark.parametrize("read", [read_audio, read_header])
@pytest.mark.parametrize("rate", [1, 8, 1000, 3999, 384_001, 1_000_000])
def test_a_sample_rate_that_is_none_of_audio_is_named(tmp_path, read, rate):
    soundfile.write(tmp_path / "a.wav", NOISE, rate)
    with pytest.raises(DataError, match=rf"a\.wav: .* sample rate of {rate:,} Hz, expected 4,000 to 384,000\. Repl"):
        read(tmp_path / "a.wav")


@pytest.mark.parametrize("rate", [4000, 384_000])
def test_the_lowest_and_the_highest_sample_rate_are_read(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", NOISE, rate)
    assert len(read_audio(tmp_path / "a.wav")) == len(NOISE)


@pytest.mark.parametrize("read", [read_audio, read_header])
def test_more_frames_than_the_bytes_can_hold_are_refused(tmp_path, read):
    flac_that_declares(tmp_path / "a.flac", (1 << 36) - 1)
    with pytest.raises(DataError, match=r"a\.flac: its header declares 68,719,476,735 frames of 1 channels, more than"):
        read(tmp_path / "a.flac")


def test_memory_is_not_taken_for_frames_that_are_only_declared(tmp_path):
    flac_that_declares(tmp_path / "a.flac", 500_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(
            DataError, match=f"truncated: its headers declare 500000000 frames, only {len(NOISE)} decode"
        ):
            read_audio(tmp_path / "a.flac")
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


def test_a_flac_file_of_unknown_length_is_read_to_the_end(tmp_path):
    soundfile.write(tmp_path / "true.flac", NOISE, RATE)
    flac_that_declares(tmp_path / "a.flac", 0)
    np.testing.assert_array_equal(read_audio(tmp_path / "a.flac"), read_audio(tmp_path / "true.flac"))
    assert read_header(tmp_path / "a.flac").frames == len(NOISE)


@pytest.mark.parametrize(("suffix", "subtype"), [("flac", "PCM_16"), ("ogg", "VORBIS")])
def test_a_minute_of_silence_before_a_sound_are_read(tmp_path, suffix, subtype):
    path = tmp_path / f"a.{suffix}"
    with soundfile.SoundFile(path, "w", 8000, 8, subtype=subtype) as file:
        for _ in range(60):
            file.write(np.zeros((8000, 8)))
        file.write(np.full((8000, 8), 0.25))
    values_per_byte = 61 * 8000 * 8 / path.stat().st_size
    assert values_per_byte > 64, "needs no more memory than music does, so nothing is tested"
    assert len(read_audio(path)) == 61 * 8000


def test_gsm_is_decoded(tmp_path):
    tone = 0.5 * np.sin(np.arange(4 * 8000) / 10)
    soundfile.write(tmp_path / "a.wav", tone, 8000, subtype="GSM610")
    samples = read_audio(tmp_path / "a.wav")
    assert 0 <= len(samples) - len(tone) < 320
    assert np.corrcoef(samples[: len(tone)], tone)[0, 1] > 0.98


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 8, 17])
@pytest.mark.parametrize("scale", [1.0, 1e-44, 1e30])
def test_averages_have_the_bits_of_the_mean(channels, scale):
    samples = np.random.default_rng(0).normal(0, scale, (40_000, channels)).astype(np.float32)
    samples[:100] = -0.0
    samples[100] = np.inf
    expected = samples.mean(axis=1, dtype=np.float32)
    np.testing.assert_array_equal(average_channels(samples).view(np.int32), expected.view(np.int32))


# MP3 holds two channels at most.
@pytest.mark.parametrize(
    ("suffix", "channels"),
    [*((suffix, channels) for suffix in ("wav", "flac") for channels in (1, 2, 3, 6)), ("mp3", 1), ("mp3", 2)],
)
def test_a_long_file_is_averaged_like_a_whole_array(tmp_path, suffix, channels):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, (300_001, channels)), 44100)
    expected = soundfile.read(path, dtype="float32", always_2d=True)[0]
    np.testing.assert_array_equal(read_audio(path, mono=False), expected)
    np.testing.assert_array_equal(read_audio(path), expected.mean(axis=1, dtype=np.float32))


def test_a_length_that_the_header_leaves_open_is_none(tmp_path):
    flac_that_declares(tmp_path / "a.flac", len(NOISE))
    assert declared_seconds(tmp_path / "a.flac") == 2.0
    flac_that_declares(tmp_path / "a.flac", 0)
    assert declared_seconds(tmp_path / "a.flac") is None


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "ogg"])
@pytest.mark.parametrize("name_bytes", [1023, 1024, 1500])
def test_a_name_that_is_too_long_for_libsndfile_is_read(tmp_path, suffix, name_bytes):
    folder = tmp_path
    while len(str(folder)) < name_bytes - 200:
        folder /= "x" * 90
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ("y" * (name_bytes - len(f"{folder}/.{suffix}")) + f".{suffix}")
    assert len(str(path)) == name_bytes
    soundfile.write(tmp_path / f"a.{suffix}", NOISE, RATE)
    (tmp_path / f"a.{suffix}").rename(path)
    samples = read_audio(path)
    path.rename(tmp_path / f"b.{suffix}")
    np.testing.assert_array_equal(samples, read_audio(tmp_path / f"b.{suffix}"))


def test_the_header_of_a_file_with_a_long_name_is_read(tmp_path):
    folder = tmp_path.joinpath(*["x" * 200] * 6)
    folder.mkdir(parents=True)
    soundfile.write(tmp_path / "a.wav", NOISE, RATE)
    (tmp_path / "a.wav").rename(folder / "a.wav")
    assert read_header(folder / "a.wav").frames == len(NOISE)


def test_a_file_with_a_long_name_that_was_read_already_is_not_read_again(tmp_path):
    soundfile.write(tmp_path / "a.wav", NOISE, RATE)
    content = (tmp_path / "a.wav").read_bytes()
    samples = read_audio(tmp_path.joinpath(*["x" * 200] * 6, "a.wav"), content=content)
    np.testing.assert_array_equal(samples, read_audio(tmp_path / "a.wav"))


def tone_of(path, seconds: int, rate: int = 8000, channels: int = 1, **options) -> None:
    time_axis = np.arange(seconds * rate) / 10
    soundfile.write(path, np.stack([0.5 * np.sin(time_axis)] * channels, axis=1), rate, **options)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff", "au"])
@pytest.mark.parametrize("read", [read_audio, read_header])
def test_a_longer_file_than_is_allowed_is_refused_with_its_length(tmp_path, suffix, read):
    path = tmp_path / f"a.{suffix}"
    tone_of(path, 10)
    frames = read_header(path).frames
    read(path, limits=ReadLimits(most_seconds=10.2))
    with pytest.raises(
        DataError, match=rf"a\.{suffix}: lasts 10 s \([\d,]+ frames at 8,000 Hz\), expected at most 9 s"
    ):
        read(path, limits=ReadLimits(most_seconds=9))
    assert 80_000 <= frames < 81_600


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_the_header_is_seen_once_before_samples_are_decoded(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"a.{suffix}"
    tone_of(path, 2, 44100, channels=2)
    seen = []
    monkeypatch.setattr(Opened, "read", lambda *_, **__: pytest.fail("decoded before the header was seen"))

    def refuse(header: AudioHeader) -> None:
        seen.append(header)
        raise BudgetError("too long")

    with pytest.raises(BudgetError, match="too long"):
        read_audio(path, limits=ReadLimits(reserve=refuse))
    ((rate, channels, frames),) = [(header.sample_rate, header.channels, header.frames) for header in seen]
    assert (rate, channels) == (44100, 2)
    assert 88_200 <= frames <= 88_200 + 2 * 1152


def test_streams_that_follow_each_other_are_reserved_together(tmp_path):
    path, seen = tmp_path / "a.ogg", []
    tone_of(path, 2)
    path.write_bytes(path.read_bytes() * 3)
    samples = read_audio(path, limits=ReadLimits(reserve=seen.append))
    assert seen == [AudioHeader(8000, 1, 48_000)]
    assert len(samples) == 48_000


def test_a_flac_file_of_unknown_length_is_decoded_up_to_the_limit_only(tmp_path, monkeypatch):
    path, counts = tmp_path / "a.flac", []
    tone_of(path, 200)
    content = bytearray(path.read_bytes())
    content[18:26] = (int.from_bytes(content[18:26], "big") >> 36 << 36).to_bytes(8, "big")
    path.write_bytes(content)
    count = decode_module.count_frames
    monkeypatch.setattr(decode_module, "count_frames", lambda *a, **k: counts.append(count(*a, **k)) or counts[-1])
    for read in (read_audio, read_header):
        with pytest.raises(DataError, match=r"lasts more than 40 s, expected at most 40 s"):
            read(path, limits=ReadLimits(most_seconds=40))
    assert counts == [320_001, 320_001]
    seen = []
    assert len(read_audio(path, limits=ReadLimits(most_seconds=200, reserve=seen.append))) == 1_600_000
    assert seen == [AudioHeader(8000, 1, 1_600_000)]
