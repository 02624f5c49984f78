"""SoundFusion: exact parameter counts, maps and lengths, windows, published numbers, and weights from files."""

import keras
import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from common.core.errors import DataError, RunError, SpecError
from common.core.spec import build as build_spec
from common.paper.parameters import StoredNetworks, count_parameters, count_trainable
from common.reports.tables.architecture import architecture_table
from common.training.window_metrics import probabilities_of
from data_pipeline.windows.index import index_windows
from reproductions.soundfusion import experiments as e
from reproductions.soundfusion import published as p
from reproductions.soundfusion.model import build
from reproductions.soundfusion.paper import PAPER
from reproductions.soundfusion.residual import LogOfMeanSoftmax
from reproductions.soundfusion.specs import (
    FusionSpec,
    ResNet1dSpec,
    ResNet2dSpec,
    SimpleCnnSpec,
    TransposedNnetSpec,
    Vgg16Spec,
)
from reproductions.soundfusion.vgg16 import initialise
from tests.helpers.shapes_only import built_without_values

SAMPLES, BANDS = (110_250, 1), (128, 216, 1)
NNET2 = TransposedNnetSpec(variant="nnet2", filters=(256, 256, 256))


@pytest.mark.parametrize(
    ("spec", "shape", "count"),
    [
        (SimpleCnnSpec(), (64, 2579, 2), 25_472),
        (SimpleCnnSpec(), (64, 2579, 1), 25_272),
        (ResNet1dSpec(base_filters=16), SAMPLES, 70_904),
        (ResNet1dSpec(base_filters=32), SAMPLES, 280_040),
        (ResNet1dSpec(base_filters=64), SAMPLES, 1_113_032),
        (ResNet1dSpec(base_filters=128), SAMPLES, 4_437_896),
        (ResNet2dSpec(base_filters=16), BANDS, 445_176),
        (ResNet2dSpec(base_filters=32), BANDS, 1_724_392),
        (ResNet2dSpec(base_filters=64), BANDS, 6_784_968),
        (ResNet2dSpec(base_filters=128), BANDS, 26_914_696),
        (TransposedNnetSpec(variant="nnet1", filters=(128, 128, 256)), BANDS, 2_351_170),
        (NNET2, BANDS, 912_264),
        (FusionSpec(combination="features"), (SAMPLES, BANDS), 692_264),
        (FusionSpec(combination="decisions"), (SAMPLES, BANDS), 692_272),
        (FusionSpec(combination="features", waveform_filters=32, branch_units=128), (SAMPLES, BANDS), 1_102_680),
    ],
)
def test_trainable_parameters(spec, shape, count):
    assert count_trainable(built_without_values(build, spec, shape, 8)) == count


def test_parameters_of_the_literal_vgg16():
    model = built_without_values(build, e.vgg16_literal("imagenet").model, (64, 173, 1), 8)
    assert (count_trainable(model), model.count_params()) == (33_416, 134_292_168)


def test_lengths_of_resnet1d():
    model = built_without_values(build, ResNet1dSpec(base_filters=16), SAMPLES, 8)
    names = ["stem", *(f"block{number}_pool" for number in range(1, 10))]
    lengths = [model.get_layer(name).output.shape[1] for name in names]
    assert lengths == [36752, 4083, 453, 50, 5, 2, 1, 1, 1, 1]


def test_maps_of_resnet2d():
    model = built_without_values(build, ResNet2dSpec(base_filters=16), BANDS, 8)
    names = ["stem2d", "stem2d_pool", "stage1_3_relu2", "stage2_4_relu2", "stage3_6_relu2", "stage4_3_relu2"]
    maps = [model.get_layer(name).output.shape[1:3] for name in names]
    assert maps == [(64, 108), (32, 54), (32, 54), (16, 27), (8, 14), (4, 7)]
    assert model.get_layer("vector2d").output.shape == (None, 49 * 64)


def test_maps_of_simple_cnn_and_nnet1():
    simple = built_without_values(build, SimpleCnnSpec(), (64, 2579, 2), 8)
    assert [simple.get_layer(f"conv{number}").output.shape[1:3] for number in range(1, 5)] == [
        (32, 1290),
        (16, 645),
        (8, 323),
        (4, 162),
    ]
    nnet = built_without_values(build, TransposedNnetSpec(variant="nnet1", filters=(128, 128, 256)), BANDS, 8)
    assert nnet.get_layer("pooled").output.shape == (None, 1, 13, 512)


def test_nnet2_slides_along_frequency_over_all_frames():
    """What is pooled does not change when a sound moves to other bands, but does when its frames change places."""
    model = build(NNET2, (40, 12, 1), 8)
    inner = keras.Model(model.input, model.get_layer("max").output)
    x = np.zeros((1, 40, 12, 1), np.float32)
    x[0, 16:20] = np.random.default_rng(0).normal(size=(4, 12, 1))
    shifted = np.roll(x, 5, axis=1)
    np.testing.assert_allclose(inner(x), inner(shifted), rtol=1e-5, atol=1e-6)
    assert np.abs(np.asarray(inner(x)) - np.asarray(inner(x[:, :, ::-1].copy()))).max() > 1e-4


@pytest.mark.parametrize("samples", [660_000, 661_500, 661_794])
def test_a_clip_gives_seven_windows_of_five_seconds(samples):
    fps = e.SAMPLES.frames_per_second
    starts = e.SAMPLE_WINDOWS.starts(samples, fps)
    assert starts.tolist() == [82_688 * number for number in range(7)]
    assert e.SAMPLE_WINDOWS.window_frames(fps) == 110_250
    frames = e.FRAME_WINDOWS.starts(e.MONO.frames(samples), e.MONO.frames_per_second)
    assert len(frames) == 7
    assert e.FRAME_WINDOWS.window_frames(e.MONO.frames_per_second) == 216
    # Both show the same five seconds, to half a hop.
    assert np.abs(frames * 512 - starts).max() < 512


def test_whole_clips_and_first_seconds():
    assert PAPER.input_shape(PAPER.row("performance", "SimpleCNN").experiment) == (64, 2579, 2)
    assert PAPER.input_shape(PAPER.row("transfer", "imagenet").experiment) == (64, 173, 1)
    assert PAPER.input_shape(PAPER.row("performance", "SoundFusion-1").experiment) == (SAMPLES, BANDS)
    assert e.WHOLE_CLIP.starts(e.STEREO.frames(1_320_000), e.STEREO.frames_per_second).tolist() == [0]


def test_batches_are_of_32_windows_and_of_16_for_the_large_networks_and_soundfusion():
    batches = {row.label: row.experiment.training.batch_windows for table in PAPER.tables for row in table.rows}
    of_16 = ("ResNet1D-l", "ResNet2D-l", "SoundFusion-1", "SoundFusion-2")
    assert batches == dict.fromkeys(batches, 32) | dict.fromkeys(of_16, 16)


def test_short_clips_keep_the_segments_that_they_have_but_simple_cnn_needs_all():
    assert PAPER.fixed["short_clips"].source.status == "differs"
    assert len(e.SAMPLE_WINDOWS.starts(400_000, e.SAMPLES.frames_per_second)) == 4
    frames = e.STEREO.frames(44_100 * 29)
    with pytest.raises(DataError, match=r"shorter than one window of 29\.9"):
        index_windows(e.WHOLE_CLIP, [frames], ["clip0"], e.STEREO.frames_per_second)


def published(table: str) -> dict[str, tuple]:
    return {row.label: tuple(row.published.values()) for row in PAPER.table(table).rows}


def test_published_numbers():
    assert published("performance") == {
        "ResNet1D-m": (40.6, 42.6),
        "VGG16": (49.2, 52.6),
        "ResNet2D-s": (52.8, 56.7),
        "nnet1": (34.4, 36.6),
        "nnet2": (47.5, 49.3),
        "SimpleCNN": (48.4, None),
        "SoundFusion-1": (53.5, 57.1),
        "SoundFusion-2": (48.3, 50.6),
    }
    assert list(published("regularisation").values()) == [
        (47.2, 38.0),
        (51.5, 41.3),
        (50.7, 41.8),
        (52.3, 48.5),
        (52.0, 48.9),
        (53.1, 52.8),
    ]
    assert list(published("width").values()) == [(34.4,), (40.6,), (44.1,), (52.8,), (49.4,), (50.0,)]
    for table, cells, low, high, total in (
        ("specaugment1", 24, 54.75, 58.25, 1353.125),
        ("specaugment2", 12, 49, 56.875, 661.375),
    ):
        grid = [value for (value,) in published(table).values()]
        assert (len(grid), min(grid), max(grid), round(sum(grid), 3)) == (cells, low, high, total)


def test_the_width_figure_has_the_parameters_of_its_rows():
    filters = {"s": 16, "m": 32, "l": 64}
    for label, count in p.WIDTH_PARAMETERS.items():
        model = PAPER.row("width", label).experiment.model
        assert model.base_filters == filters[label[-1]]
        assert type(model) is (ResNet1dSpec if label.startswith("ResNet1D") else ResNet2dSpec)
        assert count == count_parameters(PAPER, PAPER.row("width", label).experiment)


@pytest.mark.parametrize(("number", "accuracy"), [(0, 57.1), (1, 53.6), (2, 42.6)])
def test_published_confusions_are_of_their_rows(number, accuracy):
    """Lines are of 100 clips each, and the diagonal is the accuracy that the study gives."""
    confusion = PAPER.confusions[number]
    counts = np.array(confusion.counts)
    assert (counts.sum(axis=1) == 100).all()
    assert round(100 * np.trace(counts) / counts.sum(), 1) == pytest.approx(accuracy, abs=0.1)
    assert confusion.genres == tuple(sorted(confusion.genres))
    assert PAPER.row(*confusion.row)


@pytest.mark.parametrize(
    "values",
    [
        {"weights": "imagenet", "head": "average", "trained": "all"},
        {"weights": "gtzan", "head": "classifier", "trained": "last_block"},
        {"weights": "imagenet", "head": "classifier", "trained": "first_and_last", "units": 64},
    ],
)
def test_weights_that_do_not_fit_the_rest_of_vgg16_are_refused(values):
    with pytest.raises(SpecError, match=r"weights \w+ go with"):
        build_spec(Vgg16Spec, values)


@pytest.mark.parametrize("place", ["logits", "features"])
def test_dropout_is_where_it_is_asked_for(place):
    model = build(ResNet2dSpec(base_filters=2, blocks=(1, 1, 1, 1), dropout=0.5, dropout_on=place), (32, 32, 1), 8)
    names = [layer.name for layer in model.layers]
    assert (names.index("logits_dropout") > names.index("logits")) == (place == "logits")
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 32, 32, 1)).astype(np.float32)
    logits = keras.Model(model.input, model.get_layer("genre").input)
    dropped = (np.asarray(logits(x, training=True)) == 0).mean()
    assert dropped == pytest.approx(0.5 if place == "logits" else 0.0, abs=0.1)
    assert (np.asarray(logits(x, training=False)) != 0).all()


def test_decisions_are_averaged_with_the_weight():
    spec = FusionSpec(combination="decisions", waveform_weight=0.25, blocks=(1, 1, 1, 1))
    model = build(spec, ((20_000, 1), (32, 32, 1)), 8)
    x = [np.random.default_rng(0).normal(size=(3, *shape)).astype(np.float32) for shape in ((20_000, 1), (32, 32, 1))]
    branches = keras.Model(model.inputs, [model.get_layer("genre1d").output, model.get_layer("genre2d").output])
    one, two = (softmax(np.asarray(logits, np.float64), axis=1) for logits in branches(x))
    np.testing.assert_allclose(probabilities_of(model(x)), 0.25 * one + 0.75 * two, rtol=1e-5)
    np.testing.assert_allclose(model(x), np.log(0.25 * one + 0.75 * two), rtol=1e-5)


@pytest.mark.parametrize("weight", [0.0, 0.25, 1.0])
def test_the_decision_has_an_exact_loss_also_where_both_branches_are_wrong_by_far(weight):
    """Probabilities below exp(-110), which are 0 in float32."""
    one, two = (np.random.default_rng(seed).normal(0, 300, (6, 4)).astype(np.float32) for seed in (0, 1))
    parts = [
        log_softmax(np.float64(logits), axis=1) + np.log(factor)
        for logits, factor in ((one, weight), (two, 1 - weight))
        if factor
    ]
    found = np.asarray(LogOfMeanSoftmax(weight)([one, two]))
    assert found.min() < -110
    np.testing.assert_allclose(found, np.logaddexp.reduce(parts), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("spec", "shape", "message"),
    [
        (ResNet1dSpec(base_filters=16), (128, 216, 1), "not a sequence of samples"),
        (ResNet1dSpec(base_filters=16), (5_000, 1), "too few"),
        (ResNet2dSpec(base_filters=16), SAMPLES, "not a spectrogram"),
        (NNET2, (6, 216, 1), "at least 7"),
        (NNET2.replace(filters=(8, 8, 16)), BANDS, "added to its third"),
        (FusionSpec(combination="features"), BANDS, "samples and a spectrogram"),
        (e.vgg16("random").model, (128, 21, 1), "at least 32"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(spec, shape, message):
    with pytest.raises(SpecError, match=message):
        build(spec, shape, 8)


def test_a_frozen_vgg16_changes_only_what_is_trained():
    spec = Vgg16Spec(weights="random", head="average", trained="last_block")
    model = build(spec, (32, 32, 1), 8)
    body = model.get_layer("vgg16")
    before = {layer.name: [w.copy() for w in layer.get_weights()] for layer in body.layers}
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.train_on_batch(np.random.default_rng(0).normal(size=(4, 32, 32, 1)), np.arange(4))
    for layer in body.layers:
        same = all(np.array_equal(a, b) for a, b in zip(before[layer.name], layer.get_weights(), strict=True))
        assert same != (layer.name.startswith("block5") and bool(layer.weights)), layer.name


def small_vgg16(trained: str, weights: str) -> Vgg16Spec:
    return Vgg16Spec(weights=weights, head="classifier", trained=trained, units=16)


def test_weights_trained_on_gtzan_reach_all_layers_but_the_new_ones(tmp_path):
    keras.utils.set_random_seed(1)
    donor = build(small_vgg16("all", "random"), (32, 32, 1), 10)
    donor.save_weights(tmp_path / "gtzan.weights.h5")
    spec = small_vgg16("first_and_last", "gtzan")
    model = build(spec, (32, 32, 1), 8)
    fresh = model.get_layer("vgg16").get_layer("block1_conv1").get_weights()[0]
    initialise(model, spec, {"gtzan": tmp_path / "gtzan.weights.h5"})
    taken = [donor.get_layer("vgg16").get_layer("block3_conv2"), donor.get_layer("fc2")]
    ours = [model.get_layer("vgg16").get_layer("block3_conv2"), model.get_layer("fc2")]
    for theirs, mine in zip(taken, ours, strict=True):
        np.testing.assert_array_equal(mine.get_weights()[0], theirs.get_weights()[0])
    np.testing.assert_array_equal(model.get_layer("vgg16").get_layer("block1_conv1").get_weights()[0], fresh)


def test_weights_of_imagenet_come_from_a_file(tmp_path):
    keras.utils.set_random_seed(1)
    donor = keras.applications.VGG16(include_top=False, weights=None)
    donor.save_weights(tmp_path / "vgg16.weights.h5")
    spec = Vgg16Spec(weights="imagenet", head="average", trained="last_block")
    model = build(spec, (32, 32, 1), 8)
    initialise(model, spec, {"imagenet": tmp_path / "vgg16.weights.h5"})
    for name in ("block1_conv1", "block5_conv3"):
        ours = model.get_layer("vgg16").get_layer(name).get_weights()[0]
        np.testing.assert_array_equal(ours, donor.get_layer(name).get_weights()[0])


def test_weights_that_are_missing_or_wrong_are_refused(tmp_path, monkeypatch, capsys):
    spec = small_vgg16("first_and_last", "gtzan")
    model = build(spec, (32, 32, 1), 8)
    with pytest.raises(RunError, match="--weights gtzan=FILE"):
        initialise(model, spec, {})
    wrong = tmp_path / "wrong.weights.h5"
    wrong.write_bytes(b"no weights")
    with pytest.raises(DataError, match=r"wrong\.weights\.h5: not weights of this VGG16"):
        initialise(model, spec, {"gtzan": wrong})
    spec = Vgg16Spec(weights="imagenet", head="average", trained="last_block")

    def offline(**_):
        print("Downloading data from ...")  # as Keras does, on standard output
        raise OSError("no network")

    monkeypatch.setattr(keras.applications, "VGG16", offline)
    with pytest.raises(RunError, match=r"cannot be downloaded \(no network\)"):
        initialise(model, spec, {})
    assert capsys.readouterr().out == ""

    def interrupted(**_):
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()

    monkeypatch.setattr(keras.applications, "VGG16", interrupted)
    with pytest.raises(KeyboardInterrupt):
        initialise(model, spec, {})


def test_layers_of_simple_cnn_are_those_of_the_listing_with_the_sizes_of_the_slide():
    table = PAPER.table("simplecnn")
    values = architecture_table(PAPER, table, "fma_small").as_json()
    assert values["warnings"] == []
    assert values["total"] == {"published": 25_472, "measured": 25_472}
    convolution, others = ("Conv2d", "ReLU", "BatchNorm2d"), (None, None, None)
    assert [tuple(row["measured"][name] for name in values["metrics"]) for row in values["rows"]] == [
        ("Conv2d", [5, 5], [2, 2], [2, 2]),
        ("ReLU", *others),
        ("BatchNorm2d", *others),
        *[("Conv2d", [3, 3], [2, 2], [1, 1]), ("ReLU", *others), ("BatchNorm2d", *others)] * 3,
        ("AdaptiveAvgPool2d", *others),
        ("Linear", *others),
    ]
    labels = [f"{kind}: 2-{number}" for number, kind in enumerate(convolution * 4, start=1)]
    assert [row["label"] for row in values["rows"]] == [*labels, "AdaptiveAvgPool2d: 1-2", "Linear: 1-3"]
    model = PAPER.build(table.experiment.model, PAPER.input_shape(table.experiment), 8)
    # In the order of the listing: ReLU before the normalisation.
    assert ["spectrogram", *(name for row in table.rows for name in row.layers)] == [one.name for one in model.layers]


def test_the_printed_layers_of_resnet1d_are_those_of_another_network():
    built = StoredNetworks.read(PAPER).layers_of(PAPER.table("resnet1d"))
    assert (PAPER.table("resnet1d").total, built.parameters) == (4_086_794, 280_040)
    pools = [built.rows[f"MaxPool {number}"].values for number in range(1, 10)]
    assert [(one["pool_size"], one["stride"]) for one in pools] == [(9, 9)] * 4 + [(3, 3)] * 5
    assert [built.rows[f"Res1D {number}"].values["filters"] for number in range(1, 10)] == [32, 32, *[64] * 6, 128]
    assert built.rows["Conv1D, first"].values["output_size"] == [32, 36752]
    differing = {label: [] for label, _ in built.differing_from(PAPER.table("resnet1d"))}
    for label, column in built.differing_from(PAPER.table("resnet1d")):
        differing[label].append(column)
    assert differing["MaxPool 4"] == ["pool_size", "stride", "output_size"]
    assert differing["MaxPool 5"] == ["output_size"]
    assert differing["Total"] == ["parameters"]
    assert len(differing) == 22


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("nnet1-layers", ["c", "max pooling", "c", "max pooling", "c", "max pooling and average pooling"]),
        ("nnet2-layers", ["c", "c", "c", "shortcut connection", "max pooling and average pooling"]),
    ],
)
def test_layers_of_nnet1_and_nnet2_are_those_that_the_slides_describe(table, words):
    built = StoredNetworks.read(PAPER).layers_of(PAPER.table(table))
    expected = ["convolutional layer" if word == "c" else word for word in words]
    assert [row.values["layer"] for row in built.rows.values()] == expected + [None] * 3
