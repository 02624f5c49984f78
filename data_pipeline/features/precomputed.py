"""Arrays that were extracted elsewhere, as a feature."""

from typing import Literal

from pydantic import PositiveFloat, PositiveInt

from common.core.spec import Spec
from data_pipeline.features.storage import StorageFormat


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

    @property
    def channels(self) -> int:
        return 1
