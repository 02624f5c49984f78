"""The layers of a network as plain values: names, settings, shapes, parameters, and what they are connected to."""

import keras
import pytest

from common.core.errors import SpecError
from common.paper.network_graph import NetworkLayer, network_layers, part_of


def small(*, trained: bool = True) -> keras.Model:
    inputs = keras.Input((8, 3), name="given")
    x = keras.layers.ZeroPadding1D(1, name="conv_pad")(inputs)
    x = keras.layers.Conv1D(4, 3, strides=2, activation="relu", name="conv")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    recurrent = keras.layers.GRU(5, return_sequences=True)
    x = keras.layers.Bidirectional(recurrent, name="both")(x)
    model = keras.Model(inputs, keras.layers.Dense(2, name="last")(x), name="small")
    model.get_layer("norm").trainable = model.get_layer("conv").trainable = trained
    return model


def test_layers_have_their_settings_shapes_parameters_and_inputs():
    given, pad, conv, norm, both, last = network_layers(small())
    assert given == NetworkLayer("given", "InputLayer", {}, (), (8, 3), 0)
    assert pad == NetworkLayer("conv_pad", "ZeroPadding1D", {"padding": (1, 1)}, ("given",), (10, 3), 0)
    settings = {"activation": "relu", "filters": 4, "kernel_size": (3,), "padding": "valid", "strides": (2,)}
    assert conv == NetworkLayer("conv", "Conv1D", settings, ("conv_pad",), (4, 4), 40)
    assert (norm.type, norm.inputs, norm.parameters) == ("BatchNormalization", ("conv",), 8)
    assert (both.settings["cell"], both.settings["units"], both.shape) == ("GRU", 5, (4, 10))
    assert both.parameters == 2 * 3 * 5 * (4 + 5 + 2)
    assert (last.inputs, last.shape, last.parameters) == (("both",), (4, 2), 22)


def test_parameters_of_layers_that_are_not_trained_are_counted_apart():
    found = {layer.name: (layer.parameters, layer.fixed) for layer in network_layers(small(trained=False))}
    assert found == {
        "given": (0, 0),
        "conv_pad": (0, 0),
        "conv": (0, 40),
        "norm": (0, 16),  # of these, 8 are its moving statistics
        "both": (330, 0),
        "last": (22, 0),
    }


def test_a_model_within_the_model_is_replaced_by_its_layers():
    inner_input = keras.Input((4,), name="inner_given")
    x = keras.layers.Dense(3, name="inner1")(inner_input)
    inner = keras.Model(inner_input, keras.layers.Dense(2, name="inner2")(x), name="inner")
    outer_input = keras.Input((4,), name="outer")
    model = keras.Model(outer_input, keras.layers.ReLU(name="relu")(inner(outer_input)))
    found = [(layer.name, layer.inputs) for layer in network_layers(model)]
    assert found == [("outer", ()), ("inner1", ("outer",)), ("inner2", ("inner1",)), ("relu", ("inner2",))]


def test_inputs_keep_their_order_and_number():
    first, second = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    x = keras.layers.Concatenate(name="joined")([second, first, second])
    (joined,) = [layer for layer in network_layers(keras.Model([first, second], x)) if layer.name == "joined"]
    assert joined.inputs == ("second", "first", "second")


def test_a_layer_that_is_used_twice_is_refused():
    inputs = keras.Input((4,))
    shared = keras.layers.Dense(4, name="shared")
    with pytest.raises(SpecError, match=r"twins: layer shared is used 2 times, which cannot be drawn\. Use it once"):
        network_layers(keras.Model(inputs, shared(shared(inputs)), name="twins"))


def test_a_model_whose_connections_are_not_known_is_refused():
    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(SpecError, match="a Own cannot be drawn, only a functional model"):
        network_layers(Own())


def test_a_part_begins_with_what_it_takes_from_outside():
    layers = network_layers(small())
    outside, conv, norm = part_of(layers, ("conv", "norm"))[-3:]
    part = part_of(layers, ("norm", "both"))
    assert (outside.name, conv.name, norm.name) == ("conv_pad", "conv", "norm")
    assert [(layer.name, layer.type, layer.inputs, layer.parameters) for layer in part] == [
        ("conv", "outside", (), 0),
        ("norm", "BatchNormalization", ("conv",), 8),
        ("both", "Bidirectional", ("norm",), 330),
    ]
    assert part[0].shape == (4, 4)
    assert part_of(layers, ("conv",))[0] == layers[0]


def test_a_part_that_the_network_does_not_have_is_refused_with_the_nearest_layer():
    with pytest.raises(
        SpecError, match="layers nrom: the network has no layer whose name begins so; did you mean norm"
    ):
        part_of(network_layers(small()), ("conv", "nrom"))
    with pytest.raises(SpecError, match="layers: none are given"):
        part_of(network_layers(small()), ())
