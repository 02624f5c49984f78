"""Locks between processes, of one machine or of several that share a file system."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common.core.errors import DataError
from common.core.files import make_folder
from common.core.interrupts import waiting

_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


@contextmanager
def lock(path: Path, *, flag: str, wait: bool = True) -> Iterator[bool]:
    """Hold a lock during the block. Its file stays, with the permissions that the umask gives, so that those who share
    the folder can take it, too.

    Args:
        path: of the lock file; its folder is created.
        flag: option that names the folder of the work, for messages.
        wait: for another process that holds it.

    Yields:
        Whether it is held: False where another process holds it, and `wait` is off.

    Raises:
        DataError: the file cannot be created or opened for writing, or its file system has no locks.
    """
    # Loaded here, because it takes longer than all else that most commands need of this package.
    from filelock import FileLock, Timeout

    make_folder(path.parent)
    # Without locks of the file system, filelock would go on with files that a killed process leaves locked.
    held = FileLock(path, timeout=-1 if wait else 0, fallback_to_soft=False)
    try:
        with waiting():
            held.acquire()
    except Timeout:
        yield False
        return
    except OSError as error:
        raise _unlocked(path, flag, error) from error
    try:
        yield True
    finally:
        held.release()


def _unlocked(path: Path, flag: str, error: OSError) -> DataError:
    reason = error.strerror or str(error)
    if error.errno in _NO_LOCKS:
        return DataError(
            f"{path}: its file system has no locks ({reason}), without which two commands could write the same files. "
            f"Mount it with locks, or give a folder elsewhere with {flag}."
        )
    if isinstance(error, PermissionError) and path.exists():
        return DataError(
            f"{path}: belongs to {_owner(path)}, and cannot be opened for writing ({reason}). To share the folder, let "
            f"its group write (chmod -R g+w, and umask 002 for all who use it); or give another folder with {flag}."
        )
    return DataError(f"{path}: cannot be created ({reason}). Give a writable folder with free space with {flag}.")


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except (KeyError, NotImplementedError):  # a user without a name, as in a container
        return f"user {path.stat().st_uid}"
