"""Mel features as librosa's defaults make them: decibels over 1, or scaled by each track's own range, or MFCC.

Scaled to [0, 1] by its own least and largest value, a track keeps neither its loudness nor its range; a single click or
a stretch of digital silence decides where all its other values lie.
"""

from typing import Literal

import numpy as np
import scipy.fft
from pydantic import PositiveFloat, PositiveInt, model_validator

from common.core.spec import Spec
from data_pipeline.features.dsp import mel_power, power_to_absolute_db
from data_pipeline.features.storage import DECIBEL_INT16, EvenInt, StorageFormat, UnitRangeFrames

# Keeps a track of one value from being divided by zero.
_LEAST_RANGE = np.float32(1e-6)


class _Mel(UnitRangeFrames, Spec):
    """Shared by all: mel power of centred frames in decibels, 80 dB at most, of samples cut or padded to one length.

    Args:
        clip_seconds: every track is cut to this length, or padded at its end, before its transform; None leaves it as
            long as it is.
        padding: `zeros`, or the track itself, again from its beginning (`repeat`).
    """

    sample_rate: PositiveInt = 22050
    n_fft: EvenInt = 2048
    hop_samples: PositiveInt = 512
    n_mels: PositiveInt = 128
    top_db: PositiveFloat = 80.0
    clip_seconds: PositiveFloat | None = None
    padding: Literal["zeros", "repeat"] = "zeros"

    def frames(self, n_samples: int) -> int:
        """Frames of a track of `n_samples` samples (centred frames)."""
        return 1 + self._length(n_samples) // self.hop_samples

    def _length(self, n_samples: int) -> int:
        return n_samples if self.clip_seconds is None else round(self.clip_seconds * self.sample_rate)

    def decibels(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (frames, n_mels) float32 dB over 1, floored `top_db` below the loudest value."""
        length = self._length(len(samples))
        if self.padding == "repeat":
            samples = np.resize(samples, length)
        samples = np.pad(samples[:length], (0, max(0, length - len(samples))))
        mel = mel_power(samples, self.sample_rate, self.n_fft, self.hop_samples, self.n_mels)
        return power_to_absolute_db(mel, self.top_db)


class AbsoluteDbLogMel(_Mel):
    """Log-mel spectrogram in decibels over 1, equal to librosa's `power_to_db(melspectrogram(y), top_db=80)`."""

    kind: Literal["decibel_mel"] = "decibel_mel"

    @property
    def bins(self) -> int:
        return self.n_mels

    @property
    def storage(self) -> StorageFormat:
        return DECIBEL_INT16

    def extract(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (frames, n_mels) float32 dB."""
        return self.decibels(samples)


class MinMaxLogMel(_Mel):
    """Log-mel spectrogram, its own least value 0 and its own largest 1: `(x - min) / (max - min + 1e-6)` of librosa's
    `power_to_db(melspectrogram(y), ref=np.max, top_db=80)`. (The reference falls out of the scaling.)
    """

    kind: Literal["min_max_mel"] = "min_max_mel"

    @property
    def bins(self) -> int:
        return self.n_mels

    def extract(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (frames, n_mels) float32 in [0, 1]."""
        return _between_zero_and_one(self.decibels(samples))


class Mfcc(_Mel):
    """Mel-frequency cepstral coefficients, equal to librosa's `feature.mfcc` (DCT-II, orthonormal), scaled like
    `MinMaxLogMel` over all coefficients together.

    Args:
        n_mfcc: coefficients kept, from the first; at most `n_mels`.
    """

    kind: Literal["mfcc"] = "mfcc"
    n_mfcc: PositiveInt = 20

    @model_validator(mode="after")
    def _fits(self) -> "Mfcc":
        if self.n_mfcc > self.n_mels:
            raise ValueError(f"n_mfcc must be at most n_mels {self.n_mels}, received {self.n_mfcc}")
        return self

    @property
    def bins(self) -> int:
        return self.n_mfcc

    def coefficients(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (frames, n_mfcc) float32, before scaling."""
        return scipy.fft.dct(self.decibels(samples), type=2, norm="ortho", axis=1)[:, : self.n_mfcc]

    def extract(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (frames, n_mfcc) float32 in [0, 1]."""
        return _between_zero_and_one(self.coefficients(samples))


def _between_zero_and_one(values: np.ndarray) -> np.ndarray:
    lowest, highest = values.min(), values.max()
    return (values - lowest) / (highest - lowest + _LEAST_RANGE)
