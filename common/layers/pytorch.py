"""PyTorch's conventions in Keras, for papers whose code was written in PyTorch.

Where the two differ and a result may depend on it: explicit symmetric padding (Keras' `same` pads unevenly when a
stride is larger than 1), max pooling whose padding is never the maximum (Keras cannot pad a pooling), the initial
weights, and the constants of batch normalisation.
"""

import math
from typing import Literal

import keras
from keras import ops

from common.layers import pointwise

# PyTorch initialises the bias of the forget gate like all others.
_EQUAL_BIAS = {"unit_forget_bias": False}


def conv1d(x, filters: int, kernel: int, *, stride: int = 1, padding: int = 0, bias: bool = True, name: str):
    """`Conv1d`: (batch, length, c) -> (batch, (length + 2 padding - kernel) // stride + 1, filters)."""
    if padding:
        x = keras.layers.ZeroPadding1D(padding, name=f"{name}_pad")(x)
    initial = _uniform(kernel * x.shape[-1])
    kind = pointwise.Conv1D if kernel == 1 else keras.layers.Conv1D
    return kind(filters, kernel, strides=stride, use_bias=bias, name=name, **initial)(x)


def conv2d(
    x,
    filters: int,
    kernel: int | tuple[int, int],
    *,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    bias: bool = True,
    name: str,
):
    """`Conv2d` with padding on both sides of both axes: (batch, h, w, c) -> (batch, h', w', filters)."""
    kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
    if padding:
        x = keras.layers.ZeroPadding2D(padding, name=f"{name}_pad")(x)
    initial = _uniform(math.prod(kernel) * x.shape[-1])
    kind = pointwise.Conv2D if kernel == (1, 1) else keras.layers.Conv2D
    return kind(filters, kernel, strides=stride, use_bias=bias, name=name, **initial)(x)


def dense(x, units: int, *, name: str):
    """`Linear`: (batch, c) -> (batch, units)."""
    return keras.layers.Dense(units, name=name, **_uniform(x.shape[-1]))(x)


def recurrent(
    x,
    cell: Literal["gru", "lstm"],
    units: int,
    *,
    bidirectional: bool = True,
    every_step: bool = True,
    name: str,
):
    """`GRU` or `LSTM`: (batch, steps, c) -> (batch, steps, 2 units), the forward half first.

    Initial values are uniform between -1/sqrt(units) and 1/sqrt(units). PyTorch's LSTM adds two biases, Keras' has one;
    the GRUs are the same.

    Computes in float32 even under mixed precision: a layer of lower precision would cast its kernel again at every step
    and keep each copy for the gradient, 5 GB for 323 steps over 8,192 values.

    Args:
        bidirectional: False reads forwards only, with `units` outputs instead of twice as many.
        every_step: False gives what each direction puts out when it has read all steps: (batch, 2 units).
    """
    initial = keras.initializers.RandomUniform(-1 / math.sqrt(units), 1 / math.sqrt(units))
    values = {"return_sequences": every_step, "name": f"{name}_{cell}" if bidirectional else name, "dtype": "float32"}
    # An initialiser without a seed draws the same values whenever it is reused, so each role gets a clone.
    for role in ("kernel", "recurrent", "bias"):
        values[f"{role}_initializer"] = initial.clone()
    layer = keras.layers.GRU(units, **values) if cell == "gru" else keras.layers.LSTM(units, **values, **_EQUAL_BIAS)
    return keras.layers.Bidirectional(layer, name=name, dtype="float32")(x) if bidirectional else layer(x)


def batch_norm(x, *, momentum: float = 0.9, name: str):
    """`BatchNorm` with its defaults; PyTorch's momentum 0.1 is Keras' 0.9."""
    return keras.layers.BatchNormalization(momentum=momentum, epsilon=1e-5, name=name)(x)


def adaptive_average(x, side: int, *, name: str):
    """`AdaptiveAvgPool2d`: (batch, h, w, c) -> (batch, side, side, c), also from maps smaller than that.

    Cell i of an axis is the mean of rows floor(i h / side) to ceil((i + 1) h / side) - 1.
    """
    if 1 in x.shape[1:3]:
        # Keras 3.15 fails on an axis of length 1; repeating its value changes none of the means.
        x = keras.layers.UpSampling2D([2 if size == 1 else 1 for size in x.shape[1:3]], name=f"{name}_twice")(x)
    return keras.layers.AdaptiveAveragePooling2D(side, name=name)(x)


def _uniform(fan_in: int) -> dict[str, keras.initializers.Initializer]:
    """Initialisers of kernels and biases, both uniform between -1/sqrt(fan_in) and 1/sqrt(fan_in)."""
    bound = 1 / math.sqrt(fan_in)
    return {
        "kernel_initializer": keras.initializers.VarianceScaling(1 / 3, mode="fan_in", distribution="uniform"),
        "bias_initializer": keras.initializers.RandomUniform(-bound, bound),
    }


class PaddedMaxPooling(keras.Layer):
    """`MaxPool1d` or `MaxPool2d` whose padding is never the maximum, even where all values are negative (leaky ReLU).

    Args:
        pool: size of the pooled pieces along each axis of the map or sequence.
        padding: values added on both sides of each axis, at most half of `pool`.
        stride: distance between the starts of neighbouring pieces; None for `pool`.

    Shapes:
        (batch, length, c) or (batch, h, w, c) -> each axis becomes (axis + 2 padding - pool) // stride + 1.
    """

    def __init__(self, pool: int, *, padding: int, stride: int | None = None, **arguments):
        super().__init__(**arguments)
        if not 0 <= 2 * padding <= pool:
            raise ValueError(f"padding must be at most half of pool {pool}, received {padding}")
        self.pool, self.padding, self.stride = pool, padding, stride or pool

    def call(self, x):
        sides = [(self.padding, self.padding)] * (len(x.shape) - 2)
        padded = ops.pad(x, [(0, 0), *sides, (0, 0)], constant_values=-math.inf)
        return ops.max_pool(padded, self.pool, strides=self.stride, padding="valid", data_format="channels_last")

    def compute_output_shape(self, input_shape):
        inner = [(size + 2 * self.padding - self.pool) // self.stride + 1 for size in input_shape[1:-1]]
        return (input_shape[0], *inner, input_shape[-1])

    def get_config(self):
        return super().get_config() | {"pool": self.pool, "padding": self.padding, "stride": self.stride}
