"""The residual networks of the study, on waveforms and on spectrograms, and SoundFusion, which combines the two."""

import math

import keras
from keras import ops

from common.layers.pytorch import PaddedMaxPooling, adaptive_average, batch_norm, conv1d, conv2d, dense
from common.paper import SpecError
from reproductions.soundfusion.specs import FusionSpec, ResNet1dSpec, ResNet2dSpec

SLOPE = 0.01
# Pool sizes after the nine blocks.
POOLS = (9, 9, 9, 9, 3, 3, 3, 3, 3)
FINAL_SIDE = 7


def resnet1d_vector(inputs, base_filters: int, *, momentum: float):
    """The waveform branch: (batch, 110250, 1) -> (batch, 4F).

    Unlike in the network that it is named after, the convolutions have no biases, every block has a projection, and the
    first convolution has neither normalisation nor activation.

    Raises:
        SpecError: the input is not a sequence of samples, or too short for the poolings.
    """
    if len(inputs.shape) != 3 or inputs.shape[-1] != 1:
        raise SpecError(
            f"ResNet1D: an input of shape {_shown(inputs)} is not a sequence of samples. Give it "
            "audio, not spectrograms."
        )
    f = base_filters
    # Lengths at 110,250 samples: 36752, then 4083, 453, 50, 5, 2, 1, 1, 1, 1 after the blocks.
    x = conv1d(inputs, f, 3, stride=3, padding=3, bias=False, name="stem")
    for number, (filters, pool) in enumerate(zip((f, f, *[2 * f] * 6, 4 * f), POOLS, strict=True), start=1):
        name = f"block{number}"
        x = _block1d(x, filters, momentum=momentum, name=name)
        if x.shape[1] + 2 < pool:
            raise SpecError(
                f"ResNet1D: {inputs.shape[1]} samples are too few: {x.shape[1]} are left at pooling {number}, whose "
                f"size is {pool}. Give it longer windows, or a higher sample rate."
            )
        x = PaddedMaxPooling(pool, padding=1, name=f"{name}_pool")(x)
    x = conv1d(x, 4 * f, 1, name="head")
    return keras.layers.Flatten(name="vector1d")(x)


def _block1d(x, filters: int, *, momentum: float, name: str):
    y = conv1d(x, filters, 3, padding=1, bias=False, name=f"{name}_conv1")
    y = batch_norm(y, momentum=momentum, name=f"{name}_norm1")
    y = keras.layers.LeakyReLU(negative_slope=SLOPE, name=f"{name}_relu1")(y)
    y = conv1d(y, filters, 3, padding=1, bias=False, name=f"{name}_conv2")
    y = batch_norm(y, momentum=momentum, name=f"{name}_norm2")
    shortcut = conv1d(x, filters, 1, bias=False, name=f"{name}_projection")
    y = keras.layers.Add(name=f"{name}_add")([y, shortcut])
    return keras.layers.LeakyReLU(negative_slope=SLOPE, name=f"{name}_relu2")(y)


def resnet2d_vector(inputs, base_filters: int, blocks: tuple[int, ...], *, momentum: float):
    """The spectrogram branch: (batch, 128, 216, 1) -> (batch, 196F).

    The study calls it ResNet34, but its stages have F, 2F, 2F and 4F channels, each block has a single normalisation on
    its main path, and each shortcut is a projection.

    Raises:
        SpecError: the input is not a spectrogram.
    """
    require_spectrogram(inputs, "ResNet2D")
    f = base_filters
    x = conv2d(inputs, f, 7, stride=2, padding=3, bias=False, name="stem2d")  # (64, 108, F)
    x = batch_norm(x, momentum=momentum, name="stem2d_norm")
    x = keras.layers.ReLU(name="stem2d_relu")(x)
    x = PaddedMaxPooling(3, stride=2, padding=1, name="stem2d_pool")(x)  # (32, 54, F)
    # (32, 54, F), (16, 27, 2F), (8, 14, 2F), (4, 7, 4F)
    for stage, (filters, count) in enumerate(zip((f, 2 * f, 2 * f, 4 * f), blocks, strict=True), start=1):
        for number in range(1, count + 1):
            stride = 2 if stage > 1 and number == 1 else 1
            x = _block2d(x, filters, stride, momentum=momentum, name=f"stage{stage}_{number}")
    x = adaptive_average(x, FINAL_SIDE, name="average2d")  # (7, 7, 4F)
    return keras.layers.Flatten(name="vector2d")(x)


def _block2d(x, filters: int, stride: int, *, momentum: float, name: str):
    y = conv2d(x, filters, 3, stride=stride, padding=1, bias=False, name=f"{name}_conv1")
    y = keras.layers.ReLU(name=f"{name}_relu1")(y)
    y = conv2d(y, filters, 3, padding=1, bias=False, name=f"{name}_conv2")
    y = batch_norm(y, momentum=momentum, name=f"{name}_norm")
    shortcut = conv2d(x, filters, 1, stride=stride, bias=False, name=f"{name}_projection")
    shortcut = batch_norm(shortcut, momentum=momentum, name=f"{name}_projection_norm")
    y = keras.layers.Add(name=f"{name}_add")([y, shortcut])
    return keras.layers.ReLU(name=f"{name}_relu2")(y)


def require_spectrogram(inputs, network: str) -> None:
    """Raise SpecError where the input is not (batch, bands, frames, channels)."""
    if len(inputs.shape) != 4:
        raise SpecError(
            f"{network}: an input of shape {_shown(inputs)} is not a spectrogram (bands, frames, channels)."
        )


def _shown(inputs) -> str:
    return " x ".join(map(str, inputs.shape[1:]))


def logits_of(spec, x, classes: int, name: str = "logits"):
    """The last layer, with dropout before or after it: (batch, c) -> (batch, classes)."""
    if spec.dropout and spec.dropout_on == "features":
        x = keras.layers.Dropout(spec.dropout, name=f"{name}_dropout")(x)
    x = dense(x, classes, name=name)
    if spec.dropout and spec.dropout_on == "logits":
        x = keras.layers.Dropout(spec.dropout, name=f"{name}_dropout")(x)
    return x


def in_float32(x, name: str = "genre"):
    """A network's logits in float32, even under mixed precision: bfloat16 has only about two significant digits."""
    return keras.layers.Activation("linear", dtype="float32", name=name)(x)


def build_resnet1d(spec: ResNet1dSpec, input_shape: tuple[int, ...], classes: int) -> keras.Model:
    """(batch, samples, 1) -> (batch, classes) logits; see `resnet1d_vector`."""
    inputs = keras.Input(input_shape, name="waveform")
    x = resnet1d_vector(inputs, spec.base_filters, momentum=spec.norm_momentum)
    return keras.Model(inputs, in_float32(logits_of(spec, x, classes)), name="resnet1d")


def build_resnet2d(spec: ResNet2dSpec, input_shape: tuple[int, ...], classes: int) -> keras.Model:
    """(batch, bands, frames, 1) -> (batch, classes) logits; see `resnet2d_vector`."""
    inputs = keras.Input(input_shape, name="spectrogram")
    x = resnet2d_vector(inputs, spec.base_filters, spec.blocks, momentum=spec.norm_momentum)
    return keras.Model(inputs, in_float32(logits_of(spec, x, classes)), name="resnet2d")


def build_fusion(spec: FusionSpec, input_shape: tuple[tuple[int, ...], ...], classes: int) -> keras.Model:
    """SoundFusion: [(batch, samples, 1), (batch, bands, frames, 1)] -> (batch, classes) logits.

    Both branches are trained together from random weights.

    Raises:
        SpecError: the inputs are not a waveform and a spectrogram.
    """
    if len(input_shape) != 2 or not isinstance(input_shape[0], tuple):
        raise SpecError(f"SoundFusion: takes samples and a spectrogram of the same window, received {input_shape}.")
    waveform = keras.Input(input_shape[0], name="waveform")
    spectrogram = keras.Input(input_shape[1], name="spectrogram")
    waveform_vector = resnet1d_vector(waveform, spec.waveform_filters, momentum=spec.norm_momentum)
    spectrogram_vector = resnet2d_vector(spectrogram, spec.base_filters, spec.blocks, momentum=spec.norm_momentum)
    spectrogram_vector = dense(spectrogram_vector, spec.branch_units, name="branch2d")
    if spec.combination == "features":
        joined = keras.layers.Concatenate(name="features")([waveform_vector, spectrogram_vector])
        outputs = in_float32(logits_of(spec, joined, classes))
    else:
        from_waveform = in_float32(logits_of(spec, waveform_vector, classes, "logits1d"), "genre1d")
        from_spectrogram = in_float32(logits_of(spec, spectrogram_vector, classes, "logits2d"), "genre2d")
        outputs = LogOfMeanSoftmax(spec.waveform_weight, name="decision")([from_waveform, from_spectrogram])
    return keras.Model([waveform, spectrogram], outputs, name=f"soundfusion_{spec.combination}")


class LogOfMeanSoftmax(keras.Layer):
    """Logarithm of the weighted mean of two softmaxes: two times (batch, classes) logits -> (batch, classes).

    The softmax of the result is the weighted mean. It is computed as log-sum-exp of both log-softmaxes plus the
    logarithms of their weights, which is exact even where a probability underflows float32.

    Args:
        weight: of the first softmax; the second one's is 1 - weight.
    """

    def __init__(self, weight: float, **arguments):
        super().__init__(**{"dtype": "float32"} | arguments)
        self.weight = weight

    def call(self, inputs):
        weights = (self.weight, 1 - self.weight)
        # A branch of weight 0 takes no part: the logarithm of its weight is infinite.
        parts = [
            ops.log_softmax(logits, axis=-1) + math.log(weight)
            for logits, weight in zip(inputs, weights, strict=True)
            if weight > 0
        ]
        return ops.logsumexp(ops.stack(parts), axis=0)

    def get_config(self):
        return super().get_config() | {"weight": self.weight}
