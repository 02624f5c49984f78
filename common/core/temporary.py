"""Folders for temporary files of one command, where the system keeps those (`TMPDIR`, or `/tmp`)."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from common.core.errors import DataError
from common.core.interrupts import being_written
from common.core.leftovers import UNCHANGED_SECONDS
from common.core.locks import lock

_LOCK = ".lock"


def temporary_root() -> Path:
    """The folder that holds all temporary files.

    Raises:
        DataError: there is none that can be written to.
    """
    try:
        return Path(tempfile.gettempdir())
    except OSError as error:
        raise _unusable(error) from error


def require_temporary_files() -> None:
    """Check that temporary files can be written; libraries that need them would fail in ways of their own.

    Raises:
        DataError: they cannot.
    """
    root = temporary_root()
    try:
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(b"\0")
            file.flush()
    except OSError as error:
        raise _unusable(error, root) from error


@contextmanager
def temporary_folder(purpose: str) -> Iterator[Path]:
    """A folder that only this user can enter, during the block. Folders of the same purpose that killed processes left
    are removed before: nobody holds their locks.

    Args:
        purpose: a word for its name.

    Raises:
        DataError: it cannot be created.
    """
    root, prefix = temporary_root(), f"encore-{purpose}-"
    _remove_abandoned(root, prefix)
    try:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=root))
    except OSError as error:
        raise _unusable(error, root) from error
    try:
        with being_written(folder), lock(folder / _LOCK, flag="TMPDIR"):
            yield folder
    finally:
        _remove(folder)


def _remove_abandoned(root: Path, prefix: str) -> None:
    """Remove old folders of this user whose lock is free. Their age counts, because a new one may have no lock yet."""
    mine = os.getuid() if hasattr(os, "getuid") else None
    for folder in root.glob(f"{prefix}*"):
        try:
            status = folder.lstat()
        except OSError:
            continue  # its process has removed it
        is_old = time.time() - status.st_mtime >= UNCHANGED_SECONDS
        if folder.is_symlink() or not folder.is_dir() or not is_old or mine not in (None, status.st_uid):
            continue
        with lock(folder / _LOCK, flag="TMPDIR", wait=False) as is_free:
            if is_free:
                _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a folder, with copies of folders that could only be read."""
    for place, _, _ in os.walk(folder):
        with suppress(OSError):  # another process removes it, too
            os.chmod(place, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _unusable(error: OSError, root: Path | None = None) -> DataError:
    where = "TMPDIR" if root is None else root
    return DataError(
        f"{where}: temporary files cannot be written ({error.strerror or error}). Set TMPDIR to a writable folder with "
        "free space."
    )
