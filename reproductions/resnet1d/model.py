"""The residual network on audio samples of Donati and Borsatto (chapter 4), after Allamy and Koerich 2021.

A convolution, nine residual blocks that each shorten the sequence to a third, a 1x1 convolution, and a softmax over
what is left.
"""

import keras

from common.paper import SpecError
from reproductions.resnet1d.specs import BLOCKS, ResNet1dSpec

KERNEL_SAMPLES = 3
POOL_SAMPLES = 3


def build(spec: ResNet1dSpec, input_shape: tuple[int, int], classes: int) -> keras.Model:
    """Build the network.

    Args:
        input_shape: (samples, 1); (110250, 1) in the paper.
        classes: number of genres.

    Returns:
        A model from (batch, samples, 1) to (batch, classes) logits in float32.

    Raises:
        SpecError: the input is too short for nine poolings, or not a sequence of samples.
    """
    _require_samples(input_shape)
    inputs = keras.Input(input_shape, name="waveform")  # (110250, 1)
    x = keras.layers.Conv1D(spec.stem_filters, KERNEL_SAMPLES, strides=3, name="stem_conv")(inputs)  # (36750, 128)
    x = _normalise_and_activate(spec, x, "stem")
    # Lengths after each pooling: 12250, 4083, 1361, 453, 151, 50, 16, 5, 1.
    for number, filters in enumerate(spec.block_filters, start=1):
        x = residual_block(spec, x, filters, name=f"block{number}")
        x = keras.layers.MaxPooling1D(POOL_SAMPLES, name=f"pool{number}")(x)
    x = keras.layers.Conv1D(spec.head_filters, 1, name="head_conv")(x)  # (1, 512)
    x = _normalise_and_activate(spec, x, "head")
    x = keras.layers.Flatten(name="flatten")(x)
    # Logits stay in float32 even under mixed precision: bfloat16 has only about two significant digits.
    outputs = keras.layers.Dense(classes, dtype="float32", name="genre")(x)
    return keras.Model(inputs, outputs, name="resnet1d")


def residual_block(spec: ResNet1dSpec, x, filters: int, *, name: str):
    """Two convolutions with a shortcut (section 4.2): (batch, length, c) -> (batch, length, filters)."""
    y = keras.layers.Conv1D(filters, KERNEL_SAMPLES, padding="same", name=f"{name}_conv1")(x)
    y = _normalise_and_activate(spec, y, f"{name}_1")
    if spec.dropout:
        y = keras.layers.Dropout(spec.dropout, name=f"{name}_dropout")(y)
    y = keras.layers.Conv1D(filters, KERNEL_SAMPLES, padding="same", name=f"{name}_conv2")(y)
    y = _normalise(spec, y, f"{name}_2")
    shortcut = x
    if spec.projection == "always" or x.shape[-1] != filters:
        shortcut = keras.layers.Conv1D(filters, 1, name=f"{name}_projection")(x)
        shortcut = _normalise(spec, shortcut, f"{name}_projection")
    y = keras.layers.Add(name=f"{name}_add")([y, shortcut])
    return keras.layers.LeakyReLU(negative_slope=spec.negative_slope, name=f"{name}_out")(y)


def _normalise(spec: ResNet1dSpec, x, name: str):
    return keras.layers.BatchNormalization(momentum=spec.norm_momentum, name=f"{name}_norm")(x)


def _normalise_and_activate(spec: ResNet1dSpec, x, name: str):
    x = _normalise(spec, x, name)
    return keras.layers.LeakyReLU(negative_slope=spec.negative_slope, name=f"{name}_relu")(x)


def _require_samples(input_shape: tuple[int, ...]) -> None:
    shortest = KERNEL_SAMPLES * POOL_SAMPLES**BLOCKS
    if len(input_shape) != 2 or input_shape[1] != 1 or input_shape[0] < shortest:
        raise SpecError(
            f"ResNet1D: an input of shape {' x '.join(map(str, input_shape))} is not a sequence of at least "
            f"{shortest} samples, which {BLOCKS} poolings need. Give it audio (not spectrograms) in windows that long: "
            "5 s at 22,050 Hz in the paper, or 5 s at 12,000 Hz at least."
        )
