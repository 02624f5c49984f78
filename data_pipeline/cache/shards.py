"""Per-track arrays in `.npy` shards, with an index that is written last.

A cache folder holds `shard-00000.npy` (the tracks of the shard, concatenated along time: (rows, bins)), a
`shard-00000.json` for each shard that lists its contents, and `index.json`, which exists only once all shards do.
"""

from collections.abc import Mapping
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
# Checking a gigabyte takes about a second; below this size a progress bar is not worth its line.
_SILENT_CHECK_BYTES = 2 << 30


class ShardTrack(Spec):
    """Location of one track: rows [first_row, first_row + frames) of shard number `shard`."""

    id: str
    label: str
    artist: str | None
    shard: int
    first_row: int
    frames: int
    source_sha256: str
    copy_of: str | None = None


class Shard(Spec):
    """One `.npy` file: (rows, bins) in the feature's storage type."""

    name: str
    rows: int
    size_bytes: int
    sha256: str
    tracks: tuple[ShardTrack, ...]
    skipped: tuple[BadTrack, ...] = ()


class ShardIndex(Spec):
    """All shards of one dataset and feature.

    Args:
        folder: of the shards; `.` in the JSON, filled in when the index is read.
        genres: class names in label order.
        extraction_version: of the feature when the tracks were extracted; None in an index that older code wrote.
        copies_version: of the altered copies; None where there are none.
        clip_seconds: length that was taken from the middle of each clip; None for whole clips.
    """

    format_version: int = FORMAT_VERSION
    folder: Path
    dataset: str
    genres: tuple[str, ...]
    feature: Feature
    shards: tuple[Shard, ...]
    extraction_version: int | None = None
    copies_version: int | None = None
    clip_seconds: float | None = None

    @property
    def tracks(self) -> tuple[ShardTrack, ...]:
        return tuple(track for shard in self.shards for track in shard.tracks)

    @property
    def clips(self) -> tuple[ShardTrack, ...]:
        """The tracks that are not altered copies."""
        return tuple(track for track in self.tracks if track.copy_of is None)

    @property
    def skipped(self) -> tuple[BadTrack, ...]:
        return tuple(bad for shard in self.shards for bad in shard.skipped)

    def without(self, bad: Mapping[str, BadTrack]) -> "ShardIndex":
        """The same shards, read without some tracks and their altered copies; these count as skipped.

        Args:
            bad: id of each track -> why it is skipped; tracks that are not here are ignored.
        """
        shards = []
        for shard in self.shards:
            kept = tuple(track for track in shard.tracks if track.id not in bad and track.copy_of not in bad)
            skipped = tuple(bad[track.id] for track in shard.tracks if track.id in bad)
            shards.append(shard.replace(tracks=kept, skipped=(*shard.skipped, *skipped)))
        return self.replace(shards=tuple(shards))

    @property
    def size_bytes(self) -> int:
        return sum(shard.size_bytes for shard in self.shards)

    @property
    def data_digest(self) -> str:
        """Digest of the clips' ids, labels, artists and source checksums, and of the length that is used of each: the
        same on every machine. Altered copies are left out, because they follow from their clips."""
        clips = [(t.id, t.label, t.artist, t.source_sha256) for t in self.clips]
        return sha256_of_json(clips if self.clip_seconds is None else [clips, {"clip_seconds": self.clip_seconds}])

    def labels(self) -> np.ndarray:
        """Class index of every track, int32 (tracks,)."""
        position = {genre: index for index, genre in enumerate(self.genres)}
        return np.array([position[track.label] for track in self.tracks], np.int32)


def write_shard(
    folder: Path, number: int, rows: np.ndarray, tracks: list[ShardTrack], skipped: list[BadTrack]
) -> Shard:
    """Write one shard, then the JSON beside it that marks it as finished."""
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
    """A shard that an earlier, interrupted extraction finished; None where it has to be extracted."""
    description = folder / f"shard-{number:05d}.json"
    if not description.exists():
        return None
    try:
        shard = Shard.model_validate(read_json(description, what="the description of a shard"))
    except ValidationError as error:
        raise DataError(
            f"{description}: not a valid description of a shard. Delete the folder {folder} to extract it again."
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
    remedy = f"Delete the folder {folder} to extract it again."
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
        remedy = f"Delete the folder {index.folder} to extract it again."
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
        with progress("checking shards", len(index.shards), unit="shards", transient=True) as advance:
            for _ in pool.map(check, index.shards):
                advance(1)


def read_track(index: ShardIndex, track: ShardTrack) -> np.ndarray:
    """Stored values of one whole track: (frames, bins)."""
    path = index.folder / f"{index.shards[track.shard].name}.npy"
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    return np.array(mapped[track.first_row : track.first_row + track.frames])
