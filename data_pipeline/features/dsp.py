"""Signal processing of the spectral features: framed spectra, mel power, decibels and cepstra.

Papers import this module with the features that they declare, also where no clip is transformed. `scipy.fft` takes
0.15 s to import and is therefore imported by the two functions that use it.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import numpy as np

from data_pipeline.features.mel_filters import MelScale, mel_filters

# Frames transformed at once: large enough to amortise the call, small enough to stay in the second-level cache.
_BLOCK_FRAMES = 64
# Mel bands multiplied at once: neighbouring bands need the same few bins, and narrower matrix products are slow.
_BAND_GROUP = 16
# Lower power is raised to this before decibels are taken.
_MIN_POWER = np.float32(1e-10)
Padding = Literal["constant", "reflect"]


def stft_power(samples: np.ndarray, n_fft: int, hop_samples: int) -> np.ndarray:
    """(samples,) -> (frames, n_fft // 2 + 1) float32: squared magnitudes of centred frames, zero padding."""
    power = np.empty((1 + len(samples) // hop_samples, n_fft // 2 + 1), np.float32)
    # In float32 the transform is off by up to 0.0013 dB near the floor; float64 agrees with librosa to 2e-5.
    for block, squares in _squared_parts(samples, n_fft, hop_samples, np.float64):
        np.add(squares[:, 0::2], squares[:, 1::2], out=power[block], casting="same_kind")
    return power


def mel_power(
    samples: np.ndarray,
    sample_rate: int,
    n_fft: int,
    hop_samples: int,
    n_mels: int,
    *,
    scale: MelScale = "slaney",
    padding: Padding = "constant",
) -> np.ndarray:
    """(samples,) -> (frames, n_mels) float32: mel-weighted power of centred frames.

    Args:
        scale: `slaney` with filters of equal area, or `htk` with filters of equal height.
        padding: before and after the samples: zeros (`constant`) or the samples mirrored (`reflect`).
    """
    mel = np.empty((1 + len(samples) // hop_samples, n_mels), np.float32)
    groups = _mel_groups(sample_rate, n_fft, n_mels, scale)
    for block, squares in _squared_parts(samples, n_fft, hop_samples, np.float32, padding):
        for columns, bands, weights in groups:
            np.matmul(squares[:, columns], weights, out=mel[block, bands])
    return mel


def _squared_parts(
    samples: np.ndarray, n_fft: int, hop_samples: int, precision: type, padding: Padding = "constant"
) -> Iterator[tuple[slice, np.ndarray]]:
    """Transform centred, Hann-windowed frames, a block of frames at a time.

    Yields:
        Slices of the 1 + samples // hop frames, and their squared real and imaginary parts side by side, of shape
        (block, 2 * (n_fft // 2 + 1)): the power of bin k is the sum of columns 2k and 2k + 1.
    """
    import scipy.fft  # here, as the module's docstring says

    window = _hann(n_fft).astype(precision)
    # float32 samples stay what they are until they meet the window, which gives the same products from half the memory.
    exact = samples if samples.dtype == np.float32 else samples.astype(precision, copy=False)
    padded = np.pad(exact, n_fft // 2, mode=padding)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_samples]
    windowed = np.empty((_BLOCK_FRAMES, n_fft), precision)
    for start in range(0, len(frames), _BLOCK_FRAMES):
        block = slice(start, min(start + _BLOCK_FRAMES, len(frames)))
        spectra = scipy.fft.rfft(np.multiply(frames[block], window, out=windowed[: block.stop - start]), axis=-1)
        parts = spectra.view(precision)
        yield block, np.square(parts, out=parts)


def power_to_db(power: np.ndarray, top_db: float) -> np.ndarray:
    """Power to dB below the maximum, floored at -top_db (librosa's `power_to_db` with `ref=np.max`)."""
    reference = np.float32(10 * np.log10(max(_MIN_POWER, power.max())))
    decibels = _absolute_db(power)
    decibels -= reference
    return np.maximum(decibels, np.float32(-top_db), out=decibels)


def power_to_absolute_db(power: np.ndarray, top_db: float) -> np.ndarray:
    """Power to dB relative to 1, floored `top_db` below the maximum (librosa's `power_to_db` with `ref=1.0`)."""
    decibels = _absolute_db(power)
    return np.maximum(decibels, decibels.max() - np.float32(top_db), out=decibels)


def _absolute_db(power: np.ndarray) -> np.ndarray:
    decibels = np.maximum(power, _MIN_POWER)
    np.log10(decibels, out=decibels)
    decibels *= 10
    return decibels


def cepstral_coefficients(decibels: np.ndarray, count: int) -> np.ndarray:
    """(frames, n_mels) dB -> (frames, count): the first coefficients of the orthonormal DCT-II over the bands."""
    import scipy.fft  # here, as the module's docstring says

    return scipy.fft.dct(decibels, type=2, norm="ortho", axis=1)[:, :count]


@lru_cache(maxsize=8)
def _hann(n_fft: int) -> np.ndarray:
    """Periodic Hann window, float64 (n_fft,): one period of a raised cosine, equal to `scipy.signal.get_window`."""
    return 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, n_fft + 1)[:-1])


@lru_cache(maxsize=8)
def _mel_groups(
    sample_rate: int, n_fft: int, n_mels: int, scale: MelScale = "slaney"
) -> list[tuple[slice, slice, np.ndarray]]:
    """Mel filters in groups of neighbouring bands, because most of the whole matrix is zero.

    Returns:
        For each group the columns of `_squared_parts` that it needs, its bands, and its weights (columns, bands). Each
        weight appears twice, for the real and the imaginary part, so that the product also adds the two.
    """
    weights = np.repeat(mel_filters(sample_rate, n_fft, n_mels, scale), 2, axis=1).T
    groups = []
    for first in range(0, n_mels, _BAND_GROUP):
        bands = slice(first, min(first + _BAND_GROUP, n_mels))
        used = np.flatnonzero(weights[:, bands].any(axis=1))
        columns = slice(used.min(initial=len(weights)), used.max(initial=-1) + 1)
        groups.append((columns, bands, np.ascontiguousarray(weights[columns, bands])))
    return groups
