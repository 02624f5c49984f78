"""Keras layers that change training windows at random, each window independently.

A layer draws random numbers from a `SeedGenerator`, which is seeded by the run's seed and saved in checkpoints. It acts
only in training and passes windows through unchanged everywhere else.
"""

import keras
from keras import ops

from data_pipeline.augmentation.specs import Fill


class RandomLayer(keras.Layer):
    """Base class: has its own generator, and computes in float32 also where the network after it uses bfloat16.

    Subclasses implement `change`, which is called in training: (batch, ...) -> the same shape, changed at random.
    """

    def __init__(self, **arguments):
        super().__init__(**{"dtype": "float32"} | arguments)
        self.generator = keras.random.SeedGenerator()

    def strength(self, value: float, name: str):
        """A scalar that `set_strengths` can change without retracing the training step."""
        initial = keras.initializers.Constant(value)
        return self.add_weight(shape=(), initializer=initial, trainable=False, name=name)

    def build(self, input_shape):
        self.built = True  # it has a generator, but no weights that depend on the input

    def call(self, x, training=False):
        return self.change(x) if training else x

    def uniform(self, x, low: float = 0.0, high: float = 1.0):
        """One random number per window: (batch, 1, ...), of the rank of `x`."""
        shape = (ops.shape(x)[0], *[1] * (len(x.shape) - 1))
        return keras.random.uniform(shape, low, high, seed=self.generator)


class RandomNoise(RandomLayer):
    """Adds Gaussian noise of the given standard deviation."""

    def __init__(self, deviation: float, **arguments):
        super().__init__(**arguments)
        self.deviation = deviation

    def change(self, x):
        return x + keras.random.normal(ops.shape(x), stddev=self.deviation, seed=self.generator)


class RandomGain(RandomLayer):
    """Multiplies each window by a gain drawn uniformly from -gain_db to gain_db decibels."""

    def __init__(self, gain_db: float, **arguments):
        super().__init__(**arguments)
        self.gain_db = gain_db

    def change(self, x):
        return x * ops.power(10.0, self.uniform(x, -self.gain_db, self.gain_db) / 20)


class RandomMasks(RandomLayer):
    """Masks bands and frames of spectrograms: (batch, bands, frames, channels) or (batch, frames, bands).

    Args:
        masks: number of masks on each of the two axes.
        largest_share, width: each mask's width is drawn uniformly below this share of its axis, or is exactly `width`.
        widest, most_share: or it is drawn uniformly from the integers 0 to `widest`, and is at most this share of its
            axis.
        fill: masked values become the `mean` of the window, or `zero`.
    """

    def __init__(
        self,
        masks: int,
        *,
        largest_share: float | None = None,
        width: int | None = None,
        widest: int | None = None,
        most_share: float = 1.0,
        fill: Fill,
        **arguments,
    ):
        super().__init__(**arguments)
        self.masks, self.width, self.widest, self.most_share = masks, width, widest, most_share
        self.fill = fill
        self.largest_share = None if largest_share is None else self.strength(largest_share, "largest_share")

    def change(self, x):
        covered = ops.zeros_like(x, dtype="bool")
        for axis in self.covered_axes(x):
            for _ in range(self.masks):
                covered = ops.logical_or(covered, self._mask(x, axis))
        every = tuple(range(1, len(x.shape)))
        fill = ops.mean(x, axis=every, keepdims=True) if self.fill == "mean" else 0.0
        return ops.where(covered, fill, x)

    def covered_axes(self, x) -> tuple[int, ...]:
        """The axes of bands and frames, in either order."""
        return 1, 2

    def _mask(self, x, axis: int):
        """Position of one mask on one axis: bool, (batch, 1, size, 1) or the like."""
        size = x.shape[axis]
        if self.largest_share is not None:
            width = ops.floor(self.uniform(x) * (self.largest_share * size))
        elif self.widest is not None:
            width = ops.minimum(ops.floor(self.uniform(x) * (self.widest + 1)), float(int(self.most_share * size)))
        else:
            width = float(min(self.width, size))
        first = ops.floor(self.uniform(x) * (size - width + 1))
        at = places(x, axis)
        return ops.logical_and(at >= first, at < first + width)


class Sometimes(RandomLayer):
    """Applies all the given layers in sequence to each window, with a probability; otherwise none of them."""

    def __init__(self, layers: list[RandomLayer], probability: float, **arguments):
        super().__init__(**arguments)
        self.layers = layers
        self.probability = self.strength(probability, "probability")

    def change(self, x):
        changed = x
        for layer in self.layers:
            changed = layer(changed, training=True)
        return ops.where(self.uniform(x) < self.probability, changed, x)


def places(x, axis: int):
    """0, 1, 2, ... along one axis, as float32 of the rank of `x`: (1, size, 1) or the like."""
    size = x.shape[axis]
    return ops.reshape(ops.arange(size, dtype="float32"), [size if a == axis else 1 for a in range(len(x.shape))])
