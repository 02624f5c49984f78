"""Loads ImageNet weights into the image networks, from a file or from keras.applications.

keras.applications has VGG16, VGG19, ResNet50 and ResNet101. Its ResNets have the stride of a stage in the first 1x1
convolution of the stage, torchvision's in the 3x3 one. The same weights would give other outputs there, so they are
loaded only with `ImageNetSpec.strides` of `first`. All four were trained on images whose values reach about 128 on both
sides of 0, torchvision's on values of unit variance, as spectrograms have here, so Keras' first kernels are multiplied
by the standard deviation of the images.
"""

import re
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import keras
import numpy as np

from common.core.errors import DataError, RunError
from reproductions.embeddings.imagenet import BOTTLENECKS, VGG_CONVOLUTIONS
from reproductions.embeddings.specs import ImageNetName, ImageNetSpec

# The names in `--weights NAME=FILE`.
WEIGHT_NAMES: tuple[str, ...] = get_args(ImageNetName)
_IN_KERAS = {"vgg16": "VGG16", "vgg19": "VGG19", "resnet50": "ResNet50", "resnet101": "ResNet101"}
# Standard deviation of ImageNet's pixel values (0 to 255), averaged over the three channels.
CAFFE_DEVIATION = 58.0
_HEAD = "logits"
_TORCH_HEADS = ("classifier.6.", "fc.")
_TORCH_WEIGHTS = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
_TORCH_PROJECTION = {"projection": "downsample.0", "projection_norm": "downsample.1"}


@dataclass(frozen=True)
class _StoredWeight:
    """One weight of the network and how an `.npz` stores it.

    Args:
        weight: the variable of the network.
        key: name of the array in the file.
        shape: of the array in the file.
        convert: array of the file -> array of the shape of `weight`.
    """

    weight: keras.Variable
    key: str
    shape: tuple[int, ...]
    convert: Callable[[np.ndarray], np.ndarray]


def initialise(model: keras.Model, spec: Any, files: dict[str, Path]) -> None:
    """Load ImageNet weights into a new network, except into its last layer, `logits`.

    Other networks, and those that start from random weights, are left unchanged.

    Args:
        model: the network that `build` returns for `spec`; for a `SpecAndEmbedSpec`, the spectrogram part is loaded.
        files: name of a network -> file, used instead of keras.applications. Either a `.weights.h5` that Keras saved
            from this network, with any number of classes; or an `.npz` of arrays, with names and shapes as here
            (`block1_conv1/kernel`) or as in torchvision's state dicts (`features.0.weight`).

    Raises:
        RunError: no file is given and keras.applications has no such weights, or they cannot be downloaded.
        DataError: a file does not hold the weights of this network.
    """
    part = getattr(spec, "spectral", spec)
    if not isinstance(part, ImageNetSpec) or part.weights == "random":
        return
    body = keras.Model(model.inputs[0], model.get_layer(_HEAD).input)
    file = files.get(part.network)
    if file is None:
        path = "model.weights" if part is spec else "model.spectral.weights"
        remedy = f"Give a file with --weights {part.network}=FILE, or start from random weights: --set {path}=random."
        if part.network in BOTTLENECKS and part.strides == "middle":
            strides = path.replace("weights", "strides")
            remedy += f" Or use those of Keras, with the strides that they were trained with: --set {strides}=first."
        _load_from_keras(body, part, remedy)
        return
    if file.name.endswith(".weights.h5"):
        _load_from_h5(body, part.network, file)
    elif file.suffix == ".npz":
        _load_from_npz(body, part.network, file)
    else:
        raise DataError(f"{file}: trained weights of {part.network} are expected in a .weights.h5 or an .npz file.")
    for layer, weight in _weights(body):
        if not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
            raise DataError(f"{file}: {layer.name}/{weight.name} holds values that are not finite.")


def _weights(model: keras.Model) -> list[tuple[keras.Layer, keras.Variable]]:
    return [(layer, weight) for layer in model.layers for weight in layer.weights]


def _load_from_keras(body: keras.Model, part: ImageNetSpec, remedy: str) -> None:
    network = part.network
    if network in BOTTLENECKS and part.strides == "middle":
        raise RunError(
            f"the ImageNet weights of {network} in Keras are of a network that takes its strides in other convolutions "
            f"and would give other outputs here. {remedy}"
        )
    if network not in _IN_KERAS:
        raise RunError(f"Keras has no ImageNet weights of {network}. {remedy}")
    try:
        donor = getattr(keras.applications, _IN_KERAS[network])(include_top=True, weights="imagenet")
    except Exception as error:  # without an internet connection the download raises exceptions of many types
        raise RunError(
            f"the ImageNet weights of {network} cannot be downloaded ({_one_line(error)}). {remedy}"
        ) from error
    if network in BOTTLENECKS:
        _load_with_folded_biases(body, donor)
    else:
        for layer, weight in _weights(body):
            weight.assign(getattr(donor.get_layer(layer.name), weight.name))
    first = next(weight for _, weight in _weights(body))
    first.assign(first * CAFFE_DEVIATION)


def _load_with_folded_biases(body: keras.Model, donor: keras.Model) -> None:
    """Load Keras' ResNet; the biases of its convolutions are subtracted from the moving means after them."""
    for layer in (layer for layer in body.layers if layer.weights):
        name = _keras_resnet_name(layer.name)
        for weight in layer.weights:
            value = keras.ops.convert_to_numpy(getattr(donor.get_layer(name), weight.name))
            if weight.name == "moving_mean":
                value = value - keras.ops.convert_to_numpy(donor.get_layer(name.replace("_bn", "_conv")).bias)
            weight.assign(value)


def _keras_resnet_name(layer: str) -> str:
    """Name of a layer in Keras: `stage2_block1_2_norm` -> `conv3_block1_2_bn`."""
    if layer.startswith("stem"):
        return "conv1_bn" if layer == "stem_norm" else "conv1_conv"
    stage, block, part = re.fullmatch(r"stage(\d)_block(\d+)_(\w+)", layer).groups()
    kind = "bn" if part.endswith("norm") else "conv"
    place = "0" if part.startswith("projection") else part.removeprefix("conv").removesuffix("_norm")
    return f"conv{int(stage) + 1}_block{block}_{place}_{kind}"


def _load_from_h5(body: keras.Model, network: str, file: Path) -> None:
    try:
        # Keras also warns about parts of what it then raises.
        with warnings.catch_warnings(action="ignore"):
            body.load_weights(file)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{file}: not weights that Keras saved from this {network} ({_one_line(error)}).") from error


def _one_line(error: Exception) -> str:
    """An error message without line breaks and without the list of layers that Keras appends."""
    return " ".join(str(error).partition("List of objects")[0].split())


def _load_from_npz(body: keras.Model, network: str, file: Path) -> None:
    try:
        with open(file, "rb") as opened:
            loaded = np.load(opened, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise DataError(f"{file}: is a single array, expected an .npz with the weights of {network}.")
            with loaded as archive:
                for stored in _stored_weights(body, network, file, set(archive.files)):
                    _assign(stored, archive[stored.key], file)
    # RuntimeError: an archive that is encrypted, or compressed with a method that Python does not support.
    except (ValueError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        if "pickle" in str(error).lower():
            # NumPy reports any unknown format as a pickle.
            raise DataError(
                f"{file}: holds pickled objects, which are never loaded, or is not an .npz file. Save plain arrays."
            ) from error
        raise DataError(f"{file}: not a readable .npz ({_one_line(error)}).") from error


def _assign(stored: _StoredWeight, array: np.ndarray, file: Path) -> None:
    if array.shape != stored.shape or not np.issubdtype(array.dtype, np.floating):
        raise DataError(f"{file}: {stored.key} is {array.dtype} {array.shape}, expected floats {stored.shape}.")
    stored.weight.assign(stored.convert(array))


def _stored_weights(body: keras.Model, network: str, file: Path, found: set[str]) -> list[_StoredWeight]:
    """The network's weights with their names and shapes in this file.

    Raises:
        DataError: the file has names of neither form, lacks some, or has others besides: a deeper network has all the
            names of a shallower one.
    """
    forms = (_named_as_here(body), _named_as_in_torchvision(body, network))
    weights = next((form for form in forms if any(stored.key in found for stored in form)), None)
    if weights is None:
        names = " or as ".join(form[0].key for form in forms)
        raise DataError(
            f"{file}: no weights of {network}: its names should be as {names}, found {', '.join(sorted(found)[:3])}."
        )
    expected = [stored.key for stored in weights]
    lacking = [key for key in expected if key not in found]
    if lacking:
        raise DataError(
            f"{file}: lacks {lacking[0]}; expected {len(expected)} arrays of {network}, found "
            f"{len(expected) - len(lacking)} of them."
        )
    surplus = sorted(key for key in found - set(expected) if not _is_unused(key))
    if surplus:
        raise DataError(f"{file}: holds {surplus[0]}, which {network} does not have; these are of another network.")
    return weights


def _is_unused(key: str) -> bool:
    return key.startswith((f"{_HEAD}/", *_TORCH_HEADS)) or key.endswith(".num_batches_tracked")


def _named_as_here(body: keras.Model) -> list[_StoredWeight]:
    return [
        _StoredWeight(weight, f"{layer.name}/{weight.name}", tuple(weight.shape), np.asarray)
        for layer, weight in _weights(body)
    ]


def _named_as_in_torchvision(body: keras.Model, network: str) -> list[_StoredWeight]:
    is_vgg = network in VGG_CONVOLUTIONS
    modules = _vgg_modules(network) if is_vgg else {}
    weights = []
    for layer, weight in _weights(body):
        key = f"{modules[layer.name] if is_vgg else _resnet_module(layer.name)}.{_TORCH_WEIGHTS[weight.name]}"
        shape, convert = tuple(weight.shape), np.transpose
        if len(shape) == 4:
            shape, convert = (shape[3], shape[2], shape[0], shape[1]), _convolution
        elif layer.name == "fc1" and weight.name == "kernel":
            shape, convert = shape[::-1], _dense_after_flatten(*body.get_layer("flatten").input.shape[1:])
        else:
            shape = shape[::-1]
        weights.append(_StoredWeight(weight, key, shape, convert))
    return weights


def _convolution(kernel: np.ndarray) -> np.ndarray:
    """Kernel of a convolution: (out, in, h, w) -> (h, w, in, out)."""
    return kernel.transpose(2, 3, 1, 0)


def _dense_after_flatten(height: int, width: int, channels: int) -> Callable[[np.ndarray], np.ndarray]:
    """Converter for the kernel of the dense layer after `Flatten`: (out, channels h w) -> (h w channels, out)."""

    def convert(kernel: np.ndarray) -> np.ndarray:
        pieces = kernel.reshape(-1, channels, height, width)
        return pieces.transpose(2, 3, 1, 0).reshape(height * width * channels, -1)

    return convert


def _vgg_modules(network: str) -> dict[str, str]:
    """Layer -> its name in torchvision, which also numbers ReLUs, poolings and dropouts."""
    modules, number = {"fc1": "classifier.0", "fc2": "classifier.3"}, 0
    for block, count in enumerate(VGG_CONVOLUTIONS[network], start=1):
        for convolution in range(1, count + 1):
            modules[f"block{block}_conv{convolution}"] = f"features.{number}"
            number += 2
        number += 1
    return modules


def _resnet_module(layer: str) -> str:
    """Name of a layer in torchvision: `stage2_block1_2_norm` -> `layer2.0.bn2`."""
    if layer.startswith("stem"):
        return "bn1" if layer == "stem_norm" else "conv1"
    stage, block, part = re.fullmatch(r"stage(\d)_block(\d+)_(\w+)", layer).groups()
    inner = _TORCH_PROJECTION.get(part) or (part if part.startswith("conv") else f"bn{part[0]}")
    return f"layer{stage}.{int(block) - 1}.{inner}"
