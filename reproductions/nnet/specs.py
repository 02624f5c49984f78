"""What can be varied in nnet1 and nnet2."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from common.paper import Spec


class NnetSpec(Spec):
    """One of the two networks.

    Args:
        variant: `nnet1` (three convolutions with pooling between them) or `nnet2` (three with a shortcut).
        filters: channels of the three convolutions; nnet2 adds the output of the first to that of the
            third, so these two must be equal.
        dense_units: units of the two hidden layers.
        dropout: rate after each hidden layer.
        batch_norm: batch normalisation after each convolution, before its ReLU.
    """

    variant: Literal["nnet1", "nnet2"]
    filters: tuple[PositiveInt, PositiveInt, PositiveInt]
    dense_units: tuple[PositiveInt, PositiveInt] = (300, 150)
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    batch_norm: bool = True
