"""Small VGGs and ResNets of the embeddings study, and what becomes of them with a file of weights."""

from pathlib import Path

import keras
import numpy as np
import pytest

from common.core.errors import DataError
from reproductions.embeddings.model import build
from reproductions.embeddings.specs import ImageNetSpec
from reproductions.embeddings.weights import initialise
from tests.helpers.torchvision_nets import FILTERS, UNITS

SHAPE, CLASSES = (40, 36), 3


def small(network: str) -> ImageNetSpec:
    return ImageNetSpec(network=network, weights="random", base_filters=FILTERS, units=UNITS)


def trained(network: str) -> ImageNetSpec:
    return ImageNetSpec(network=network)


def body_of(model: keras.Model) -> keras.Model:
    """The network up to its last layer."""
    return keras.Model(model.inputs[0], model.get_layer("logits").input)


def same(some: list, others: list) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


def loaded(network: str, file: Path) -> keras.Model:
    """A fresh network that took its values from the file, but for `logits`."""
    model = build(small(network), SHAPE, CLASSES)
    fresh = model.get_layer("logits").get_weights()
    initialise(model, trained(network), {network: file})
    assert same(model.get_layer("logits").get_weights(), fresh)
    return model


def hidden_values(model: keras.Model, spectrogram: np.ndarray) -> np.ndarray:
    """What the last layer sees of one spectrogram, (frames, bands)."""
    return np.asarray(body_of(model)(spectrogram[None], training=False))[0]


def refusal(model: keras.Model, file: Path, network: str = "vgg13") -> str:
    """What is said of a file for this network, behind its name."""
    with pytest.raises(DataError) as caught:
        initialise(model, trained(network), {network: file})
    name, message = str(caught.value)[: len(f"{file}: ")], str(caught.value)[len(f"{file}: ") :]
    assert name == f"{file}: "
    assert "\n" not in message
    return message
