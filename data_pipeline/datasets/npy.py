"""Arrays in NumPy's `.npy` format without loading them: headers, small arrays, and the bytes of a large one in pieces.

Every header is compared with the number of bytes that are there for its array, so that a header that claims too much is
an error before any memory is taken for it. Pickles are never loaded.
"""

import io
import math
import re
import struct
import tokenize
import warnings
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from common.core.errors import DataError

NPY_START = b"\x93NUMPY"
# In a shape, as Python 2 wrote it: `(4L, 6L)`.
_LONG_INTEGER = re.compile(rb"(\d)L(?=\s*[,)])")
# Names of a million tracks, of 60 characters each, take 240 MB.
_MAX_SMALL_BYTES = 256 << 20
# As long as paths can be; NumPy takes the length of the longest for all.
_MAX_CHARACTERS = 4096
# NumPy itself parses headers of up to 10,000 characters; version 2 of the format could declare 4 GB.
_MAX_HEADER_BYTES = 1 << 16
_PIECE_BYTES = 1 << 20
# zipfile and NumPy quote names and headers, which may be as long as the file.
_MOST_REASON_CHARACTERS = 300
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
    UserWarning,
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


class StoredArrays(ABC):
    """Arrays by name. The methods raise DataError where a file is damaged or holds pickles.

    Args:
        path: what messages name.
        form: what is damaged where it cannot be read, e.g. `.npz`.
    """

    def __init__(self, path: Path, form: str):
        self.path, self._form = path, form

    @property
    @abstractmethod
    def keys(self) -> list[str]:
        """Names of all arrays."""

    @abstractmethod
    def file_of(self, key: str) -> Path:
        """The file that holds an array."""

    @abstractmethod
    def packed_bytes(self, key: str) -> int:
        """Bytes that an array takes in its file, compressed or not."""

    @abstractmethod
    def stored_values_at(self, key: str) -> int | None:
        """Position in the file of an array's first value; None where the array is compressed."""

    @abstractmethod
    def _open(self, key: str) -> BinaryIO: ...

    @abstractmethod
    def _npy_bytes(self, key: str) -> int:
        """Length of an array's `.npy` format, header and values."""

    def header(self, key: str) -> ArrayHeader:
        """Header of an array, which holds as many bytes as the header says."""
        with readable(self.file_of(key), self._form), self._open(key) as stream:
            return self._header(key, stream)

    def small_array(self, key: str) -> np.ndarray:
        """A whole array of at most 256 MB, of texts of at most 4,096 characters."""
        with readable(self.file_of(key), self._form), self._open(key) as stream:
            header = self._header(key, stream)
            if header.values_bytes > _MAX_SMALL_BYTES:
                raise DataError(
                    f"{self.path}: {key} takes {header.values_bytes / 2**20:.0f} MB, expected at most "
                    f"{_MAX_SMALL_BYTES >> 20} MB."
                )
            characters = header.dtype.itemsize // (4 if header.dtype.kind == "U" else 1)
            if header.dtype.kind in "US" and characters > _MAX_CHARACTERS:
                raise DataError(
                    f"{self.path}: {key} is {header.dtype}, texts of up to {characters:,} characters, expected at most "
                    f"{_MAX_CHARACTERS:,}. Shorten them, and save {key} again."
                )
            return self._values(key, header, stream)

    def whole_array(self, key: str) -> np.ndarray:
        """A whole array of any size, as its header gives it."""
        with readable(self.file_of(key), self._form), self._open(key) as stream:
            return self._values(key, self._header(key, stream), stream)

    def pieces(self, key: str) -> Iterator[bytes]:
        """Bytes of an array's values, at most 1 MB at a time; after the last piece of an archive's array its checksum
        has been compared."""
        with readable(self.file_of(key), self._form), self._open(key) as stream:
            left = self._header(key, stream).values_bytes
            for piece in _pieces_of(stream):  # zipfile never reads more than the archive lists
                left -= len(piece)
                yield piece
            if left:
                raise DataError(f"{self.path}: {key} does not hold as many bytes as its header says. Save it again.")

    def _values(self, key: str, header: ArrayHeader, stream: BinaryIO) -> np.ndarray:
        content = b"".join(_pieces_of(stream))
        if header.dtype.kind == "U":
            _require_characters(key, np.frombuffer(content, np.dtype("u4").newbyteorder(header.dtype.byteorder)))
        return np.ndarray(header.shape, header.dtype, content, order="F" if header.fortran_order else "C")

    def _header(self, key: str, stream: BinaryIO) -> ArrayHeader:
        """Read a header; the stream is then at the first value."""
        header = read_header(stream)
        if header.dtype.hasobject:
            raise DataError(f"{self.path}: {_about_objects(key, header.shape)}.")
        if min(header.shape, default=1) < 0:
            raise DataError(f"{self.path}: not a readable {self._form} ({key} has shape {header.shape}).")
        held = self._npy_bytes(key) - header.header_bytes
        if header.values_bytes != held:
            raise DataError(
                f"{self.path}: not a readable {self._form} ({key}: shape {header.shape} of {header.dtype} takes "
                f"{header.values_bytes} bytes, the file holds {held})."
            )
        return header


class NpyFiles(StoredArrays):
    """Arrays that are a `.npy` file each.

    Args:
        path: what messages name: the folder, or the file where there is one.
        files: name -> file.
    """

    def __init__(self, path: Path, files: Mapping[str, Path]):
        super().__init__(path, ".npy")
        self._files = dict(files)

    @property
    def keys(self) -> list[str]:
        return list(self._files)

    def file_of(self, key: str) -> Path:
        return self._files[key]

    def packed_bytes(self, key: str) -> int:
        return self._npy_bytes(key)

    def stored_values_at(self, key: str) -> int:
        return self.header(key).header_bytes

    def _open(self, key: str) -> BinaryIO:
        return open(self._files[key], "rb")

    def _npy_bytes(self, key: str) -> int:
        return self._files[key].stat().st_size


@contextmanager
def readable(path: Path, form: str) -> Iterator[None]:
    """Turn whatever a damaged file leads to into one line that names the file.

    Args:
        form: what it should be, e.g. `.npz`.

    Raises:
        DataError: the block could not read the file.
    """
    try:
        yield
    except _DAMAGE as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        if len(reason) > _MOST_REASON_CHARACTERS:
            reason = f"{reason[:_MOST_REASON_CHARACTERS]}..."
        raise DataError(f"{path}: not a readable {form} ({reason}).") from error


def read_header(stream: BinaryIO) -> ArrayHeader:
    """Header at the start of a stream, which is then at the first value.

    Raises:
        Exception: of many types where it is damaged, see `readable`.
    """
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise ValueError(f"version {version} of the .npy format is unknown")
    # Version 3 differs from 2 only in the names of fields, and arrays with fields are refused.
    is_first = version == (1, 0)
    read = np.lib.format.read_array_header_1_0 if is_first else np.lib.format.read_array_header_2_0
    length = stream.read(2 if is_first else 4)
    header_bytes = int.from_bytes(length, "little")
    if header_bytes > _MAX_HEADER_BYTES:
        raise ValueError(
            f"its header declares {header_bytes:,} bytes for itself, expected at most {_MAX_HEADER_BYTES:,}"
        )
    text = stream.read(header_bytes)
    with warnings.catch_warnings():
        # Of a header that is no longer valid Python; it may say anything.
        warnings.simplefilter("error", UserWarning)
        # NumPy reads long integers, too, but warns of every file.
        shape, fortran_order, dtype = read(io.BytesIO(length + _LONG_INTEGER.sub(rb"\1 ", text)))
    # True and False are integers in Python.
    return ArrayHeader(tuple(map(int, shape)), dtype, fortran_order, stream.tell())


def _require_characters(key: str, codes: np.ndarray) -> None:
    """NumPy and the writers of JSON fail on numbers that are not Unicode characters."""
    if ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes <= 0xDFFF))).any():
        raise ValueError(f"{key} holds numbers that are not characters")


def _pieces_of(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(_PIECE_BYTES):
        yield piece


def _about_objects(key: str, shape: tuple[int, ...]) -> str:
    """That an array holds Python objects, and how to save it without them."""
    found = f"{key} is an object array (pickled), which is never loaded; save it with "
    if key in ("genre", "name"):
        return f"{found}{key}.astype(str)"
    if key != "X":
        return f"{found}{key}.astype(int), or leave it out"
    if len(shape) > 1:
        return f"{found}X.astype(np.float32)"
    return (
        f"{found}np.stack(list(X)) where all clips have the same shape, else one clip a file: FOLDER/<genre>/<clip>.npy"
    )
