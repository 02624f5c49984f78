"""SimpleCNN, and nnet1 and nnet2 as built in the study."""

import keras

from common.layers.pytorch import batch_norm, conv1d, conv2d, dense
from common.paper import SpecError
from reproductions.soundfusion.residual import in_float32, logits_of, require_spectrogram
from reproductions.soundfusion.specs import SimpleCnnSpec, TransposedNnetSpec

KERNEL_BANDS = 4
# Size of nnet1's last pooling in the study, which thereby drops the last of the 33 bands that 128 leave.
POOLED_BANDS = 26
# With fewer bands nothing is left after nnet1's poolings, or nnet2's two convolutions without padding.
FEWEST_BANDS = {"nnet1": 8, "nnet2": 7}


def build_simple_cnn(spec: SimpleCnnSpec, input_shape: tuple[int, ...], classes: int) -> keras.Model:
    """(batch, 64, 2579, 2) -> (batch, classes) logits.

    Four times a convolution, a ReLU, and the normalisation after it.
    """
    inputs = keras.Input(input_shape, name="spectrogram")
    require_spectrogram(inputs, "SimpleCNN")
    x = inputs
    # (32, 1290, 8), (16, 645, 16), (8, 323, 32), (4, 162, 64)
    for number, filters in enumerate(spec.filters, start=1):
        kernel = 5 if number == 1 else 3
        x = conv2d(x, filters, kernel, stride=2, padding=kernel // 2, name=f"conv{number}")
        x = keras.layers.ReLU(name=f"relu{number}")(x)
        x = batch_norm(x, momentum=spec.norm_momentum, name=f"norm{number}")
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)  # (64,)
    return keras.Model(inputs, in_float32(logits_of(spec, x, classes)), name="simple_cnn")


def build_nnet(spec: TransposedNnetSpec, input_shape: tuple[int, ...], classes: int) -> keras.Model:
    """(batch, 128, 216, 1) -> (batch, classes) logits.

    In Zhang et al., kernels cover all bins and slide along time; here they cover all frames and slide along frequency.

    Raises:
        SpecError: the input is not a spectrogram or has too few bands, or nnet2 has convolutions of different widths.
    """
    inputs = keras.Input(input_shape, name="spectrogram")
    require_spectrogram(inputs, spec.variant)
    if input_shape[0] < FEWEST_BANDS[spec.variant]:
        raise SpecError(f"{spec.variant}: {input_shape[0]} bands, expected at least {FEWEST_BANDS[spec.variant]}.")
    if spec.variant == "nnet2" and spec.filters[0] != spec.filters[2]:
        raise SpecError(
            f"nnet2: its first convolution is added to its third and needs as many filters, received {spec.filters}."
        )
    x = (_nnet1 if spec.variant == "nnet1" else _nnet2)(spec, inputs)
    return keras.Model(inputs, in_float32(logits_of(spec, x, classes)), name=f"transposed_{spec.variant}")


def _nnet1(spec: TransposedNnetSpec, x):
    for number, filters in enumerate(spec.filters, start=1):
        kernel = (KERNEL_BANDS, x.shape[2] if number == 1 else 1)
        x = conv2d(x, filters, kernel, padding=2, name=f"conv{number}")  # (129, 5), (65, 9), (33, 13)
        x = keras.layers.ReLU(name=f"relu{number}")(x)
        if number < len(spec.filters):
            x = keras.layers.MaxPooling2D((2, 1), name=f"pool{number}")(x)  # (64, 5), (32, 9)
    x = _max_and_average(x, min(POOLED_BANDS, x.shape[1]))  # (1, 13, 512)
    x = keras.layers.ReLU(name="dense1_relu")(dense(x, 300, name="dense1"))
    x = keras.layers.Dropout(spec.hidden_dropout, name="dense1_dropout")(x)
    return keras.layers.ReLU(name="dense2_relu")(dense(x, 150, name="dense2"))


def _nnet2(spec: TransposedNnetSpec, x):
    # Kernels that cover all frames are computed as 1D convolutions with the frames as channels: the same sums, several
    # times faster.
    x = keras.layers.Reshape((x.shape[1], -1), name="bands")(x)  # (128, 216)
    x = conv1d(x, spec.filters[0], KERNEL_BANDS, bias=False, name="conv1")  # (125, 256)
    first = x = _normalised(spec, x, 1)
    x = conv1d(x, spec.filters[1], KERNEL_BANDS, bias=False, name="conv2")  # (122, 256)
    x = _normalised(spec, x, 2)
    x = conv1d(x, spec.filters[2], KERNEL_BANDS, padding=3, bias=False, name="conv3")  # (125, 256)
    x = batch_norm(x, momentum=spec.norm_momentum, name="norm3")
    x = keras.layers.ReLU(name="relu3")(keras.layers.Add(name="add")([x, first]))
    pooled = [
        keras.layers.GlobalMaxPooling1D(name="max")(x),
        keras.layers.GlobalAveragePooling1D(name="average")(x),
    ]
    x = keras.layers.Concatenate(name="pooled")(pooled)  # (512,)
    width = spec.filters[2]
    for number, units in enumerate((width, width // 2), start=1):
        x = keras.layers.ReLU(name=f"dense{number}_relu")(dense(x, units, name=f"dense{number}"))
    return x


def _normalised(spec: TransposedNnetSpec, x, number: int):
    x = batch_norm(x, momentum=spec.norm_momentum, name=f"norm{number}")
    return keras.layers.ReLU(name=f"relu{number}")(x)


def _max_and_average(x, bands: int):
    """Maximum and average over pieces of `bands` bands, concatenated and flattened."""
    pooled = [
        keras.layers.MaxPooling2D((bands, 1), name="max")(x),
        keras.layers.AveragePooling2D((bands, 1), name="average")(x),
    ]
    return keras.layers.Flatten(name="flatten")(keras.layers.Concatenate(name="pooled")(pooled))
