"""A chain of augmentations of spectrograms: masks and loudness, then shifts in time and frequency, and noise.

Each part has its own probability, and so has the whole chain; `layers.py` describes how the layers draw random numbers.
"""

import math
from typing import Annotated

from keras import ops
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from common.core.spec import Spec
from data_pipeline.augmentation.layers import RandomLayer, RandomMasks, RandomNoise, Sometimes, places

_MAX_SHARE_OF_FRAMES = 0.25
Probability = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(ge=0, lt=1)]


class SpectrogramChain(Spec):
    """Masks over bands, masks over frames and a change of amplitude; then a shift in time, noise, a shift in frequency.

    Args:
        probability: of a window being changed at all.
        early_probability: of each of the first three parts.
        late_probability: of each of the last three.
        masks: number of zero-filled masks on each of the two axes.
        widest_bands, widest_frames: a mask's width is drawn uniformly from the integers 0 to this; over frames it
            covers at most a quarter of the window.
        amplitude: values are multiplied by a number drawn uniformly from `1 - amplitude` to `1 + amplitude`.
        time_share: frames are rolled by up to this share of the window in either direction; those that leave at one
            end enter at the other.
        noise_deviation: standard deviation of the Gaussian noise.
        shifted_bands: bands are shifted by up to this many in either direction; zeros fill the gap.
    """

    probability: Probability
    early_probability: Probability = 0.5
    late_probability: Probability = 0.3
    masks: PositiveInt = 2
    widest_bands: PositiveInt = 10
    widest_frames: PositiveInt = 20
    amplitude: Share = 0.2
    time_share: Share = 0.15
    noise_deviation: NonNegativeFloat = 0.003
    shifted_bands: NonNegativeInt = 2

    def layer(self, name: str) -> Sometimes:
        """The chain as one layer, for (batch, frames, bins) or (batch, bands, frames, channels)."""
        early = [
            RandomStripes(self.masks, self.widest_bands, over="bands"),
            RandomStripes(self.masks, self.widest_frames, over="frames"),
            RandomAmplitude(self.amplitude),
        ]
        late = [RandomRoll(self.time_share), RandomNoise(self.noise_deviation), RandomBandShift(self.shifted_bands)]
        parts = [Sometimes([part], self.early_probability) for part in early]
        parts += [Sometimes([part], self.late_probability) for part in late]
        return Sometimes(parts, self.probability, name=name)


def axis_of(x, over: str) -> int:
    """Axis of `frames` or `bands`: spectrograms are (batch, frames, bins) or (batch, bands, frames, channels)."""
    frames = 1 if len(x.shape) == 3 else 2
    return frames if over == "frames" else 3 - frames


class RandomStripes(RandomMasks):
    """Zero-filled masks over frames only, or over bands only."""

    def __init__(self, masks: int, widest: int, *, over: str, **arguments):
        share = _MAX_SHARE_OF_FRAMES if over == "frames" else 1.0
        super().__init__(masks, widest=widest, most_share=share, fill="zero", **arguments)
        self.over = over

    def covered_axes(self, x) -> tuple[int, ...]:
        return (axis_of(x, self.over),)


class RandomAmplitude(RandomLayer):
    """Multiplies each window by a number drawn uniformly from `1 - spread` to `1 + spread`."""

    def __init__(self, spread: float, **arguments):
        super().__init__(**arguments)
        self.spread = spread

    def change(self, x):
        return x * self.uniform(x, 1 - self.spread, 1 + self.spread)


class RandomRoll(RandomLayer):
    """Rolls all frames by a whole number of frames, up to a share of the window in either direction."""

    def __init__(self, share: float, **arguments):
        super().__init__(**arguments)
        self.share = share

    def change(self, x):
        axis = axis_of(x, "frames")
        size = x.shape[axis]
        shift = _random_shift(self.uniform(x), math.floor(self.share * size))
        return _gather(x, ops.mod(places(x, axis) - shift, float(size)), axis)


class RandomBandShift(RandomLayer):
    """Shifts all bands by a whole number of bands, up to `most` in either direction; zeros fill the gap."""

    def __init__(self, most: int, **arguments):
        super().__init__(**arguments)
        self.most = most

    def change(self, x):
        axis = axis_of(x, "bands")
        size = x.shape[axis]
        source = places(x, axis) - _random_shift(self.uniform(x), self.most)
        inside = ops.logical_and(source >= 0, source < size)
        return ops.where(inside, _gather(x, ops.clip(source, 0, size - 1), axis), 0.0)


def _random_shift(drawn, most: int):
    """Uniform numbers from 0 to 1 -> integers from -most to most, all equally likely."""
    return ops.minimum(ops.floor(drawn * (2 * most + 1)), 2.0 * most) - most


def _gather(x, source, axis: int):
    """Values at the given indices of one axis; `source` is (batch, size, 1) or the like."""
    index = ops.broadcast_to(ops.cast(source, "int32"), ops.shape(x))
    return ops.take_along_axis(x, index, axis=axis)
