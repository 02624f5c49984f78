"""What can be varied in the recurrent networks and in the convolutional one."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, field_validator

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
        dropout: rate after the front end, between recurrent layers (`recurrent_dropout`), and before the output of
            networks with GRU; those with LSTM have 0.3 there.
        bidirectional: recurrent layers read the clip in both directions; False: forwards only.
        pooling: of the recurrent outputs over time: their `mean`, `mean_max` for mean and maximum one after the other,
            or `last` for the last output of each direction. None: `mean` with GRU, `mean_max` with LSTM.
        head_units: units of the hidden layer before the output. None: h with GRU, 128 with LSTM.
        max_pooling: a max pooling of 2 follows the ReLUs of the first two convolutions; False: these convolutions have
            stride 2 instead.
        recurrent_dropout: dropout between the recurrent layers. None: after `cnn2d` only.
        spatial_dropout: after `cnn2d`, dropout sets whole maps to zero; False: single values.
        first_kernel: kernel size of the first convolution, an odd number.
        last_filters: filters of the third convolution, as a multiple of h.
        projection: units of a linear layer between front end and recurrent network; None for no such layer.
    """

    kind: Literal["crnn"] = "crnn"
    front: Literal["cnn1d", "cnn2d"]
    cell: Literal["gru", "lstm"]
    hidden: PositiveInt = 64
    layers: PositiveInt = 2
    dropout: Rate = 0.3
    bidirectional: bool = True
    pooling: Literal["mean", "mean_max", "last"] | None = None
    head_units: PositiveInt | None = None
    max_pooling: bool = True
    recurrent_dropout: bool | None = None
    spatial_dropout: bool = True
    first_kernel: PositiveInt = 5
    last_filters: PositiveInt = 4
    projection: PositiveInt | None = None

    @field_validator("first_kernel")
    @classmethod
    def _check_kernel(cls, size: int) -> int:
        if size % 2 == 0:
            raise ValueError(f"an even kernel cannot have the same padding on both sides, received {size}; give 3 or 5")
        return size

    @property
    def unused_values(self) -> tuple[str, ...]:
        """Options that the front end, or a single recurrent layer, does not have."""
        unused = [] if self.layers > 1 else ["recurrent_dropout"]
        return tuple(unused if self.front == "cnn2d" else [*unused, "spatial_dropout"])


class ConvolutionalSpec(Spec):
    """The two-dimensional convolutional network that the study starts from.

    Args:
        filters: of the three convolutions.
        units: of the two hidden layers.
    """

    kind: Literal["convolutional"] = "convolutional"
    filters: tuple[PositiveInt, PositiveInt, PositiveInt] = (32, 64, 64)
    units: tuple[PositiveInt, PositiveInt] = (1024, 256)
