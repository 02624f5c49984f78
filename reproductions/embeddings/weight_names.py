"""Names and shapes of the arrays in files of ImageNet weights: as in this project, in torchvision and in timm."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from common.core.errors import DataError
from reproductions.embeddings.imagenet import VGG_CONVOLUTIONS

LAST_LAYER = "logits"
# What its weights are called here, in torchvision (VGG, ResNet) and in timm's VGG.
_UNUSED = (f"{LAST_LAYER}/", "classifier.6.", "fc.", "head.fc.")
_TORCH_WEIGHTS = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
_TORCH_PROJECTION = {"projection": "downsample.0", "projection_norm": "downsample.1"}
# VGG is named after its number of convolutions and dense layers.
_VGG_DENSE_LAYERS = 3


@dataclass(frozen=True)
class StoredWeight:
    """One weight of the network and how a file stores it.

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


def weights_of(model: keras.Model) -> list[tuple[keras.Layer, keras.Variable]]:
    """Every weight of a network with its layer."""
    return [(layer, weight) for layer in model.layers for weight in layer.weights]


def stored_weights(body: keras.Model, network: str, file: Path, found: set[str]) -> list[StoredWeight]:
    """The network's weights with their names and shapes in this file.

    Args:
        found: names of the arrays in the file.

    Raises:
        DataError: the file has names of no known form, lacks some, or has others besides: a deeper network has all the
            names of a shallower one.
    """
    if network in VGG_CONVOLUTIONS:
        _refuse_batch_norm(network, file, found)
    forms = _forms(body, network)
    weights = max(forms, key=lambda form: sum(stored.key in found for stored in form))
    expected = [stored.key for stored in weights]
    lacking = [key for key in expected if key not in found]
    if len(lacking) == len(expected):
        names = " or as ".join(dict.fromkeys(form[0].key for form in forms))
        raise DataError(
            f"{file}: no weights of {network}: its names should be as {names}, found {', '.join(sorted(found)[:3])}."
        )
    if lacking:
        raise DataError(
            f"{file}: lacks {lacking[0]}; expected {len(expected)} arrays of {network}, found "
            f"{len(expected) - len(lacking)} of them."
        )
    surplus = sorted(key for key in found - set(expected) if not _is_unused(key))
    if surplus:
        raise DataError(f"{file}: holds {surplus[0]}, which {network} does not have; these are of another network.")
    return weights


def _refuse_batch_norm(network: str, file: Path, found: set[str]) -> None:
    """Name a VGG with batch normalisation, whose convolutions have other numbers."""
    norms = sum(re.fullmatch(r"features\.\d+\.running_mean", key) is not None for key in found)
    if norms:
        depth = norms + _VGG_DENSE_LAYERS
        raise DataError(
            f"{file}: holds the weights of vgg{depth}_bn, which has batch normalisation; expected those of {network}, "
            "which has none."
        )


def _is_unused(key: str) -> bool:
    return key.startswith(_UNUSED) or key.endswith(".num_batches_tracked")


def _forms(body: keras.Model, network: str) -> list[list[StoredWeight]]:
    """The network's weights in each form of names. timm has those of torchvision, but for the dense layers of VGG."""
    ours = [
        StoredWeight(weight, f"{layer.name}/{weight.name}", tuple(weight.shape), np.asarray)
        for layer, weight in weights_of(body)
    ]
    if network not in VGG_CONVOLUTIONS:
        return [ours, _named_as_in_torch(body, _resnet_module)]
    convolutions = _vgg_convolutions(network)
    torchvision = convolutions | {"fc1": "classifier.0", "fc2": "classifier.3"}
    timm = convolutions | {"fc1": "pre_logits.fc1", "fc2": "pre_logits.fc2"}
    return [
        ours,
        _named_as_in_torch(body, torchvision.__getitem__),
        _named_as_in_torch(body, timm.__getitem__, dense_as_convolutions=True),
    ]


def _named_as_in_torch(
    body: keras.Model, module_of: Callable[[str], str], *, dense_as_convolutions: bool = False
) -> list[StoredWeight]:
    """The network's weights in the form of a state dict of PyTorch.

    Args:
        module_of: layer -> its name there.
        dense_as_convolutions: kernels of dense layers are stored as those of convolutions over the whole map.
    """
    weights = []
    for layer, weight in weights_of(body):
        shape, convert = tuple(weight.shape), np.asarray
        if len(shape) == 4:
            shape, convert = (shape[3], shape[2], shape[0], shape[1]), _convolution
        elif len(shape) == 2:
            height, width, channels = _map_before(body, layer)
            convert = _dense_after_flatten(height, width, channels)
            shape = (shape[1], channels, height, width) if dense_as_convolutions else shape[::-1]
        key = f"{module_of(layer.name)}.{_TORCH_WEIGHTS[weight.name]}"
        weights.append(StoredWeight(weight, key, shape, convert))
    return weights


def _map_before(body: keras.Model, dense: keras.Layer) -> tuple[int, int, int]:
    """(height, width, channels) of the map that a dense layer of VGG sees in PyTorch."""
    if dense.name == "fc1":
        return tuple(body.get_layer("flatten").input.shape[1:])
    return 1, 1, dense.input.shape[-1]


def _convolution(kernel: np.ndarray) -> np.ndarray:
    """Kernel of a convolution: (out, in, h, w) -> (h, w, in, out)."""
    return kernel.transpose(2, 3, 1, 0)


def _dense_after_flatten(height: int, width: int, channels: int) -> Callable[[np.ndarray], np.ndarray]:
    """Converter for the kernel of a dense layer: (out, channels h w), or with 4 axes, -> (h w channels, out)."""

    def convert(kernel: np.ndarray) -> np.ndarray:
        pieces = kernel.reshape(-1, channels, height, width)
        return pieces.transpose(2, 3, 1, 0).reshape(height * width * channels, -1)

    return convert


def _vgg_convolutions(network: str) -> dict[str, str]:
    """Convolution -> its name in torchvision, which also numbers ReLUs and poolings."""
    modules, number = {}, 0
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
