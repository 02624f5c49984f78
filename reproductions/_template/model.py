"""A small VGG: blocks of one 3 x 3 convolution and one 2 x 2 pooling, then a classifier on averaged maps."""

import keras

from common.paper import SpecError
from reproductions._template.specs import VggSpec


def build(spec: VggSpec, input_shape: tuple[int, int, int], classes: int) -> keras.Model:
    """Build the network: (batch, bins, frames, 1) -> (batch, classes) logits in float32.

    Raises:
        SpecError: the windows are smaller than the poolings divide.
    """
    if min(input_shape[:2]) < 2 ** len(spec.widths):
        raise SpecError(f"VGG: an input of {input_shape} is too small for {len(spec.widths)} blocks. Use fewer.")
    x = inputs = keras.Input(input_shape)
    for number, width in enumerate(spec.widths, start=1):
        x = keras.layers.Conv2D(width, 3, padding="same", activation="relu", name=f"conv{number}")(x)
        x = keras.layers.MaxPooling2D(name=f"pool{number}")(x)
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    x = keras.layers.Dropout(spec.dropout, name="dropout")(x)
    return keras.Model(inputs, keras.layers.Dense(classes, dtype="float32", name="genre")(x))
