"""Files below a folder, through links to folders, each folder once."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from common.core.console import warn
from common.core.errors import DataError

# What macOS adds to archives: a second tree of files that hold no audio.
_IGNORED_FOLDERS = ("__MACOSX",)


# How Python keeps bytes of file names that are not UTF-8 (PEP 383).
_BYTE_ZERO = 0xDC00
_KEPT_BYTE = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class FoundFiles:
    """Files below a folder, as they are reached: a file in a linked folder has the path through the link.

    Args:
        files: in sorted order.
        broken_links: links whose target does not exist, in sorted order.
    """

    files: tuple[Path, ...]
    broken_links: tuple[Path, ...]


def clip_files(folder: Path) -> tuple[Path, ...]:
    """All files below a folder; links that lead nowhere are named in a warning, since the clips behind them are then
    missing.

    Raises:
        DataError: a folder must not be read.
    """
    found = files_below(folder)
    if found.broken_links:
        count = len(found.broken_links)
        lead = "link leads" if count == 1 else "links lead"
        more = f" and {count - 1:,} more" if count > 1 else ""
        warn(f"{folder}: {count:,} {lead} to no file: {found.broken_links[0].relative_to(folder)}{more}")
    return found.files


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name, and what is in it, is no part of a data set: hidden, or added by macOS."""
    return name.startswith(".") or name in _IGNORED_FOLDERS


def encodable(name: str) -> str:
    """A file's name as text that can be written as UTF-8: bytes that are not UTF-8 become `\\xe9`."""
    shown = _KEPT_BYTE.sub(lambda found: f"\\x{ord(found[0]) - _BYTE_ZERO:02x}", name)
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


def files_below(folder: Path) -> FoundFiles:
    """All files below a folder but hidden ones, those in hidden folders, and what macOS adds to archives.

    Links to folders are followed. A folder that is reached on two ways is read once, as itself if it lies below
    `folder`; a warning names both paths, unless the link leads back to a folder that contains it.

    Raises:
        DataError: a folder must not be read.
    """
    seen: dict[tuple[int, int], Path] = {}
    files: list[Path] = []
    broken: list[Path] = []
    # Links wait until all folders themselves are read, so that of a folder and a link to it, the folder counts.
    waiting = [Path(folder)]
    while waiting:
        links: list[Path] = []
        for start in waiting:
            _walk(start, seen, files, broken, links)
        waiting = sorted(links)
    return FoundFiles(tuple(sorted(files)), tuple(sorted(broken)))


def _walk(
    start: Path,
    seen: dict[tuple[int, int], Path],
    files: list[Path],
    broken: list[Path],
    links: list[Path],
) -> None:
    pending = [start]
    while pending:
        folder = pending.pop()
        try:
            status = folder.stat()
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise DataError(
                f"{folder}: the folder cannot be read ({error.strerror or error}). Check its permissions."
            ) from error
        earlier = seen.setdefault((status.st_dev, status.st_ino), folder)
        if earlier != folder:
            # A link to a folder above it would repeat everything without end, and loses nothing.
            if not folder.is_relative_to(earlier):
                warn(f"{folder}: the same folder as {earlier}; its files are taken once, from there")
            continue
        for entry in entries:
            path = folder / entry.name
            if is_ignored(entry.name):
                continue
            if entry.is_symlink() and not path.exists():
                broken.append(path)
            elif entry.is_dir(follow_symlinks=False):
                pending.append(path)
            elif entry.is_dir():
                links.append(path)
            elif entry.is_file():
                files.append(path)
