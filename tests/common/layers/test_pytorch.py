"""PyTorch's conventions: sizes, padding that is never the maximum, adaptive averages, initial weights."""

import math

import keras
import numpy as np
import pytest

from common.layers import pytorch


def model_of(shape, layer) -> keras.Model:
    inputs = keras.Input(shape)
    return keras.Model(inputs, layer(inputs))


@pytest.mark.parametrize("shape", [(7, 1), (5, 6, 2)])
def test_padding_is_never_the_maximum(shape):
    """Zeros would be, where all values are negative."""
    x = -1 - np.random.default_rng(0).random((2, *shape), dtype=np.float32)
    pooled = np.asarray(pytorch.PaddedMaxPooling(3, padding=1)(x))
    assert pooled.max() <= -1
    padded = np.pad(x, [(0, 0), *[(1, 1)] * (len(shape) - 1), (0, 0)], constant_values=-np.inf)
    sizes = [(size + 2 - 3) // 3 + 1 for size in shape[:-1]]
    assert pooled.shape == (2, *sizes, shape[-1])
    for place in np.ndindex(*sizes):
        piece = padded[(slice(None), *(slice(3 * p, 3 * p + 3) for p in place))]
        axes = tuple(range(1, len(shape)))
        np.testing.assert_array_equal(pooled[(slice(None), *place)], piece.max(axis=axes))


@pytest.mark.parametrize(
    ("length", "pool", "out"),
    [(36752, 9, 4083), (4083, 9, 453), (453, 9, 50), (50, 9, 5), (5, 3, 2), (2, 3, 1), (1, 3, 1)],
)
def test_lengths_behind_padded_poolings(length, pool, out):
    layer = pytorch.PaddedMaxPooling(pool, padding=1)
    assert layer.compute_output_shape((None, length, 4)) == (None, out, 4)
    assert layer(np.zeros((1, length, 1), np.float32)).shape == (1, out, 1)


def test_gradients_reach_only_the_maximum():
    dense = keras.Sequential([keras.Input((3, 1)), pytorch.PaddedMaxPooling(3, padding=1), keras.layers.Flatten()])
    x = keras.Variable(np.array([[[-3.0], [-1.0], [-2.0]]], np.float32))
    shift = keras.Sequential([keras.Input((3, 1)), keras.layers.Conv1D(1, 1, name="scale"), *dense.layers])
    shift.compile(keras.optimizers.SGD(1.0), "mean_absolute_error")
    shift.get_layer("scale").set_weights([np.ones((1, 1, 1), np.float32), np.zeros(1, np.float32)])
    shift.train_on_batch(keras.ops.convert_to_numpy(x), np.zeros((1, 1), np.float32))
    kernel, bias = shift.get_layer("scale").get_weights()
    # The error is 1 - 0 below zero: bias rises by 1, the kernel falls by the maximum's own value, -1.
    np.testing.assert_allclose(bias, [1.0], atol=1e-6)
    np.testing.assert_allclose(kernel.ravel(), [0.0], atol=1e-6)


@pytest.mark.parametrize(("pool", "padding"), [(3, 2), (3, -1), (2, 2)])
def test_more_padding_than_half_a_pool_is_refused(pool, padding):
    with pytest.raises(ValueError, match="at most half"):
        pytorch.PaddedMaxPooling(pool, padding=padding)


@pytest.mark.parametrize("height", [1, 2, 4, 6, 7, 8, 14, 15])
@pytest.mark.parametrize("width", [1, 7, 9])
def test_adaptive_averages(height, width):
    x = np.random.default_rng(0).normal(size=(1, height, width, 2)).astype(np.float32)
    found = model_of((height, width, 2), lambda tensor: pytorch.adaptive_average(tensor, 7, name="a"))(x)
    for row, column in np.ndindex(7, 7):
        rows = slice(row * height // 7, math.ceil((row + 1) * height / 7))
        columns = slice(column * width // 7, math.ceil((column + 1) * width / 7))
        np.testing.assert_allclose(found[0, row, column], x[0, rows, columns].mean(axis=(0, 1)), atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "shape", "fan_in"),
    [
        (lambda x: pytorch.conv1d(x, 64, 3, name="layer"), (50, 16), 48),
        (lambda x: pytorch.conv2d(x, 64, (4, 2), name="layer"), (9, 9, 16), 128),
        (lambda x: pytorch.dense(x, 200, name="layer"), (100,), 100),
    ],
)
def test_initial_weights_are_even_within_one_over_the_root_of_the_fan_in(layer, shape, fan_in):
    keras.utils.set_random_seed(0)
    kernel, bias = model_of(shape, layer).get_layer("layer").get_weights()
    bound = 1 / math.sqrt(fan_in)
    for values in (kernel, bias):
        assert np.abs(values).max() <= bound
        assert np.abs(values).max() > 0.9 * bound
        assert values.std() == pytest.approx(bound / math.sqrt(3), rel=0.15)


@pytest.mark.parametrize(("cell", "gates"), [("gru", 3), ("lstm", 4)])
def test_recurrent_layers_of_one_and_of_both_directions(cell, gates):
    one = model_of((7, 5), lambda x: pytorch.recurrent(x, cell, 40, bidirectional=False, name="layer"))
    both = model_of((7, 5), lambda x: pytorch.recurrent(x, cell, 40, name="layer"))
    last = model_of(
        (7, 5), lambda x: pytorch.recurrent(x, cell, 40, bidirectional=False, every_step=False, name="layer")
    )
    assert (one.output.shape, both.output.shape, last.output.shape) == ((None, 7, 40), (None, 7, 80), (None, 40))
    assert both.count_params() == 2 * one.count_params()
    for values in one.get_layer("layer").get_weights():
        assert 0.9 / math.sqrt(40) < np.abs(values).max() <= 1 / math.sqrt(40)
    assert one.get_layer("layer").get_weights()[0].shape == (5, gates * 40)
    last.set_weights(one.get_weights())
    x = np.random.default_rng(0).random((2, 7, 5), dtype=np.float32)
    np.testing.assert_allclose(np.asarray(last(x)), np.asarray(one(x))[:, -1], rtol=1e-6)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "out"), [(128, 7, 2, 3, 64), (216, 7, 2, 3, 108), (2579, 5, 2, 2, 1290)]
)
def test_a_strided_convolution_pads_both_sides_alike(size, kernel, stride, padding, out):
    model = model_of(
        (size, 1), lambda x: pytorch.conv1d(x, 1, kernel, stride=stride, padding=padding, bias=False, name="layer")
    )
    assert model.output.shape[1] == out
    model.get_layer("layer").set_weights([np.ones((kernel, 1, 1), np.float32)])
    first = np.asarray(model(np.ones((1, size, 1), np.float32)))[0, 0, 0]
    assert first == kernel - padding  # `same` would pad less in front


def test_normalisation_has_pytorchs_constants():
    layer = model_of((4, 2), lambda x: pytorch.batch_norm(x, name="norm")).get_layer("norm")
    assert (layer.epsilon, layer.momentum) == (1e-5, 0.9)
