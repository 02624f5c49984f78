"""Layers in the words of the study's slides, read from a built network."""

import keras

from common.paper.layer_sizes import Size, size_of

# PyTorch's names of layers, as the listing of SimpleCNN prints them.
_TYPES = (
    (keras.layers.Conv2D, "Conv2d"),
    (keras.layers.ReLU, "ReLU"),
    (keras.layers.BatchNormalization, "BatchNorm2d"),
    (keras.layers.GlobalAveragePooling2D, "AdaptiveAvgPool2d"),
    (keras.layers.Dense, "Linear"),
)
_WORDS = (
    ((keras.layers.Conv1D, keras.layers.Conv2D), "convolutional layer"),
    ((keras.layers.MaxPooling2D, keras.layers.GlobalMaxPooling1D), "max pooling"),
    ((keras.layers.AveragePooling2D, keras.layers.GlobalAveragePooling1D), "average pooling"),
    (keras.layers.Add, "shortcut connection"),
)


def torch_type(model: keras.Model, names: tuple[str, ...]) -> Size:
    """Type of the layers by PyTorch's name; padding, which is part of PyTorch's convolutions, has none."""
    return size_of(model, names, lambda layer: _first(layer, _TYPES))


def words(model: keras.Model, names: tuple[str, ...]) -> Size:
    """What the layers are, in the slides' words on nnet1 and nnet2; None for layers that these leave out."""
    return size_of(model, names, lambda layer: _first(layer, _WORDS))


def _first(layer: keras.Layer, named: tuple) -> str | None:
    return next((name for kinds, name in named if isinstance(layer, kinds)), None)
