"""Mel features with librosa's defaults: decibels relative to 1, min-max scaled per track, or MFCC.

Min-max scaling discards a track's loudness and dynamic range, and a single click or a stretch of digital silence shifts
all its other values.
"""

from typing import ClassVar, Literal

import numpy as np
from pydantic import PositiveFloat, PositiveInt, model_validator

from common.core.spec import Spec
from data_pipeline.features.dsp import cepstral_coefficients, mel_power, power_to_absolute_db
from data_pipeline.features.storage import DECIBEL_INT16, EvenInt, StorageFormat, UnitRangeFrames

# Avoids a division by zero for a track of one constant value.
_EPSILON = np.float32(1e-6)


class _Mel(UnitRangeFrames, Spec):
    """Base of all: mel power of centred frames in decibels over a range of `top_db`, from samples of one length.

    Args:
        sample_rate: samples per second after decoding; files of another rate are resampled.
        n_fft: samples of one frame.
        hop_samples: samples between the starts of neighbouring frames.
        n_mels: number of mel bands.
        top_db: range in dB below the loudest value; what is quieter is raised to its end.
        clip_seconds: every track is cut or padded at its end to this length before the transform; None keeps its own
            length.
        padding: `zeros`, or the track repeated from its beginning (`repeat`).
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
        """(samples,) -> (frames, n_mels) float32 dB relative to 1, floored `top_db` below the loudest value."""
        length = self._length(len(samples))
        if self.padding == "repeat":
            samples = np.resize(samples, length)
        samples = np.pad(samples[:length], (0, max(0, length - len(samples))))
        mel = mel_power(samples, self.sample_rate, self.n_fft, self.hop_samples, self.n_mels)
        return power_to_absolute_db(mel, self.top_db)


class AbsoluteDbLogMel(_Mel):
    """Log-mel spectrogram in decibels relative to 1, equal to librosa's `power_to_db(melspectrogram(y), top_db=80)`."""

    extraction_version: ClassVar[int] = 1

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
    """Log-mel spectrogram, min-max scaled per track: `(x - min) / (max - min + 1e-6)` of librosa's
    `power_to_db(melspectrogram(y), ref=np.max, top_db=80)`. (The reference cancels in the scaling.)
    """

    extraction_version: ClassVar[int] = 1

    kind: Literal["min_max_mel"] = "min_max_mel"

    @property
    def bins(self) -> int:
        return self.n_mels

    def extract(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (frames, n_mels) float32 in [0, 1]."""
        return _min_max_scaled(self.decibels(samples))


class Mfcc(_Mel):
    """Mel-frequency cepstral coefficients, equal to librosa's `feature.mfcc` (DCT-II, orthonormal), scaled like
    `MinMaxLogMel` over all coefficients together.

    Args:
        n_mfcc: coefficients kept, from the first; at most `n_mels`.
    """

    extraction_version: ClassVar[int] = 1

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
        return cepstral_coefficients(self.decibels(samples), self.n_mfcc)

    def extract(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (frames, n_mfcc) float32 in [0, 1]."""
        return _min_max_scaled(self.coefficients(samples))


def _min_max_scaled(values: np.ndarray) -> np.ndarray:
    lowest, highest = values.min(), values.max()
    return (values - lowest) / (highest - lowest + _EPSILON)
