"""The SE-CNN of De Clara and Delpero (chapter 4), after Xu and Zhou 2020: five stages of convolution, pooling, dropout
and squeeze-and-excitation, then a flat softmax head."""

from typing import Annotated, Literal

import keras
from pydantic import Field, PositiveFloat, PositiveInt, field_validator

from common.paper import Spec, SpecError

STAGES = 5


class SeCnnSpec(Spec):
    """One variant of the network.

    Args:
        widths: channels of the five convolutions.
        se_blocks: stages (1 to 5) that end in a squeeze-and-excitation block, ascending.
        ratio: squeeze ratio r; a block with C channels has max(1, floor(C / r)) hidden units.
        dropout: rate after each pooling.
        padding: of the convolutions.
        relu_position: `in_conv`, or `after_se` (convolution, pooling, dropout, SE block, then ReLU).
        se_bias: whether the two dense layers of a block have biases.
        head_bias: whether the classifier has biases.
    """

    widths: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt, PositiveInt] = (32, 64, 128, 256, 128)
    se_blocks: tuple[Annotated[int, Field(ge=1, le=STAGES)], ...] = (1, 2, 3, 4, 5)
    ratio: PositiveFloat = 16.0
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.25
    padding: Literal["same", "valid"] = "same"
    relu_position: Literal["in_conv", "after_se"] = "in_conv"
    se_bias: bool = True
    head_bias: bool = True

    @field_validator("se_blocks")
    @classmethod
    def _ascending(cls, blocks: tuple[int, ...]) -> tuple[int, ...]:
        if list(blocks) != sorted(set(blocks)):
            raise ValueError(f"se_blocks must be ascending and distinct, received {blocks}")
        return blocks

    def hidden_units(self, channels: int) -> int:
        """Units of a block's first dense layer, max(1, floor(C / r)): r = 31.43 and r = 32 build the same network."""
        return max(1, int(channels // self.ratio))


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
