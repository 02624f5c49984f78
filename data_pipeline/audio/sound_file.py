"""Reading files with libsndfile: what a header declares is checked before memory is taken for it."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from data_pipeline.audio.refusal import refusal

MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 4_000, 384_000
# libsndfile says so where a FLAC file leaves its length open.
_UNKNOWN_FRAMES = (1 << 63) - 1
# More values from a byte are impossible: the most are those of silence in FLAC, where a frame of 35 bytes can hold
# 65,535 samples of each of 8 channels. Silence that libsndfile wrote gives up to 2,500 values for a byte (Vorbis).
_MAX_VALUES_PER_BYTE = 16_384
# Music never reaches this in any format. Memory for more is taken as the values decode.
_LIKELY_VALUES_PER_BYTE = 64
_BLOCK_FRAMES = 1 << 17
_MAX_NAME_BYTES = 1023


def source_of(path: Path, content: bytes | None = None) -> str | bytes | BinaryIO:
    """A file as libsndfile takes it: its name, as bytes where names are bytes: not all are valid UTF-8.

    Args:
        content: the file's bytes, where they were read already; a file whose name is too long is read from memory.
    """
    name = os.fsencode(path)
    if len(name) > _MAX_NAME_BYTES:
        return io.BytesIO(path.read_bytes() if content is None else content)
    return str(path) if os.name == "nt" else name


def declared_seconds(path: Path) -> float | None:
    """Length that a file's header declares; None where it leaves the length open.

    Raises:
        soundfile.SoundFileError: the header cannot be read.
    """
    header = soundfile.info(source_of(path))
    return None if header.frames == _UNKNOWN_FRAMES else header.duration


class _InOrder(soundfile.SoundFile):
    """Reads from the first frame to the last.

    `SoundFile` seeks to where it already is after each read of a file that can seek; in MP3 files that costs time, and
    FLAC files of unknown length do not allow it.
    """

    def seekable(self) -> bool:
        return False


@dataclass(frozen=True)
class Opened:
    """An open file whose header was checked.

    Args:
        frames: as the header declares; None where it leaves the length open.
    """

    file: soundfile.SoundFile
    frames: int | None
    size: int

    @property
    def is_mpeg(self) -> bool:
        """Whether the samples are an MPEG stream, alone or in a WAV file."""
        return self.file.format == "MP3" or self.file.subtype.startswith("MPEG_LAYER")

    def read(self, *, mono: bool, at_most: int | None = None) -> np.ndarray:
        """Read the samples in order, all that there are.

        Args:
            mono: average the channels.
            at_most: frames; more are neither read nor given memory.

        Returns:
            float32 (samples,) if mono, else (samples, channels).
        """
        expected = self.frames if at_most is None else min(at_most, self.frames or at_most)
        channels = self.file.channels
        if expected is None or expected * channels > _LIKELY_VALUES_PER_BYTE * self.size:
            blocks = self._blocks(_UNKNOWN_FRAMES if expected is None else expected)
            parts = [average_channels(block) if mono else block for block in blocks]
            return np.concatenate(parts) if parts else np.empty((0, channels), np.float32)
        if not mono or channels == 1:
            samples = self.file.read(expected, dtype="float32", always_2d=True)
            return samples[:, 0] if mono else samples
        samples, count = np.empty(expected, np.float32), 0
        for block in self._blocks(expected):
            average_channels(block, out=samples[count : count + len(block)])
            count += len(block)
        return samples[:count]

    def _blocks(self, frames: int) -> Iterator[np.ndarray]:
        """float32 (samples, channels) of at most `frames` frames, a block at a time."""
        return _blocks_of(self.file, frames)


def _blocks_of(file: soundfile.SoundFile, frames: int) -> Iterator[np.ndarray]:
    while frames:
        block = file.read(min(frames, _BLOCK_FRAMES), dtype="float32", always_2d=True)
        if not len(block):
            return
        frames -= len(block)
        yield block


def count_frames(file: soundfile.SoundFile, *, at_most: int | None = None) -> int:
    """Decode a file without keeping its samples.

    Args:
        at_most: frames; more are not decoded. None for all.
    """
    return sum(map(len, _blocks_of(file, _UNKNOWN_FRAMES if at_most is None else at_most)))


def average_channels(samples: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """float32 (samples, channels) -> (samples,): the mean of the channels, with the bits of `numpy.mean`.

    `numpy.mean` goes through short rows one by one, which takes 25 times as long as adding two columns.

    Args:
        out: where the result goes.
    """
    # Sums of values that are not finite, or far too large, become values that are not finite.
    with np.errstate(over="ignore", invalid="ignore"):
        if samples.shape[1] != 2:
            return samples.mean(axis=1, dtype=np.float32, out=out)
        averages = np.add(samples[:, 0], samples[:, 1], out=out)
        averages += np.float32(0)  # as in a sum that begins with 0, so that -0.0 becomes 0.0
        averages *= np.float32(0.5)
    return averages


def open_sound(source: str | bytes | BinaryIO, size: int, path: Path) -> Opened:
    """Open a file and check what its header declares.

    Args:
        source: path, or an open file in memory.
        size: bytes of the file.
        path: for messages.

    Raises:
        DataError: the sample rate is not one of audio, or the file cannot hold as many frames as it declares.
        soundfile.SoundFileError: the file is not audio.
    """
    file = _InOrder(source)
    try:
        if not MIN_SAMPLE_RATE <= file.samplerate <= MAX_SAMPLE_RATE:
            raise refusal(
                path,
                f"its header declares a sample rate of {file.samplerate:,} Hz, expected {MIN_SAMPLE_RATE:,} to "
                f"{MAX_SAMPLE_RATE:,}",
            )
        frames = None if file.frames == _UNKNOWN_FRAMES else file.frames
        if frames is not None and frames * file.channels > _MAX_VALUES_PER_BYTE * size:
            raise refusal(
                path,
                f"its header declares {frames:,} frames of {file.channels} channels, more than {size:,} bytes can hold",
            )
    except BaseException:
        file.close()
        raise
    return Opened(file, frames, size)
