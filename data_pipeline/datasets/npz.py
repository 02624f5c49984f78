"""Arrays in an `.npz` file, which is a zip of `.npy` files, without loading it."""

import struct
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from common.core.errors import DataError
from data_pipeline.datasets.archives import BOUNDED_COMPRESSIONS, about_compression
from data_pipeline.datasets.npy import NPY_START, NpyFiles, StoredArrays, readable
from data_pipeline.datasets.other_files import START_BYTES, about_file, about_zip

_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
# What macOS adds to archives: a second tree of files that hold no arrays.
_IGNORED = "__MACOSX/"


class Npz(StoredArrays):
    """An open `.npz`, see `open_npz`."""

    def __init__(self, file: Path, archive: zipfile.ZipFile):
        super().__init__(file, ".npz")
        self._archive = archive
        self._members = {
            info.filename.removesuffix(".npy"): info
            for info in archive.infolist()
            if not info.filename.startswith(_IGNORED)
        }

    @property
    def keys(self) -> list[str]:
        return list(self._members)

    def file_of(self, key: str) -> Path:
        return self.path

    def packed_bytes(self, key: str) -> int:
        return self._members[key].compress_size

    def stored_values_at(self, key: str) -> int | None:
        header, info = self.header(key), self._members[key]
        if info.compress_type != zipfile.ZIP_STORED:
            return None
        with readable(self.path, ".npz"), open(self.path, "rb") as file:
            file.seek(info.header_offset)
            # The last four bytes of a member's own header are the lengths of its name and of a further field.
            name_bytes, further_bytes = struct.unpack("<26xHH", file.read(30))
        return info.header_offset + 30 + name_bytes + further_bytes + header.header_bytes

    def _open(self, key: str) -> BinaryIO:
        info = self._members[key]
        if info.compress_type not in BOUNDED_COMPRESSIONS:
            raise ValueError(f"{key} is compressed by {about_compression(info)}, which NumPy does not write")
        return self._archive.open(info)

    def _npy_bytes(self, key: str) -> int:
        return self._members[key].file_size


@contextmanager
def open_npz(file: Path) -> Iterator[Npz]:
    """Open an `.npz`; the block may read arrays from it.

    Raises:
        DataError: the file is not an `.npz`; what it is instead is said.
    """
    with ExitStack() as stack:
        with readable(file, ".npz"):
            opened = stack.enter_context(open(file, "rb"))
            start = opened.read(START_BYTES)
            opened.seek(0)
            if start.startswith(NPY_START):
                NpyFiles(file, {"X": file}).header("X")
                raise DataError(
                    f"{file}: is a single array. Save it with its names and genres: np.savez(FILE, X=X, name=names, "
                    "genre=genres), or give a folder with X.npy, name.npy and genre.npy."
                )
            if not start:
                raise DataError(f"{file}: not a readable .npz (the file is empty).")
            if not start.startswith(_ZIP_STARTS):
                raise DataError(f"{file}: {about_file(file.name, start)}")
            archive = stack.enter_context(zipfile.ZipFile(opened))
            names = [name for name in archive.namelist() if not name.startswith(_IGNORED)]
            if instead := about_zip(file.name, names):
                raise DataError(f"{file}: {instead}")
        yield Npz(file, archive)
