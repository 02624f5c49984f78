"""Files below a folder, through links to folders, each folder once."""

import os
from dataclasses import dataclass
from pathlib import Path

from common.core.console import warn
from common.core.errors import DataError
from common.core.words import counted

# What systems add to folders, in small letters: a second tree of macOS in archives, which holds no audio; indexes of
# Windows and Synology; and deleted files of Windows, Synology and QNAP, whose hidden ones are left out anyway.
_IGNORED_FOLDERS = ("__macosx", "system volume information", "@eadir", "$recycle.bin", "#recycle", "@recycle")
# iCloud moves a file's content to its servers and leaves `.NAME.icloud` in its place.
_PLACEHOLDER_SUFFIX = ".icloud"


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


def require_reachable(path: Path, *, flag: str) -> None:
    """Refuse a path that cannot be looked up, e.g. in a folder that must not be read. One that does not exist is left
    to whoever needs it.

    Args:
        path: without `~`.
        flag: option or argument that it was given with, for the message.

    Raises:
        DataError: it cannot be looked up.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise DataError(
            f"{flag} {path}: cannot be read ({error.strerror or error}). Check the path, and the permissions of the "
            "folders that it is in."
        ) from error


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name, and what is in it, is no part of a data set: hidden, or of a system."""
    return name.startswith(".") or name.lower() in _IGNORED_FOLDERS


def files_below(folder: Path) -> FoundFiles:
    """All files below a folder but hidden ones, those in hidden folders, and what systems add to folders.

    Links to folders are followed. A folder that is reached on two ways is read once, as itself if it lies below
    `folder`; a warning names both paths, unless the link leads back to a folder that contains it. Pipes, sockets and
    devices, which could be read without end, and files whose content is in iCloud only are left out with a warning.

    Raises:
        DataError: a folder, or the place that a link leads to, must not be read.
    """
    seen: dict[tuple[int, int], Path] = {}
    files: list[Path] = []
    broken: list[Path] = []
    unreadable = _Unreadable([], [])
    # Links wait until all folders themselves are read, so that of a folder and a link to it, the folder counts.
    waiting = [Path(folder)]
    while waiting:
        links: list[Path] = []
        for start in waiting:
            _walk(start, seen, files, broken, links, unreadable)
        waiting = sorted(links)
    unreadable.warn_of(Path(folder))
    return FoundFiles(tuple(sorted(files)), tuple(sorted(broken)))


@dataclass(frozen=True)
class _Unreadable:
    """What looks like a file but has no content to read."""

    special: list[Path]
    in_icloud: list[Path]

    def warn_of(self, folder: Path) -> None:
        if self.special:
            files = counted(len(self.special), "special file")
            warn(f"{folder}: not read, because pipes, sockets or devices: {files}, e.g. {min(self.special)}")
        if self.in_icloud:
            files = counted(len(self.in_icloud), "file")
            warn(
                f"{folder}: not read, because only in iCloud: {files}, e.g. {min(self.in_icloud)}. Download the folder "
                "in Finder first."
            )


def _leads_somewhere(link: Path) -> bool:
    try:
        return link.exists()
    except OSError as error:
        raise DataError(
            f"{link}: the place that this link leads to cannot be read ({error.strerror or error}). Check the "
            "permissions there, or remove the link."
        ) from error


def _walk(
    start: Path,
    seen: dict[tuple[int, int], Path],
    files: list[Path],
    broken: list[Path],
    links: list[Path],
    unreadable: _Unreadable,
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
            if entry.name.startswith(".") and entry.name.endswith(_PLACEHOLDER_SUFFIX):
                unreadable.in_icloud.append(folder / entry.name[1:].removesuffix(_PLACEHOLDER_SUFFIX))
            if is_ignored(entry.name):
                continue
            if entry.is_symlink() and not _leads_somewhere(path):
                broken.append(path)
            elif entry.is_dir(follow_symlinks=False):
                pending.append(path)
            elif entry.is_dir():
                links.append(path)
            elif entry.is_file():
                files.append(path)
            else:
                unreadable.special.append(path)
