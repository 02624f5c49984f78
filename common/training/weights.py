"""Files with the weights of a network, and nothing else: no optimiser, whose state is twice as large as the weights.

Weights are only ever loaded into networks that were built here. The files end with their own SHA-256
(`common.core.trailers`); others, of earlier versions and of users, are read in a process of their own first, see
`common.training.hdf5`.
"""

import hashlib
import warnings
import zipfile
from pathlib import Path

import keras
import numpy as np

from common.core.errors import DataError
from common.core.files import write_by_path
from common.core.trailers import append_trailer
from common.training.hdf5 import require_readable_hdf5

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
        DataError: the file was changed, cannot be read, or does not hold weights of this network; with the reason,
            without what to do.
    """
    require_readable_hdf5(path)
    floats = [weight for weight in model.weights if keras.backend.is_float_dtype(weight.dtype)]
    # What the file lacks stays as it was, of which Keras may only warn; NaN is in no file of weights.
    for weight in floats:
        weight.assign(np.full(weight.shape, np.nan, np.float32))
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            model.load_weights(path)
    except _UNREADABLE as error:
        # Keras appends a list of all layers.
        reason = " ".join(str(error).partition("List of objects")[0].split()) or type(error).__name__
        raise DataError(f"{path}: {reason.rstrip('.')}.") from error
    for weight in floats:
        if np.isnan(keras.ops.convert_to_numpy(weight)).any():
            raise DataError(f"{path}: holds no values for {weight.path}, or NaN.")
