"""Mel filters: triangles over the bins of a spectrum, evenly spaced on a mel scale.

Every value equals that of `librosa.filters.mel`, which would bring numba and LLVM into the process (over 100 MB, a
second to import). The operations below therefore have its order and precision: others would give other last digits, and
with them other stored features.
"""

import warnings
from typing import Literal

import numpy as np

MelScale = Literal["slaney", "htk"]

# M. Slaney, "Auditory Toolbox, Version 2", Technical Report 1998-010, Interval Research Corporation, 1998 (`mfcc`): one
# mel is 200/3 Hz up to 1000 Hz; from there, 27 mels lead from 1000 Hz to 6400 Hz in equal ratios.
_HZ_PER_MEL = 200.0 / 3
_LOG_FROM_HZ = 1000.0
_LOG_FROM_MEL = _LOG_FROM_HZ / _HZ_PER_MEL
_LOG_RATIO_PER_MEL = np.log(6.4) / 27.0


def mel_filters(sample_rate: int, n_fft: int, n_mels: int, scale: MelScale = "slaney") -> np.ndarray:
    """Weights of the mel bands from 0 Hz to half the sample rate.

    Each filter rises from the centre of the band below to its own centre, and falls to the centre of the band above.
    With more bands than the spectrum resolves, some filters lie between two bins: they are all zero, and a warning says
    so.

    Args:
        sample_rate: Hz.
        n_fft: samples of a frame.
        n_mels: number of bands.
        scale: `slaney` with filters of equal area (their height is 2 over their width in Hz), or `htk` with filters of
            height 1.

    Returns:
        float32 (n_mels, n_fft // 2 + 1).
    """
    bins = np.fft.rfftfreq(n_fft, d=1.0 / sample_rate)
    edges = _band_edges(sample_rate / 2, n_mels, scale)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins - low) / (centre - low)
    falling = (high - bins) / (high - centre)
    weights = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    if scale == "slaney":
        # The triangles are rounded to float32 before they are scaled, and the products again.
        weights *= 2.0 / (high - low)
    # As in librosa, an empty first band alone is no reason to warn.
    empty = ~weights.any(axis=1)
    if empty[1:].any():
        warnings.warn(
            f"{empty.sum()} of {n_mels} mel bands lie between two bins of the spectrum and are 0 for any sound "
            f"(sample_rate {sample_rate}, n_fft {n_fft}). Use fewer n_mels or a larger n_fft.",
            stacklevel=2,
        )
    return weights


def _band_edges(highest_hz: float, n_mels: int, scale: MelScale) -> np.ndarray:
    """Float64 (n_mels + 2,) Hz: 0, the centres of the bands, and the highest frequency, evenly spaced in mel."""
    to_mel, to_hz = (_slaney_mel, _slaney_hz) if scale == "slaney" else (_htk_mel, _htk_hz)
    return to_hz(np.linspace(0.0, to_mel(highest_hz), n_mels + 2))


def _slaney_mel(hz: float) -> float:
    if hz < _LOG_FROM_HZ:
        return hz / _HZ_PER_MEL
    return _LOG_FROM_MEL + np.log(hz / _LOG_FROM_HZ) / _LOG_RATIO_PER_MEL


def _slaney_hz(mel: np.ndarray) -> np.ndarray:
    hz = _HZ_PER_MEL * mel
    logarithmic = mel >= _LOG_FROM_MEL
    hz[logarithmic] = _LOG_FROM_HZ * np.exp(_LOG_RATIO_PER_MEL * (mel[logarithmic] - _LOG_FROM_MEL))
    return hz


# S. Young et al., "The HTK Book", chapter "Speech Input/Output", section "Filterbank Analysis".
def _htk_mel(hz: float) -> float:
    return 2595.0 * np.log10(1.0 + hz / 700.0)


def _htk_hz(mel: np.ndarray) -> np.ndarray:
    return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
