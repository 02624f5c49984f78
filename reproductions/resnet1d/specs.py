"""What can be varied in ResNet1D."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from common.paper import Spec

BLOCKS = 9
_Rate = Annotated[float, Field(ge=0, lt=1)]


class ResNet1dSpec(Spec):
    """One variant of the network.

    Args:
        stem_filters: channels of the first convolution.
        block_filters: channels of the nine residual blocks.
        head_filters: channels of the last convolution.
        negative_slope: slope of every LeakyReLU for negative values.
        norm_momentum: momentum of the moving statistics of every batch normalisation.
        dropout: rate between the activation and the second convolution of a block; 0 for none.
        projection: blocks whose shortcut is a 1x1 convolution with batch normalisation: those that change the number
            of channels (`where_needed`), or `always`.
    """

    stem_filters: PositiveInt = 128
    block_filters: Annotated[tuple[PositiveInt, ...], Field(min_length=BLOCKS, max_length=BLOCKS)] = (
        *(128, 128),
        *(256, 256, 256, 256, 256, 256),
        512,
    )
    head_filters: PositiveInt = 512
    negative_slope: _Rate = 0.3
    norm_momentum: _Rate = 0.99
    dropout: _Rate = 0.0
    projection: Literal["where_needed", "always"] = "where_needed"
