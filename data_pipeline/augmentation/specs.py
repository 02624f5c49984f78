"""Augmentation of training windows: noise and gain of samples, masks on spectrograms. `network.py` applies it.

Values are in the units of the network's input: where that is in decibels relative to 1, for example, a mask of zeros is
loud.

SpecAugment: D. S. Park et al., "SpecAugment: A Simple Data Augmentation Method for Automatic Speech Recognition", 2019.
"""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from common.core.spec import Spec
from data_pipeline.augmentation.chain import Probability, SpectrogramChain

Fill = Literal["mean", "zero"]


class WaveformAugmentation(Spec):
    """Noise, then gain; always both.

    Args:
        probability: share of the windows that are changed at all.
        noise_deviation: standard deviation of the Gaussian noise, in the units of the samples.
        gain_db: the gain is drawn uniformly from -gain_db to gain_db.
    """

    probability: Probability
    noise_deviation: NonNegativeFloat = 0.02
    gain_db: NonNegativeFloat = 12.0


class SpectrogramAugmentation(Spec):
    """Masks over mel bands and over frames; equally many on both axes.

    Args:
        probability: share of the windows that are changed at all.
        masks: number of masks on each of the two axes.
        largest_share: each mask's width is drawn uniformly from 0 to this share of its axis; None with `width`.
        width: each mask covers exactly this many bands or frames; `None` with largest_share.
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
    """Augmentation of each input of a network in training; None for no augmentation.

    Args:
        waveform: noise and gain of the samples; None for none.
        spectrogram, chain: only masks, or a whole chain; at most one of the two.
    """

    waveform: WaveformAugmentation | None = None
    spectrogram: SpectrogramAugmentation | None = None
    chain: SpectrogramChain | None = None

    @model_validator(mode="after")
    def _one_for_spectrograms(self) -> "Augmentation":
        if self.spectrogram is not None and self.chain is not None:
            raise ValueError("give spectrogram or chain, received both")
        return self

    @property
    def unused_values(self) -> tuple[str, ...]:
        """The kinds of augmentation that are not given."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) is None)

    @property
    def with_any_strength(self) -> "Augmentation":
        """At full strength: equal for all augmentations that differ only in strength, see
        `data_pipeline.augmentation.network.set_strengths`."""
        masks = self.spectrogram
        if masks is None:
            return self
        share = None if masks.largest_share is None else 1.0
        return self.replace(spectrogram=masks.replace(probability=1.0, largest_share=share))
