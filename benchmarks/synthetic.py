"""Temporary shards of random numbers, laid out as `data_pipeline.cache.extraction` lays out a dataset."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from common.core.console import progress
from common.core.errors import DataError
from data_pipeline.cache.shards import Shard, ShardIndex, write_index, write_shard
from data_pipeline.datasets.catalog import Track
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.storage import StorageFormat
from data_pipeline.windows.index import WindowIndex

FRAMES_PER_SECOND = 22050 / 512
# 30 seconds, as in GTZAN's clips, and the shard size that `prepare` aims at.
TRACK_FRAMES = 1292
SHARD_BYTES = 32 << 20
GENRES = tuple(f"genre {number}" for number in range(10))
STORAGE = StorageFormat(dtype="int16", scale=1 / 65534, offset=0.5)


@contextmanager
def scratch(parent: Path | None, needed_bytes: int) -> Iterator[Path]:
    """A temporary folder on a disk with enough free space; it is removed with its contents at the end.

    Raises:
        DataError: the disk has too little free space.
    """
    parent = Path(parent or tempfile.gettempdir()).expanduser()
    if not parent.is_dir():
        raise DataError(f"--folder {parent}: not a folder. Give a folder that exists.")
    free = shutil.disk_usage(parent).free
    # Five per cent more for the file system itself.
    if free < 1.05 * needed_bytes:
        raise DataError(
            f"{parent}: the benchmark needs {1.05 * needed_bytes / 2**30:.1f} GB of free space, "
            f"found {free / 2**30:.1f} GB. Give a folder on a larger disk with --folder, or a smaller size."
        )
    with tempfile.TemporaryDirectory(prefix="encore-benchmark-", dir=parent) as folder:
        yield Path(folder)


def write_shards(folder: Path, *, size_bytes: int, bins: int, track_frames: int = TRACK_FRAMES) -> ShardIndex:
    """Write shards of random int16 values, at least `size_bytes` of them, and their index.

    Only one random block is drawn; every shard holds it shifted by other rows, which saves drawing more numbers.
    """
    folder.mkdir(parents=True)
    track_bytes = track_frames * bins * 2
    n_tracks = max(1, -(-size_bytes // track_bytes))
    per_shard = max(1, SHARD_BYTES // track_bytes)
    block = np.random.default_rng(0).integers(-32767, 32768, (min(per_shard, n_tracks) * track_frames, bins), np.int16)
    feature = Precomputed(bins=bins, columns_per_second=FRAMES_PER_SECOND, storage=STORAGE)
    shards: list[Shard] = []
    counts = [min(per_shard, n_tracks - first) for first in range(0, n_tracks, per_shard)]
    with progress("writing synthetic shards", len(counts), unit="shards") as advance:
        for number, count in enumerate(counts):
            clips = np.roll(block, number, axis=0)[: count * track_frames].reshape(count, track_frames, bins)
            tracks = map(_track, range(number * per_shard, number * per_shard + count))
            stored = ((track, (clip, "0" * 64)) for track, clip in zip(tracks, clips, strict=True))
            shards.append(write_shard(folder, number, feature, stored))
            advance(1)
    index = ShardIndex(
        folder=folder,
        dataset="synthetic",
        genres=GENRES,
        feature=feature,
        shards=tuple(shards),
    )
    write_index(index)
    return index


def disjoint_windows(index: ShardIndex, frames: int) -> WindowIndex:
    """All windows of `frames` frames without overlap: together all bytes of the shards except the ends of tracks."""
    per_track = np.array([track.frames // frames for track in index.tracks], np.int64)
    starts = [np.arange(count, dtype=np.int64) * frames for count in per_track]
    return WindowIndex(np.repeat(np.arange(len(per_track), dtype=np.int64), per_track), np.concatenate(starts), frames)


def _track(number: int) -> Track:
    return Track(id=f"track-{number:06d}", label=GENRES[number % len(GENRES)], path=Path())
