"""Temporary files: their names, and the removal of those that killed processes left behind.

A file that is being written has a temporary name beside its final one (`common.core.files`). A process that is killed
meanwhile leaves it there, and it may be as large as a checkpoint. The next command removes it, but never one that
another process may still be writing: either it holds the lock of all who write into the folder, or the file was not
changed for an hour.
"""

import re
import secrets
import time
from pathlib import Path

from common.core.console import detail
from common.core.words import counted

# A writer that is alive changes its file far more often than this.
UNCHANGED_SECONDS = 3600.0
# Eight characters as those of `secrets.token_hex`, or of `tempfile` in earlier versions.
_NAME = re.compile(r"\..+\.[a-z0-9_]{8}\.tmp(\.[\w.]+)?")


def temporary_path(path: Path, suffix: str = "") -> Path:
    """A new name beside `path` for a file that is renamed to `path` when it is complete.

    Args:
        suffix: that the name must end with, where a library insists on one.
    """
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp{suffix}")


def is_temporary(name: str) -> bool:
    """Whether a file of this name is one that `temporary_path` names."""
    return _NAME.fullmatch(name) is not None


def remove_leftovers(*folders: Path, unchanged_seconds: float = UNCHANGED_SECONDS) -> None:
    """Remove the temporary files that killed processes left in folders; what lies in their subfolders stays. A folder
    that does not exist, and a file that may not be removed, are left as they are: nothing depends on them.

    Args:
        unchanged_seconds: age of the last change above which a file is removed; 0 for the holder of the lock that all
            who write into the folders take.
    """
    now, removed = time.time(), []
    for folder in folders:
        try:
            found = [path for path in folder.iterdir() if is_temporary(path.name)]
        except OSError:
            continue
        for path in found:
            try:
                if unchanged_seconds and now - path.stat().st_mtime < unchanged_seconds:
                    continue
                path.unlink()
            except OSError:
                continue
            removed.append(path)
    if removed:
        detail(f"removed {counted(len(removed), 'temporary file')} of processes that were killed, first: {removed[0]}")
