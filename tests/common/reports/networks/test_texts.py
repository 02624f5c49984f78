"""What the boxes of single layers say."""

import keras
import pytest

from common.layers.pytorch import PaddedMaxPooling
from common.paper.network_graph import network_layers
from common.reports.networks.boxes import Box, Kind
from common.reports.networks.texts import box_of, with_layer

layers = keras.layers
MAP, SEQUENCE, VECTOR = (16, 12, 2), (16, 2), (5,)


def boxed(layer: keras.layers.Layer, shape: tuple, *, copies: int = 1) -> Box:
    inputs = keras.Input(shape)
    given = inputs if copies == 1 else [inputs] * copies
    return box_of(network_layers(keras.Model(inputs, layer(given)))[-1])


@pytest.mark.parametrize(
    ("layer", "shape", "kind", "text", "detail"),
    [
        (layers.Conv2D(4, (5, 3), activation="relu"), MAP, Kind.CONVOLUTION, "Conv2D 5 × 3, 4 filters", "ReLU"),
        (layers.Conv2D(4, 3, strides=(2, 1)), MAP, Kind.CONVOLUTION, "Conv2D 3 × 3, 4 filters, stride 2 × 1", ""),
        (layers.Conv1D(4, 3, strides=3), SEQUENCE, Kind.CONVOLUTION, "Conv1D 3, 4 filters, stride 3", ""),
        (layers.MaxPooling2D((2, 1)), MAP, Kind.POOLING, "Max pooling 2 × 1", ""),
        (layers.AveragePooling1D(4, strides=2), SEQUENCE, Kind.POOLING, "Average pooling 4, stride 2", ""),
        (PaddedMaxPooling(3, padding=1, stride=2), MAP, Kind.POOLING, "Max pooling 3 × 3, stride 2", "padding 1"),
        (PaddedMaxPooling(9, padding=0), SEQUENCE, Kind.POOLING, "Max pooling 9", ""),
        (layers.AdaptiveAveragePooling2D(7), MAP, Kind.POOLING, "Adaptive average pooling to 7 × 7", ""),
        (layers.GlobalMaxPooling1D(), SEQUENCE, Kind.POOLING, "Global max pooling", ""),
        (layers.Dense(4096, activation="sigmoid"), VECTOR, Kind.DENSE, "Dense, 4,096 units", "sigmoid"),
        (layers.LSTM(3), SEQUENCE, Kind.RECURRENT, "LSTM, 3 units", ""),
        (
            layers.Bidirectional(layers.GRU(6)),
            SEQUENCE,
            Kind.RECURRENT,
            "Bidirectional GRU, 2 × 6 units",
            "",
        ),
        (layers.BatchNormalization(), MAP, Kind.NORMALISATION, "Batch norm", ""),
        (layers.LeakyReLU(negative_slope=0.01), MAP, Kind.ACTIVATION, "LeakyReLU 0.01", ""),
        (layers.Activation("relu"), MAP, Kind.ACTIVATION, "ReLU", ""),
        (layers.SpatialDropout2D(0.3), MAP, Kind.DROPOUT, "Spatial dropout 0.3", ""),
        (layers.GaussianNoise(0.1), MAP, Kind.OTHER, "Gaussian noise", ""),
    ],
    ids=lambda value: value.name if isinstance(value, keras.layers.Layer) else None,
)
def test_a_layer_says_its_settings(layer, shape, kind, text, detail):
    found = boxed(layer, shape)
    assert (found.kind, found.text, found.detail) == (kind, text, detail)


@pytest.mark.parametrize(
    ("layer", "shape", "copies", "detail"),
    [
        (layers.Dropout(0.25), MAP, 1, "ReLU, dropout 0.25"),
        (layers.Permute((2, 1)), SEQUENCE, 1, "ReLU, swap axes"),
        (layers.Activation("linear"), MAP, 1, "ReLU"),
        (layers.Concatenate(), MAP, 3, "ReLU, repeat in 3 channels"),
    ],
)
def test_a_further_layer_is_named_behind_those_before_it(layer, shape, copies, detail):
    inputs = keras.Input(shape)
    given = inputs if copies == 1 else [inputs] * copies
    last = network_layers(keras.Model(inputs, layer(given)))[-1]
    first = Box(Kind.CONVOLUTION, "conv", "Conv", "ReLU", ("conv",), (shape,), 7)
    found = with_layer(first, last)
    assert (found.text, found.detail, found.layers, found.parameters) == ("Conv", detail, ("conv", last.name), 7)
    assert found.shapes == (last.shape,)


@pytest.mark.parametrize(
    ("padding", "said"), [(2, "padding 2"), ((2, 1), "padding 2 × 1"), (((0, 1), (0, 1)), "padding 0 + 1")]
)
def test_padding_is_said_for_each_axis_that_differs(padding, said):
    inputs = keras.Input(MAP)
    x = layers.Conv2D(4, 3)(layers.ZeroPadding2D(padding)(inputs))
    _, pad, conv = network_layers(keras.Model(inputs, x))
    assert box_of(conv, [pad]).detail == said


def test_weights_of_what_is_joined_are_said():
    class WeightedMean(layers.Layer):
        def __init__(self, weight, **arguments):
            super().__init__(**arguments)
            self.weight = weight

        def call(self, given):
            return self.weight * given[0] + (1 - self.weight) * given[1]

        def get_config(self):
            return super().get_config() | {"weight": self.weight}

    first, second = keras.Input(VECTOR), keras.Input(VECTOR)
    found = network_layers(keras.Model([first, second], WeightedMean(0.3)([first, second])))[-1]
    assert (box_of(found).kind, box_of(found).text) == (Kind.JOINING, "Weighted mean")
    assert box_of(found).detail == "weights 0.3 and 0.7"
