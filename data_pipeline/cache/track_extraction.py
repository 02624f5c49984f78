"""Extraction of one track: from an audio file, or from the array that holds it."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from common.core.errors import DataError
from common.core.words import counted
from data_pipeline.audio.decode import AudioHeader, Decoder, ReadLimits, read_audio, read_content, require_decoder
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.cache import DEFAULT_CACHE, cache_folder
from data_pipeline.cache.array_tracks import ArrayReader, open_arrays_of
from data_pipeline.cache.memory_share import MemoryShare
from data_pipeline.cache.shards import Extracted, ShardIndex, ShardTrack, read_track
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.features import Feature
from data_pipeline.features.musicnn.embedding import MusicnnEmbedding
from data_pipeline.features.precomputed import Precomputed

# Most arrays as long as a clip's samples that a feature holds at a time, and an altered copy of another tempo.
_FEATURE_ARRAYS, _COPY_ARRAYS = 5, 20
_SAMPLE_BYTES = 4


def extract_audio(
    track: Track, feature: Feature, *, cache: Path = DEFAULT_CACHE, decoder: Decoder = "soundfile"
) -> Extracted:
    """Decode one file and extract a feature from it, as `prepare` does for a whole catalog; nothing is stored.

    Args:
        cache: folder of all caches, which holds pretrained weights.

    Returns:
        Stored values (frames, bins), and the SHA-256 of the file.

    Raises:
        DataError: the file cannot be used.
    """
    require_decoder(decoder)
    extract = FromAudio(feature, decoder, None, cache_folder(cache))
    extract.make_ready()
    return extract(track)


@contextmanager
def extractor(
    catalog: Catalog,
    feature: Feature,
    decoder: Decoder,
    folder: Path,
    shards: list[list[Track]],
    memory_left_bytes: int | None,
) -> "Iterator[FromAudio | FromArrays]":
    """What extracts single tracks.

    Args:
        folder: of the shards, in the folder of all caches.
        shards: the tracks of each shard that is to be written.
        memory_left_bytes: see `prepare`.
    """
    if not isinstance(feature, Precomputed):
        extract = FromAudio(
            feature,
            decoder,
            catalog.copies,
            folder.parent.parent,
            catalog.clip_seconds,
            catalog.most_seconds,
            MemoryShare(memory_left_bytes),
        )
        extract.make_ready()
        yield extract
        return
    with open_arrays_of(shards, feature, folder, memory_left_bytes=memory_left_bytes) as arrays:
        yield FromArrays(feature, arrays)


def middle(samples: np.ndarray, count: int) -> np.ndarray:
    """`count` samples from the middle of a clip, (count,) or (count, channels); all of them where there are fewer."""
    start = max(0, (len(samples) - count) // 2)
    return samples[start : start + count]


@dataclass(frozen=True)
class FromAudio:
    """Extracts a feature from audio files; picklable.

    Args:
        copies: how altered copies are made; None where there are none.
        cache: folder of all caches, which holds pretrained weights.
        clip_seconds: length that is taken from the middle of each clip; None for whole clips.
        most_seconds: a longer clip is refused; None for any length.
        memory: what all threads may take.
    """

    feature: Feature
    decoder: Decoder
    copies: OfflineAugmentation | None
    cache: Path
    clip_seconds: float | None = None
    most_seconds: float | None = None
    memory: MemoryShare = field(default_factory=MemoryShare)

    def make_ready(self) -> None:
        """Load what the feature needs, once per process; further calls cost nothing."""
        if isinstance(self.feature, MusicnnEmbedding):
            self.feature.make_ready(self.cache)

    def __call__(self, track: Track) -> Extracted:
        with ExitStack() as held:
            return self._extracted(track, held)

    def _extracted(self, track: Track, held: ExitStack) -> Extracted:
        feature = self.feature
        self._require_room(track)
        content = read_content(track.path)

        def reserve(header: AudioHeader) -> None:
            channels = counted(header.channels, "channel")
            why = (
                f"declares {header.frames:,} frames of {channels} at {header.sample_rate:,} Hz, and is "
                f"{len(content):,} bytes long"
            )
            needed = len(content) + self._decoding_bytes(header, is_copy=track.copy_of is not None)
            held.enter_context(self.memory.taken(track.path, needed, why))

        samples = read_audio(
            track.path,
            sample_rate=feature.sample_rate,
            mono=feature.channels == 1,
            decoder=self.decoder,
            content=content,
            limits=ReadLimits(self.most_seconds, reserve if self.memory.is_limited else None),
        )
        if self.clip_seconds is not None:
            samples = middle(samples, round(self.clip_seconds * feature.sample_rate))
            if not samples.any():
                raise DataError(
                    f"{track.path}: the middle {self.clip_seconds:g} s are digital silence. Take more of the clips "
                    "with --clip-seconds, or skip this one with --skip-bad (skip_bad=True)."
                )
        if track.copy_of is not None:
            samples = self.copies.altered(samples, feature.sample_rate, track.copy_of)
        try:
            # Samples that are far too large overflow to values that the storage format rejects.
            with np.errstate(over="ignore", invalid="ignore"):
                stored = feature.storage.encode(feature.extract(samples))
        except DataError as error:
            raise DataError(
                f"{track.path}: {feature.kind}: {error} Replace the file, or skip it with --skip-bad (skip_bad=True)."
            ) from error
        return stored, hashlib.sha256(content).hexdigest()

    def _require_room(self, track: Track) -> None:
        try:
            size = track.path.stat().st_size
        except OSError:
            return  # reported where it is read
        self.memory.require(track.path, size, f"is {size:,} bytes long")

    def _decoding_bytes(self, header: AudioHeader, *, is_copy: bool) -> int:
        """Memory for a clip's samples: as they are decoded, resampled, and in the feature."""
        feature = self.feature
        decoded = header.frames * (1 if feature.channels == 1 else header.channels)
        seconds = header.frames / header.sample_rate
        used = seconds if self.clip_seconds is None else min(seconds, self.clip_seconds)
        arrays = _COPY_ARRAYS if is_copy else _FEATURE_ARRAYS
        made = (seconds + (arrays - 1) * used) * feature.sample_rate * feature.channels
        return _SAMPLE_BYTES * (decoded + round(made))


@dataclass(frozen=True)
class FromOriginals:
    """Takes the original clips from a finished cache without altered copies, and extracts the copies.

    Args:
        extract: extracts the copies, and clips that the cache does not hold.
        index: of that cache, with the same clips and feature; its shards have been checked.
    """

    extract: FromAudio
    index: ShardIndex

    @cached_property
    def _held(self) -> dict[str, ShardTrack]:
        return {track.id: track for track in self.index.tracks}

    def __call__(self, track: Track) -> Extracted:
        held = self._held.get(track.id) if track.copy_of is None else None
        if held is not None:
            # Without the cache, which may be gone by now, the clip is extracted as any other; it is not to blame.
            with suppress(DataError):
                return read_track(self.index, held), held.source_sha256
        return self.extract(track)


@dataclass(frozen=True)
class FromArrays:
    """Takes single tracks from the array that holds all of them."""

    feature: Precomputed
    arrays: ArrayReader

    def __call__(self, track: Track) -> Extracted:
        values = self.arrays.values_of(track)
        where = str(track.path) if track.row is None else f"{track.path}: X[{track.row}] ({track.id})"
        # float64 values beyond the range of float32 become infinite here, and are rejected below.
        with np.errstate(over="ignore"):
            stored = np.ascontiguousarray(values, dtype=self.feature.storage.dtype)
        if np.issubdtype(stored.dtype, np.floating) and not np.isfinite(stored).all():
            raise DataError(
                f"{where} holds values that are not finite (NaN or infinity). "
                "Fix the array, or skip it with --skip-bad (skip_bad=True)."
            )
        if not stored.any():
            raise DataError(f"{where} is all zero. Fix the array, or skip it with --skip-bad (skip_bad=True).")
        return stored, hashlib.sha256(stored.reshape(-1).view(np.uint8)).hexdigest()
