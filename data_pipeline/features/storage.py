"""How feature values are stored in a shard: the data type, and scale and offset of integers."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from common.core.errors import DataError
from common.core.spec import Spec


class StorageFormat(Spec):
    """How feature values are stored: `value = stored * scale + offset`."""

    dtype: Literal["float16", "float32", "int16", "uint8"]
    scale: float = 1.0
    offset: float = 0.0

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Convert float values to the stored type, rounded to nearest.

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
        steps = values - np.float32(self.offset)
        steps /= np.float32(self.scale)
        np.rint(steps, out=steps)
        # Written this way round, the check rejects NaN too.
        if not (steps.min() >= limits.min and steps.max() <= limits.max):
            raise DataError(
                f"values from {values.min():g} to {values.max():g} do not fit {self.dtype} "
                f"with scale {self.scale:g} and offset {self.offset:g}."
            )
        return steps.astype(self.dtype)

    def decode(self, stored: np.ndarray) -> np.ndarray:
        """Convert stored values back to float32."""
        return stored.astype(np.float32) * np.float32(self.scale) + np.float32(self.offset)


# [0, 1] over the 65,535 steps of int16: 80 dB in steps of 0.0012 dB.
_UNIT_RANGE_INT16 = StorageFormat(dtype="int16", scale=1 / 65534, offset=0.5)
# The range of int16 is +-164 dB: from the floor of -100 dB to far above full scale.
DECIBEL_INT16 = StorageFormat(dtype="int16", scale=0.005)
# Frames of odd length have no centre sample, and there may be one fewer of them than `frames` returns.
EvenInt = Annotated[int, Field(gt=0, multiple_of=2)]


class UnitRangeFrames:
    """Base of one-channel features with values in [0, 1]; for specs with `sample_rate` and `hop_samples`."""

    @property
    def frames_per_second(self) -> float:
        return self.sample_rate / self.hop_samples

    @property
    def channels(self) -> int:
        return 1

    @property
    def storage(self) -> StorageFormat:
        return _UNIT_RANGE_INT16
