"""Arrays in an `.npz` file without loading the file: headers, small arrays, and the bytes of a large one in pieces.

Every header is compared with the number of bytes that the archive lists for its array, so that a header that claims
too much is an error before any memory is taken for it. Pickles are never loaded.
"""

import lzma
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from common.core.errors import DataError

# Names of a million tracks, of 60 characters each, take 240 MB.
_MAX_SMALL_BYTES = 256 << 20
_PIECE_BYTES = 1 << 20
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_NPY_START = b"\x93NUMPY"
# What damaged archives and headers lead to in zipfile, in its decompressors and in NumPy's reader of headers.
# RuntimeError: an archive that is encrypted, or compressed in a way that Python does not support.
_DAMAGE = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    OSError,
    EOFError,
    RuntimeError,
    OverflowError,
    MemoryError,
    SyntaxError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


@dataclass(frozen=True)
class ArrayHeader:
    """Header of a `.npy` array, before its values.

    Args:
        fortran_order: whether the first axis is the one that varies fastest in the file.
        header_bytes: length of the header; the values follow.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran_order: bool
    header_bytes: int

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def values_bytes(self) -> int:
        return self.size * self.dtype.itemsize


class Npz:
    """An open `.npz`, see `open_npz`. Its methods raise DataError where the file is damaged or holds pickles."""

    def __init__(self, file: Path, archive: zipfile.ZipFile):
        self._file, self._archive = file, archive

    @property
    def keys(self) -> list[str]:
        """Names of all arrays."""
        return [name.removesuffix(".npy") for name in self._archive.namelist()]

    def header(self, key: str) -> ArrayHeader:
        """Header of an array, which holds as many bytes as the header says."""
        with _readable(self._file), self._open(key) as stream:
            return self._header(key, stream)

    def small_array(self, key: str) -> np.ndarray:
        """A whole array of at most 256 MB."""
        with _readable(self._file), self._open(key) as stream:
            header = self._header(key, stream)
            if header.values_bytes > _MAX_SMALL_BYTES:
                raise DataError(
                    f"{self._file}: {key} takes {header.values_bytes / 2**20:.0f} MB, expected at most "
                    f"{_MAX_SMALL_BYTES >> 20} MB."
                )
            content = b"".join(_pieces_of(stream))
            if header.dtype.kind == "U":
                _require_characters(key, np.frombuffer(content, np.dtype("u4").newbyteorder(header.dtype.byteorder)))
            return np.ndarray(header.shape, header.dtype, content, order="F" if header.fortran_order else "C")

    def pieces(self, key: str) -> Iterator[bytes]:
        """Bytes of an array's values, at most 1 MB at a time; after the last piece its checksum has been compared."""
        with _readable(self._file), self._open(key) as stream:
            left = self._header(key, stream).values_bytes
            for piece in _pieces_of(stream):  # zipfile never reads more than the archive lists
                left -= len(piece)
                yield piece
            if left:
                raise DataError(f"{self._file}: {key} does not hold as many bytes as its header says. Save it again.")

    def stored_values_at(self, key: str) -> int | None:
        """Position in the file of an array's first value; None where the array is compressed."""
        with _readable(self._file), self._open(key) as stream:
            header = self._header(key, stream)
            info = self._member(key)
        if info.compress_type != zipfile.ZIP_STORED:
            return None
        with _readable(self._file), open(self._file, "rb") as file:
            file.seek(info.header_offset)
            # The last four bytes of a member's own header are the lengths of its name and of a further field.
            name_bytes, further_bytes = struct.unpack("<26xHH", file.read(30))
        return info.header_offset + 30 + name_bytes + further_bytes + header.header_bytes

    def _member(self, key: str) -> zipfile.ZipInfo:
        name = key if key in self._archive.namelist() else f"{key}.npy"
        return self._archive.getinfo(name)

    def _open(self, key: str) -> BinaryIO:
        return self._archive.open(self._member(key))

    def _header(self, key: str, stream: BinaryIO) -> ArrayHeader:
        """Read a header; the stream is then at the first value."""
        header = _read_header(stream)
        if header.dtype.hasobject:
            raise _pickles_error(self._file)
        if min(header.shape, default=1) < 0:
            raise DataError(f"{self._file}: not a readable .npz ({key} has shape {header.shape}).")
        held = self._member(key).file_size - header.header_bytes
        if header.values_bytes != held:
            raise DataError(
                f"{self._file}: not a readable .npz ({key}: shape {header.shape} of {header.dtype} takes "
                f"{header.values_bytes} bytes, the file holds {held})."
            )
        return header


@contextmanager
def open_npz(file: Path) -> Iterator[Npz]:
    """Open an `.npz`; the block may read arrays from it.

    Raises:
        DataError: the file is not an `.npz`, or is one array or a pickle.
    """
    with ExitStack() as stack:
        with _readable(file):
            opened = stack.enter_context(open(file, "rb"))
            start = opened.read(len(_NPY_START))
            opened.seek(0)
            if start == _NPY_START:
                if _read_header(opened).dtype.hasobject:
                    raise _pickles_error(file)
                raise DataError(f"{file}: is a single array, expected an .npz with X, name and genre.")
            if not start:
                raise DataError(f"{file}: not a readable .npz (the file is empty).")
            if not start.startswith(_ZIP_STARTS):
                raise _pickles_error(file)
            archive = stack.enter_context(zipfile.ZipFile(opened))
        yield Npz(file, archive)


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """Turn whatever a damaged file leads to into one line that names the file.

    Raises:
        DataError: the block could not read the file.
    """
    try:
        yield
    except _DAMAGE as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise DataError(f"{file}: not a readable .npz ({reason}).") from error


def _read_header(stream: BinaryIO) -> ArrayHeader:
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise ValueError(f"version {version} of the .npy format is unknown")
    # Version 3 differs from 2 only in the names of fields, and arrays with fields are refused.
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran_order, dtype = read(stream)
    # True and False are integers in Python.
    return ArrayHeader(tuple(map(int, shape)), dtype, fortran_order, stream.tell())


def _require_characters(key: str, codes: np.ndarray) -> None:
    """NumPy and the writers of JSON fail on numbers that are not Unicode characters."""
    if ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes <= 0xDFFF))).any():
        raise ValueError(f"{key} holds numbers that are not characters")


def _pieces_of(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(_PIECE_BYTES):
        yield piece


def _pickles_error(file: Path) -> DataError:
    # Any unknown format may be a pickle.
    return DataError(
        f"{file}: holds pickled objects, which are never loaded, or is not an .npz at all. Save plain arrays."
    )
