"""Loads ImageNet weights into the image networks, from a file or from keras.applications.

keras.applications has VGG16, VGG19, ResNet50 and ResNet101. Its ResNets have the stride of a stage in the first 1x1
convolution of the stage, torchvision's in the 3x3 one. The same weights would give other outputs there, so they are
loaded only with `ImageNetSpec.strides` of `first`. All four were trained on images whose values reach about 128 on both
sides of 0, torchvision's on values of unit variance, as spectrograms have here, so Keras' first kernels are multiplied
by the standard deviation of the images.
"""

import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import keras

from common.core.errors import RunError
from common.core.interrupts import raise_if_interrupted
from reproductions.embeddings.imagenet import BOTTLENECKS
from reproductions.embeddings.specs import ImageNetSpec
from reproductions.embeddings.weight_files import load_file, published_file
from reproductions.embeddings.weight_names import LAST_LAYER, weights_of

_IN_KERAS = {"vgg16": "VGG16", "vgg19": "VGG19", "resnet50": "ResNet50", "resnet101": "ResNet101"}
# Standard deviation of ImageNet's pixel values (0 to 255), averaged over the three channels.
CAFFE_DEVIATION = 58.0


def initialise(model: keras.Model, spec: Any, files: dict[str, Path]) -> None:
    """Load ImageNet weights into a new network, except into its last layer, `logits`.

    Other networks, and those that start from random weights, are left unchanged.

    Args:
        model: the network that `build` returns for `spec`; for a `SpecAndEmbedSpec`, the spectrogram part is loaded.
        files: name of a network -> file, used instead of keras.applications; see `load_file`.

    Raises:
        RunError: no file is given and keras.applications has no such weights, or they cannot be downloaded.
        DataError: a file does not hold the weights of this network.
    """
    part = getattr(spec, "spectral", spec)
    if not isinstance(part, ImageNetSpec) or part.weights == "random":
        return
    body = keras.Model(model.inputs[0], model.get_layer(LAST_LAYER).input)
    file = files.get(part.network)
    if file is not None:
        load_file(body, part.network, file)
    else:
        path = "model.weights" if part is spec else "model.spectral.weights"
        remedy = (
            f"Give a file with --weights {part.network}=FILE ({published_file(part.network)}), or start from random "
            f"weights: --set {path}=random."
        )
        if part.network in BOTTLENECKS and part.strides == "middle":
            strides = path.replace("weights", "strides")
            remedy += f" Or use those of Keras, with the strides that they were trained with: --set {strides}=first."
        _load_from_keras(body, part, remedy)


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
        # Keras reports the download on standard output, which holds only what was asked for.
        with redirect_stdout(sys.stderr):
            donor = getattr(keras.applications, _IN_KERAS[network])(include_top=True, weights="imagenet")
    except Exception as error:  # without an internet connection the download raises exceptions of many types
        raise_if_interrupted(error)
        raise RunError(
            f"the ImageNet weights of {network} cannot be downloaded ({' '.join(str(error).split())}). {remedy}"
        ) from error
    if network in BOTTLENECKS:
        _load_with_folded_biases(body, donor)
    else:
        for layer, weight in weights_of(body):
            weight.assign(getattr(donor.get_layer(layer.name), weight.name))
    first = next(weight for _, weight in weights_of(body))
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
