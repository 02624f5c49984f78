"""What can be varied in the recurrent networks and in the convolutional one."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from common.paper import Spec

# Name of the layer whose outputs are pooled over time in the recurrent networks.
EMBEDDING = "embedding"
Rate = Annotated[float, Field(ge=0, lt=1)]


class CrnnSpec(Spec):
    """A convolutional front end followed by a recurrent network.

    Args:
        front: convolutions along time (`cnn1d`) or over time and frequency (`cnn2d`).
        cell: `gru` or `lstm`.
        hidden: h, the filters of the first convolution; the second and third have 2h and 4h. The GRU has 2h units in
            each direction after `cnn1d`, h after `cnn2d`; the LSTM always has 128. (In CNN 2D + LSTM the study has
            h = 64 only.)
        layers: number of recurrent layers.
        dropout: rate after the front end, between recurrent layers (`cnn2d` only), and before the output of networks
            with GRU; those with LSTM have 0.3 there.
    """

    kind: Literal["crnn"] = "crnn"
    front: Literal["cnn1d", "cnn2d"]
    cell: Literal["gru", "lstm"]
    hidden: PositiveInt = 64
    layers: PositiveInt = 2
    dropout: Rate = 0.3


class ConvolutionalSpec(Spec):
    """The two-dimensional convolutional network that the study starts from.

    Args:
        filters: of the three convolutions.
        units: of the two hidden layers.
    """

    kind: Literal["convolutional"] = "convolutional"
    filters: tuple[PositiveInt, PositiveInt, PositiveInt] = (32, 64, 64)
    units: tuple[PositiveInt, PositiveInt] = (1024, 256)
