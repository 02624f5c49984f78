"""Features that were extracted elsewhere."""

from typing import ClassVar, Literal

from pydantic import PositiveFloat, PositiveInt

from common.core.spec import Spec
from data_pipeline.features.storage import StorageFormat


class Precomputed(Spec):
    """Arrays that were extracted elsewhere: nothing is computed, they are only stored and cut into windows.

    Args:
        bins: rows of each spectrogram.
        columns_per_second: columns per second of audio.
        storage: how values are stored; integer arrays are stored unchanged.
    """

    extraction_version: ClassVar[int] = 1

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
