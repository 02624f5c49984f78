"""Features of a few clips of a data set, without those of all others: what figures show of the data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.core.errors import DataError
from data_pipeline.audio.decode import Decoder, require_decoder
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.cache import cache_folder
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.memory_share import MemoryShare
from data_pipeline.cache.shards import ShardIndex, ShardTrack, read_track
from data_pipeline.cache.track_extraction import FromAudio
from data_pipeline.datasets.catalog import COPY_SUFFIX, Catalog, Track
from data_pipeline.features import Feature
from data_pipeline.features.precomputed import Precomputed


@dataclass(frozen=True)
class ExampleClip:
    """One clip with its feature, as networks are fed it.

    Args:
        track: the clip.
        feature: what its values are.
        values: float32 (frames, bins), as they are stored and read again.
        source_sha256: of the audio file, or of the clip's array.
    """

    track: Track
    feature: Feature
    values: np.ndarray
    source_sha256: str

    @property
    def seconds(self) -> float:
        """Length of the clip."""
        return len(self.values) / self.feature.frames_per_second


class ExampleReader:
    """Reads single clips: from shards where these hold the feature; else of audio the clip's file alone, and of arrays
    those that are extracted into the cache, as for a training.

    Args:
        catalog: the data set.
        cache: folder of all caches, which holds pretrained weights and the shards of arrays.
        decoder: of the audio files.
        skip_bad: a clip that cannot be used is passed over; otherwise it is an error.
        memory_left_bytes: what the process may still take; None for no limit.
        stored: shards that are there already, e.g. those of the runs of a command.
    """

    def __init__(
        self,
        catalog: Catalog,
        *,
        cache: Path,
        decoder: Decoder = "soundfile",
        skip_bad: bool = False,
        memory_left_bytes: int | None = None,
        stored: Iterable[ShardIndex] = (),
    ):
        self._catalog, self._cache, self._decoder = catalog, cache, decoder
        self._skip_bad, self._memory_left_bytes = skip_bad, memory_left_bytes
        self._refused: DataError | None = None
        self._stored: dict[str, tuple[ShardIndex, dict[str, ShardTrack]]] = {}
        for index in stored:
            self._keep(index)
        # Not those of arrays that are extracted later: which clips are usable must not depend on what was read before.
        self._given = [places for _, places in self._stored.values()]

    @property
    def usable(self) -> tuple[Track, ...]:
        """The clips of the catalog without those that the given shards lack, because they cannot be used; all of them
        where no shards were given."""
        return tuple(track for track in self._catalog.tracks if all(track.id in places for places in self._given))

    @property
    def may_lack_some(self) -> bool:
        """Whether there may be clips among the usable ones that cannot be used, which nobody has read yet."""
        return self._skip_bad and not self._given

    @property
    def sources(self) -> dict[str, str] | None:
        """Id of each usable clip -> SHA-256 of its file or array; None where no shards were given."""
        if not self._given:
            return None
        return {track.id: self._given[0][track.id].source_sha256 for track in self.usable}

    def clips(
        self,
        tracks: Iterable[Track],
        feature: Feature,
        *,
        least_frames: int = 1,
        copies: OfflineAugmentation | None = None,
    ) -> Iterator[ExampleClip]:
        """The clips one after the other, read when they are asked for.

        Args:
            least_frames: a shorter clip is passed over.
            copies: gives the altered copy of each clip instead of the clip; of audio only.

        Raises:
            DataError: a clip cannot be used, and `skip_bad` is off.
            BudgetError: a clip takes more memory than is left.
        """
        require_decoder(self._decoder)
        for track in tracks:
            try:
                clip = self._clip(track, feature, copies)
            except DataError:
                if not self._skip_bad:
                    raise
                continue
            if clip is not None and len(clip.values) >= least_frames:
                yield clip

    def _clip(self, track: Track, feature: Feature, copies: OfflineAugmentation | None) -> ExampleClip | None:
        """One clip; None where the shards lack it, because it cannot be used."""
        if copies is None and isinstance(feature, Precomputed):
            self._extract_arrays(feature)
        if copies is None and feature.digest in self._stored:
            index, places = self._stored[feature.digest]
            place = places.get(track.id)
            if place is None:
                return None
            return ExampleClip(track, feature, feature.storage.decode(read_track(index, place)), place.source_sha256)
        extract = FromAudio(
            feature,
            self._decoder,
            copies,
            cache_folder(self._cache),
            self._catalog.clip_seconds,
            self._catalog.most_seconds,
            MemoryShare(self._memory_left_bytes),
        )
        if copies is not None:
            track = track.replace(id=f"{track.id}{COPY_SUFFIX}", copy_of=track.id)
        stored, source = extract(track)
        return ExampleClip(track, feature, feature.storage.decode(stored), source)

    def _extract_arrays(self, feature: Precomputed) -> None:
        """Extract all arrays, once; where some cannot be used, raise the same error each time."""
        if self._refused is not None:
            raise self._refused
        if feature.digest in self._stored:
            return
        options = {"skip_bad": self._skip_bad, "memory_left_bytes": self._memory_left_bytes}
        try:
            self._keep(prepare(self._catalog, feature, self._cache, **options))
        except DataError as error:
            self._refused = error
            raise

    def _keep(self, index: ShardIndex) -> None:
        """Altered copies are not kept: shards do not tell how they were made."""
        self._stored.setdefault(index.feature.digest, (index, {track.id: track for track in index.clips}))
