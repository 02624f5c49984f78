"""Files with the weights of a network, and nothing else: no optimiser, whose state is twice as large as the weights."""

import hashlib
from pathlib import Path

import keras
import numpy as np

from common.core.files import write_by_path


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
    """Write the weights of a compiled model as a `.weights.h5` file of Keras.

    Raises:
        DataError: the file cannot be written.
    """
    # Keras writes the optimiser of a compiled model, too; this one shares the layers and has none.
    bare = keras.Model(model.inputs, model.outputs, name=model.name)
    write_by_path(path, bare.save_weights, suffix=".weights.h5")


def load_weights(path: Path, model: keras.Model, donor: keras.Model) -> None:
    """Put the weights of a file into a compiled model.

    Args:
        donor: the same network without an optimiser. Files of earlier versions also hold the last state of the
            optimiser, which must not reach the model.
    """
    donor.load_weights(path)
    model.set_weights(donor.get_weights())
