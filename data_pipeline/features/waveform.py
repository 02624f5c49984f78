"""The waveform as a feature."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import PositiveInt

from common.core.errors import DataError
from common.core.spec import Spec
from data_pipeline.features.storage import StorageFormat

# The steps of 16-bit audio: samples of such a file are stored unchanged.
_AUDIO_INT16 = StorageFormat(dtype="int16", scale=1 / 32768)
# A lossy decoder or a resampler overshoots full scale by a few decibels; larger samples are not scaled to [-1, 1].
_MAX_OVERSHOOT = 4.0


class Waveform(Spec):
    """The samples, stored as in 16-bit audio: `value = stored / 32768`.

    Args:
        sample_rate: Hz; files of another rate are resampled.
    """

    extraction_version: ClassVar[int] = 1

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
    def channels(self) -> int:
        return 1

    @property
    def storage(self) -> StorageFormat:
        return _AUDIO_INT16

    def frames(self, n_samples: int) -> int:
        return n_samples

    def extract(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (samples, 1) float32 in [-1, 32767/32768]; overshoot is clipped, as in any 16-bit file.

        Raises:
            DataError: samples are far outside [-1, 1].
        """
        # Written this way round, the check rejects NaN too.
        if not np.abs(samples).max() <= _MAX_OVERSHOOT:
            raise DataError(f"samples up to {np.abs(samples).max():g}, expected audio scaled to [-1, 1].")
        return np.clip(samples, np.float32(-1), np.float32(32767 / 32768))[:, None]
