"""Spectrograms of single tracks out of the array of all tracks, which is never in memory as a whole, or out of files of
their own.

A compressed array cannot be read from the middle, and tracks are extracted in the order of their ids, which is not that
of the file. So such an array is copied in small pieces to a temporary file beside the caches; an uncompressed one is
read where it is. Tracks are read by position and not mapped into memory, because mapped pages count as memory of the
process.
"""

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np

from common.core.console import say
from common.core.errors import BudgetError, DataError
from data_pipeline.datasets.array_clips import clip_header, open_clip
from data_pipeline.datasets.arrays import clips_header, open_arrays
from data_pipeline.datasets.catalog import Track
from data_pipeline.datasets.npy import ArrayHeader, StoredArrays
from data_pipeline.features.precomputed import Precomputed

# An array in Fortran order is transposed in blocks of this size.
_BLOCK_BYTES = 16 << 20
# Copying a gigabyte takes a few seconds; below this size it is not worth a line.
_SILENT_COPY_BYTES = 1 << 30
# Held while a file's position is moved and used, where the system has no positioned read.
_moving = threading.Lock()


@dataclass(frozen=True)
class ArrayTracks:
    """Reads the spectrogram of one track at a time.

    Args:
        file: the `.npz`, or `X.npy`.
        header: of its array X, (tracks, bins, columns).
        opened: file that holds the values, track after track.
        first_byte: position of the first track in it.
    """

    file: Path
    header: ArrayHeader
    opened: BinaryIO
    first_byte: int

    def read(self, row: int) -> np.ndarray:
        """Spectrogram of one track, (columns, bins) in the type of the file.

        Raises:
            DataError: the file has become shorter, or cannot be read.
        """
        _, bins, columns = self.header.shape
        dtype = self.header.dtype
        track_bytes = bins * columns * dtype.itemsize
        content = _read_at(self.opened, track_bytes, self.first_byte + row * track_bytes, self.file)
        values = np.frombuffer(content, dtype)
        return values.reshape(columns, bins) if self.header.fortran_order else values.reshape(bins, columns).T

    def values_of(self, track: Track) -> np.ndarray:
        """Spectrogram of a track of this file."""
        return self.read(track.row)


class ClipFiles:
    """Reads spectrograms that are a file each."""

    def values_of(self, track: Track) -> np.ndarray:
        """Spectrogram of one track, (columns, bins) in the type of the file.

        Raises:
            DataError: the file cannot be read.
        """
        header = clip_header(track.path)
        return open_clip(track.path).whole_array("X").reshape(header.shape).T


class ArrayReader(Protocol):
    """Reads the spectrogram of one track at a time, (columns, bins) in the type of its file."""

    def values_of(self, track: Track) -> np.ndarray: ...


@contextmanager
def open_arrays_of(
    shards: Sequence[Sequence[Track]], feature: Precomputed, folder: Path, *, memory_left_bytes: int | None = None
) -> Iterator[ArrayReader]:
    """Open the arrays of tracks, all rows of one array or all files of their own, once it is clear that there is room
    for them.

    Args:
        shards: the tracks that each shard will hold.
        folder: where shards and a temporary copy are written.
        memory_left_bytes: what the process may still take; None for no limit.

    Raises:
        DataError: the arrays cannot be read, have changed since the catalog was made, or the folder lacks space.
        BudgetError: a shard takes more memory than is left.
    """
    itemsize = np.dtype(feature.storage.dtype).itemsize
    tracks = [track for shard in shards for track in shard]
    path = tracks[0].path
    if tracks[0].row is None:
        headers = {track.id: clip_header(track.path) for track in tracks}
        changed = next((track for track in tracks if headers[track.id].shape[0] != feature.bins), None)
        if changed is not None:
            raise DataError(
                f"{changed.path}: has become {headers[changed.id].shape} since the folder was opened. Start again."
            )
        sizes = [[headers[track.id] for track in shard] for shard in shards]
        _require_memory(path.parent.parent, sizes, itemsize, memory_left_bytes)
        _require_space(folder, path.parent.parent.name, sum(header.size for header in headers.values()) * itemsize)
        yield ClipFiles()
        return
    with open_arrays(_container_of(path)) as stored:
        header = clips_header(stored)
    count, bins, columns = header.shape
    if bins != feature.bins or count <= max(track.row for track in tracks):
        raise DataError(f"{path}: X has become {header.shape} since the file was opened. Start again.")
    of_track = replace(header, shape=(bins, columns))
    _require_memory(path, [[of_track] * len(shard) for shard in shards], itemsize, memory_left_bytes)
    shards_bytes = len(tracks) * of_track.size * itemsize
    with open_array_tracks(_container_of(path), folder, shards_bytes=shards_bytes) as arrays:
        yield arrays


@contextmanager
def open_array_tracks(path: Path, folder: Path, *, shards_bytes: int = 0) -> Iterator[ArrayTracks]:
    """Open the array X of an `.npz`, after all its bytes have been compared with their checksum, or that of a folder.

    Args:
        path: the `.npz`, or the folder that holds `X.npy`.
        shards_bytes: space that is needed in `folder` beside the copy.
        folder: where a temporary copy is kept while the block runs. The copy has no name, so that the system removes it
            even if the process is killed.

    Raises:
        DataError: the file cannot be read, or the folder lacks space for the copy.
    """
    with open_arrays(path) as stored:
        header, file = clips_header(stored), stored.file_of("X")
        if header.fortran_order or stored.stored_values_at("X") is None:
            _require_space(folder, path.name, shards_bytes, header.values_bytes)
            with tempfile.TemporaryFile(dir=folder, buffering=0) as copy:
                _copy(stored, header, copy, file, folder)
                yield ArrayTracks(file, header, copy, first_byte=0)
            return
        if shards_bytes:
            _require_space(folder, path.name, shards_bytes)
        if file == path:
            for _ in stored.pieces("X"):
                pass  # only the checksum matters
        with open(file, "rb", buffering=0) as opened:
            yield ArrayTracks(file, header, opened, first_byte=stored.stored_values_at("X"))


def _container_of(path: Path) -> Path:
    """The folder of an `X.npy`, and an `.npz` itself."""
    return path.parent if path.name == "X.npy" else path


def _require_space(folder: Path, name: str, shards_bytes: int, copy_bytes: int = 0) -> None:
    free = shutil.disk_usage(folder).free
    if free >= shards_bytes + copy_bytes:
        return
    copied = f" and a temporary copy of X takes {copy_bytes / 2**20:.0f} MB" if copy_bytes else ""
    raise DataError(
        f"{folder}: has {free / 2**20:.0f} MB of free space, but the features of {name} take "
        f"{shards_bytes / 2**20:.0f} MB{copied}. Free some space, or give another folder with --cache."
    )


def _require_memory(
    path: Path, shards: Sequence[Sequence[ArrayHeader]], stored_itemsize: int, left_bytes: int | None
) -> None:
    """Refuse shards that do not fit into memory: all tracks as they are stored, and beside them either the last track
    as it is read and checked, or all of them once more, joined."""
    needed = 0
    largest = max((header for tracks in shards for header in tracks), key=lambda header: header.values_bytes)
    bins, columns = largest.shape
    for tracks in shards:
        held = sum(header.size for header in tracks) * stored_itemsize
        needed = max(needed, held + max(held, *(header.values_bytes + header.size for header in tracks)))
    if left_bytes is not None and needed > left_bytes:
        raise BudgetError(
            f"{path}: declares {bins:,} bins x {columns:,} columns of {largest.dtype} for its largest clip, so that "
            f"storing its clips takes {needed / 2**20:.0f} MB of memory, and --memory-limit leaves "
            f"{max(0, left_bytes) / 2**20:.0f} MB. Raise the limit, or cut the clips into shorter ones."
        )


def _copy(archive: StoredArrays, header: ArrayHeader, copy: BinaryIO, file: Path, folder: Path) -> None:
    """Write all values of X to a file, track after track."""
    if header.values_bytes > _SILENT_COPY_BYTES:
        say(f"copying X of {file.name} to a temporary file: {header.values_bytes / 2**30:.1f} GB ...")
    try:
        if header.fortran_order:
            _copy_transposed(archive.pieces("X"), header, copy)
            return
        position = 0
        for piece in archive.pieces("X"):
            _write_at(copy, piece, position)
            position += len(piece)
    except OSError as error:
        raise DataError(
            f"{folder}: the temporary copy of X of {file} cannot be written ({error.strerror or error}). Give a folder "
            "with free space with --cache."
        ) from error


def _copy_transposed(pieces: Iterator[bytes], header: ArrayHeader, copy: BinaryIO) -> None:
    """In Fortran order the track varies fastest: the file is a matrix (values of a track, tracks), whose rows are
    written as columns, block by block."""
    tracks = header.shape[0]
    itemsize = header.dtype.itemsize
    row_bytes = tracks * itemsize
    track_bytes = header.values_bytes // tracks
    block_bytes = max(1, _BLOCK_BYTES // row_bytes) * row_bytes
    held, done = bytearray(), 0

    def write_rows(rows: bytes) -> None:
        by_track = np.ascontiguousarray(np.frombuffer(rows, header.dtype).reshape(-1, tracks).T)
        for track, values in enumerate(by_track):
            _write_at(copy, values.tobytes(), track * track_bytes + done)

    for piece in pieces:
        held += piece
        while len(held) >= block_bytes:
            write_rows(bytes(held[:block_bytes]))
            del held[:block_bytes]
            done += block_bytes // tracks
    if held:
        write_rows(bytes(held))


def _write_at(file: BinaryIO, content: bytes, position: int) -> None:
    view = memoryview(content)
    while view:
        written = _write_once(file, view, position)
        view, position = view[written:], position + written


def _write_once(file: BinaryIO, content: memoryview, position: int) -> int:
    if hasattr(os, "pwrite"):
        return os.pwrite(file.fileno(), content, position)
    with _moving:
        file.seek(position)
        return file.write(content)


def _read_at(file: BinaryIO, size: int, position: int, name: Path) -> bytes:
    parts = []
    while size:
        # A single call reads at most 2 GB.
        try:
            part = _read_once(file, size, position)
        except OSError as error:
            raise DataError(f"{name}: cannot be read ({error.strerror or error}).") from error
        if not part:
            raise DataError(f"{name}: ends before its array X does: it was changed while it was read.")
        parts.append(part)
        size, position = size - len(part), position + len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _read_once(file: BinaryIO, size: int, position: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(file.fileno(), size, position)
    # Windows has no positioned read. Moving the file's position and reading there are two steps that no other thread
    # may come between.
    with _moving:
        file.seek(position)
        return file.read(size)
