"""Strict audio decoding: every frame that a file's header declares must decode, be finite and not all be zero."""

import importlib.util
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
import soxr

from common.core.errors import DataError, SpecError
from data_pipeline.audio import mpeg

Decoder = Literal["soundfile", "tensorflow-io"]
# Writers that cannot seek back (pipes, live encoders) leave these in place of a length.
_UNKNOWN_LENGTHS = {0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFE}


@dataclass(frozen=True)
class AudioHeader:
    """What the header of an audio file declares; `frames` is an estimate for MP3 files that do not state it."""

    sample_rate: int
    channels: int
    frames: int


def libsndfile_name(path: Path) -> str | bytes:
    """A path as libsndfile takes it: where names are bytes, as these, because not all of them are valid UTF-8."""
    return str(path) if os.name == "nt" else os.fsencode(path)


def read_header(path: Path) -> AudioHeader:
    """Read a file's header without decoding its samples.

    Raises:
        DataError: the file is not audio, holds fewer bytes than its header declares, or no frames at all.
    """
    path = Path(path)
    _check_declared_length(path)
    try:
        with soundfile.SoundFile(libsndfile_name(path)) as file:
            header = AudioHeader(file.samplerate, file.channels, file.frames)
    except (soundfile.SoundFileError, OSError) as error:
        raise _undecodable(path, error) from error
    if header.frames == 0:
        raise _without_frames(path)
    return header


def read_audio(
    path: Path, *, sample_rate: int | None = None, mono: bool = True, decoder: Decoder = "soundfile"
) -> np.ndarray:
    """Decode a whole file.

    Args:
        path: WAV, AU, FLAC, OGG or MP3 file.
        sample_rate: Hz; the samples are resampled (soxr, high quality) when the file has another rate.
        mono: average the channels.
        decoder: `soundfile`, or `tensorflow-io` (see `requirements-tfio.txt`).

    Returns:
        float32 samples in [-1, 1], shape (samples,) if mono, else (samples, channels).

    Raises:
        DataError: the file does not decode, holds fewer frames than its header declares, no frames at all,
            values that are not finite, or nothing but zeros.
        SpecError: the decoder is not installed.
    """
    path = Path(path)
    _check_declared_length(path)
    samples, file_rate = (_decode_soundfile if decoder == "soundfile" else _decode_tensorflow_io)(path)
    if len(samples) == 0:
        raise _without_frames(path)
    if not np.isfinite(samples).all():
        raise DataError(
            f"{path}: holds samples that are not finite (NaN or infinity). "
            "Replace the file, or skip it with --skip-bad (skip_bad=True)."
        )
    if mono:
        samples = samples.mean(axis=1, dtype=np.float32) if samples.shape[1] > 1 else samples[:, 0]
    # Checked after averaging: channels of opposite phase cancel to silence.
    if not samples.any():
        raise DataError(
            f"{path}: all {len(samples)} frames are zero (digital silence). "
            "Replace the file, or skip it with --skip-bad (skip_bad=True)."
        )
    if sample_rate is not None and sample_rate != file_rate:
        samples = soxr.resample(samples, file_rate, sample_rate, quality="HQ").astype(np.float32, copy=False)
    return samples


def require_decoder(decoder: Decoder) -> None:
    """Check that a decoder is installed, before any file is reported as bad.

    Raises:
        SpecError: its package is missing.
    """
    if decoder == "tensorflow-io" and importlib.util.find_spec("tensorflow_io") is None:
        raise SpecError(
            "--decoder tensorflow-io: the package is not installed here. Install requirements-tfio.txt (TensorFlow "
            "2.16.2) in a separate environment, or use the default decoder soundfile."
        )


def _undecodable(path: Path, error: Exception) -> DataError:
    detail = getattr(error, "error_string", None) or str(error)
    return DataError(
        f"{path}: does not decode as audio ({detail.strip().rstrip('.')}). Expected WAV, AU, FLAC, OGG or MP3. "
        "Replace the file, or skip it with --skip-bad (skip_bad=True)."
    )


def _without_frames(path: Path) -> DataError:
    return DataError(
        f"{path}: holds no audio frames (header only). Replace the file, or skip it with --skip-bad (skip_bad=True)."
    )


def _decode_soundfile(path: Path) -> tuple[np.ndarray, int]:
    try:
        with soundfile.SoundFile(libsndfile_name(path)) as file:
            declared = file.frames
            samples = file.read(dtype="float32", always_2d=True)
            rate = file.samplerate
            is_mp3 = file.format == "MP3"
    except (soundfile.SoundFileError, OSError) as error:
        raise _undecodable(path, error) from error
    counted = mpeg.counted_samples(path) if is_mp3 else None
    if counted is not None:
        declared = counted - mpeg.TRIMMED_SAMPLES
    if len(samples) < declared:
        raise DataError(
            f"{path}: truncated: its headers declare {declared} frames, only {len(samples)} decode. "
            "Replace the file, or skip it with --skip-bad (skip_bad=True)."
        )
    return samples, rate


def _decode_tensorflow_io(path: Path) -> tuple[np.ndarray, int]:
    require_decoder("tensorflow-io")
    import tensorflow_io

    try:
        tensor = tensorflow_io.audio.AudioIOTensor(str(path))
        samples = tensor.to_tensor().numpy()
        rate = int(tensor.rate.numpy())
    except Exception as error:  # tensorflow-io raises whatever its C++ ops raise, without a common base
        raise DataError(
            f"{path}: does not decode with tensorflow-io ({type(error).__name__}: {error}). "
            "Replace the file, or skip it with --skip-bad (skip_bad=True)."
        ) from error
    if np.issubdtype(samples.dtype, np.integer):
        samples = samples.astype(np.float32) / np.float32(-float(np.iinfo(samples.dtype).min))
    return samples.astype(np.float32, copy=False), rate


def _check_declared_length(path: Path) -> None:
    """Compare a WAV or AU header with the file's size: libsndfile silently shortens a file whose data ends early."""
    try:
        size = path.stat().st_size
        with open(path, "rb") as file:
            declared, available = _declared_data_bytes(file, size)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}). Check that it exists and its permissions."
        ) from error
    if declared is not None and declared > available:
        raise DataError(
            f"{path}: truncated: the header declares {declared} bytes of samples, the file holds {available}. "
            "Replace the file, or skip it with --skip-bad (skip_bad=True)."
        )


def _declared_data_bytes(file, size: int) -> tuple[int | None, int]:
    """Bytes of sample data as (declared, available); declared is None where the format does not state it."""
    head = file.read(12)
    if head[:4] == b".snd" and len(head) == 12:
        offset, declared = struct.unpack(">II", head[4:])
        return (None if declared in _UNKNOWN_LENGTHS else declared), max(0, size - offset)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None, size
    position = 12
    while position + 8 <= size:
        file.seek(position)
        name, length = struct.unpack("<4sI", file.read(8))
        position += 8
        if name == b"data":
            return (None if length in _UNKNOWN_LENGTHS else length), size - position
        position += length + length % 2
    return None, 0
