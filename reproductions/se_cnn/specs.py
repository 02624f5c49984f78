"""What can be varied in SE-CNN."""

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, field_validator

from common.paper import Spec

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
