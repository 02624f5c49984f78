"""The earlier networks of the CNN + RNN study: what each has, what its training differs in, and the later ones, which
stay as they were."""

import keras
import numpy as np
import pytest

from common.core.errors import SpecError
from common.core.spec import build as spec_of
from common.paper.parameters import count_trainable
from reproductions.crnn.model import build
from reproductions.crnn.paper import PAPER
from reproductions.crnn.specs import CrnnSpec
from tests.helpers.shapes_only import built_without_values

ROWS = {row.name: row for row in PAPER.table("variants").rows}
WHOLE = (1292, 128)


def network(name: str) -> keras.Model:
    return built_without_values(build, ROWS[name].experiment.model, WHOLE, 12)


def convolution(kernel: int, channels: int, filters: int) -> int:
    """Kernel and bias, with the scale and offset of the normalisation behind it."""
    return kernel * channels * filters + 3 * filters


def lstm(channels: int, units: int, directions: int = 2) -> int:
    return directions * 4 * units * (channels + units + 1)


def gru(channels: int, units: int) -> int:
    """In both directions; each of the three gates has a second bias."""
    return 2 * 3 * units * (channels + units + 2)


def dense(channels: int, units: int) -> int:
    return (channels + 1) * units


FRONT_1D = convolution(5, 128, 128) + convolution(3, 128, 256) + convolution(3, 256, 512)
FRONT_1D_256 = convolution(5, 128, 256) + convolution(3, 256, 512) + convolution(3, 512, 1024)
FRONT_2D = convolution(9, 1, 128) + convolution(9, 128, 256) + convolution(9, 256, 256) + dense(32 * 256, 512)
GRU_1D = FRONT_1D + gru(512, 256) + gru(512, 256) + dense(512, 128) + dense(128, 12)
LSTM_1D = FRONT_1D + lstm(512, 128) + lstm(256, 128) + dense(512, 128) + dense(128, 12)
COUNTS = {
    "1d-gru-plateau": GRU_1D,
    "1d-gru-augmented": GRU_1D,
    "1d-lstm-one-way": FRONT_1D + lstm(512, 128, 1) + lstm(128, 128, 1) + dense(128, 64) + dense(64, 12),
    "1d-lstm-pooled": LSTM_1D,
    "1d-lstm-steplr": LSTM_1D,
    "1d-lstm-searched": FRONT_1D_256 + lstm(1024, 128) + lstm(256, 128) + dense(512, 128) + dense(128, 12),
    "2d-lstm-first": FRONT_2D + lstm(512, 128) + lstm(256, 128) + dense(512, 128) + dense(128, 12),
    "2d-gru-first": FRONT_2D + gru(512, 128) + gru(256, 128) + dense(256, 128) + dense(128, 12),
}


@pytest.mark.parametrize("name", ROWS)
def test_parameters_of_each_variant(name):
    assert count_trainable(network(name)) == COUNTS[name]


def test_published_accuracies_in_the_order_of_the_study():
    published = {name: row.published["validation"] for name, row in ROWS.items()}
    assert published == {
        "1d-gru-plateau": 65.0,
        "1d-gru-augmented": 69.0,
        "1d-lstm-one-way": 68.0,
        "1d-lstm-pooled": 68.0,
        "1d-lstm-steplr": 69.0,
        "1d-lstm-searched": 71.3,
        "2d-lstm-first": 71.0,
        "2d-gru-first": 72.0,
    }
    assert list(published) == list(COUNTS)
    assert PAPER.table("variants").compared_with == {"validation": "valid_window_accuracy"}
    assert "variants" not in PAPER.default_tables


LATER = {"model.dropout": 0.4, "training.epochs": 30}
AT_FIRST = LATER | {
    "model.hidden": 128,
    "training.plateau_epochs": 4,
    "training.plateau_factor": 0.5,
    "training.plateau_threshold_form": "relative",
    "training.step_epochs": None,
}
FIRST_2D = LATER | {
    "model.hidden": 128,
    "model.max_pooling": False,
    "model.recurrent_dropout": False,
    "model.spatial_dropout": False,
    "model.first_kernel": 3,
    "model.last_filters": 2,
    "model.projection": 512,
    "training.step_epochs": 5,
}
# Row -> the network of the final comparison, and all that is different from it.
DIFFERENCES = {
    "1d-gru-plateau": ("CNN 1D + GRU", AT_FIRST | {"training.augmentation": None}),
    "1d-gru-augmented": ("CNN 1D + GRU", AT_FIRST),
    "1d-lstm-one-way": (
        "CNN 1D + LSTM",
        AT_FIRST | {"model.bidirectional": False, "model.pooling": "last", "model.head_units": 64},
    ),
    "1d-lstm-pooled": (
        "CNN 1D + LSTM",
        LATER
        | {
            "model.hidden": 128,
            "training.plateau_threshold": 1e-3,
            "training.plateau_threshold_form": "relative",
            "training.step_epochs": None,
        },
    ),
    "1d-lstm-steplr": ("CNN 1D + LSTM", LATER | {"model.hidden": 128}),
    "1d-lstm-searched": (
        "CNN 1D + LSTM",
        LATER
        | {
            "model.hidden": 256,
            "training.batch_windows": 32,
            "training.learning_rate": 5e-4,
            "training.step_factor": 0.5,
        },
    ),
    "2d-lstm-first": ("CNN 2D + LSTM", FIRST_2D),
    "2d-gru-first": ("CNN 2D + GRU", FIRST_2D),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_variant_differs_from_the_final_network_in_what_it_says_only(name):
    label, expected = DIFFERENCES[name]
    final = PAPER.row("final", label).experiment
    differences = final.differences(ROWS[name].experiment)
    assert {path: theirs for path, (_, theirs) in differences.items()} == expected


# Digests of the rows before the networks had these options: their runs keep their names.
DIGESTS = {
    ("final", "CNN 2D + GRU"): "40d9189cac50a6d14b1f11bee52571505f29c31a334b7bb1fbc984096150060c",
    ("final", "CNN 1D + GRU"): "de40723a8515cc436e2c94f6a88f1aabda24ea73dcb765da33fb79f26e96214d",
    ("final", "CNN 1D + LSTM"): "438735ccda8a068a0d999f9eb72ab65e8154bbae5e1e2482aaa798b295143468",
    ("final", "CNN 2D + LSTM"): "adb4e52ba9761fd3decf95904c9e4ba70e387f68120a468afbefa9bf5685c771",
    ("mfcc", "CNN 1D + GRU, MFCC"): "02c390291f1991b4b63ab214feb6b1a3c17b4d97ac96acf5bc437743f92bae8f",
    ("alone", "CNN 2D"): "bd37ef214a3f0bbe667eab71e67cd60bdf1166ddddd82eb37cda0821a7646ea7",
}


@pytest.mark.parametrize("place", DIGESTS, ids="-".join)
def test_rows_of_before_keep_their_digests(place):
    assert PAPER.row(*place).experiment.digest == DIGESTS[place]


@pytest.mark.parametrize("front", ["cnn1d", "cnn2d"])
def test_a_stride_replaces_the_poolings(front):
    pooled, strided = (
        built_without_values(build, CrnnSpec(front=front, cell="gru", hidden=4, max_pooling=max_pooling), WHOLE, 12)
        for max_pooling in (True, False)
    )
    names = [layer.name for layer in pooled.layers]
    assert [layer.name for layer in strided.layers] == [name for name in names if name not in ("pool1", "pool2")]
    assert [strided.get_layer(f"conv{number}").strides[0] for number in (1, 2, 3)] == [2, 2, 1]
    assert [pooled.get_layer(f"conv{number}").strides[0] for number in (1, 2, 3)] == [1, 1, 1]
    for name in ("front_dropout", "recurrent2", "output"):
        assert strided.get_layer(name).output.shape == pooled.get_layer(name).output.shape


def test_maps_within_the_first_two_dimensional_networks():
    model = network("2d-lstm-first")
    names = ("relu1", "relu2", "relu3", "sequence", "projection", "recurrent2", "embedding", "dense")
    assert {name: tuple(model.get_layer(name).output.shape[1:]) for name in names} == {
        "relu1": (646, 64, 128),
        "relu2": (323, 32, 256),
        "relu3": (323, 32, 256),
        "sequence": (323, 8192),
        "projection": (323, 512),
        "recurrent2": (323, 256),
        "embedding": (512,),
        "dense": (128,),
    }
    assert [model.get_layer(f"conv{number}").kernel_size for number in (1, 2, 3)] == [(3, 3)] * 3
    of_gru = network("2d-gru-first")
    assert of_gru.get_layer("embedding").output.shape == (None, 256)
    for layer in (model.get_layer("front_dropout"), of_gru.get_layer("front_dropout")):
        assert type(layer) is keras.layers.Dropout
        assert layer.rate == 0.4
    assert not [layer.name for layer in (*model.layers, *of_gru.layers) if layer.name.startswith("between")]


@pytest.mark.parametrize(("front", "by_default"), [("cnn1d", False), ("cnn2d", True)])
def test_dropout_between_recurrent_layers_can_be_set_apart(front, by_default):
    for chosen, expected in ((None, by_default), (True, True), (False, False)):
        spec = CrnnSpec(front=front, cell="gru", hidden=4, layers=3, dropout=0.45, recurrent_dropout=chosen)
        model = built_without_values(build, spec, (64, 16), 3)
        rates = {layer.name: layer.rate for layer in model.layers if layer.name.startswith("between")}
        assert rates == ({"between2": 0.45, "between3": 0.45} if expected else {})


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_one_direction_reads_forwards_and_the_last_output_has_read_everything(cell):
    keras.utils.set_random_seed(0)
    spec = CrnnSpec(front="cnn1d", cell=cell, hidden=4, bidirectional=False, pooling="last")
    model = build(spec, (64, 16), 3)
    inner = keras.Model(model.input, [model.get_layer(name).output for name in ("recurrent1", "embedding")])
    x = np.random.default_rng(0).random((2, 64, 16), dtype=np.float32)
    units = 8 if cell == "gru" else 128
    y = x.copy()
    y[:, 48:] = 0
    (before, last), (after, other) = ([np.asarray(value) for value in inner(part, training=False)] for part in (x, y))
    assert before.shape == (2, 16, units)
    assert last.shape == (2, units)
    # Frame 48 is in the windows of the front end from step 11 on.
    np.testing.assert_allclose(before[:, :10], after[:, :10], atol=1e-6)
    assert np.abs(before[:, 12:] - after[:, 12:]).max() > 1e-4
    assert np.abs(last - other).max() > 1e-4


def test_the_last_outputs_of_both_directions_have_each_read_the_whole_clip():
    """The backward half ends at the first frame, as the last states of PyTorch's layers do."""
    keras.utils.set_random_seed(0)
    model = build(CrnnSpec(front="cnn1d", cell="lstm", hidden=4, layers=1, pooling="last"), (64, 16), 3)
    layer, read = model.get_layer("recurrent1"), keras.Model(model.input, model.get_layer("front_dropout").output)
    x = np.random.default_rng(0).random((3, 64, 16), dtype=np.float32)
    sequence = read(x, training=False)
    halves = [layer.forward_layer(sequence), layer.backward_layer(sequence)]
    pooled = keras.Model(model.input, model.get_layer("embedding").output)(x, training=False)
    np.testing.assert_allclose(np.asarray(pooled), np.concatenate([np.asarray(half) for half in halves], axis=1))


@pytest.mark.parametrize(("pooling", "width"), [("mean", 8), ("mean_max", 16), ("last", 8), (None, 8)])
def test_poolings_over_time_go_with_either_cell(pooling, width):
    model = built_without_values(build, CrnnSpec(front="cnn2d", cell="gru", hidden=4, pooling=pooling), (64, 16), 3)
    assert model.get_layer("embedding").output.shape == (None, width)
    alike = built_without_values(build, CrnnSpec(front="cnn2d", cell="lstm", hidden=4, pooling=pooling), (64, 16), 3)
    assert alike.get_layer("embedding").output.shape == (None, 512 if pooling in ("mean_max", None) else 256)


@pytest.mark.parametrize("size", [2, 4])
def test_an_even_kernel_is_refused(size):
    with pytest.raises(SpecError, match=f"an even kernel .* received {size}; give 3 or 5"):
        spec_of(CrnnSpec, {"front": "cnn2d", "cell": "gru", "first_kernel": size})


def test_options_without_effect_need_no_source():
    def unused(**changes) -> tuple[str, ...]:
        return CrnnSpec(**{"front": "cnn2d", "cell": "gru"} | changes).unused_values

    assert unused() == ()
    assert unused(layers=1) == ("recurrent_dropout",)
    assert unused(front="cnn1d") == ("spatial_dropout",)
    assert unused(front="cnn1d", layers=1) == ("recurrent_dropout", "spatial_dropout")
