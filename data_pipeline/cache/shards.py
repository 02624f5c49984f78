"""Per-track arrays in `.npy` shards, with an index that is written last.

A cache folder holds `shard-00000.npy` (the tracks of the shard, concatenated along time: (rows, bins)), a
`shard-00000.json` for each shard that lists its contents, and `index.json`, which exists only once all shards do. Both
kinds of JSON files hold the digest of their values; those of earlier versions do not, and are read all the same.
"""

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from common.core.console import progress
from common.core.errors import DataError
from common.core.files import (
    npy_by_rows,
    read_json,
    sha256_of_file,
    sha256_of_json,
    with_digest,
    without_digest,
    write_json,
)
from common.core.spec import Spec
from data_pipeline.datasets.catalog import BadTrack, Track
from data_pipeline.features import Feature

FORMAT_VERSION = 1
INDEX_NAME = "index.json"
_DESCRIPTION = re.compile(r"shard-\d{5,}\.json")
# Each clip takes some 400 bytes of an index: ten million.
_MOST_INDEX_BYTES = 4 << 30
# Checking a gigabyte takes about a second; below this size a progress bar is not worth its line.
_SILENT_CHECK_BYTES = 2 << 30
# (stored values of shape (frames, bins), SHA-256 of the source)
Extracted = tuple[np.ndarray, str]


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
    folder: Path, number: int, feature: Feature, clips: Iterable[tuple[Track, Extracted | BadTrack]]
) -> Shard:
    """Write one shard, then the JSON beside it that marks it as finished.

    Args:
        clips: each track with its values, which are written as they come and then no longer held, or with why it is
            skipped. What they raise passes, and leaves no shard.

    Raises:
        DataError: the folder cannot be written to.
    """
    name = _name_of_shard(number)
    path = folder / f"{name}.npy"
    tracks, skipped, rows = [], [], 0
    with npy_by_rows(path, feature.bins, feature.storage.dtype) as append:
        for track, clip in clips:
            if isinstance(clip, BadTrack):
                skipped.append(clip)
                continue
            values, source = clip
            tracks.append(
                ShardTrack(
                    id=track.id,
                    label=track.label,
                    artist=track.artist,
                    shard=number,
                    first_row=rows,
                    frames=len(values),
                    source_sha256=source,
                    copy_of=track.copy_of,
                )
            )
            append(values)
            rows += len(values)
    shard = Shard(
        name=name,
        rows=rows,
        size_bytes=path.stat().st_size,
        sha256=sha256_of_file(path),
        tracks=tuple(tracks),
        skipped=tuple(skipped),
    )
    write_json(folder / f"{name}.json", with_digest({"shard": shard.as_json()}))
    return shard


def read_finished_shard(folder: Path, number: int) -> Shard | None:
    """A shard that an earlier, interrupted extraction finished; None where it has to be extracted.

    Raises:
        DataError: its description cannot be read, was edited, or contradicts itself.
    """
    description = folder / f"{_name_of_shard(number)}.json"
    if not description.exists():
        return None
    shard, _ = read_description(description)
    path = folder / f"{shard.name}.npy"
    return shard if path.is_file() and path.stat().st_size == shard.size_bytes else None


def read_description(path: Path) -> tuple[Shard, bool]:
    """Read the JSON beside a shard.

    Args:
        path: `shard-<number>.json`.

    Returns:
        The shard, and whether its description held a digest, as those of earlier versions do not.

    Raises:
        DataError: it cannot be read, was edited, or contradicts itself.
    """
    remedy = _remedy(path.parent)
    values = _read(path, "the description of a shard")
    # Those of earlier versions hold nothing beside the shard.
    has_digest = isinstance(values, dict) and "shard" in values
    if has_digest:
        values = _without_digest(path, values, must_hold_one=True)["shard"]
    try:
        shard = Shard.model_validate(values)
    except ValidationError as error:
        raise DataError(f"{path}: not a valid description of a shard. {remedy}") from error
    if not is_description(path.name):
        raise DataError(f"{path}: not the name of a description of a shard. {remedy}")
    number = int(path.stem.rpartition("-")[2])
    if problem := _problem_of_shard(shard, number):
        raise DataError(f"{path}: {problem}. {remedy}")
    return shard, has_digest


def is_description(name: str) -> bool:
    """Whether a file of this name describes a shard."""
    return _DESCRIPTION.fullmatch(name) is not None


def write_index(index: ShardIndex) -> None:
    """Write `index.json`: from now on the folder is a finished cache."""
    write_json(index.folder / INDEX_NAME, with_digest(index.as_json() | {"folder": "."}))


def read_index(folder: Path) -> ShardIndex:
    """Open a finished cache and check every shard against its checksum.

    Raises:
        DataError: the index is missing, not an index, of another format, was edited or contradicts itself, or a shard
            is missing or was changed.
    """
    index, _ = read_index_alone(folder)
    verify(index)
    return index


def read_index_alone(folder: Path) -> tuple[ShardIndex, bool]:
    """Read the index of a finished cache without its shards.

    Returns:
        The index, and whether it held a digest, as those of earlier versions do not.

    Raises:
        DataError: it is missing, not an index, of another format, was edited, or contradicts itself.
    """
    path = Path(folder) / INDEX_NAME
    remedy = _remedy(folder)
    values = _read(path, "the index of the shards")
    version = values.get("format_version") if isinstance(values, dict) else None
    if version != FORMAT_VERSION:
        raise DataError(f"{path}: format version {version!r}, expected {FORMAT_VERSION}. {remedy}")
    plain = _without_digest(path, values)
    try:
        index = ShardIndex.model_validate(plain | {"folder": folder})
    except ValidationError as error:
        raise DataError(f"{path}: not a valid index ({error.error_count()} problems). {remedy}") from error
    if problem := _problem_of_index(index):
        raise DataError(f"{path}: {problem}. {remedy}")
    return index, plain is not values


def _remedy(folder: Path) -> str:
    return f"Delete the folder {folder} to extract it again."


def _name_of_shard(number: int) -> str:
    return f"shard-{number:05d}"


def _read(path: Path, what: str) -> Any:
    try:
        return read_json(path, what=what, remedy=f" {_remedy(path.parent)}", most_bytes=_MOST_INDEX_BYTES)
    except OSError as error:
        raise DataError(
            f"{path}: {what} cannot be read ({error.strerror or error}). Make it a readable file, or delete the folder "
            f"{path.parent} to extract it again."
        ) from error


def _without_digest(path: Path, values: dict[str, Any], *, must_hold_one: bool = False) -> dict[str, Any]:
    try:
        plain = without_digest(path, values)
    except DataError as error:
        raise DataError(f"{error} {_remedy(path.parent)}") from error
    if must_hold_one and (plain is values or plain.keys() != {"shard"}):
        raise DataError(f"{path}: was edited: it lacks its SHA-256. {_remedy(path.parent)}")
    return plain


def _problem_of_index(index: ShardIndex) -> str:
    """How an index contradicts itself, without a full stop; empty where it does not."""
    if not index.shards:
        return "lists no shard"
    if len(set(index.genres)) != len(index.genres):
        return f"names a genre twice: {', '.join(index.genres)}"
    for number, shard in enumerate(index.shards):
        if problem := _problem_of_shard(shard, number):
            return problem
        unknown = next((track for track in shard.tracks if track.label not in index.genres), None)
        if unknown is not None:
            return f"track {unknown.id} has the label {unknown.label!r}, expected one of {', '.join(index.genres)}"
    ids = [track.id for track in index.tracks]
    if len(set(ids)) != len(ids):
        return f"lists track {next(name for name in ids if ids.count(name) > 1)} twice"
    return ""


def _problem_of_shard(shard: Shard, number: int) -> str:
    """How the description of a shard contradicts itself, without a full stop; empty where it does not."""
    if shard.name != _name_of_shard(number):
        return f"shard {number} has the name {shard.name!r}, expected {_name_of_shard(number)!r}"
    row = 0
    for track in shard.tracks:
        if track.shard != number:
            return f"track {track.id} is listed in shard {number} and says shard {track.shard}"
        # Tracks were written one behind the other.
        if track.first_row != row or track.frames < 1:
            return (
                f"track {track.id} has {track.frames} rows from row {track.first_row}, expected at least one from row "
                f"{row}, where the track before ends"
            )
        row += track.frames
    if row != shard.rows:
        return f"the tracks of {shard.name} end at row {row}, expected {shard.rows}, as many rows as it has"
    return ""


def verify(index: ShardIndex) -> None:
    """Compare every shard's bytes with the checksum in the index.

    Raises:
        DataError: naming the first shard that differs.
    """

    with ThreadPoolExecutor(max_workers=2) as pool:
        checks = pool.map(lambda shard: verify_shard(index.folder, shard), index.shards)
        if index.size_bytes < _SILENT_CHECK_BYTES:
            list(checks)
            return
        with progress("checking shards", len(index.shards), unit="shards", transient=True) as advance:
            for _ in checks:
                advance(1)


def verify_shard(folder: Path, shard: Shard) -> None:
    """Compare the bytes of one shard with its checksum.

    Raises:
        DataError: it is missing, cannot be read, or differs.
    """
    path = folder / f"{shard.name}.npy"
    if not path.exists():
        raise DataError(f"{path}: the index lists this shard, but it is missing. {_remedy(folder)}")
    try:
        found = sha256_of_file(path)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}). Make it a readable file, or delete the folder "
            f"{folder} to extract it again."
        ) from error
    if found != shard.sha256:
        raise DataError(
            f"{path}: its SHA-256 {found[:12]}... differs from {shard.sha256[:12]}... in {INDEX_NAME}: "
            f"one of the two was changed. {_remedy(folder)}"
        )


def open_rows(index: ShardIndex, number: int) -> np.memmap:
    """The values of a shard, mapped into memory: (rows, bins), after checking the array's shape, type and order.

    Raises:
        DataError: the file is not the array that the index describes.
    """
    shard = index.shards[number]
    path = index.folder / f"{shard.name}.npy"
    expected = (shard.rows, index.feature.bins), np.dtype(index.feature.storage.dtype)
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError) as error:
        raise DataError(f"{path}: not a plain .npy array ({error}). {_remedy(index.folder)}") from error
    found = mapped.shape, mapped.dtype
    if found != expected or not mapped.flags.c_contiguous:
        order = "" if mapped.flags.c_contiguous else " in column order"
        raise DataError(f"{path}: holds {found}{order}, expected {expected} in row order. {_remedy(index.folder)}")
    return mapped


def read_track(index: ShardIndex, track: ShardTrack) -> np.ndarray:
    """Stored values of one whole track: (frames, bins).

    Raises:
        DataError: the shard is not the array that the index describes.
    """
    return np.array(open_rows(index, track.shard)[track.first_row : track.first_row + track.frames])
