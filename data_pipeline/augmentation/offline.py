"""Altered copies of clips, made once before training: noise, a shift in time, another tempo.

Every draw follows from the seed and the clip's name, so that features of one sample rate are of the same copy.
"""

import hashlib
from typing import Annotated

import numpy as np
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat

from common.core.spec import Spec


class OfflineAugmentation(Spec):
    """One altered copy of each clip for training and for validation, none for testing.

    Args:
        noise_deviation: standard deviation of the Gaussian noise, in the units of the samples.
        shift_seconds: samples move around the end by up to this.
        tempi: one of them is drawn; 1.1 makes a clip a tenth faster, at the same pitch.
        seed: of all draws.
    """

    noise_deviation: NonNegativeFloat = 0.0025
    shift_seconds: NonNegativeFloat = 0.5
    tempi: Annotated[tuple[PositiveFloat, ...], Field(min_length=1)] = (0.8, 0.9, 1.0, 1.1)
    seed: NonNegativeInt = 0

    def altered(self, samples: np.ndarray, sample_rate: int, clip: str) -> np.ndarray:
        """(samples,) of a clip -> (other number of samples,) of its copy, float32."""
        name = int.from_bytes(hashlib.sha256(clip.encode("utf-8")).digest()[:8], "big")
        rng = np.random.default_rng([self.seed, name])
        # In this order, so that what the rate decides (the number of noise samples) comes last.
        shift = int(rng.random() * self.shift_seconds * sample_rate)
        tempo = self.tempi[int(rng.integers(len(self.tempi)))]
        noisy = samples + self.noise_deviation * rng.standard_normal(len(samples))
        moved = np.roll(noisy, shift).astype(np.float32)
        if tempo == 1:
            return moved
        from librosa.effects import time_stretch  # over a second of imports

        return time_stretch(moved, rate=tempo)
