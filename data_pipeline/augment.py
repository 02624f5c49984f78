"""Augmentation of training windows, as Keras layers: noise and gain of samples, masks on spectrograms.

Every layer draws for each window on its own, from a `SeedGenerator` that the run's seed decides and that a checkpoint
holds, acts in training alone, and hands windows through untouched everywhere else. Values are those that the network is
given: `mask` with zeros in decibels over 1, say, is a loud value.

SpecAugment: D. S. Park et al., "SpecAugment: A Simple Data Augmentation Method for Automatic Speech Recognition", 2019.
"""

from typing import Annotated, Literal

import keras
from keras import ops
from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from common.errors import SpecError
from common.specbase import Spec

Probability = Annotated[float, Field(ge=0, le=1)]
Fill = Literal["mean", "zero"]


class WaveformAugmentation(Spec):
    """Noise, then gain, together.

    Args:
        probability: of a window being changed at all.
        noise_deviation: standard deviation of the Gaussian noise, in the units of the samples.
        gain_db: the gain is drawn evenly from -gain_db to gain_db.
    """

    probability: Probability
    noise_deviation: NonNegativeFloat = 0.02
    gain_db: NonNegativeFloat = 12.0


class SpectrogramAugmentation(Spec):
    """Masks over mel bands and over frames; equally many on both axes.

    Args:
        probability: of a window being changed at all.
        masks: on each of the two axes.
        largest_share: each mask's width is drawn evenly from 0 to this share of its axis; None with `width`.
        width: or each mask covers exactly so many bands or frames.
        fill: masked values become the `mean` of the window, or `zero`.
    """

    probability: Probability
    masks: PositiveInt = 2
    largest_share: Annotated[float, Field(gt=0, le=1)] | None = 0.3
    width: PositiveInt | None = None
    fill: Fill = "mean"

    @model_validator(mode="after")
    def _one_size(self) -> "SpectrogramAugmentation":
        if (self.largest_share is None) == (self.width is None):
            raise ValueError(f"give largest_share or width, received {self.largest_share} and {self.width}")
        return self


class Augmentation(Spec):
    """What happens to each input of a network in training; None for nothing."""

    waveform: WaveformAugmentation | None = None
    spectrogram: SpectrogramAugmentation | None = None

    @property
    def with_any_strength(self) -> "Augmentation":
        """The same for all augmentations that differ in strength alone, see `set_strengths`."""
        masks = self.spectrogram
        if masks is None:
            return self
        share = None if masks.largest_share is None else 1.0
        return self.but(spectrogram=masks.but(probability=1.0, largest_share=share))


class _RandomLayer(keras.Layer):
    """Draws from a generator of its own; in float32, also where the network behind it computes in bfloat16.

    What a layer does in training is its method `change`: (batch, ...) -> the same shape, changed at random.
    """

    def __init__(self, **arguments):
        super().__init__(**{"dtype": "float32"} | arguments)
        self.generator = keras.random.SeedGenerator()

    def _strength(self, value: float, name: str):
        """A number that `set_strengths` can change without tracing a training step again."""
        initial = keras.initializers.Constant(value)
        return self.add_weight(shape=(), initializer=initial, trainable=False, name=name)

    def build(self, input_shape):
        self.built = True  # it has a generator, but no weights that depend on the input

    def call(self, x, training=False):
        return self.change(x) if training else x

    def uniform(self, x, low: float = 0.0, high: float = 1.0):
        """One number for each window: (batch, 1, ...), of the rank of `x`."""
        shape = (ops.shape(x)[0], *[1] * (len(x.shape) - 1))
        return keras.random.uniform(shape, low, high, seed=self.generator)


class RandomNoise(_RandomLayer):
    """Adds Gaussian noise of the given standard deviation."""

    def __init__(self, deviation: float, **arguments):
        super().__init__(**arguments)
        self.deviation = deviation

    def change(self, x):
        return x + keras.random.normal(ops.shape(x), stddev=self.deviation, seed=self.generator)


class RandomGain(_RandomLayer):
    """Multiplies each window by a gain drawn evenly from -gain_db to gain_db decibels."""

    def __init__(self, gain_db: float, **arguments):
        super().__init__(**arguments)
        self.gain_db = gain_db

    def change(self, x):
        return x * ops.power(10.0, self.uniform(x, -self.gain_db, self.gain_db) / 20)


class RandomMasks(_RandomLayer):
    """Covers bands and frames of spectrograms: (batch, bands, frames, channels) or (batch, frames, bands).

    Args:
        masks: on each of the two axes.
        largest_share, width, fill: see `SpectrogramAugmentation`.
    """

    def __init__(
        self, masks: int, *, largest_share: float | None = None, width: int | None = None, fill: Fill, **arguments
    ):
        super().__init__(**arguments)
        self.masks, self.width, self.fill = masks, width, fill
        self.largest_share = None if largest_share is None else self._strength(largest_share, "largest_share")

    def change(self, x):
        covered = ops.zeros_like(x, dtype="bool")
        for axis in (1, 2):
            for _ in range(self.masks):
                covered = ops.logical_or(covered, self._mask(x, axis))
        every = tuple(range(1, len(x.shape)))
        fill = ops.mean(x, axis=every, keepdims=True) if self.fill == "mean" else 0.0
        return ops.where(covered, fill, x)

    def _mask(self, x, axis: int):
        """Where one mask lies on one axis: bool, (batch, 1, size, 1) or the like."""
        size = x.shape[axis]
        if self.width is None:
            width = ops.floor(self.uniform(x) * (self.largest_share * size))
        else:
            width = float(min(self.width, size))
        first = ops.floor(self.uniform(x) * (size - width + 1))
        places = ops.reshape(ops.arange(size, dtype="float32"), [size if a == axis else 1 for a in range(len(x.shape))])
        return ops.logical_and(places >= first, places < first + width)


class Sometimes(_RandomLayer):
    """Sends each window through the given layers, one after the other, with a probability; all of them or none."""

    def __init__(self, layers: list[_RandomLayer], probability: float, **arguments):
        super().__init__(**arguments)
        self.layers = layers
        self.probability = self._strength(probability, "probability")

    def change(self, x):
        changed = x
        for layer in self.layers:
            changed = layer(changed, training=True)
        return ops.where(self.uniform(x) < self.probability, changed, x)


def layer_for(augmentation: Augmentation, shape: tuple[int, ...], name: str) -> Sometimes | None:
    """The layer for an input of that shape: samples are (samples, 1), spectrograms anything else."""
    if len(shape) == 2 and shape[1] == 1:
        wanted = augmentation.waveform
        layers = wanted and [RandomNoise(wanted.noise_deviation), RandomGain(wanted.gain_db)]
    else:
        wanted = augmentation.spectrogram
        layers = wanted and [
            RandomMasks(wanted.masks, largest_share=wanted.largest_share, width=wanted.width, fill=wanted.fill)
        ]
    return Sometimes(layers, wanted.probability, name=name) if wanted else None


def set_strengths(model: keras.Model, augmentation: Augmentation | None) -> None:
    """Give the masks of an `augmented` network another probability and largest share."""
    masks = augmentation and augmentation.spectrogram
    for layer in model.layers if masks else ():
        if isinstance(layer, Sometimes) and isinstance(layer.layers[0], RandomMasks):
            layer.probability.assign(masks.probability)
            if masks.largest_share is not None:
                layer.layers[0].largest_share.assign(masks.largest_share)


def augmented(model: keras.Model, augmentation: Augmentation | None) -> keras.Model:
    """The network with augmentation before its inputs; the network itself where there is nothing to do.

    Raises:
        SpecError: an augmentation is asked for that no input can have.
    """
    if augmentation is None:
        return model
    inputs = [keras.Input(tensor.shape[1:], name=tensor.name) for tensor in model.inputs]
    layers = [
        layer_for(augmentation, tuple(tensor.shape[1:]), f"augmentation{number}")
        for number, tensor in enumerate(inputs, start=1)
    ]
    asked = [name for name in ("waveform", "spectrogram") if getattr(augmentation, name) is not None]
    if len(asked) != sum(layer is not None for layer in layers):
        raise SpecError(
            f"training.augmentation: asks for {' and '.join(asked)}, but the network takes "
            f"{' and '.join(' x '.join(map(str, tensor.shape[1:])) for tensor in inputs)}."
        )
    changed = [tensor if layer is None else layer(tensor) for tensor, layer in zip(inputs, layers, strict=True)]
    outputs = model(changed[0] if len(changed) == 1 else changed)
    return keras.Model(inputs[0] if len(inputs) == 1 else inputs, outputs, name=f"augmented_{model.name}")
