"""Per-track arrays in `.npy` shards, with an index that is written last.

A cache folder holds `shard-00000.npy` (the tracks of the shard, joined along time: (rows, bins)), beside each shard a
`shard-00000.json` that says what is in it, and `index.json`, which exists only when everything else does.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from common.core.console import progress
from common.core.errors import DataError
from common.core.files import read_json, sha256_of_file, sha256_of_json, write_json, write_npy
from common.core.spec import Spec
from data_pipeline.datasets.catalog import BadTrack
from data_pipeline.features import Feature

FORMAT_VERSION = 1
INDEX_NAME = "index.json"
# Reading a gigabyte to check it takes about a second; below this no bar is worth its line.
_SILENT_CHECK_BYTES = 2 << 30


class ShardTrack(Spec):
    """Where one track lies: rows [first_row, first_row + frames) of shard number `shard`."""

    id: str
    label: str
    artist: str | None
    shard: int
    first_row: int
    frames: int
    source_sha256: str
    copy_of: str | None = None


class Shard(Spec):
    """One `.npy` file: (rows, bins) of the feature's stored type."""

    name: str
    rows: int
    size_bytes: int
    sha256: str
    tracks: tuple[ShardTrack, ...]
    skipped: tuple[BadTrack, ...] = ()


class ShardIndex(Spec):
    """All shards of one dataset and feature.

    Args:
        folder: where the shards lie (not part of the JSON's meaning; filled in when read).
        genres: class names in label order.
    """

    format_version: int = FORMAT_VERSION
    folder: Path
    dataset: str
    genres: tuple[str, ...]
    feature: Feature
    shards: tuple[Shard, ...]

    @property
    def tracks(self) -> tuple[ShardTrack, ...]:
        return tuple(track for shard in self.shards for track in shard.tracks)

    @property
    def clips(self) -> tuple[ShardTrack, ...]:
        """The tracks that are no copies of others."""
        return tuple(track for track in self.tracks if track.copy_of is None)

    @property
    def skipped(self) -> tuple[BadTrack, ...]:
        return tuple(bad for shard in self.shards for bad in shard.skipped)

    @property
    def size_bytes(self) -> int:
        return sum(shard.size_bytes for shard in self.shards)

    @property
    def data_digest(self) -> str:
        """Names the clips by ids, labels, artists and source checksums: the same on every machine. Altered copies
        follow from their clips."""
        return sha256_of_json([(t.id, t.label, t.artist, t.source_sha256) for t in self.clips])

    def labels(self) -> np.ndarray:
        """Class index of every track, int32 (tracks,)."""
        position = {genre: index for index, genre in enumerate(self.genres)}
        return np.array([position[track.label] for track in self.tracks], np.int32)


def write_shard(
    folder: Path, number: int, rows: np.ndarray, tracks: list[ShardTrack], skipped: list[BadTrack]
) -> Shard:
    """Write one shard and then the note beside it that makes it count."""
    name = f"shard-{number:05d}"
    path = folder / f"{name}.npy"
    write_npy(path, rows)
    shard = Shard(
        name=name,
        rows=len(rows),
        size_bytes=path.stat().st_size,
        sha256=sha256_of_file(path),
        tracks=tuple(tracks),
        skipped=tuple(skipped),
    )
    write_json(folder / f"{name}.json", shard.as_json())
    return shard


def read_finished_shard(folder: Path, number: int) -> Shard | None:
    """A shard that an earlier, interrupted preparation finished; None where it has to be made."""
    note = folder / f"shard-{number:05d}.json"
    if not note.exists():
        return None
    try:
        shard = Shard.model_validate(read_json(note, what="the note of a shard"))
    except ValidationError as error:
        raise DataError(
            f"{note}: not the note of a shard. Delete the folder {folder} to have it made again."
        ) from error
    path = folder / f"{shard.name}.npy"
    return shard if path.exists() and path.stat().st_size == shard.size_bytes else None


def write_index(index: ShardIndex) -> None:
    """Write `index.json`: from now on the folder is a finished cache."""
    write_json(index.folder / INDEX_NAME, index.as_json() | {"folder": "."})


def read_index(folder: Path) -> ShardIndex:
    """Open a finished cache and check every shard against its checksum.

    Raises:
        DataError: the index is missing, not an index, of another format, or a shard is missing or was changed.
    """
    path = Path(folder) / INDEX_NAME
    remedy = f"Delete the folder {folder} to have it made again."
    values = read_json(path, what="the index of the shards")
    version = values.get("format_version") if isinstance(values, dict) else None
    if version != FORMAT_VERSION:
        raise DataError(f"{path}: format version {version!r}, expected {FORMAT_VERSION}. {remedy}")
    try:
        index = ShardIndex.model_validate(values | {"folder": folder})
    except ValidationError as error:
        raise DataError(f"{path}: not a valid index ({error.error_count()} problems). {remedy}") from error
    verify(index)
    return index


def verify(index: ShardIndex) -> None:
    """Compare every shard's bytes with the checksum in the index.

    Raises:
        DataError: naming the first shard that differs.
    """

    def check(shard: Shard, advance=None) -> None:
        path = index.folder / f"{shard.name}.npy"
        remedy = f"Delete the folder {index.folder} to have it made again."
        if not path.exists():
            raise DataError(f"{path}: the index lists this shard, but it is missing. {remedy}")
        found = sha256_of_file(path, advance=advance)
        if found != shard.sha256:
            raise DataError(
                f"{path}: its SHA-256 {found[:12]}... differs from {shard.sha256[:12]}... in {INDEX_NAME}: "
                f"one of the two was changed. {remedy}"
            )

    with ThreadPoolExecutor(max_workers=2) as pool:
        if index.size_bytes < _SILENT_CHECK_BYTES:
            list(pool.map(check, index.shards))
            return
        with progress("checking shards", len(index.shards), unit="shards") as advance:
            for _ in pool.map(check, index.shards):
                advance(1)


def read_track(index: ShardIndex, track: ShardTrack) -> np.ndarray:
    """Stored values of one whole track: (frames, bins)."""
    path = index.folder / f"{index.shards[track.shard].name}.npy"
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    return np.array(mapped[track.first_row : track.first_row + track.frames])
