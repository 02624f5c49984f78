"""Data sets that come packed: unpacked once, below the cache, and found there at the next start.

Layout: `<cache>/unpacked/<dataset>-<digest>/` with the files and `unpacked.json`, which lists them with their sizes and
SHA-256, and holds the digest of its own values; lists of earlier versions have no SHA-256.
The digest is of the names, sizes and times of the packed files, and not of their bytes: reading 1.2 GB at every start
would take longer than the start itself, and a file that was replaced has another size or time.

A folder appears under its name when it is complete. What a killed process leaves behind has another name and is removed
by the next one. Files get the time of the packed file, so that features that were extracted from them before are found
again after they were unpacked anew.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from common.core.console import detail, progress
from common.core.errors import DataError
from common.core.files import make_folder, read_json, sha256_of_json, with_digest, without_digest, write_json
from common.core.locks import lock

LIST_NAME = "unpacked.json"
_PART = ".part"


def unpacked_below(cache: Path) -> Path:
    """Folder of everything that is unpacked below the folder of all caches."""
    return Path(cache).expanduser().absolute() / "unpacked"


class Members(Protocol):
    """What an archive or a table holds: files, known by their place in `paths`."""

    paths: Sequence[PurePosixPath]

    def total_bytes(self, places: Sequence[int]) -> int: ...

    def contents(self, places: Sequence[int]) -> Iterator[tuple[int, Iterator[bytes]]]: ...


@dataclass(frozen=True)
class Unpacked:
    """A data set that was packed.

    Args:
        folder: holds its files.
        left_out: paths of the members that are no part of it.
    """

    folder: Path
    left_out: tuple[str, ...]


def unpacked(
    files: Sequence[Path],
    cache: Path,
    *,
    dataset: str,
    opened: Callable[[], AbstractContextManager[Members]],
    choose: Callable[[Members], dict[int, str]],
) -> Unpacked:
    """The folder of a data set that comes packed; it is unpacked if it was not before.

    Args:
        files: the packed files.
        cache: folder of all caches.
        dataset: key of the data set.
        opened: opens them.
        choose: place of a member -> path to write it to, below the folder, of those that belong to the data set.

    Raises:
        DataError: the files cannot be read, hold nothing of the data set, or the cache lacks space for it.
    """
    place = unpacked_below(cache)
    stated = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    folder = place / f"{dataset}-{sha256_of_json(stated)[:16]}"
    try:
        left_out = _left_out_of(folder)
        if left_out is not None:
            # Without the lock, so that it can be in a folder that can only be read.
            detail(f"{files[0].name}: unpacked before, in {folder}")
            return Unpacked(folder, left_out)
        make_folder(place)
        _remove_parts(place)
        with lock(_lock_of(folder), flag="--cache"):
            left_out = _left_out_of(folder)
            if left_out is None:
                left_out = _unpack(files, folder, opened, choose)
    except OSError as error:
        raise DataError(
            f"{place}: {files[0].name} cannot be unpacked there ({error.strerror or error}). Give a writable folder "
            "with free space with --cache."
        ) from error
    return Unpacked(folder, left_out)


@dataclass(frozen=True)
class UnpackedList:
    """What `unpacked.json` says.

    Args:
        sizes: path below the folder -> bytes of each file.
        digests: path -> SHA-256; empty in lists of earlier versions.
        left_out: paths of the members that were not unpacked.
        has_digest: whether the list holds its own digest.
    """

    sizes: dict[str, int]
    digests: dict[str, str]
    left_out: tuple[str, ...]
    has_digest: bool


def read_list(folder: Path) -> UnpackedList:
    """Read the list of what was unpacked into a folder.

    Raises:
        DataError: it cannot be read, was edited, or is no such list.
    """
    path = folder / LIST_NAME
    remedy = f"Delete the folder {folder} to unpack it again."
    values = read_json(path, what="the list of unpacked files", remedy=f" {remedy}")
    try:
        plain = without_digest(path, values)
    except DataError as error:
        raise DataError(f"{error} {remedy}") from error
    # Those of earlier versions have neither the SHA-256 of the files nor their own.
    has_digest = plain is not values
    names = {"from", "files", "left_out"} | ({"sha256_of_files"} if has_digest else set())
    if not isinstance(plain, dict) or plain.keys() != names:
        raise DataError(f"{path}: is not a list of unpacked files. {remedy}")
    files, left_out, digests = plain["files"], plain["left_out"], plain.get("sha256_of_files", {})
    if not all(isinstance(values, kind) for values, kind in ((files, dict), (digests, dict), (left_out, list))) or (
        has_digest and digests.keys() != files.keys()
    ):
        raise DataError(f"{path}: is not a list of unpacked files. {remedy}")
    return UnpackedList(files, digests, tuple(left_out), has_digest)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.lock")


def _remove_parts(place: Path) -> None:
    """Remove the incomplete folders that killed processes left, as far as this user may; one that another process is
    writing has its lock."""
    for part in place.glob(f".*{_PART}"):
        folder = place / part.name[1:].removesuffix(_PART)
        with suppress(DataError), lock(_lock_of(folder), flag="--cache", wait=False) as is_mine:
            if is_mine:
                shutil.rmtree(part, ignore_errors=True)


def _left_out_of(folder: Path) -> tuple[str, ...] | None:
    """Members that were left out when it was unpacked; None where it was not, or where a file has gone since."""
    if not (folder / LIST_NAME).exists():
        return None
    listed = read_list(folder)
    for name, size in listed.sizes.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            return None
    return listed.left_out


def _unpack(
    files: Sequence[Path],
    folder: Path,
    opened: Callable[[], AbstractContextManager[Members]],
    choose: Callable[[Members], dict[int, str]],
) -> tuple[str, ...]:
    # Of a process that was killed, and of a folder that is no longer complete: only the lock's holder comes here.
    part = folder.with_name(f".{folder.name}{_PART}")
    for old in (part, folder):
        if old.exists():
            shutil.rmtree(old)
    with opened() as members:
        chosen = choose(members)
        _require_space(files[0], folder.parent, members.total_bytes(list(chosen)))
        try:
            part.mkdir()
            time = files[0].stat().st_mtime_ns
            sizes, digests = _write(members, chosen, part, f"unpacking {files[0].name}", time)
            left_out = tuple(sorted(_text(path) for i, path in enumerate(members.paths) if i not in chosen))
            values = {"from": [file.name for file in files], "files": sizes, "left_out": left_out}
            write_json(part / LIST_NAME, with_digest(values | {"sha256_of_files": digests}))
            os.replace(part, folder)
        finally:
            if part.exists():
                shutil.rmtree(part)
    return left_out


def _write(
    members: Members, chosen: dict[int, str], part: Path, what: str, time: int
) -> tuple[dict[str, int], dict[str, str]]:
    """Write the chosen members; returns size and SHA-256 of each file."""
    sizes, digests = {}, {}
    with progress(what, len(chosen), unit="clips") as advance:
        for place, pieces in members.contents(list(chosen)):
            path = part / chosen[place]
            path.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with open(path, "xb") as file:
                for piece in pieces:
                    file.write(piece)
                    digest.update(piece)
                sizes[chosen[place]] = file.tell()
            digests[chosen[place]] = digest.hexdigest()
            os.utime(path, ns=(time, time))
            advance(1)
    return sizes, digests


def _require_space(file: Path, cache: Path, needed: int) -> None:
    free = shutil.disk_usage(cache).free
    if needed > free:
        raise DataError(
            f"{cache}: has {free / 2**20:,.0f} MB of free space, but {file} unpacks to {needed / 2**20:,.0f} MB. Free "
            "some space, or give another folder with --cache."
        )


def _text(path: PurePosixPath) -> str:
    """A path with bytes that are no text written as `\\xe9`: the list is UTF-8."""
    return path.as_posix().encode("utf-8", "backslashreplace").decode("utf-8")
