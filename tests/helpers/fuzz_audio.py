"""Damaged audio files of every format that is read, see `tests.helpers.fuzzing`."""

import io
import random
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
from tinytag import TinyTagException

from common.core.errors import DataError
from data_pipeline.audio.decode import ReadLimits, read_audio, read_header
from data_pipeline.audio.sound_file import declared_seconds
from data_pipeline.datasets.tags import artist_in_tags
from tests.helpers.fuzzing import Format, mutated
from tests.helpers.own_folder import id3_tag

FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "aiff": ("AIFF", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "au": ("AU", "PCM_16"),
}
_LIMITS = (ReadLimits(), ReadLimits(most_seconds=60))


@lru_cache
def _sound(suffix: str, channels: int) -> bytes:
    kind, subtype = FORMATS[suffix]
    time = np.arange(4000) / 8000
    samples = np.stack([0.3 * np.sin(2 * np.pi * (300 + channel) * time) for channel in range(channels)], axis=1)
    written = io.BytesIO()
    soundfile.write(written, samples, 8000, format=kind, subtype=subtype)
    return written.getvalue()


def made(rng: random.Random) -> tuple[str, bytes]:
    """A damaged file; one of six has a tag before it."""
    suffix = rng.choice(list(FORMATS))
    content = _sound(suffix, rng.choice((1, 2)))
    if rng.random() < 1 / 6:
        content = id3_tag(TPE1="ABBA") + content
    return f"a.{suffix}", mutated(content, rng)


def read(path: Path) -> None:
    """Read the header, the samples, the length and the artist."""
    for reader in (read_header, read_audio):
        for limits in _LIMITS:
            try:
                reader(path, limits=limits)
            except DataError as error:
                _require_documented(error, path)
    with suppress(soundfile.SoundFileError):
        declared_seconds(path)
    try:
        artist_in_tags(path)
    except TinyTagException as error:
        if isinstance(error.__cause__, MemoryError):
            raise AssertionError("took memory for what a tag claims") from error


def _require_documented(error: DataError, path: Path) -> None:
    message = str(error)
    assert message.startswith(f"{path}: "), message
    assert "\n" not in message, message
    assert not isinstance(error.__cause__, MemoryError), f"took memory for what is claimed: {message}"


FORMAT = Format(made, read)
