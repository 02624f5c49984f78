"""Sizes of layers, read from small networks."""

import keras
import pytest

from common.layers.pytorch import PaddedMaxPooling, conv2d
from common.paper import layer_sizes


@pytest.fixture(scope="module")
def on_sequences() -> keras.Model:
    """A convolution, a block of two with a projection, and poolings."""
    inputs = keras.Input((90, 1), name="samples")
    x = keras.layers.Conv1D(4, 3, strides=2, name="stem")(inputs)  # (44, 4)
    y = keras.layers.Conv1D(6, 5, padding="same", name="conv1")(x)
    y = keras.layers.Conv1D(6, 5, padding="same", name="conv2")(y)
    shortcut = keras.layers.Conv1D(6, 1, name="block_projection")(x)
    x = keras.layers.Add(name="add")([y, shortcut])
    x = keras.layers.MaxPooling1D(4, strides=3, name="pool")(x)  # (14, 6)
    x = PaddedMaxPooling(9, padding=1, name="padded_pool")(x)  # (1, 6)
    x = keras.layers.GlobalAveragePooling1D(name="average")(x)
    return keras.Model(inputs, keras.layers.Dense(3, name="last")(x))


@pytest.fixture(scope="module")
def on_maps() -> keras.Model:
    inputs = keras.Input((20, 12, 1), name="maps")
    x = conv2d(inputs, 4, (4, 12), padding=(2, 0), name="conv1")  # (21, 1, 4)
    x = keras.layers.ZeroPadding2D(((1, 0), (0, 2)), name="uneven")(x)  # (22, 3, 4)
    x = conv2d(x, 5, 3, stride=2, name="conv2")  # (10, 1, 5)
    x = keras.layers.Conv2D(5, 3, padding="same", name="conv3")(x)
    x = keras.layers.MaxPooling2D((2, 1), name="pool")(x)  # (5, 1, 5)
    return keras.Model(inputs, keras.layers.GlobalMaxPooling2D(name="max")(x))


@pytest.mark.parametrize(
    ("measure", "names", "size"),
    [
        ("filters", ("stem",), 4),
        ("filters", ("conv1", "conv2"), 6),
        ("filters", ("stem", "conv1"), "4 and 6"),
        ("filters", ("pool",), None),
        ("kernel_size", ("stem",), 3),
        ("kernel_size", ("conv1", "conv2", "block_projection", "add"), 5),
        ("kernel_size", ("stem", "conv1"), "3 and 5"),
        ("kernel_size", ("last",), None),
        ("stride", ("stem",), 2),
        ("stride", ("conv1", "conv2"), 1),
        ("stride", ("pool",), 3),
        ("stride", ("padded_pool",), 9),
        ("stride", ("average",), None),
        ("pool_size", ("pool",), 4),
        ("pool_size", ("padded_pool",), 9),
        ("pool_size", ("average",), 1),
        ("pool_size", ("conv1",), None),
        ("padding", ("stem",), 0),
        ("padding", ("conv1",), "same"),
        ("channels_and_length", ("samples",), [90]),
        ("channels_and_length", ("conv1", "add"), [6, 44]),
        ("channels_and_length", ("last",), [3]),
    ],
)
def test_sizes_on_sequences_are_numbers(on_sequences, measure, names, size):
    assert getattr(layer_sizes, measure)(on_sequences, names) == size


@pytest.mark.parametrize(
    ("measure", "names", "size"),
    [
        ("filters", ("conv2",), 5),
        ("kernel_size", ("conv1_pad", "conv1"), [4, 12]),
        ("kernel_size", ("conv1", "conv2"), "4 x 12 and 3 x 3"),
        ("stride", ("conv2",), [2, 2]),
        ("stride", ("pool",), [2, 1]),
        ("pool_size", ("pool",), [2, 1]),
        ("pool_size", ("max",), [5, 1]),
        ("padding", ("conv1_pad", "conv1"), [2, 0]),
        ("padding", ("uneven", "conv2"), "1+0 x 0+2"),
        ("padding", ("conv2",), [0, 0]),
        ("padding", ("pool",), None),
    ],
)
def test_sizes_on_maps_are_lists(on_maps, measure, names, size):
    assert getattr(layer_sizes, measure)(on_maps, names) == size
