"""The SE-CNN of De Clara and Delpero (chapter 4), after Xu and Zhou 2020: five stages of convolution, pooling, dropout
and squeeze-and-excitation, then a flat softmax head."""

import keras

from common.paper import SpecError
from reproductions.se_cnn.specs import STAGES, SeCnnSpec


def squeeze_and_excitation(x, hidden_units: int, *, bias: bool, name: str):
    """Reweight the channels by their global averages (chapter 3): (batch, h, w, c) -> the same shape."""
    channels = x.shape[-1]
    weights = keras.layers.GlobalAveragePooling2D(name=f"{name}_squeeze")(x)  # (batch, c)
    weights = keras.layers.Dense(hidden_units, activation="relu", use_bias=bias, name=f"{name}_reduce")(weights)
    weights = keras.layers.Dense(channels, activation="sigmoid", use_bias=bias, name=f"{name}_excite")(weights)
    weights = keras.layers.Reshape((1, 1, channels), name=f"{name}_reshape")(weights)
    return keras.layers.Multiply(name=f"{name}_scale")([x, weights])


def build(spec: SeCnnSpec, input_shape: tuple[int, int, int], classes: int) -> keras.Model:
    """Build the network.

    Args:
        input_shape: (bins, frames, 1); (513, 129, 1) in the paper.
        classes: number of genres.

    Returns:
        A model from (batch, bins, frames, 1) to (batch, classes) logits in float32.

    Raises:
        SpecError: the input is too small for five poolings.
    """
    _require_size(spec, input_shape)
    in_conv = spec.relu_position == "in_conv"
    inputs = keras.Input(input_shape, name="spectrogram")  # (513, 129, 1)
    x = inputs
    # Maps after each stage, same padding: (256, 64), (128, 32), (64, 16), (32, 8), (16, 4).
    for stage, width in enumerate(spec.widths, start=1):
        x = keras.layers.Conv2D(
            width, 3, padding=spec.padding, activation="relu" if in_conv else None, name=f"conv{stage}"
        )(x)
        x = keras.layers.MaxPooling2D(2, name=f"pool{stage}")(x)
        x = keras.layers.Dropout(spec.dropout, name=f"dropout{stage}")(x)
        if stage in spec.se_blocks:
            x = squeeze_and_excitation(x, spec.hidden_units(width), bias=spec.se_bias, name=f"se{stage}")
        if not in_conv:
            x = keras.layers.ReLU(name=f"relu{stage}")(x)
    x = keras.layers.Flatten(name="flatten")(x)  # 16 * 4 * 128 = 8192
    # Logits stay in float32 even under mixed precision: bfloat16 has only about two significant digits.
    outputs = keras.layers.Dense(classes, use_bias=spec.head_bias, dtype="float32", name="genre")(x)
    return keras.Model(inputs, outputs, name="se_cnn")


def measure_layer(model: keras.Model, names: tuple[str, ...]) -> str | list[int] | None:
    """What we built, in the words of Table 4.1: kernel shape, pool size, rate, ratio, output size."""
    layer = model.get_layer(names[0])
    if isinstance(layer, keras.layers.Conv2D):
        return list(layer.kernel.shape)
    if isinstance(layer, keras.layers.MaxPooling2D):
        return f"pool: {' x '.join(map(str, layer.pool_size))}"
    if isinstance(layer, keras.layers.Dropout):
        return f"rate: {layer.rate:g}"
    if isinstance(layer, keras.layers.Dense):
        kind = "Softmax output" if layer.activation is keras.activations.softmax else "logits"
        return f"{kind}: 1x{layer.units}"
    if len(names) > 1:
        reduce, excite = model.get_layer(names[1]), model.get_layer(names[2])
        return f"r: {excite.units // reduce.units}"
    return None


def _require_size(spec: SeCnnSpec, input_shape: tuple[int, int, int]) -> None:
    bins, frames, _ = input_shape
    for _ in range(STAGES):
        lost = 2 if spec.padding == "valid" else 0
        bins, frames = (bins - lost) // 2, (frames - lost) // 2
    if min(bins, frames) < 1:
        raise SpecError(
            f"SE-CNN: an input of {input_shape[0]} bins x {input_shape[1]} frames does not survive five poolings with "
            f"{spec.padding} padding; both must be at least {32 if spec.padding == 'same' else 94}."
        )
