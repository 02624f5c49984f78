"""Spectrograms of single tracks out of an `.npz`, which is never in memory as a whole.

A compressed array cannot be read from the middle, and tracks are extracted in the order of their ids, which is not that
of the file. So such an array is copied in small pieces to a temporary file beside the caches; an uncompressed one is
read where it is. Tracks are read by position and not mapped into memory, because mapped pages count as memory of the
process.
"""

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from common.core.console import say
from common.core.errors import DataError
from data_pipeline.datasets.npz import ArrayHeader, Npz, open_npz

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
        file: the `.npz`.
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


@contextmanager
def open_array_tracks(file: Path, folder: Path) -> Iterator[ArrayTracks]:
    """Open the array X of an `.npz`, after all its bytes have been compared with their checksum.

    Args:
        file: the `.npz`.
        folder: where a temporary copy is kept while the block runs. The copy has no name, so that the system removes it
            even if the process is killed.

    Raises:
        DataError: the file cannot be read, or the folder lacks space for the copy.
    """
    with open_npz(file) as archive:
        header = archive.header("X")
        if header.fortran_order or archive.stored_values_at("X") is None:
            with _temporary_file(file, folder, header.values_bytes) as copy:
                _copy(archive, header, copy, file, folder)
                yield ArrayTracks(file, header, copy, first_byte=0)
            return
        for _ in archive.pieces("X"):
            pass  # only the checksum matters
        with open(file, "rb", buffering=0) as opened:
            yield ArrayTracks(file, header, opened, first_byte=archive.stored_values_at("X"))


def _temporary_file(file: Path, folder: Path, size: int) -> BinaryIO:
    free = shutil.disk_usage(folder).free
    if free < size:
        raise DataError(
            f"{folder}: has {free / 2**20:.0f} MB of free space, but a temporary copy of X of {file} takes "
            f"{size / 2**20:.0f} MB. Free some space, or give another folder with --cache."
        )
    return tempfile.TemporaryFile(dir=folder, buffering=0)


def _copy(archive: Npz, header: ArrayHeader, copy: BinaryIO, file: Path, folder: Path) -> None:
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
