"""Augmentation of training windows, as Keras layers: noise and gain of samples, masks on spectrograms.

Values are in the units of the network's input: where that is in decibels relative to 1, for example, a mask of zeros is
loud. `layers.py` describes how the layers draw random numbers.

SpecAugment: D. S. Park et al., "SpecAugment: A Simple Data Augmentation Method for Automatic Speech Recognition", 2019.
"""

from typing import Annotated

import keras
from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from common.core.errors import SpecError
from common.core.spec import Spec
from data_pipeline.augmentation.chain import Probability, SpectrogramChain
from data_pipeline.augmentation.layers import Fill, RandomGain, RandomMasks, RandomNoise, Sometimes


class WaveformAugmentation(Spec):
    """Noise, then gain; always both.

    Args:
        probability: of a window being changed at all.
        noise_deviation: standard deviation of the Gaussian noise, in the units of the samples.
        gain_db: the gain is drawn uniformly from -gain_db to gain_db.
    """

    probability: Probability
    noise_deviation: NonNegativeFloat = 0.02
    gain_db: NonNegativeFloat = 12.0


class SpectrogramAugmentation(Spec):
    """Masks over mel bands and over frames; equally many on both axes.

    Args:
        probability: of a window being changed at all.
        masks: number of masks on each of the two axes.
        largest_share: each mask's width is drawn uniformly from 0 to this share of its axis; None with `width`.
        width: or each mask covers exactly this many bands or frames.
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
        """At full strength: equal for all augmentations that differ only in strength, see `set_strengths`."""
        masks = self.spectrogram
        if masks is None:
            return self
        share = None if masks.largest_share is None else 1.0
        return self.replace(spectrogram=masks.replace(probability=1.0, largest_share=share))


def layer_for(augmentation: Augmentation, shape: tuple[int, ...], name: str) -> Sometimes | None:
    """The layer for an input of this shape: (samples, 1) for samples, anything else for spectrograms."""
    if len(shape) == 2 and shape[1] == 1:
        wanted = augmentation.waveform
        layers = wanted and [RandomNoise(wanted.noise_deviation), RandomGain(wanted.gain_db)]
    else:
        if augmentation.chain is not None:
            return augmentation.chain.layer(name)
        wanted = augmentation.spectrogram
        layers = wanted and [
            RandomMasks(wanted.masks, largest_share=wanted.largest_share, width=wanted.width, fill=wanted.fill)
        ]
    return Sometimes(layers, wanted.probability, name=name) if wanted else None


def set_strengths(model: keras.Model, augmentation: Augmentation | None) -> None:
    """Set the probability and the largest share of the masks in an `augmented` network."""
    masks = augmentation and augmentation.spectrogram
    for layer in model.layers if masks else ():
        if isinstance(layer, Sometimes) and isinstance(layer.layers[0], RandomMasks):
            layer.probability.assign(masks.probability)
            if masks.largest_share is not None:
                layer.layers[0].largest_share.assign(masks.largest_share)


def augmented(model: keras.Model, augmentation: Augmentation | None) -> keras.Model:
    """Put augmentation in front of a network's inputs; without augmentation, return the network itself.

    Raises:
        SpecError: an augmentation is requested that fits no input.
    """
    if augmentation is None:
        return model
    inputs = [keras.Input(tensor.shape[1:], name=tensor.name) for tensor in model.inputs]
    layers = [
        layer_for(augmentation, tuple(tensor.shape[1:]), f"augmentation{number}")
        for number, tensor in enumerate(inputs, start=1)
    ]
    requested = [name for name in ("waveform", "spectrogram", "chain") if getattr(augmentation, name) is not None]
    if len(requested) != sum(layer is not None for layer in layers):
        raise SpecError(
            f"training.augmentation: asks for {' and '.join(requested)}, but the network takes "
            f"{' and '.join(' x '.join(map(str, tensor.shape[1:])) for tensor in inputs)}. "
            "Leave out what fits no input: waveform is for samples, spectrogram and chain are for spectrograms."
        )
    changed = [tensor if layer is None else layer(tensor) for tensor, layer in zip(inputs, layers, strict=True)]
    outputs = model(changed[0] if len(changed) == 1 else changed)
    return keras.Model(inputs[0] if len(inputs) == 1 else inputs, outputs, name=f"augmented_{model.name}")
