"""Builds the networks of the study from their specs."""

import keras

from common.paper import Spec
from reproductions.soundfusion.convolutional import build_nnet, build_simple_cnn
from reproductions.soundfusion.residual import build_fusion, build_resnet1d, build_resnet2d
from reproductions.soundfusion.vgg16 import build_vgg16

_BUILDERS = {
    "simple_cnn": build_simple_cnn,
    "resnet1d": build_resnet1d,
    "resnet2d": build_resnet2d,
    "nnet": build_nnet,
    "vgg16": build_vgg16,
    "fusion": build_fusion,
}


def build(spec: Spec, input_shape: tuple, classes: int) -> keras.Model:
    """Build the network of a spec.

    Args:
        spec: one of `specs.py`.
        input_shape: (bands, frames, channels) of a spectrogram, (samples, 1) of a waveform, or a waveform and a
            spectrogram.
        classes: number of genres.

    Returns:
        A model that gives (batch, classes) logits in float32.

    Raises:
        SpecError: the input does not fit the network.
    """
    return _BUILDERS[spec.kind](spec, input_shape, classes)
