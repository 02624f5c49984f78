"""Layers are grouped into blocks: what follows a layer, shortcuts, squeeze and excitation, branches, equal blocks."""

import keras
import pytest

from common.core.errors import SpecError
from common.paper.network_graph import network_layers
from common.reports.networks.boxes import Block, Branches, Kind, blocks_of
from common.reports.networks.grouping import grouped, separate

layers = keras.layers


def blocks(inputs, outputs, *, each: bool = False):
    """The blocks without those of the inputs."""
    found = network_layers(keras.Model(inputs, outputs))
    return (separate if each else grouped)(found)


def texts(block: Block) -> list[list[str]]:
    return [[f"{box.text}: {box.detail}" if box.detail else box.text for box in line] for line in block.lines]


def residual(x, number: int, *, projection: bool = False):
    """Two convolutions, an identity or a projection, their sum, and a pooling."""
    y = layers.Conv1D(4, 3, padding="same", name=f"block{number}_conv1")(x)
    y = layers.BatchNormalization(name=f"block{number}_norm")(y)
    y = layers.LeakyReLU(negative_slope=0.3, name=f"block{number}_active")(y)
    y = layers.Conv1D(4, 3, padding="same", name=f"block{number}_conv2")(y)
    if projection:
        x = layers.Conv1D(4, 1, name=f"block{number}_projection")(x)
        x = layers.BatchNormalization(name=f"block{number}_projection_norm")(x)
    x = layers.Add(name=f"block{number}_add")([y, x])
    x = layers.ReLU(name=f"block{number}_out")(x)
    return layers.MaxPooling1D(2, name=f"pool{number}")(x)


def test_a_convolution_its_padding_and_what_follows_it_are_one_block():
    inputs = keras.Input((16, 16, 1), name="given")
    x = layers.ZeroPadding2D(1, name="conv_pad")(inputs)
    x = layers.Conv2D(4, 3, name="conv")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.ReLU(name="relu")(x)
    x = layers.MaxPooling2D(2, name="pool")(x)
    x = layers.Dropout(0.25, name="dropout")(x)
    x = layers.Flatten(name="flat")(x)
    given, conv, last = blocks(inputs, layers.Dense(3, name="genre")(x))
    assert texts(given) == [["given"]]
    assert texts(conv) == [
        ["Conv2D 3 × 3, 4 filters: padding 1, batch norm, ReLU"],
        ["Max pooling 2 × 2: dropout 0.25, flatten"],
    ]
    assert [box.layers for box in conv.boxes] == [("conv_pad", "conv", "norm", "relu"), ("pool", "dropout", "flat")]
    assert (conv.name, conv.parameters, conv.shapes) == ("conv", 40 + 8, ((256,),))
    assert (texts(last), last.name, last.parameters) == ([["Dense, 3 units"]], "genre", 771)


def test_equal_residual_blocks_are_one_block_with_their_number_and_all_shapes():
    inputs = keras.Input((32, 4), name="given")
    x = inputs
    for number in (1, 2, 3):
        x = residual(x, number)
    _, block = blocks(inputs, x)
    assert texts(block) == [
        ["Conv1D 3, 4 filters: batch norm, LeakyReLU 0.3"],
        ["Conv1D 3, 4 filters"],
        ["Add: ReLU"],
        ["Max pooling 2"],
    ]
    assert (block.name, block.times, block.shortcut, block.joins) == ("block1 to block3", 3, (), 2)
    assert block.shapes == ((16, 4), (8, 4), (4, 4))
    assert block.parameters == 3 * (52 + 8 + 52)
    assert block.lines[1][0].layers == ("block1_conv2", "block2_conv2", "block3_conv2")


def test_a_block_with_a_projection_is_not_equal_to_one_without():
    inputs = keras.Input((32, 4), name="given")
    _, first, second = blocks(inputs, residual(residual(inputs, 1, projection=True), 2))
    assert [f"{box.text}: {box.detail}" for box in first.shortcut] == ["Conv1D 1, 4 filters: batch norm"]
    assert (first.parameters, second.parameters, second.shortcut) == (112 + 20 + 8, 112, ())


def test_a_block_that_is_not_trained_is_not_equal_to_one_that_is():
    inputs = keras.Input((8,), name="given")
    x = layers.Dense(8, name="first", trainable=False)(inputs)
    _, first, second = blocks(inputs, layers.Dense(8, name="second")(x))
    assert [(block.name, block.parameters, block.boxes[0].fixed) for block in (first, second)] == [
        ("first", 0, 72),
        ("second", 72, 0),
    ]


def test_squeeze_and_excitation_is_one_box_of_the_block_before():
    inputs = keras.Input((4, 4, 1), name="given")
    x = layers.Conv2D(8, 3, padding="same", name="conv1")(inputs)
    y = layers.GlobalAveragePooling2D(name="se_squeeze")(x)
    y = layers.Dense(2, activation="relu", name="se_reduce")(y)
    y = layers.Dense(8, activation="sigmoid", name="se_excite")(y)
    y = layers.Reshape((1, 1, 8), name="se_reshape")(y)
    x = layers.Multiply(name="se_scale")([x, y])
    _, block = blocks(inputs, x)
    arrow = "\N{RIGHTWARDS ARROW}"
    gate = f"Squeeze and excitation: average {arrow} dense 2 ReLU {arrow} dense 8 sigmoid {arrow} scale"
    assert texts(block) == [["Conv2D 3 × 3, 8 filters"], [gate]]
    assert (block.lines[1][0].kind, block.lines[1][0].parameters) == (Kind.GATE, 18 + 24)


def test_poolings_of_one_input_stand_side_by_side_in_the_order_in_which_they_are_joined():
    inputs = keras.Input((8, 4), name="given")
    average = layers.GlobalAveragePooling1D(name="average")(inputs)
    highest = layers.GlobalMaxPooling1D(name="max")(inputs)
    _, block = blocks(inputs, layers.Concatenate(name="pooled")([highest, average]))
    assert texts(block) == [["Global max pooling", "Global average pooling"], ["Concatenate"]]
    assert block.name == "pooled"


def test_two_inputs_are_branches_in_the_order_in_which_they_are_joined():
    first, second = keras.Input((8,), name="first"), keras.Input((9,), name="second")
    x = layers.Dense(3, name="of_second")(layers.Dense(4, name="before")(second))
    joined = layers.Concatenate(name="both")([x, layers.Dense(2, name="of_first")(first)])
    branches, block = blocks([first, second], joined)
    assert isinstance(branches, Branches)
    names = [[block.name for block in column] for column in branches.columns]
    assert names == [["second", "before", "of_second"], ["first", "of_first"]]
    assert (block.name, block.shapes) == ("both", ((5,),))


def test_a_branch_without_layers_passes_its_input_on():
    inputs = keras.Input((8,), name="given")
    x = layers.Dense(8, name="a")(inputs)
    long = layers.Dense(8, name="c")(layers.Dense(4, name="b")(x))
    _, _, branches, joined = blocks(inputs, layers.Add(name="sum")([long, x, layers.Dense(8, name="d")(x)]))
    assert [[block.name for block in column] for column in branches.columns] == [[], ["b", "c"], ["d"]]
    assert joined.name == "sum"


def test_convolutions_of_one_name_are_one_block_and_equal_ones_one_box():
    inputs = keras.Input((8, 8, 4), name="given")
    x = inputs
    for number in (1, 2, 3):
        x = layers.Conv2D(4, 3, padding="same", activation="relu", name=f"block1_conv{number}")(x)
    x = layers.MaxPooling2D(2, name="block1_pool")(x)
    x = layers.Conv2D(4, 3, padding="same", name="block2_conv1")(x)
    _, first, second = blocks(inputs, x)
    assert texts(first) == [["Conv2D 3 × 3, 4 filters: ReLU"], ["Max pooling 2 × 2"]]
    assert (first.name, first.boxes[0].times, first.times) == ("block1", 3, 1)
    assert (first.boxes[0].parameters, first.shapes, second.name) == (3 * 148, ((4, 4, 4),), "block2_conv1")


def test_padding_that_no_layer_takes_in_has_a_box():
    inputs = keras.Input((8, 2), name="given")
    x = layers.ZeroPadding1D((1, 2), name="pad")(inputs)
    sums = layers.Add(name="sum")([x, layers.ReLU(name="relu")(x)])
    x = layers.ZeroPadding1D(1, name="again")(sums)
    series = blocks(inputs, layers.ZeroPadding1D(1, name="end")(layers.BatchNormalization(name="norm")(x)))
    shown = [name for block in blocks_of(series) for box in block.boxes for name in box.layers]
    assert sorted(shown) == ["again", "end", "given", "norm", "pad", "relu", "sum"]


def test_each_layer_of_a_part_has_a_box_but_for_those_that_change_the_form_only():
    inputs = keras.Input((8, 4), name="given")
    x = layers.Reshape((8, 4, 1), name="reshape")(inputs)
    y = layers.Conv2D(1, 3, padding="same", name="conv")(x)
    y = layers.BatchNormalization(name="norm")(y)
    y = layers.ReLU(name="relu")(y)
    projected = layers.BatchNormalization(name="other_norm")(layers.Conv2D(1, 1, name="other")(x))
    x = layers.Activation("linear", name="end")(layers.Add(name="add")([y, projected]))
    given, block = blocks(inputs, x, each=True)
    assert texts(given) == [["given: reshape"]]
    assert texts(block) == [["Conv2D 3 × 3, 1 filters"], ["Batch norm"], ["ReLU"], ["Add"]]
    assert [box.text for box in block.shortcut] == ["Conv2D 1 × 1, 1 filters", "Batch norm"]
    assert block.boxes[3].layers == ("add", "end")


def test_branches_that_cross_are_refused():
    inputs = keras.Input((4,), name="given")
    a, b = layers.Dense(4, name="a")(inputs), layers.Dense(4, name="b")(inputs)
    left = layers.Add(name="left")([a, b])
    right = layers.Concatenate(name="right")([b, a])
    outputs = layers.Concatenate(name="end")([left, right])
    with pytest.raises(SpecError, match="its connections cannot be drawn: branches have to begin at one layer"):
        blocks(inputs, outputs)


def test_two_outputs_are_refused():
    inputs = keras.Input((4,), name="given")
    with pytest.raises(SpecError, match="layer given: its connections cannot be drawn"):
        blocks(inputs, [layers.Dense(4, name="a")(inputs), layers.Dense(4, name="b")(inputs)])
