"""Reads ImageNet weights from files into the image networks."""

import zipfile
import zlib
from pathlib import Path

import keras
import numpy as np
from safetensors import SafetensorError, safe_open

from common.core.errors import DataError
from common.training.weights import read_weights
from reproductions.embeddings.weight_names import StoredWeight, stored_weights, weights_of

_PICKLES = (".pth", ".pt", ".bin", ".ckpt", ".pkl")
# Types of safetensors that NumPy has, too; it lacks BF16 and those of 8 bits.
_FLOATS = ("F16", "F32", "F64")


def published_file(network: str) -> str:
    """Where torchvision's weights of a network are published in a form that `load_file` reads."""
    return f"model.safetensors of timm/{network}.tv_in1k on Hugging Face"


def load_file(body: keras.Model, network: str, file: Path) -> None:
    """Load a file of trained weights into a network.

    Args:
        body: the network without its last layer, whose weights in the file are left out.
        network: its name.
        file: one of three kinds. `.safetensors` or `.npz`: arrays with names and shapes as in the state dicts of
            torchvision or timm (`features.0.weight`), or as here (`block1_conv1/kernel`); they are converted to 32-bit
            floats. `.weights.h5`: what Keras saved from this network, with any number of classes.

    Raises:
        DataError: it does not hold the weights of this network, or not in one of these forms.
    """
    if file.name.endswith(".weights.h5"):
        _load_h5(body, network, file)
    elif file.suffix == ".npz":
        _load_npz(body, network, file)
    elif file.suffix == ".safetensors":
        _load_safetensors(body, network, file)
    elif file.suffix in _PICKLES:
        raise DataError(
            f"{file}: {file.suffix} files hold pickled objects, which are never loaded. Download "
            f"{published_file(network)} instead."
        )
    else:
        raise DataError(
            f"{file}: trained weights of {network} are expected in a .safetensors, .npz or .weights.h5 file, e.g. "
            f"{published_file(network)}."
        )
    for layer, weight in weights_of(body):
        if not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
            raise DataError(f"{file}: {layer.name}/{weight.name} holds values that are not finite.")


def _load_h5(body: keras.Model, network: str, file: Path) -> None:
    try:
        read_weights(file, body)
    except DataError as error:
        reason = str(error).removeprefix(f"{file}: ").rstrip(".")
        raise DataError(f"{file}: not weights that Keras saved from this {network} ({reason}).") from error


def _load_npz(body: keras.Model, network: str, file: Path) -> None:
    try:
        with open(file, "rb") as opened:
            loaded = np.load(opened, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise DataError(f"{file}: is a single array, expected an .npz with the weights of {network}.")
            with loaded as archive:
                for stored in stored_weights(body, network, file, set(archive.files)):
                    _assign(stored, archive[stored.key], file)
    # RuntimeError: an archive that is encrypted, or compressed with a method that Python does not support.
    except (ValueError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        if "pickle" in str(error).lower():
            # NumPy reports any unknown format as a pickle.
            raise DataError(
                f"{file}: holds pickled objects, which are never loaded, or is not an .npz file. Save plain arrays."
            ) from error
        raise DataError(f"{file}: not a readable .npz ({_one_line(str(error))}).") from error


def _load_safetensors(body: keras.Model, network: str, file: Path) -> None:
    try:
        with safe_open(file, framework="np") as opened:
            for stored in stored_weights(body, network, file, set(opened.keys())):
                stated = opened.get_slice(stored.key)
                if stated.get_dtype() not in _FLOATS:
                    raise DataError(
                        f"{file}: {stored.key} is {stated.get_dtype()} {tuple(stated.get_shape())}, expected "
                        f"{', '.join(_FLOATS[:-1])} or {_FLOATS[-1]} {stored.shape}."
                    )
                _assign(stored, opened.get_tensor(stored.key), file)
    except (SafetensorError, OSError) as error:
        raise DataError(
            f"{file}: not a readable .safetensors ({_one_line(str(error))}). Download it again, e.g. "
            f"{published_file(network)}."
        ) from error


def _assign(stored: StoredWeight, array: np.ndarray, file: Path) -> None:
    if array.shape != stored.shape or not np.issubdtype(array.dtype, np.floating):
        raise DataError(f"{file}: {stored.key} is {array.dtype} {array.shape}, expected floats {stored.shape}.")
    with np.errstate(over="ignore"):  # 64-bit values out of range become infinite, and are refused as such
        array = array.astype(np.float32)
    stored.weight.assign(stored.convert(array))


def _one_line(text: str) -> str:
    return " ".join(text.split())
