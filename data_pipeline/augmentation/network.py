"""Puts augmentation in front of a network, as Keras layers; `layers.py` describes how they draw random numbers."""

import keras

from common.core.errors import SpecError
from data_pipeline.augmentation.chain_layers import chain_layer
from data_pipeline.augmentation.layers import RandomGain, RandomMasks, RandomNoise, Sometimes
from data_pipeline.augmentation.specs import Augmentation


def layer_for(augmentation: Augmentation, shape: tuple[int, ...], name: str) -> Sometimes | None:
    """The layer for an input of this shape: (samples, 1) for samples, anything else for spectrograms."""
    if len(shape) == 2 and shape[1] == 1:
        wanted = augmentation.waveform
        layers = wanted and [RandomNoise(wanted.noise_deviation), RandomGain(wanted.gain_db)]
    else:
        if augmentation.chain is not None:
            return chain_layer(augmentation.chain, name)
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
