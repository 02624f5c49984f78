"""Embeddings of a pretrained music tagger, one per three seconds or one per track: a feature like any other, cached in
shards."""

import threading
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import PositiveInt, model_validator

from common.core.errors import DataError
from common.core.spec import Spec
from data_pipeline.features.musicnn.config import (
    HOP_SAMPLES,
    LAYERS,
    PATCH_FRAMES,
    PATCH_SAMPLES,
    POOLED_SECONDS,
    SAMPLE_RATE,
    ModelName,
)
from data_pipeline.features.storage import StorageFormat

_FLOAT32 = StorageFormat(dtype="float32")
# Loaded networks by model, see `MusicnnEmbedding.make_ready`: a spec itself holds no weights.
_ready: dict[str, object] = {}
_loading = threading.Lock()


class MusicnnEmbedding(Spec):
    """Values of a layer of musicnn for each patch of 2.992 s; one frame is one patch, or the whole track.

    Args:
        sample_rate: samples per second after decoding, as musicnn takes them.
        model: trained on the Million Song Dataset or on MagnaTagATune.
        layer: `max_pool` (753 values), `penultimate` (200) or `taggram` (50 tags between 0 and 1).
        pooled: keep only the mean over a track's patches, as its one frame.
        repeat_short: a track shorter than a patch is repeated until it fills one; otherwise it is rejected.
        pooled_patches: take the mean over at most so many patches, spread evenly over the track, which is faster; by
            default over all. Only where patches are pooled.
    """

    extraction_version: ClassVar[int] = 1

    kind: Literal["musicnn"] = "musicnn"
    sample_rate: Literal[16000] = SAMPLE_RATE
    model: ModelName = "MSD"
    layer: Literal["max_pool", "penultimate", "taggram"] = "max_pool"
    pooled: bool = False
    repeat_short: bool = False
    pooled_patches: PositiveInt | None = None

    @model_validator(mode="after")
    def _fits(self) -> "MusicnnEmbedding":
        if self.pooled_patches is not None and not self.pooled:
            raise ValueError(
                f"pooled_patches {self.pooled_patches} has no effect without pooled, received pooled=False"
            )
        return self

    @property
    def frames_per_second(self) -> float:
        """One per 30 s where tracks are pooled, so that a window of that length is the one frame."""
        return 1 / POOLED_SECONDS if self.pooled else self.sample_rate / (PATCH_FRAMES * HOP_SAMPLES)

    @property
    def bins(self) -> int:
        return LAYERS[self.layer]

    @property
    def channels(self) -> int:
        return 1

    @property
    def storage(self) -> StorageFormat:
        return _FLOAT32

    def frames(self, n_samples: int) -> int:
        """Whole patches of a track of `n_samples` samples, or 1 where they are pooled."""
        patches = (1 + n_samples // HOP_SAMPLES) // PATCH_FRAMES
        patches = max(1, patches) if self.repeat_short else patches
        return min(1, patches) if self.pooled else patches

    def make_ready(self, cache: Path) -> None:
        """Load the network, once per process, in whichever thread comes first.

        Raises:
            DataError: its weights cannot be obtained, or differ from the published ones.
        """
        from data_pipeline.features.musicnn.weights import (
            load_musicnn,  # a process that only reads shards builds no network
        )

        with _loading:
            _ready[self.model] = load_musicnn(self.model, Path(cache).expanduser())

    def extract(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) -> (patches, bins) float32. Call `make_ready` first.

        Raises:
            DataError: the track is shorter than a patch.
        """
        if self.frames(len(samples)) < 1:
            raise DataError(
                f"lasts {len(samples) / self.sample_rate:.2f} s, expected at least one patch of musicnn of "
                f"{PATCH_SAMPLES / self.sample_rate:.2f} s."
            )
        from data_pipeline.features.musicnn.network import patches_of

        if self.repeat_short and len(samples) < PATCH_SAMPLES:
            samples = np.resize(samples, PATCH_SAMPLES)
        patches = patches_of(samples)
        if self.pooled_patches is not None and len(patches) > self.pooled_patches:
            # The middle of each of as many equal parts of the track.
            parts = np.arange(self.pooled_patches)
            patches = patches[(2 * parts + 1) * len(patches) // (2 * self.pooled_patches)]
        values = np.asarray(_ready[self.model](patches, training=False)[self.layer])
        return values.mean(axis=0, keepdims=True) if self.pooled else values
