"""Features of whole tracks, extracted once and stored in `.npy` shards."""

import functools
import os
from pathlib import Path

from common.core.console import warn
from common.core.errors import DataError
from common.core.files import expanded
from common.core.temporary import temporary_root

# Where commands and functions keep them, unless another folder is given.
DEFAULT_CACHE = Path("~/.cache/encore")


def cache_folder(cache: Path | str = DEFAULT_CACHE) -> Path:
    """The folder of all caches, as a path without `~`.

    Where there is no home folder, or none that can be written to, as for users without an account in a container, the
    default becomes `encore` in the folder that `XDG_CACHE_HOME` names, or else a folder of the user's own in that for
    temporary files. A warning says so.

    Raises:
        DataError: another folder is given, and begins with a home folder that is not known; or the folder for temporary
            files holds somebody else's folder of that name.
    """
    cache = Path(cache)
    if cache != DEFAULT_CACHE:
        return expanded(cache)
    try:
        found = expanded(cache)
    except DataError:
        return _without_home("there is no home folder (HOME is not set)")
    existing = next(folder for folder in (found, *found.parents) if _is_there(folder))
    if os.access(existing, os.W_OK | os.X_OK):
        return found
    return _without_home(f"{existing} cannot be written to")


def _is_there(folder: Path) -> bool:
    try:
        return folder.exists()
    except OSError:
        return False  # in somebody else's home folder, as where HOME is that of root


@functools.cache  # said once
def _without_home(reason: str) -> Path:
    named = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(named):
        folder = Path(named) / "encore"
    else:
        user = os.getuid() if hasattr(os, "getuid") else "user"
        folder = temporary_root() / f"encore-cache-{user}"
        if folder.is_symlink() or (folder.exists() and folder.stat().st_uid != user):
            raise DataError(f"{folder}: is not a folder of this user, and {reason}. Give a folder with --cache.")
    warn(f"{reason}, so features are kept in {folder}; choose another folder with --cache")
    return folder
