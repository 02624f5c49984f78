"""HDF5 files of weights before they are opened: HDF5's library is written in C, and a damaged file can crash it.

Files that end with their own SHA-256 are compared with it. Others, of earlier versions and of users, are read once in a
process of their own, see `common.training.hdf5_check`.
"""

import os
import subprocess
import sys
from pathlib import Path

from common.core.errors import DataError
from common.core.interrupts import no_interrupts_in_children
from common.core.trailers import has_checked_trailer
from common.training import hdf5_check

# HDF5's own first bytes; the end of the file, as it was written, is at the place that its version 0 has it.
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SUPERBLOCK_BYTES = 48
# To start Python and read the file, beside the time that a slow disk takes for its bytes.
_CHECK_SECONDS = 60
_SLOWEST_BYTES_PER_SECOND = 10_000_000


def require_readable_hdf5(path: Path) -> bool:
    """Whether a file of weights ends with its own SHA-256, which is compared. Where it does not, it is read once in
    another process; files that are not HDF5 are not.

    Raises:
        DataError: the file cannot be read, was changed or cut off, or crashes its reader; without what to do.
    """
    if has_checked_trailer(path):
        return True
    size = path.stat().st_size
    with open(path, "rb") as file:
        start = file.read(_SUPERBLOCK_BYTES)
    if not start.startswith(_SIGNATURE):
        return False
    # Version 0 of the format, which h5py writes; others are left to the process.
    if start[8:9] == b"\0" and (end := int.from_bytes(start[40:48], "little")) != size:
        raise DataError(f"{path}: was changed or cut off: it has {size:,} bytes, expected {end:,}, as its start says.")
    _check_in_process(path, size)
    return False


def _check_in_process(path: Path, size: int) -> None:
    # With the packages of this process, wherever they lie.
    command = [sys.executable, "-P", hdf5_check.__file__, str(path)]
    packages = os.pathsep.join(filter(None, sys.path))
    try:
        with no_interrupts_in_children():
            completed = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": packages},
                capture_output=True,
                text=True,
                timeout=_CHECK_SECONDS + size / _SLOWEST_BYTES_PER_SECOND,
            )
    except subprocess.TimeoutExpired as error:
        raise DataError(f"{path}: not a readable HDF5 file (reading it does not end).") from error
    if completed.returncode:
        said = completed.stdout.strip().splitlines()
        reason = said[-1] if said else f"its reader crashed with exit code {completed.returncode}"
        raise DataError(f"{path}: not a readable HDF5 file ({reason.rstrip('.')}).")
