"""Where the values of the networks for pictures come from that were trained on ImageNet: a file, or keras.applications.

keras.applications has VGG16, VGG19, ResNet50 and ResNet101. Its ResNets take the stride of a stage in the first 1x1
convolution of its first block, torchvision's in the 3x3 one: the same values would compute something else there, so
that they are taken with `ImageNetSpec.strides` of `first` alone. All four were trained on pictures whose values reach
about 128 to both sides of 0, torchvision's on values of unit variance, as spectrograms have here: the first kernels of
Keras' are multiplied by what lies between.
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

# Of `--weights NAME=FILE`.
WEIGHT_NAMES: tuple[str, ...] = get_args(ImageNetName)
_IN_KERAS = {"vgg16": "VGG16", "vgg19": "VGG19", "resnet50": "ResNet50", "resnet101": "ResNet101"}
# Mean deviation of the three channels that ImageNet's pictures have, in steps of 1 to 255.
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
class _Value:
    """One value of the network and how an `.npz` keeps it.

    Args:
        weight: of the network.
        key: its name in the file.
        shape: of the array in the file.
        convert: that array -> one of the shape of `weight`.
    """

    weight: keras.Variable
    key: str
    shape: tuple[int, ...]
    convert: Callable[[np.ndarray], np.ndarray]


def initialise(model: keras.Model, spec: Any, files: dict[str, Path]) -> None:
    """Put values trained on ImageNet into a freshly built network; only its last layer, `logits`, stays as it is.

    Other networks, and those that start from random weights, are left alone.

    Args:
        model: as `build` makes it of `spec`; of a `SpecAndEmbedSpec` the part over spectrograms gets the values.
        files: name of a network -> file, which is taken in place of keras.applications. Either a `.weights.h5` that
            Keras saved of this network, with any number of classes; or an `.npz` of arrays, named and laid out as here
            (`block1_conv1/kernel`) or as in torchvision's state dicts (`features.0.weight`).

    Raises:
        RunError: no file is given and keras.applications has no such values, or they cannot be downloaded.
        DataError: a file does not hold the values of this network.
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
            remedy += f" Or take those of Keras, with the strides that they were trained with: --set {strides}=first."
        _take_from_keras(body, part, remedy)
        return
    if file.name.endswith(".weights.h5"):
        _take_from_h5(body, part.network, file)
    elif file.suffix == ".npz":
        _take_from_npz(body, part.network, file)
    else:
        raise DataError(f"{file}: trained weights of {part.network} are expected in a .weights.h5 or an .npz file.")
    for layer, weight in _weights(body):
        if not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
            raise DataError(f"{file}: {layer.name}/{weight.name} holds values that are not finite.")


def _weights(model: keras.Model) -> list[tuple[keras.Layer, keras.Variable]]:
    return [(layer, weight) for layer in model.layers for weight in layer.weights]


def _take_from_keras(body: keras.Model, part: ImageNetSpec, remedy: str) -> None:
    network = part.network
    if network in BOTTLENECKS and part.strides == "middle":
        raise RunError(
            f"the ImageNet weights of {network} in Keras are of a network that takes its strides in other convolutions "
            f"and would compute something else here. {remedy}"
        )
    if network not in _IN_KERAS:
        raise RunError(f"Keras has no ImageNet weights of {network}. {remedy}")
    try:
        donor = getattr(keras.applications, _IN_KERAS[network])(include_top=True, weights="imagenet")
    except Exception as error:  # whatever the download raises: without a network there are many kinds
        raise RunError(
            f"the ImageNet weights of {network} cannot be downloaded ({_one_line(error)}). {remedy}"
        ) from error
    if network in BOTTLENECKS:
        _fold(body, donor)
    else:
        for layer, weight in _weights(body):
            weight.assign(getattr(donor.get_layer(layer.name), weight.name))
    first = next(weight for _, weight in _weights(body))
    first.assign(first * CAFFE_DEVIATION)


def _fold(body: keras.Model, donor: keras.Model) -> None:
    """Keras' ResNets have biases in their convolutions; the normalisation behind each takes a bias off its mean."""
    for layer in (layer for layer in body.layers if layer.weights):
        name = _resnet_in_keras(layer.name)
        for weight in layer.weights:
            value = keras.ops.convert_to_numpy(getattr(donor.get_layer(name), weight.name))
            if weight.name == "moving_mean":
                value = value - keras.ops.convert_to_numpy(donor.get_layer(name.replace("_bn", "_conv")).bias)
            weight.assign(value)


def _resnet_in_keras(layer: str) -> str:
    """`stage2_block1_2_norm` -> `conv3_block1_2_bn`."""
    if layer.startswith("stem"):
        return "conv1_bn" if layer == "stem_norm" else "conv1_conv"
    stage, block, part = re.fullmatch(r"stage(\d)_block(\d+)_(\w+)", layer).groups()
    kind = "bn" if part.endswith("norm") else "conv"
    place = "0" if part.startswith("projection") else part.removeprefix("conv").removesuffix("_norm")
    return f"conv{int(stage) + 1}_block{block}_{place}_{kind}"


def _take_from_h5(body: keras.Model, network: str, file: Path) -> None:
    try:
        # Keras also warns of parts of what it raises about.
        with warnings.catch_warnings(action="ignore"):
            body.load_weights(file)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{file}: not weights that Keras saved of this {network} ({_one_line(error)}).") from error


def _one_line(error: Exception) -> str:
    """A message without its line breaks and the list of layers at the end of those of Keras."""
    return " ".join(str(error).partition("List of objects")[0].split())


def _take_from_npz(body: keras.Model, network: str, file: Path) -> None:
    try:
        with open(file, "rb") as opened:
            loaded = np.load(opened, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise DataError(f"{file}: is a single array, expected an .npz with the weights of {network}.")
            with loaded as archive:
                for value in _values_in(body, network, file, set(archive.files)):
                    _assign(value, archive[value.key], file)
    # RuntimeError: an archive that is encrypted, or packed in a way that Python does not know.
    except (ValueError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        if "pickle" in str(error).lower():
            # NumPy takes whatever it does not know for a pickle.
            raise DataError(
                f"{file}: holds pickled objects, which are never loaded, or is no .npz at all. Save plain arrays."
            ) from error
        raise DataError(f"{file}: not a readable .npz ({_one_line(error)}).") from error


def _assign(value: _Value, array: np.ndarray, file: Path) -> None:
    if array.shape != value.shape or not np.issubdtype(array.dtype, np.floating):
        raise DataError(f"{file}: {value.key} is {array.dtype} {array.shape}, expected floats {value.shape}.")
    value.weight.assign(value.convert(array))


def _values_in(body: keras.Model, network: str, file: Path, found: set[str]) -> list[_Value]:
    """The network's values as this file keeps them.

    Raises:
        DataError: the file keeps them in no known way, lacks some, or has others besides: a deeper network holds all
            the names of a shallower one.
    """
    forms = (_ours(body), _torchvision(body, network))
    values = next((values for values in forms if any(value.key in found for value in values)), None)
    if values is None:
        names = " or as ".join(values[0].key for values in forms)
        raise DataError(
            f"{file}: no weights of {network}: its names should be as {names}, found {', '.join(sorted(found)[:3])}."
        )
    expected = [value.key for value in values]
    lacking = [key for key in expected if key not in found]
    if lacking:
        raise DataError(
            f"{file}: lacks {lacking[0]}; expected {len(expected)} arrays of {network}, found "
            f"{len(expected) - len(lacking)} of them."
        )
    surplus = sorted(key for key in found - set(expected) if not _is_unused(key))
    if surplus:
        raise DataError(f"{file}: holds {surplus[0]}, which {network} does not have; these are of another network.")
    return values


def _is_unused(key: str) -> bool:
    return key.startswith((f"{_HEAD}/", *_TORCH_HEADS)) or key.endswith(".num_batches_tracked")


def _ours(body: keras.Model) -> list[_Value]:
    return [
        _Value(weight, f"{layer.name}/{weight.name}", tuple(weight.shape), np.asarray)
        for layer, weight in _weights(body)
    ]


def _torchvision(body: keras.Model, network: str) -> list[_Value]:
    is_vgg = network in VGG_CONVOLUTIONS
    modules = _vgg_modules(network) if is_vgg else {}
    values = []
    for layer, weight in _weights(body):
        key = f"{modules[layer.name] if is_vgg else _resnet_module(layer.name)}.{_TORCH_WEIGHTS[weight.name]}"
        shape, convert = tuple(weight.shape), np.transpose
        if len(shape) == 4:
            shape, convert = (shape[3], shape[2], shape[0], shape[1]), _convolution
        elif layer.name == "fc1" and weight.name == "kernel":
            shape, convert = shape[::-1], _behind_flatten(*body.get_layer("flatten").input.shape[1:])
        else:
            shape = shape[::-1]
        values.append(_Value(weight, key, shape, convert))
    return values


def _convolution(kernel: np.ndarray) -> np.ndarray:
    """(out, in, h, w) -> (h, w, in, out)."""
    return kernel.transpose(2, 3, 1, 0)


def _behind_flatten(height: int, width: int, channels: int) -> Callable[[np.ndarray], np.ndarray]:
    """For the kernel of the layer behind it: (out, channels h w) -> (h w channels, out)."""

    def convert(kernel: np.ndarray) -> np.ndarray:
        pieces = kernel.reshape(-1, channels, height, width)
        return pieces.transpose(2, 3, 1, 0).reshape(height * width * channels, -1)

    return convert


def _vgg_modules(network: str) -> dict[str, str]:
    """Layer -> its name in torchvision, which numbers ReLUs, poolings and dropouts along with the others."""
    modules, number = {"fc1": "classifier.0", "fc2": "classifier.3"}, 0
    for block, count in enumerate(VGG_CONVOLUTIONS[network], start=1):
        for convolution in range(1, count + 1):
            modules[f"block{block}_conv{convolution}"] = f"features.{number}"
            number += 2
        number += 1
    return modules


def _resnet_module(layer: str) -> str:
    """`stage2_block1_2_norm` -> `layer2.0.bn2`."""
    if layer.startswith("stem"):
        return "bn1" if layer == "stem_norm" else "conv1"
    stage, block, part = re.fullmatch(r"stage(\d)_block(\d+)_(\w+)", layer).groups()
    inner = _TORCH_PROJECTION.get(part) or (part if part.startswith("conv") else f"bn{part[0]}")
    return f"layer{stage}.{int(block) - 1}.{inner}"
