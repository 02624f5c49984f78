"""What a track becomes before it is stored: samples, STFT or log-mel in decibels, or arrays made elsewhere.

Every feature is an array of shape (frames, bins), time first, so that a window is one contiguous piece of a file.
A feature declares its frames per second; windows are given in seconds (see `windows.py`).
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
import scipy.fft
from pydantic import Field, PositiveFloat, PositiveInt
from scipy.signal import get_window

from common.errors import DataError
from common.specbase import Spec

# Frames transformed at once: large enough to amortise the call, small enough to stay in the second-level cache.
_BLOCK_FRAMES = 64
# Mel bands multiplied at once: neighbours need the same few bins, and fewer columns make a matrix product slow.
_BAND_GROUP = 16


class StorageFormat(Spec):
    """How values lie in a shard: `value = stored * scale + offset`."""

    dtype: Literal["float16", "float32", "int16", "uint8"]
    scale: float = 1.0
    offset: float = 0.0

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Float values to the stored type, rounded to nearest.

        Raises:
            DataError: a value does not fit the stored type's range.
        """
        if self.dtype in ("float16", "float32"):
            with np.errstate(over="ignore"):
                stored = values.astype(self.dtype)
            if not np.isfinite(stored).all():
                raise DataError(f"values up to {np.abs(values).max():g} do not fit {self.dtype}.")
            return stored
        limits = np.iinfo(self.dtype)
        steps = np.rint((values - np.float32(self.offset)) / np.float32(self.scale))
        # Asked this way round, NaN is refused too.
        if not (steps.min() >= limits.min and steps.max() <= limits.max):
            raise DataError(
                f"values from {values.min():g} to {values.max():g} do not fit {self.dtype} "
                f"with scale {self.scale:g} and offset {self.offset:g}."
            )
        return steps.astype(self.dtype)

    def decode(self, stored: np.ndarray) -> np.ndarray:
        """Stored values back to float32."""
        return stored.astype(np.float32) * np.float32(self.scale) + np.float32(self.offset)


# [0, 1] over the 65,535 steps of int16: 80 dB in steps of 0.0012 dB.
_UNIT_RANGE_INT16 = StorageFormat(dtype="int16", scale=1 / 65534, offset=0.5)

# Frames of odd length have no centre sample, and one fewer of them may fit than `frames` says.
_EvenInt = Annotated[int, Field(gt=0, multiple_of=2)]


class _Decibels(Spec):
    """Shared by the dB features: reference is the clip's maximum, floor `top_db` below, scaled to [0, 1]."""

    sample_rate: PositiveInt = 22050
    n_fft: _EvenInt
    hop_samples: PositiveInt = 512
    top_db: PositiveFloat = 80.0

    @property
    def frames_per_second(self) -> float:
        return self.sample_rate / self.hop_samples

    @property
    def storage(self) -> StorageFormat:
        return _UNIT_RANGE_INT16

    def frames(self, n_samples: int) -> int:
        """Frames of a track of `n_samples` samples (centred frames)."""
        return 1 + n_samples // self.hop_samples

    def extract(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (frames, bins) float32 in [0, 1]: 0 is the floor, 1 the clip's loudest value."""
        return self.decibels(samples) / np.float32(self.top_db) + np.float32(1)


class StftDb(_Decibels):
    """Magnitude STFT in dB, equal to librosa's `amplitude_to_db(abs(stft(y)), ref=np.max, top_db=80)`.

    Hann window, centred frames, zero padding.
    """

    kind: Literal["stft_db"] = "stft_db"
    n_fft: _EvenInt = 1024

    @property
    def bins(self) -> int:
        return self.n_fft // 2 + 1

    def decibels(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (frames, bins) float32 dB, between -top_db and 0."""
        power = np.empty((self.frames(len(samples)), self.bins), np.float32)
        # In float32 the transform is off by up to 0.0013 dB near the floor; float64 agrees with librosa to 2e-5.
        for block, squares in _squared_parts(samples, self.n_fft, self.hop_samples, np.float64):
            np.add(squares[:, 0::2], squares[:, 1::2], out=power[block], casting="same_kind")
        return _power_to_db(power, self.top_db)


class LogMel(_Decibels):
    """Log-mel spectrogram in dB, equal to librosa's `power_to_db(melspectrogram(y), ref=np.max, top_db=80)`.

    Slaney mel scale and normalisation, power 2, Hann window, centred frames, zero padding.
    """

    kind: Literal["log_mel"] = "log_mel"
    n_fft: _EvenInt = 2048
    n_mels: PositiveInt = 128

    @property
    def bins(self) -> int:
        return self.n_mels

    def decibels(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (frames, n_mels) float32 dB, between -top_db and 0."""
        mel = np.empty((self.frames(len(samples)), self.n_mels), np.float32)
        groups = _mel_groups(self.sample_rate, self.n_fft, self.n_mels)
        for block, squares in _squared_parts(samples, self.n_fft, self.hop_samples, np.float32):
            for columns, bands, weights in groups:
                np.matmul(squares[:, columns], weights, out=mel[block, bands])
        return _power_to_db(mel, self.top_db)


# Steps of 16-bit audio: the samples of such a file keep their bits.
_AUDIO_INT16 = StorageFormat(dtype="int16", scale=1 / 32768)

# A lossy decoder or a resampler overshoots full scale by a few decibels; more is no audio scaled to [-1, 1].
_MOST_OVERSHOOT = 4.0


class Waveform(Spec):
    """The samples themselves, kept as 16-bit audio keeps them: `value = stored / 32768`.

    Args:
        sample_rate: Hz; files of another rate are resampled.
    """

    kind: Literal["waveform"] = "waveform"
    sample_rate: PositiveInt = 22050

    @property
    def frames_per_second(self) -> float:
        """One frame is one sample."""
        return float(self.sample_rate)

    @property
    def bins(self) -> int:
        return 1

    @property
    def storage(self) -> StorageFormat:
        return _AUDIO_INT16

    def frames(self, n_samples: int) -> int:
        return n_samples

    def extract(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (samples, 1) float32 in [-1, 32767/32768]; overshoot is limited, as any 16-bit file does.

        Raises:
            DataError: samples are far outside [-1, 1].
        """
        # Asked this way round, NaN is refused too.
        if not np.abs(samples).max() <= _MOST_OVERSHOOT:
            raise DataError(f"samples up to {np.abs(samples).max():g}, expected audio scaled to [-1, 1].")
        return np.clip(samples, np.float32(-1), np.float32(32767 / 32768))[:, None]


class Precomputed(Spec):
    """Arrays that were extracted elsewhere: nothing is computed, only cut and read.

    Args:
        bins: rows of each spectrogram.
        columns_per_second: columns for each second of audio.
        storage: how values are kept; integer arrays keep their bits.
    """

    kind: Literal["precomputed"] = "precomputed"
    bins: PositiveInt
    columns_per_second: PositiveFloat
    storage: StorageFormat

    @property
    def frames_per_second(self) -> float:
        return self.columns_per_second


Feature = Annotated[StftDb | LogMel | Waveform | Precomputed, Field(discriminator="kind")]


def _squared_parts(
    samples: np.ndarray, n_fft: int, hop_samples: int, precision: type
) -> Iterator[tuple[slice, np.ndarray]]:
    """Transform centred, Hann-windowed frames, a block of frames at a time.

    Yields:
        Which of the 1 + samples // hop frames, and their squared real and imaginary parts side by side, of shape
        (block, 2 * (n_fft // 2 + 1)): the power of bin k is the sum of columns 2k and 2k + 1.
    """
    window = _hann(n_fft).astype(precision)
    padded = np.pad(samples.astype(precision, copy=False), n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_samples]
    windowed = np.empty((_BLOCK_FRAMES, n_fft), precision)
    for start in range(0, len(frames), _BLOCK_FRAMES):
        block = slice(start, min(start + _BLOCK_FRAMES, len(frames)))
        spectra = scipy.fft.rfft(np.multiply(frames[block], window, out=windowed[: block.stop - start]), axis=-1)
        parts = spectra.view(precision)
        yield block, np.square(parts, out=parts)


def _power_to_db(power: np.ndarray, top_db: float) -> np.ndarray:
    """Power to dB below the maximum, floored at -top_db (librosa's `power_to_db` with `ref=np.max`)."""
    floor = np.float32(1e-10)
    reference = np.float32(10 * np.log10(max(floor, power.max())))
    decibels = np.maximum(power, floor)
    np.log10(decibels, out=decibels)
    decibels *= 10
    decibels -= reference
    return np.maximum(decibels, np.float32(-top_db), out=decibels)


@lru_cache(maxsize=8)
def _hann(n_fft: int) -> np.ndarray:
    """Periodic Hann window, float64 (n_fft,)."""
    return get_window("hann", n_fft)


@lru_cache(maxsize=8)
def _mel_groups(sample_rate: int, n_fft: int, n_mels: int) -> list[tuple[slice, slice, np.ndarray]]:
    """Slaney mel filters, cut into groups of neighbouring bands: most of the whole matrix is zero.

    Returns:
        For each group the columns of `_squared_parts` that it needs, its bands, and its weights (columns, bands). Each
        weight stands there twice, for the real and the imaginary part, so that the product also adds the two.
    """
    # librosa pulls in numba (over a second); a process that only reads shards does not pay for it.
    from librosa.filters import mel

    weights = np.repeat(mel(sr=sample_rate, n_fft=n_fft, n_mels=n_mels), 2, axis=1).T
    groups = []
    for first in range(0, n_mels, _BAND_GROUP):
        bands = slice(first, min(first + _BAND_GROUP, n_mels))
        used = np.flatnonzero(weights[:, bands].any(axis=1))
        columns = slice(used.min(initial=len(weights)), used.max(initial=-1) + 1)
        groups.append((columns, bands, np.ascontiguousarray(weights[columns, bands])))
    return groups
