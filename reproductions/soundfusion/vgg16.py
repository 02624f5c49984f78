"""VGG16 for spectrograms, with random or pretrained weights."""

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import keras
import numpy as np

from common.core.errors import DataError, RunError
from common.core.interrupts import raise_if_interrupted
from common.layers.pytorch import adaptive_average, dense
from common.paper import SpecError
from common.training.regularizers import layers_within
from common.training.weights import read_weights
from reproductions.soundfusion.residual import in_float32, logits_of, require_spectrogram
from reproductions.soundfusion.specs import Vgg16Spec

LAST_BLOCK = "block5"
FIRST_CONVOLUTION = "block1_conv1"
POOLED_SIDE = 7
# In VGG16's own classifier, both in torchvision and in the paper by Simonyan and Zisserman.
CLASSIFIER_DROPOUT = 0.5
SHORTEST_SIDE = 32
HOW_TO_TRAIN = (
    "python reproductions/soundfusion/run.py --dataset gtzan --data DIR --split fault_filtered --table transfer "
    "--row vgg16-random"
)


def build_vgg16(spec: Vgg16Spec, input_shape: tuple[int, ...], classes: int) -> keras.Model:
    """(batch, bands, frames, 1) -> (batch, classes) logits, with random weights (see `initialise`).

    The study trains the first convolution, for one channel. Where the first convolution is frozen as it was trained on
    images, the spectrogram is its input in all three channels.

    Raises:
        SpecError: the input is not a spectrogram, or too small.
    """
    inputs = keras.Input(input_shape, name="spectrogram")
    require_spectrogram(inputs, "VGG16")
    x = inputs
    if min(input_shape[:2]) < SHORTEST_SIDE:
        raise SpecError(
            f"VGG16: a spectrogram of {input_shape[0]} x {input_shape[1]} is too small for its five poolings; both "
            f"sides have to be at least {SHORTEST_SIDE}. Do not run its rows, or give it features with "
            "more bands or frames."
        )
    if spec.trained == "last_block":
        x = keras.layers.Concatenate(name="three_channels")([x, x, x])
    body = keras.applications.VGG16(include_top=False, weights=None, input_shape=tuple(x.shape[1:]), name="vgg16")
    trained = {"all": "", "last_block": LAST_BLOCK, "first_and_last": FIRST_CONVOLUTION}[spec.trained]
    for layer in body.layers:
        layer.trainable = layer.name.startswith(trained)
    x = body(x)
    if spec.head == "average":
        x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    else:
        x = adaptive_average(x, POOLED_SIDE, name="adaptive")
        x = keras.layers.Flatten(name="flatten")(x)
        for name in ("fc1", "fc2"):
            x = keras.layers.ReLU(name=f"{name}_relu")(dense(x, spec.units, name=name))
            x = keras.layers.Dropout(CLASSIFIER_DROPOUT, name=f"{name}_dropout")(x)
    outputs = in_float32(logits_of(spec, x, classes))
    model = keras.Model(inputs, outputs, name="vgg16_spectrogram")
    for name in ("fc1", "fc2") if spec.head == "classifier" else ():
        model.get_layer(name).trainable = spec.trained == "all"
    return model


def initialise(model: keras.Model, spec: Any, files: dict[str, Path]) -> None:
    """Load pretrained weights into a new network; does nothing for networks that start from random weights.

    Args:
        model: the network that `build` returns for `spec`.
        files: name -> file of pretrained weights, for `imagenet` and `gtzan`.

    Raises:
        RunError: the weights are not given, or cannot be downloaded.
        DataError: a file does not hold the weights of such a network.
    """
    if getattr(spec, "weights", "random") == "random":
        return
    donor = _imagenet(spec, files.get("imagenet")) if spec.weights == "imagenet" else _gtzan(model, spec, files)
    donor_layers = {layer.name: layer for layer in layers_within(donor) if layer.weights}
    for layer in layers_within(model):
        is_new = layer.name == "logits" or (layer.name == FIRST_CONVOLUTION and spec.trained == "first_and_last")
        if layer.weights and not is_new:
            layer.set_weights(donor_layers[layer.name].get_weights())


def _imagenet(spec: Vgg16Spec, file: Path | None) -> keras.Model:
    with_classifier = spec.head == "classifier"
    if file is not None:
        donor = keras.applications.VGG16(include_top=with_classifier, weights=None)
        classifier = "with" if with_classifier else "without"
        return _loaded(donor, file, f"VGG16 of keras.applications, {classifier} its classifier")
    try:
        # Keras reports the download on standard output, which holds only what was asked for.
        with redirect_stdout(sys.stderr):
            return keras.applications.VGG16(include_top=with_classifier, weights="imagenet")
    except Exception as error:  # without an internet connection the download raises exceptions of many types
        raise_if_interrupted(error)
        raise RunError(
            f"the ImageNet weights of VGG16 cannot be downloaded ({error}). Give a file of them with --weights "
            "imagenet=FILE, or start from random weights with --set model.weights=random."
        ) from error


def _gtzan(model: keras.Model, spec: Vgg16Spec, files: dict[str, Path]) -> keras.Model:
    if "gtzan" not in files:
        raise RunError(
            "the weights of a VGG16 that was trained on GTZAN are not given. Give GTZAN's folder with --weights "
            "gtzan=DIR, which trains one first, or a file with --weights gtzan=FILE (best.weights.h5 of "
            f"`{HOW_TO_TRAIN}`)."
        )
    donor = build_vgg16(spec.replace(weights="random", trained="all"), tuple(model.inputs[0].shape[1:]), 10)
    return _loaded(donor, files["gtzan"], "this VGG16 with ten genres, one channel and the same windows")


def _loaded(donor: keras.Model, file: Path, expected: str) -> keras.Model:
    try:
        read_weights(file, donor)
    except DataError as error:
        reason = str(error).removeprefix(f"{file}: ").rstrip(".")
        raise DataError(f"{file}: not weights of {expected} ({reason}).") from error
    if not all(np.isfinite(weight).all() for weight in donor.get_weights()):
        raise DataError(f"{file}: not weights of {expected} (it holds values that are not finite).")
    return donor
