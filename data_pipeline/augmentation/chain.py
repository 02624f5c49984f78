"""A chain of augmentations of spectrograms: masks and loudness, then shifts in time and frequency, and noise.

Each part has its own probability, and so has the whole chain. `chain_layers.py` has its layers.
"""

from typing import Annotated

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from common.core.spec import Spec

Probability = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(ge=0, lt=1)]


class SpectrogramChain(Spec):
    """Masks over bands, masks over frames and a change of amplitude; then a shift in time, noise, a shift in frequency.

    Args:
        probability: share of the windows that are changed at all.
        early_probability: probability of each of the first three parts.
        late_probability: probability of each of the last three parts.
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
