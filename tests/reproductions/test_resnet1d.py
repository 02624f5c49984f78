"""ResNet1D: exact parameter counts and lengths, the published numbers, the architecture table, the options."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from common.cli.listing import listing
from common.core.errors import SpecError
from common.core.spec import build as build_spec
from common.paper.parameters import BuiltLayers, count_trainable
from common.reports.tables.architecture import architecture_table
from reproductions.resnet1d.model import build
from reproductions.resnet1d.paper import BASE, LAMBDAS, PAPER, TABLE_7
from reproductions.resnet1d.specs import ResNet1dSpec

PAPER_INPUT = (110_250, 1)
SHORTEST = (59_049, 1)
LENGTHS = [12250, 4083, 1361, 453, 151, 50, 16, 5, 1]
NARROW = {"stem_filters": 2, "block_filters": (2, 2, 4, 4, 4, 4, 4, 4, 8), "head_filters": 8}


@pytest.fixture(scope="module")
def network():
    return build(ResNet1dSpec(), PAPER_INPUT, 10)


def test_parameters_of_ten_genres(network):
    assert count_trainable(network) == 4_086_794
    assert network.count_params() == 4_098_826


@pytest.mark.parametrize(
    ("variant", "classes", "count"),
    [
        ({}, 8, 4_085_768),
        ({"dropout": 0.25}, 10, 4_086_794),
        ({"negative_slope": 0.01}, 10, 4_086_794),
        # Seven more shortcuts: 2 of 128 -> 128 and 5 of 256 -> 256 channels, each with biases and a normalisation.
        ({"projection": "always"}, 10, 4_086_794 + 2 * (128 * 128 + 3 * 128) + 5 * (256 * 256 + 3 * 256)),
    ],
)
def test_parameters_of_variants(variant, classes, count):
    assert count_trainable(build(ResNet1dSpec(**variant), PAPER_INPUT, classes)) == count


def test_the_sequence_is_cut_to_a_third_nine_times(network):
    assert network.get_layer("stem_conv").output.shape[1:] == (36750, 128)
    assert [network.get_layer(f"pool{number}").output.shape[1] for number in range(1, 10)] == LENGTHS
    assert network.output.shape == (None, 10)


def test_fixed_values_are_what_the_layers_have(network):
    assert PAPER.fixed["activation_after_stem_and_head"].value == "LeakyReLU"
    for name, norm in (("stem_relu", "stem_norm"), ("head_relu", "head_norm")):
        layer = network.get_layer(name)
        assert isinstance(layer, keras.layers.LeakyReLU)
        assert layer.input is network.get_layer(norm).output
    assert PAPER.fixed["initial_weights"].value == "Glorot uniform"
    initial = {type(layer.kernel_initializer) for layer in network.layers if hasattr(layer, "kernel_initializer")}
    assert initial == {keras.initializers.GlorotUniform}


def test_options_reach_the_layers():
    model = build(ResNet1dSpec(**NARROW, negative_slope=0.01, dropout=0.25, norm_momentum=0.9), SHORTEST, 10)
    of = {kind: [layer for layer in model.layers if isinstance(layer, kind)] for kind in (
        keras.layers.LeakyReLU, keras.layers.Dropout, keras.layers.BatchNormalization,
    )}  # fmt: skip
    assert {layer.negative_slope for layer in of[keras.layers.LeakyReLU]} == {0.01}
    assert len(of[keras.layers.LeakyReLU]) == 20
    assert [layer.rate for layer in of[keras.layers.Dropout]] == [0.25] * 9
    assert {layer.momentum for layer in of[keras.layers.BatchNormalization]} == {0.9}
    # The stem, two in each block, one on each of two projections, and the last convolution.
    assert len(of[keras.layers.BatchNormalization]) == 22


def test_a_block_adds_its_input():
    """With the second normalisation at zero, a block without projection is a LeakyReLU of its input."""
    model = build(ResNet1dSpec(**NARROW), SHORTEST, 10)
    norm = model.get_layer("block1_2_norm")
    norm.gamma.assign(keras.ops.zeros_like(norm.gamma))
    inner = keras.Model(model.input, [model.get_layer("stem_relu").output, model.get_layer("block1_out").output])
    x = np.random.default_rng(0).normal(size=(1, *SHORTEST)).astype(np.float32)
    before, after = (keras.ops.convert_to_numpy(value) for value in inner(x))
    np.testing.assert_allclose(after, np.where(before > 0, before, 0.3 * before), atol=1e-6)


@pytest.mark.parametrize("shape", [(59_048, 1), (128, 129), (110_250, 2), (513, 129, 1)])
def test_a_waveform_that_is_too_short_is_refused(shape):
    with pytest.raises(SpecError, match="at least 59049 samples"):
        build(ResNet1dSpec(), shape, 10)
    assert build(ResNet1dSpec(**NARROW), SHORTEST, 10).get_layer("pool9").output.shape[1] == 1


@pytest.mark.parametrize("values", [{"block_filters": (8,) * 8}, {"dropout": 1.0}, {"negative_slope": -0.1}])
def test_impossible_variants_are_refused(values):
    with pytest.raises(SpecError):
        build_spec(ResNet1dSpec, values)


def test_published_numbers_are_those_of_the_report():
    tables = {table["id"]: table for table in listing(PAPER)["tables"]}
    assert list(tables) == ["4.1", "6.2", "7"]
    published = {row["label"]: row["published"] for row in tables["7"]["rows"]}
    assert published == {
        "Normal": {"segments": 52.52, "aggregation": 55.35},
        "L2": {"segments": 35.88, "aggregation": 38.32},
        "Gradient accumulation": {"segments": 37.31, "aggregation": 37.92},
    }
    assert {row["trainable_parameters"] for row in tables["7"]["rows"]} == {4_086_794}
    assert TABLE_7.reference.percent == 80.93
    by_lambda = {row["label"]: row["published"]["segments"] for row in tables["6.2"]["rows"]}
    assert len(by_lambda) == 9
    assert {label for label, value in by_lambda.items() if value is not None} == {"sum, 0.001"}
    assert tables["4.1"]["total"] == {"published": 4_086_794, "trainable_parameters": 4_086_794}
    shapes = [row["published"]["output_size"] for row in tables["4.1"]["rows"]]
    assert shapes[:4] == [[110250], [128, 36750], [128, 36750], [128, 12250]]
    assert shapes[-4:] == [[512, 5], [512, 1], [512, 1], [10]]


def test_the_architecture_table_is_ours_in_all_22_rows():
    table = architecture_table(PAPER, PAPER.architecture[0], "gtzan").as_json()
    assert len(table["rows"]) == 22
    assert table["warnings"] == []
    parameters = [row["measured"]["parameters"] for row in table["rows"]]
    assert sum(parameters) == 4_086_794
    assert parameters[1::2][:6] == [768, 0, 0, 0, 0, 0]
    assert parameters[2:20:2] == [99_072, 99_072, 329_984, *[394_752] * 5, 1_315_328]
    assert parameters[-2:] == [263_680, 5_130]
    assert table["total"] == {"published": 4_086_794, "measured": 4_086_794}


def test_table_4_1_compares_every_size_that_the_report_prints():
    table = architecture_table(PAPER, PAPER.architecture[0], "gtzan").as_json()
    assert table["metrics"] == ["filters", "kernel_size", "pool_size", "stride", "output_size"]
    sizes = [tuple(row["measured"][name] for name in table["metrics"]) for row in table["rows"]]
    assert [tuple(row["published"].values()) for row in table["rows"]] == sizes
    pooled = (None, None, 3, 3)
    assert sizes[:5] == [
        (None, None, None, None, [110250]),
        (128, 3, None, 3, [128, 36750]),
        (128, 3, None, 1, [128, 36750]),
        (*pooled, [128, 12250]),
        (128, 3, None, 1, [128, 12250]),
    ]
    assert {size[:4] for size in sizes[3:20:2]} == {pooled}
    assert [size[:4] for size in sizes[6:18:2]] == [(256, 3, None, 1)] * 6
    assert sizes[18:] == [
        (512, 3, None, 1, [512, 5]),
        (*pooled, [512, 1]),
        (512, 1, None, 1, [512, 1]),
        (None, None, None, None, [10]),
    ]


def test_sizes_of_table_4_1_are_read_from_the_network():
    """Of another network the same table shows other sizes."""
    widths = (16, 16, 20, 20, 20, 20, 20, 20, 24)
    other = BASE.replace(model=BASE.model.replace(stem_filters=16, block_filters=widths, head_filters=28))
    built = BuiltLayers.built(PAPER, replace(PAPER.architecture[0], experiment=other)).rows
    assert [built[label].values["filters"] for label in ("Conv1D, first", "Res1D 9", "Conv1D, last")] == [16, 24, 28]
    assert built["MaxPool 1"].values["output_size"] == [16, 12250]


def test_the_three_models_differ_in_what_the_report_says():
    normal, l2, accumulation = (PAPER.row("7", label).experiment for label in ("Normal", "L2", "Gradient accumulation"))
    assert (normal.training.batch_windows, normal.training.epochs, normal.training.patience_epochs) == (32, 100, 5)
    assert l2.training == normal.training.replace(l2=0.001, l2_layers=l2.training.l2_layers)
    assert accumulation.training == normal.training.replace(batch_windows=10, accumulate_batches=8)
    assert {(row.experiment.training.l2_form, row.experiment.training.l2) for row in PAPER.table("6.2").rows} == {
        (form, strength) for form in ("sum", "mean", "decoupled") for strength in LAMBDAS
    }
    assert PAPER.row("6.2", "sum, 0.001").experiment == l2


def test_the_curves_are_of_all_three_models_with_what_the_report_states_of_them():
    models = [("7", "Normal"), ("7", "L2"), ("7", "Gradient accumulation")]
    accuracy, loss = PAPER.figure("accuracy"), PAPER.figure("loss")
    assert list(accuracy.rows) == list(loss.rows) == models
    # Sections 6.1.1 and 6.1 of the report; it states no loss, and nothing of the other models.
    assert [(level.value, level.upper, level.rows) for level in accuracy.levels] == [
        (60, None, ("Normal",)),
        (40, 50, ("Normal",)),
    ]
    assert not loss.levels
