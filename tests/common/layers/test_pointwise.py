"""Convolutions with a kernel of one value: the same as Keras', without a stride in the convolution itself."""

import keras
import numpy as np
import pytest

from common.layers import pointwise


def trained(kind, x: np.ndarray, stride: int) -> list[np.ndarray]:
    """Output, and the weights after one step of training."""
    inputs = keras.Input(x.shape[1:])
    before = keras.layers.Dense(x.shape[-1], name="before")(inputs)  # its kernel takes the gradient of the input
    outputs = kind(6, 1, strides=stride, use_bias=True, name="convolution")(before)
    model = keras.Model(inputs, outputs)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=weight.shape).astype(np.float32) for weight in model.weights])
    found = [model.predict(x, verbose=0)]
    model.compile(keras.optimizers.SGD(1.0), "mean_squared_error")
    model.train_on_batch(x, np.zeros(found[0].shape, np.float32))
    return [*found, *model.get_weights()]


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize(
    ("kind", "usual", "shape"),
    [(pointwise.Conv1D, keras.layers.Conv1D, (7, 4)), (pointwise.Conv2D, keras.layers.Conv2D, (6, 9, 4))],
)
def test_values_and_gradients_are_those_of_keras(kind, usual, shape, stride):
    x = np.random.default_rng(1).normal(size=(2, *shape)).astype(np.float32)
    for found, expected in zip(trained(kind, x, stride), trained(usual, x, stride), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_the_convolution_itself_has_no_stride(monkeypatch):
    strides, conv = [], keras.ops.conv

    def noted(*given, **how):
        strides.append(how["strides"])
        return conv(*given, **how)

    monkeypatch.setattr(keras.ops, "conv", noted)
    pointwise.Conv2D(3, 1, strides=2)(np.zeros((1, 5, 5, 2), np.float32))
    assert strides == [1]


def test_channels_first_is_refused():
    with pytest.raises(ValueError, match="expected channels_last"):
        pointwise.Conv2D(3, 1, strides=2, data_format="channels_first")(np.zeros((1, 2, 5, 5), np.float32))
