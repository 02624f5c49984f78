"""Files with the weights of a network, and nothing else: no optimiser, whose state is twice as large as the weights.

Weights are only ever loaded into networks that were built here. The files end with their own SHA-256
(`common.core.trailers`). Others, of earlier versions and of users, are read in a process of their own first: HDF5's
library is written in C, and a damaged file can crash it.
"""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np

from common.core.errors import DataError
from common.core.files import write_by_path
from common.core.trailers import append_trailer, has_checked_trailer
from common.training import hdf5_check

# HDF5's own first bytes; the end of the file, as it was written, is at the place that its version 0 has it.
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SUPERBLOCK_BYTES = 48
# To start Python and read the file, beside the time that a slow disk takes for its bytes.
_CHECK_SECONDS = 60
_SLOWEST_BYTES_PER_SECOND = 10_000_000
# What Keras and h5py raise for files that hold other networks, or are none.
_UNREADABLE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    MemoryError,
    zipfile.BadZipFile,
)


def copy_weights(model: keras.Model) -> list[np.ndarray]:
    """Copies of the model's weights (without the seeds of random layers)."""
    return [np.asarray(keras.ops.convert_to_numpy(weight)).copy() for weight in model.weights]


def digest_of_weights(weights: list[np.ndarray]) -> str:
    """SHA-256 of weights: shapes, types and values, in the order of the network."""
    digest = hashlib.sha256()
    for weight in weights:
        digest.update(f"{weight.shape} {weight.dtype}\n".encode())
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()


def save_weights(path: Path, model: keras.Model) -> None:
    """Write the weights of a compiled model as a `.weights.h5` file of Keras, which ends with its SHA-256.

    Raises:
        DataError: the file cannot be written.
    """
    # Keras writes the optimiser of a compiled model, too; this one shares the layers and has none.
    bare = keras.Model(model.inputs, model.outputs, name=model.name)

    def write(temporary: Path) -> None:
        bare.save_weights(temporary)
        append_trailer(temporary)

    write_by_path(path, write, suffix=".weights.h5")


def load_weights(path: Path, model: keras.Model, donor: keras.Model) -> None:
    """Put the weights of a file into a compiled model.

    Args:
        donor: the same network without an optimiser. Files of earlier versions also hold the last state of the
            optimiser, which must not reach the model.

    Raises:
        DataError: the file was changed, cannot be read, or does not hold weights of this network.
    """
    read_weights(path, donor)
    model.set_weights(donor.get_weights())


def read_weights(path: Path, model: keras.Model) -> None:
    """Put the weights of a file that Keras wrote into a network that has no optimiser.

    Raises:
        DataError: the file was changed, cannot be read, or does not hold weights of this network; without what to do.
    """
    require_readable_hdf5(path)
    try:
        model.load_weights(path)
    except _UNREADABLE as error:
        # Keras appends a list of all layers.
        reason = " ".join(str(error).partition("List of objects")[0].split()) or type(error).__name__
        raise DataError(f"{path}: does not hold weights of this network ({reason.rstrip('.')}).") from error


def require_readable_hdf5(path: Path) -> bool:
    """Whether a file of weights ends with its own SHA-256, which is compared. Where it does not, as in files of earlier
    versions and of other programs, it is read once in another process; files that are not HDF5 are not.

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
    command = [sys.executable, "-I", hdf5_check.__file__, str(path)]
    try:
        completed = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
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
