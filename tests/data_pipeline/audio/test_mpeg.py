"""MP3 files whose headers declare the wrong length."""

import numpy as np
import pytest
import soundfile

from common.core.errors import DataError
from data_pipeline.audio import mpeg
from data_pipeline.audio.decode import read_audio

RATE = 44100


def vbr_without_header(path, *, begins_loud: bool) -> int:
    """Write an MP3 of variable bit rate without the header that holds its length; returns its number of samples."""
    noise = (0.5 * np.random.default_rng(0).standard_normal(6 * RATE)).clip(-1, 1)
    quiet = np.zeros(6 * RATE)
    samples = np.concatenate((noise, quiet) if begins_loud else (quiet, noise))
    soundfile.write(path, samples, RATE, format="MP3", bitrate_mode="VARIABLE", compression_level=0.1)
    data = path.read_bytes()
    begin = mpeg._after_tag(data)
    length, _ = mpeg._frame(data[begin : begin + 4])
    assert mpeg.counted_samples(path) is None
    assert b"Xing" in data[begin : begin + length]
    path.write_bytes(data[begin + length :])
    return len(samples)


def test_an_mp3_that_is_guessed_too_long_is_read_whole(tmp_path):
    samples = vbr_without_header(tmp_path / "a.mp3", begins_loud=False)
    with soundfile.SoundFile(tmp_path / "a.mp3") as file:
        assert file.frames > 1.5 * samples, "the guess is right, so nothing is tested"
    assert 0 <= mpeg.counted_samples(tmp_path / "a.mp3") - samples <= mpeg.TRIMMED_SAMPLES
    assert abs(len(read_audio(tmp_path / "a.mp3")) - samples) <= mpeg.TRIMMED_SAMPLES


def test_an_mp3_that_is_guessed_too_short_is_not_silently_shortened(tmp_path):
    samples = vbr_without_header(tmp_path / "a.mp3", begins_loud=True)
    assert len(soundfile.read(tmp_path / "a.mp3")[0]) < 0.9 * samples, "the guess is right, so nothing is tested"
    with pytest.raises(DataError, match="truncated: its headers declare"):
        read_audio(tmp_path / "a.mp3")


@pytest.mark.parametrize(("rate", "mode"), [(44100, "CONSTANT"), (22050, "VARIABLE"), (48000, "AVERAGE")])
def test_frames_are_counted_at_every_rate(tmp_path, rate, mode):
    tone = 0.3 * np.sin(np.arange(7 * rate) / 20)
    path = tmp_path / "a.mp3"
    soundfile.write(path, tone, rate, format="MP3", bitrate_mode=mode)
    assert len(read_audio(path)) == len(tone)
    data = path.read_bytes()
    length, _ = mpeg._frame(data[mpeg._after_tag(data) :][:4])
    path.write_bytes(data[mpeg._after_tag(data) + length :])
    assert 0 <= mpeg.counted_samples(path) - len(tone) <= mpeg.TRIMMED_SAMPLES
    path.write_bytes(b"no MP3 at all")
    assert mpeg.counted_samples(path) is None
