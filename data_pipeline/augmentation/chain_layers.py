"""The layers of a `SpectrogramChain`; `layers.py` describes how they draw random numbers."""

import math

from keras import ops

from data_pipeline.augmentation.chain import SpectrogramChain
from data_pipeline.augmentation.layers import RandomLayer, RandomMasks, RandomNoise, Sometimes, places

_MAX_SHARE_OF_FRAMES = 0.25


def chain_layer(chain: SpectrogramChain, name: str) -> Sometimes:
    """The chain as one layer, for (batch, frames, bins) or (batch, bands, frames, channels)."""
    early = [
        RandomStripes(chain.masks, chain.widest_bands, over="bands"),
        RandomStripes(chain.masks, chain.widest_frames, over="frames"),
        RandomAmplitude(chain.amplitude),
    ]
    late = [RandomRoll(chain.time_share), RandomNoise(chain.noise_deviation), RandomBandShift(chain.shifted_bands)]
    parts = [Sometimes([part], chain.early_probability) for part in early]
    parts += [Sometimes([part], chain.late_probability) for part in late]
    return Sometimes(parts, chain.probability, name=name)


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
