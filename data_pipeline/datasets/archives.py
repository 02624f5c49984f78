"""Members of .tar and .zip archives: listed before anything is written, and read one at a time.

Archives come from strangers. A member whose path leads out of the archive, a link or a device in place of a clip, and
sizes that no archive of audio has are errors. Where members are written to is never taken from the archive.
"""

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO

from common.core.console import progress
from common.core.errors import DataError
from data_pipeline.datasets.files import is_ignored

TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
SUFFIXES = (*TAR_SUFFIXES, ".zip")
# Two minutes of stereo at 96,000 Hz as 24-bit samples, and more than any clip of a data set that is unpacked here.
MOST_MEMBER_BYTES = 64 << 20
# Audio shrinks to no less than a tenth, silence aside; a bomb unpacks to a thousand times its size.
MOST_RATIO, SMALL_BYTES = 100, 1 << 30
# All members are listed in memory, and a tar archive of empty ones shrinks to a thousandth. GTZAN has 1,000 clips.
_MOST_MEMBERS = 100_000
# A long name, or what else a tar archive says of one member, is read as a whole.
_MOST_DESCRIPTION_BYTES = 1 << 20
_PIECE_BYTES = 1 << 20
# Of members of zips. `zipfile` unpacks others without a limit on what comes out of a piece, and LZMA may ask for a
# buffer of 4 GB.
BOUNDED_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PAX_TYPES = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
# What damaged archives lead to in tarfile, zipfile and the decompressors. RuntimeError: a member that is encrypted, or
# compressed in a way that Python does not support. OverflowError, ValueError: numbers in headers.
_DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    RuntimeError,
    OverflowError,
    ValueError,
)


@dataclass(frozen=True)
class Member:
    """A file in an archive.

    Args:
        path: in the archive.
        size: bytes that its header declares; reading gives no more.
        is_file: False for links and devices.
        entry: what the archive knows it by.
    """

    path: PurePosixPath
    size: int
    is_file: bool
    entry: Any


class _Entry(tarfile.TarInfo):
    """A member of a tar archive whose description is not longer than any that programs write."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        # `tarfile` reads these as a whole, and documents this method as the place to look at members of some types.
        is_description = self.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, *_PAX_TYPES)
        if is_description and self.size > _MOST_DESCRIPTION_BYTES:
            # `tarfile.open` would put a message about all compressions in place of its own errors.
            raise ValueError(
                f"the name of a member takes {self.size:,} bytes, expected at most {_MOST_DESCRIPTION_BYTES:,}"
            )
        return super()._proc_member(archive)


class Archive:
    """An open archive, see `open_archive`."""

    def __init__(self, file: Path, opened: tarfile.TarFile | zipfile.ZipFile, members: tuple[Member, ...]):
        self._file, self._opened = file, opened
        self.members = members

    @property
    def paths(self) -> list[PurePosixPath]:
        """Path of every member, in the order of the archive."""
        return [member.path for member in self.members]

    def total_bytes(self, places: Sequence[int]) -> int:
        """Bytes that members take when they are unpacked.

        Args:
            places: of members in `paths`.

        Raises:
            DataError: one of them is a link or a device, or larger than any clip.
        """
        for member in (self.members[place] for place in places):
            if not member.is_file:
                raise DataError(
                    f"{self._file}: {member.path} is a link or a device, and not a file. This archive was not made by "
                    "the authors of the data set: get it anew."
                )
            if member.size > MOST_MEMBER_BYTES:
                raise DataError(
                    f"{self._file}: {member.path} unpacks to {member.size / 2**20:,.0f} MB, expected a clip of at most "
                    f"{MOST_MEMBER_BYTES >> 20} MB. Get the archive anew."
                )
        return sum(self.members[place].size for place in places)

    def contents(self, places: Sequence[int]) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Place and bytes, in pieces, of members; each is read before the next one is asked for.

        Raises:
            DataError: the archive is damaged.
        """
        for place in sorted(places):
            yield place, self._pieces(self.members[place])

    def _pieces(self, member: Member) -> Iterator[bytes]:
        # A block of its own for each read, so that errors of whoever takes the pieces are not called damage.
        with _readable(self._file):
            if isinstance(self._opened, zipfile.ZipFile):
                if member.entry.compress_type not in BOUNDED_COMPRESSIONS:
                    raise ValueError(
                        f"{member.path} is compressed by {about_compression(member.entry)}, expected deflate"
                    )
                stream: BinaryIO = self._opened.open(member.entry)
            else:
                stream = self._opened.extractfile(member.entry)
        with stream:
            while True:
                with _readable(self._file):
                    piece = stream.read(_PIECE_BYTES)
                if not piece:
                    break
                yield piece


def about_compression(info: zipfile.ZipInfo) -> str:
    """Name of the way in which a member of a zip is compressed: `lzma`, or `method 99` where Python knows none."""
    return zipfile.compressor_names.get(info.compress_type, f"method {info.compress_type}")


@contextmanager
def open_archive(file: Path) -> Iterator[Archive]:
    """Open an archive and list its members, without hidden ones and what macOS adds.

    Raises:
        DataError: it is damaged, incomplete or encrypted, a path leads out of it, or it unpacks to far more than audio.
    """
    is_zip = file.name.lower().endswith(".zip")
    with _readable(file):
        packed = file.stat().st_size
        opened = zipfile.ZipFile(file) if is_zip else tarfile.open(file, "r:*", tarinfo=_Entry)  # noqa: SIM115
    with opened:
        members: list[Member] = []
        total = 0
        entries = _zip_entries(opened) if is_zip else _tar_entries(opened)
        # The members of a .tar.gz are found by unpacking all of it.
        with progress(f"reading the list of files of {file.name}"):
            while True:
                with _readable(file):
                    found = next(entries, None)
                if found is None:
                    break
                path, size, is_file, entry = found
                total += size
                if total > SMALL_BYTES and total > MOST_RATIO * packed:
                    raise DataError(
                        f"{file}: holds {packed / 2**20:,.1f} MB that unpack to more than {total / 2**20:,.0f} MB, "
                        "which no archive of audio does. It was not unpacked. Get it anew."
                    )
                if path.is_absolute() or ".." in path.parts or PureWindowsPath(path.parts[0]).drive:
                    raise DataError(
                        f"{file}: the path of its member {path} leads out of the archive. It was not unpacked. Get it "
                        "anew."
                    )
                if not any(map(is_ignored, path.parts)):
                    members.append(Member(path, size, is_file, entry))
        yield Archive(file, opened, tuple(members))


def _zip_entries(opened: zipfile.ZipFile) -> Iterator[tuple[PurePosixPath, int, bool, Any]]:
    for info in _counted(opened.infolist()):
        kind = stat.S_IFMT(info.external_attr >> 16)
        # Some programs write Windows' separators, which the format does not allow.
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.parts and not info.is_dir():  # a member without a name is neither
            yield path, info.file_size, kind in (0, stat.S_IFREG), info


def _tar_entries(opened: tarfile.TarFile) -> Iterator[tuple[PurePosixPath, int, bool, Any]]:
    for info in _counted(opened):
        path = PurePosixPath(info.name)
        if not info.isdir() and path.parts:
            yield path, info.size, info.isreg(), info


def _counted(entries: Iterable[Any]) -> Iterator[Any]:
    """Entries of an archive, folders among them, up to the number at which it is no archive of audio."""
    for number, entry in enumerate(entries):
        if number == _MOST_MEMBERS:
            raise tarfile.ReadError(f"it holds more than {_MOST_MEMBERS:,} members")
        yield entry


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise _damaged(file, (str(error) or type(error).__name__).splitlines()[0].rstrip(".")) from error


def _damaged(file: Path, reason: str) -> DataError:
    return DataError(f"{file}: cannot be unpacked ({reason}). It may be damaged, or not fully downloaded: get it anew.")
