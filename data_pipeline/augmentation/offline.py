"""Altered copies of clips, made once before training: noise, a shift in time, another tempo.

All random numbers follow from the seed and the clip's name, so that features with the same sample rate are from the
same copy.
"""

import hashlib
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat

from common.core.spec import Spec


class OfflineAugmentation(Spec):
    """One altered copy of each clip for training and for validation, none for testing.

    Args:
        noise_deviation: standard deviation of the Gaussian noise, in the units of the samples.
        shift_seconds: samples are rolled by up to this; those that leave at the end enter at the beginning.
        tempi: tempo factors, one is drawn; 1.1 makes a clip 10 % faster at the same pitch.
        seed: start of all random numbers of the copies.

    `extraction_version` has to be raised whenever the same clip would give another copy: caches are named by it.
    """

    extraction_version: ClassVar[int] = 1

    noise_deviation: NonNegativeFloat = 0.0025
    shift_seconds: NonNegativeFloat = 0.5
    tempi: Annotated[tuple[PositiveFloat, ...], Field(min_length=1)] = (0.8, 0.9, 1.0, 1.1)
    seed: NonNegativeInt = 0

    def altered(self, samples: np.ndarray, sample_rate: int, clip: str) -> np.ndarray:
        """Altered copy of a clip: (samples,) -> float32 (samples of the copy,); the length changes with the tempo."""
        rng = self._generator(clip)
        # In this order, so that the draw that depends on the sample rate (the noise samples) comes last.
        shift_seconds, tempo = self._draw(rng)
        shift = int(shift_seconds * sample_rate)
        noisy = samples + self.noise_deviation * rng.standard_normal(len(samples))
        moved = np.roll(noisy, shift).astype(np.float32)
        if tempo == 1:
            return moved
        from librosa.effects import time_stretch  # takes over a second to import

        return time_stretch(moved, rate=tempo)

    def drawn(self, clip: str) -> tuple[float, float]:
        """Shift in seconds and tempo factor of a clip's copy."""
        return self._draw(self._generator(clip))

    def _generator(self, clip: str) -> np.random.Generator:
        name = int.from_bytes(hashlib.sha256(clip.encode("utf-8")).digest()[:8], "big")
        return np.random.default_rng([self.seed, name])

    def _draw(self, rng: np.random.Generator) -> tuple[float, float]:
        shift_seconds = rng.random() * self.shift_seconds
        return shift_seconds, self.tempi[int(rng.integers(len(self.tempi)))]
