"""The four recurrent networks and the convolutional one of de la Torre, Montero, Moran and Prego.

A convolutional front end shortens the spectrogram to a quarter of its frames, a bidirectional recurrent network
processes these, and its outputs are pooled over time. Shapes in comments are for 1,292 frames of 128 bands, 64 hidden
units and the defaults, which are the study's final networks; the other values of `CrnnSpec` are its earlier ones.
"""

import keras

from common.layers import pytorch
from common.paper import SpecError
from reproductions.crnn.specs import EMBEDDING, ConvolutionalSpec, CrnnSpec

LSTM_UNITS = 128
LSTM_HEAD_UNITS = 128
LSTM_HEAD_DROPOUT = 0.3
# With fewer frames, or bands, nothing is left after the poolings.
_MIN_SIZE_RECURRENT = 4
_MIN_SIZE_CONVOLUTIONAL = 25


def build(spec: CrnnSpec | ConvolutionalSpec, input_shape: tuple[int, int], classes: int) -> keras.Model:
    """Build a network.

    Args:
        input_shape: (frames, bins); (1292, 128) in the study.
        classes: number of genres; 12 in the study.

    Returns:
        A model from (batch, frames, bins) to (batch, classes) logits in float32. In the recurrent networks, the
        output of layer `embedding` is what is pooled over time.

    Raises:
        SpecError: too few frames or bins.
    """
    least = _MIN_SIZE_CONVOLUTIONAL if spec.kind == "convolutional" else _MIN_SIZE_RECURRENT
    needed = (least, 1 if spec.kind == "crnn" and spec.front == "cnn1d" else least)
    if len(input_shape) != 2 or any(size < minimum for size, minimum in zip(input_shape, needed, strict=True)):
        raise SpecError(
            f"crnn: an input of shape {' x '.join(map(str, input_shape))} is not (frames, bins) with at least "
            f"{needed[0]} frames and {needed[1]} bins. Give it longer windows, or more bins."
        )
    inputs = keras.Input(input_shape, name="spectrogram")  # (1292, 128)
    x = _convolutional(spec, inputs) if spec.kind == "convolutional" else _recurrent(spec, inputs)
    # Logits stay in float32 even under mixed precision: bfloat16 has only about two significant digits.
    x = pytorch.dense(x, classes, name="genre")
    outputs = keras.layers.Activation("linear", dtype="float32", name="output")(x)
    name = spec.kind if spec.kind == "convolutional" else f"{spec.front}_{spec.cell}"
    return keras.Model(inputs, outputs, name=name)


def _recurrent(spec: CrnnSpec, x):
    x = _front_1d(spec, x) if spec.front == "cnn1d" else _front_2d(spec, x)  # (323, 256) or (323, 8192)
    if spec.projection is not None:
        x = pytorch.dense(x, spec.projection, name="projection")
    pooling = spec.pooling or ("mean" if spec.cell == "gru" else "mean_max")
    has_dropout = spec.front == "cnn2d" if spec.recurrent_dropout is None else spec.recurrent_dropout
    units = LSTM_UNITS if spec.cell == "lstm" else spec.hidden * (2 if spec.front == "cnn1d" else 1)
    for number in range(1, spec.layers + 1):
        if number > 1 and has_dropout:
            x = keras.layers.Dropout(spec.dropout, name=f"between{number}")(x)
        x = pytorch.recurrent(  # (323, 256); (323, 128) for 2D + GRU
            x,
            spec.cell,
            units,
            bidirectional=spec.bidirectional,
            every_step=number < spec.layers or pooling != "last",
            name=f"recurrent{number}",
        )
    x = _pooled(pooling, x)
    head_units = spec.head_units or (spec.hidden if spec.cell == "gru" else LSTM_HEAD_UNITS)
    x = keras.layers.ReLU(name="relu4")(pytorch.dense(x, head_units, name="dense"))  # (64,)
    return keras.layers.Dropout(spec.dropout if spec.cell == "gru" else LSTM_HEAD_DROPOUT, name="dropout")(x)


def _pooled(pooling: str, x):
    """Pooled over time: (323, 256) -> (256,), or (512,) with mean and maximum."""
    if pooling == "last":
        # The recurrent network gives its last outputs only.
        return keras.layers.Activation("linear", name=EMBEDDING)(x)
    mean = keras.layers.GlobalAveragePooling1D(name=EMBEDDING if pooling == "mean" else "mean")(x)
    if pooling == "mean":
        return mean
    return keras.layers.Concatenate(name=EMBEDDING)([mean, keras.layers.GlobalMaxPooling1D(name="max")(x)])


def _front_1d(spec: CrnnSpec, x):
    for number, (filters, kernel, stride) in enumerate(_convolutions(spec), start=1):
        x = pytorch.conv1d(x, filters, kernel, stride=stride, padding=kernel // 2, name=f"conv{number}")
        x = keras.layers.ReLU(name=f"relu{number}")(pytorch.batch_norm(x, name=f"norm{number}"))
        if number < 3 and spec.max_pooling:
            x = keras.layers.MaxPooling1D(2, name=f"pool{number}")(x)  # (646, 64), (323, 128)
    return keras.layers.Dropout(spec.dropout, name="front_dropout")(x)  # (323, 256)


def _front_2d(spec: CrnnSpec, x):
    x = keras.layers.Reshape((*x.shape[1:], 1), name="channel")(x)
    for number, (filters, kernel, stride) in enumerate(_convolutions(spec), start=1):
        x = pytorch.conv2d(x, filters, kernel, stride=stride, padding=kernel // 2, name=f"conv{number}")
        x = keras.layers.ReLU(name=f"relu{number}")(pytorch.batch_norm(x, name=f"norm{number}"))
        if number < 3 and spec.max_pooling:
            x = keras.layers.MaxPooling2D(2, name=f"pool{number}")(x)  # (646, 64, 64), (323, 32, 128)
    dropout = keras.layers.SpatialDropout2D if spec.spatial_dropout else keras.layers.Dropout
    x = dropout(spec.dropout, name="front_dropout")(x)  # (323, 32, 256)
    frames, bands, filters = x.shape[1:]
    return keras.layers.Reshape((frames, bands * filters), name="sequence")(x)  # (323, 8192)


def _convolutions(spec: CrnnSpec) -> tuple[tuple[int, int, int], ...]:
    """Filters, kernel size and stride of the three convolutions."""
    shortening = 1 if spec.max_pooling else 2
    return (
        (spec.hidden, spec.first_kernel, shortening),
        (2 * spec.hidden, 3, shortening),
        (spec.last_filters * spec.hidden, 3, 1),
    )


def _convolutional(spec: ConvolutionalSpec, x):
    x = keras.layers.Reshape((*x.shape[1:], 1), name="channel")(x)
    for number, (filters, rate) in enumerate(zip(spec.filters, (0.2, 0.1, 0.1), strict=True), start=1):
        last = number == 3
        kernel, padding, pool = (2, 0, 2) if last else (3, 1, 3)
        x = pytorch.conv2d(x, filters, kernel, padding=padding, name=f"conv{number}")
        x = keras.layers.ReLU(name=f"relu{number}")(pytorch.batch_norm(x, name=f"norm{number}"))
        x = pytorch.PaddedMaxPooling(pool, padding=1, stride=2, name=f"pool{number}")(x)
        x = keras.layers.Dropout(rate, name=f"dropout{number}")(x)  # (646, 64, 32), (323, 32, 64), (162, 16, 64)
    for number in (4, 5):
        x = keras.layers.MaxPooling2D(2, name=f"pool{number}")(x)  # (81, 8, 64), (40, 4, 64)
    x = keras.layers.Flatten(name="flat")(x)  # (10240,)
    for number, (units, rate) in enumerate(zip(spec.units, (0.5, 0.4), strict=True), start=1):
        x = keras.layers.ReLU(name=f"dense{number}_relu")(pytorch.dense(x, units, name=f"dense{number}"))
        x = keras.layers.Dropout(rate, name=f"dense{number}_dropout")(x)
    return x
