"""nnet1 and nnet2 of Zhang, Lei, Xu and Xing 2016.

Convolutions over all frequency bins slide along time; their maximum and average over time are concatenated. nnet2 has
a shortcut around its last two convolutions.
"""

import keras

from common.paper import SpecError, layer_sizes
from common.paper.layer_sizes import Size
from reproductions.nnet.specs import NnetSpec

KERNEL_FRAMES = 4
POOL_FRAMES = 2
# With fewer frames nothing is left after nnet1's three convolutions and two poolings, or nnet2's first convolution.
SHORTEST_FRAMES = {"nnet1": 25, "nnet2": 4}


def build(spec: NnetSpec, input_shape: tuple[int, int], classes: int) -> keras.Model:
    """Build the network.

    A convolution whose kernel covers all bins is a convolution along time with the bins as channels: the same sums and
    number of parameters as the paper's 4 x 513 kernels. (Glorot's initial weights are ten times larger this way; the
    normalisation after them removes the scale.)

    Args:
        input_shape: (frames, bins); (128, 513) in the paper.
        classes: number of genres.

    Returns:
        A model from (batch, frames, bins) to (batch, classes) logits in float32.

    Raises:
        SpecError: too few frames, or nnet2 with convolutions of different widths.
    """
    if len(input_shape) != 2 or input_shape[0] < SHORTEST_FRAMES[spec.variant]:
        raise SpecError(
            f"{spec.variant}: an input of shape {' x '.join(map(str, input_shape))} is not (frames, bins) with at "
            f"least {SHORTEST_FRAMES[spec.variant]} frames. Give it longer windows."
        )
    if spec.variant == "nnet2" and spec.filters[0] != spec.filters[2]:
        raise SpecError(
            f"nnet2: its first convolution is added to its third and needs as many filters, received {spec.filters}."
        )
    inputs = keras.Input(input_shape, name="spectrogram")  # (128, 513)
    x = (_nnet1 if spec.variant == "nnet1" else _nnet2)(spec, inputs)
    x = keras.layers.Concatenate(name="pooled")(
        [keras.layers.GlobalMaxPooling1D(name="max")(x), keras.layers.GlobalAveragePooling1D(name="average")(x)]
    )  # (512,)
    for number, units in enumerate(spec.dense_units, start=1):
        x = keras.layers.Dense(units, activation="relu", name=f"dense{number}")(x)
        x = keras.layers.Dropout(spec.dropout, name=f"dropout{number}")(x)
    # Logits stay in float32 even under mixed precision: bfloat16 has only about two significant digits.
    outputs = keras.layers.Dense(classes, dtype="float32", name="genre")(x)
    return keras.Model(inputs, outputs, name=spec.variant)


def _nnet1(spec: NnetSpec, x):
    for number, filters in enumerate(spec.filters, start=1):
        x = _convolution(spec, x, filters, number, padding="valid")  # (125, 128), (59, 128), (26, 256)
        x = keras.layers.ReLU(name=f"relu{number}")(x)
        if number < len(spec.filters):
            x = keras.layers.MaxPooling1D(POOL_FRAMES, name=f"pool{number}")(x)  # (62, 128), (29, 128)
    return x


def _nnet2(spec: NnetSpec, x):
    first = _convolution(spec, x, spec.filters[0], 1, padding="valid")
    first = keras.layers.ReLU(name="relu1")(first)  # (125, 256), as all that follow
    x = _convolution(spec, first, spec.filters[1], 2, padding="same")
    x = keras.layers.ReLU(name="relu2")(x)
    x = _convolution(spec, x, spec.filters[2], 3, padding="same")
    x = keras.layers.Add(name="add")([first, x])
    return keras.layers.ReLU(name="relu3")(x)


def _convolution(spec: NnetSpec, x, filters: int, number: int, *, padding: str):
    x = keras.layers.Conv1D(filters, KERNEL_FRAMES, padding=padding, name=f"conv{number}")(x)
    return keras.layers.BatchNormalization(name=f"norm{number}")(x) if spec.batch_norm else x


def kernel_size(model: keras.Model, names: tuple[str, ...]) -> Size:
    """Kernel of a convolution along time as the paper's: frames x bins.

    The bins are the channels of our input, so its kernel covers as many bins as its input has channels; after it, one
    bin is left.
    """

    def frames_and_bins(layer: keras.Layer) -> list[int] | None:
        if not isinstance(layer, keras.layers.Conv1D):
            return None
        bins = layer.kernel.shape[1] if layer.input is model.input else 1
        return [*layer.kernel_size, bins]

    return layer_sizes.size_of(model, names, frames_and_bins)


def pool_size(model: keras.Model, names: tuple[str, ...]) -> Size:
    """Size of a pooling along time as the paper's: frames x bins, of which one is left."""
    frames = layer_sizes.pool_size(model, names)
    return None if frames is None else [frames, 1]


def output_size(model: keras.Model, names: tuple[str, ...]) -> list[int]:
    """Frames x channels (or units) after the last of the layers."""
    return list(model.get_layer(names[-1]).output.shape[1:])
