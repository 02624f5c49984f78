"""The embeddings study: parameter counts, shapes, published numbers, the course's split, the metric it got wrong."""

from collections import Counter

import numpy as np
import pytest

from common.core.errors import SpecError
from common.core.spec import build as spec_of
from common.paper.parameters import count_trainable
from common.records.record import PartCounts
from common.reports.tables.legacy import legacy_table
from common.reports.tables.results import results_table
from data_pipeline.datasets import gtzan
from data_pipeline.windows.index import WindowIndex
from data_pipeline.windows.paired import pair_windows
from reproductions.embeddings import published as p
from reproductions.embeddings.model import build
from reproductions.embeddings.paper import BASE_2D, PAPER, Q1, SPECTRAL, TABLE_1
from reproductions.embeddings.specs import ConvolutionalSpec, EmbeddingSpec, ImageNetSpec, SpecAndEmbedSpec
from tests.helpers.se_cnn_records import record

WHOLE, SEGMENT, EMBEDDING = (936, 96), (125, 96), (1, 753)
IMAGENET = {
    "vgg13": 128_983_624,
    "vgg16": 134_293_320,
    "vgg19": 139_603_016,
    "resnet18": 11_180_616,
    "resnet34": 21_288_776,
    "resnet50": 23_524_424,
    "resnet101": 42_516_552,
}


@pytest.mark.parametrize(
    ("spec", "shape", "parameters"),
    [
        (SPECTRAL["Baseline"], WHOLE, 36_392),
        (Q1, WHOLE, 45_784),
        (BASE_2D, WHOLE, 107_496),
        (BASE_2D, SEGMENT, 107_496),
        (EmbeddingSpec(), EMBEDDING, 24_456),
        *((ImageNetSpec(network=name), SEGMENT, count) for name, count in IMAGENET.items()),
        (SpecAndEmbedSpec(spectral=Q1), (WHOLE, EMBEDDING), 70_392),
        (SpecAndEmbedSpec(spectral=BASE_2D), (SEGMENT, EMBEDDING), 132_104),
        (SpecAndEmbedSpec(spectral=ImageNetSpec(network="resnet34")), (WHOLE, EMBEDDING), 21_313_384),
    ],
)
def test_parameters_are_the_published_ones(spec, shape, parameters):
    assert count_trainable(build(spec, shape, 8)) == parameters


@pytest.mark.parametrize(
    ("spec", "shape", "pooled"),
    [
        (SPECTRAL["Baseline"], WHOLE, [(133, 32), (19, 32), (2, 32)]),
        (Q1, WHOLE, [(133, 16), (26, 32), (8, 64), (2, 128)]),
        (BASE_2D, WHOLE, [(19, 187, 16), (6, 62, 32), (2, 20, 64), (1, 10, 128)]),
        (BASE_2D, SEGMENT, [(19, 25, 16), (6, 8, 32), (2, 2, 64), (1, 1, 128)]),
    ],
)
def test_shapes_behind_the_poolings(spec, shape, pooled):
    model = build(spec, shape, 8)
    found = [tuple(model.get_layer(f"pool{number}").output.shape[1:]) for number in range(1, 1 + len(pooled))]
    assert found == pooled


@pytest.mark.parametrize("network", ["vgg16", "resnet34", "resnet50"])
def test_images_of_segments_shrink_by_32(network):
    model = build(ImageNetSpec(network=network, base_filters=4, units=8, weights="random"), SEGMENT, 8)
    layer = model.get_layer("block5_pool" if network == "vgg16" else "average")
    shape = layer.output.shape[1:3] if network == "vgg16" else layer.input.shape[1:3]
    assert tuple(shape) == ((3, 3) if network == "vgg16" else (3, 4))
    if network == "vgg16":
        assert tuple(model.get_layer("adaptive").output.shape[1:3]) == (7, 7)


@pytest.mark.parametrize(
    ("network", "depth", "convolutions"),
    # Of a ResNet: the stem, and in each stage the convolutions of its first blocks and their projections.
    [("vgg19", 1, 5), ("vgg19", 3, 13), ("resnet34", 1, 1 + 4 * 2 + 3), ("resnet101", 2, 1 + 4 * 2 * 3 + 4)],
)
def test_stage_depth_leaves_out_the_later_layers_of_each_stage(network, depth, convolutions):
    spec = ImageNetSpec(network=network, base_filters=4, units=8, weights="random", stage_depth=depth)
    shortened, whole = build(spec, SEGMENT, 8), build(spec.replace(stage_depth=None), SEGMENT, 8)
    kinds = [type(layer).__name__ for layer in shortened.layers]
    assert kinds.count("Conv2D") == convolutions
    assert {layer.name for layer in shortened.layers} < {layer.name for layer in whole.layers}
    assert build(spec.replace(stage_depth=30), SEGMENT, 8).count_params() == whole.count_params()


def test_mel_bands_become_rows_of_the_image():
    model = build(BASE_2D, SEGMENT, 8)
    assert tuple(model.get_layer("picture").output.shape[1:]) == (96, 125, 1)
    x = np.random.default_rng(0).random((2, *SEGMENT), dtype=np.float32)
    import keras

    seen = keras.Model(model.inputs, model.get_layer("picture").output).predict(x, verbose=0)
    np.testing.assert_array_equal(seen[..., 0], x.transpose(0, 2, 1))


@pytest.mark.parametrize(
    ("spec", "shape", "message"),
    [
        (SPECTRAL["Baseline"], (300, 96), "too little is left for pooling 3 of 7"),
        (BASE_2D, (125, 64), "too little is left for pooling 4 of 2"),
        (ImageNetSpec(network="vgg16"), (31, 96), "both sides have to be at least 32"),
        (SpecAndEmbedSpec(spectral=Q1), WHOLE, "takes 2 inputs, not 1"),
        (EmbeddingSpec(), (WHOLE, EMBEDDING), "takes 1 inputs, not 2"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(spec, shape, message):
    with pytest.raises(SpecError, match=message):
        build(spec, shape, 8)


def test_impossible_specs_are_refused():
    with pytest.raises(SpecError, match="as many filters as kernels"):
        spec_of(ConvolutionalSpec, {"dimensions": 1, "filters": (1, 2), "kernels": (3,), "pools": (2, 2)})
    with pytest.raises(SpecError, match="weights imagenet go with 64 filters"):
        spec_of(ImageNetSpec, {"network": "vgg16", "base_filters": 8})
    with pytest.raises(SpecError, match="not with a stage_depth of 1"):
        spec_of(ImageNetSpec, {"network": "vgg16", "stage_depth": 1})


def test_published_numbers():
    assert len(TABLE_1.rows) == 22
    msd = PAPER.row("1", "MSD Embed, augmentation")
    assert msd.published == {"train": 86.42, "validation": 92.08, "test": 86.67}
    assert PAPER.row("2", "ResNet34").published["test"] == 80.44
    totals = [sum(line) for line in p.TABLE_3]
    assert totals == [60, 69, 66, 54, 51, 60, 39, 51]
    assert sum(p.TABLE_3[place][place] for place in range(8)) / sum(totals) == pytest.approx(0.86)


def test_rows_see_what_their_condition_says():
    def of(label: str):
        return PAPER.row("1", label).experiment

    def frames(label: str) -> int:
        experiment = of(label)
        return experiment.windows.window_frames(experiment.feature.frames_per_second)

    assert (frames("Base2DCNN, original"), frames("Base2DCNN, augmentation")) == (936, 851)
    segments = of("Base2DCNN, segmentation")
    assert frames("Base2DCNN, segmentation") == frames("Base2DCNN, augmentation + segmentation") == 125
    # 7 of a clip, 9 to 6 of one whose tempo was changed.
    rate = segments.feature.frames_per_second
    assert [len(segments.windows.starts(1 + int(480_000 / tempo) // 512, rate)) for tempo in (1, 0.8, 0.9, 1.1)] == [
        7, 9, 8, 6,
    ]  # fmt: skip
    assert of("Base2DCNN, original").copies is None
    assert of("MSD Embed, augmentation").copies is not None
    assert frames("MTT Embed, original") == 1
    assert of("MTT Embed, original").feature.model == "MTT"
    assert of("Q1+MSD Embed, original").second_input.feature.model == "MSD"


def test_the_course_split_has_the_published_counts():
    split = gtzan.course_split()
    assert Counter(split.values()) == {"train": 540, "valid": 40, "test": 150, "removed": 70}
    tested = Counter(name.split(".")[0] for name, part in split.items() if part == "test")
    assert [tested[genre] for genre in p.GENRES] == [20, 23, 22, 18, 17, 20, 13, 17]
    valid = Counter(name.split(".")[0] for name, part in split.items() if part == "valid")
    assert set(valid.values()) == {5}
    assert not {name for name in split if name.startswith(("blues", "rock"))}


def test_segments_go_with_the_embedding_of_their_clip(make_shards, tmp_path, monkeypatch):
    spectra = make_shards(tmp_path / "a", [[np.zeros((30, 4), np.float32), np.zeros((20, 4), np.float32)]])
    whole = make_shards(tmp_path / "b", [[np.zeros((1, 3), np.float32), np.ones((1, 3), np.float32)]])
    first = WindowIndex(np.array([0, 0, 0, 1, 1]), np.array([0, 10, 20, 0, 10]), 10)
    second = WindowIndex(np.array([0, 1]), np.array([0, 0]), 1)
    pairs = pair_windows((spectra, first), (whole, second))
    assert len(pairs[1]) == 2  # features that are no pooled ones go window by window
    monkeypatch.setattr(type(whole.feature), "pooled", True, raising=False)
    first, second = pair_windows((spectra, first), (whole, second))
    assert second.tracks.tolist() == first.tracks.tolist() == [0, 0, 0, 1, 1]
    assert second.starts.tolist() == [0] * 5


def study_record(**changes):
    row = PAPER.row("1", "Base2DCNN, original").experiment
    values = {
        "paper": "embeddings",
        "row_experiment": row.digest,
        "experiment": row.as_json(),
        "parts": {
            "train": PartCounts(clips=540, windows=540),
            "valid": PartCounts(clips=40, windows=40),
            "test": PartCounts(clips=150, windows=150),
        },
        "history": ({"epoch": 1, "loss": 1.0, "accuracy": 1.0, "val_loss": 1.0, "val_accuracy": 1.0},),
    }
    one = record(**{**values, **changes})
    return one.replace(metrics={**one.metrics, "valid": {"window_accuracy": 1.0}})


def test_the_studys_metric_is_capped_and_says_so():
    one = study_record()
    values = legacy_table(PAPER, TABLE_1, one.setting, [one]).as_json()
    row = next(row for row in values["rows"] if row["measured"])
    assert row["measured"]["validation"]["mean"] == 80.0
    assert row["measured"]["train"]["mean"] == 94.814815
    assert row["measured"]["test"]["mean"] == 80.0  # of `record`, not capped
    assert "LEGACY METRIC" in values["caption"][0]
    assert "train 94.81 %, valid 80.00 %" in values["caption"][1]
    true = results_table(PAPER, TABLE_1, one.setting, [one]).as_json()
    row = next(row for row in true["rows"] if row["measured"])
    assert row["measured"]["validation"]["mean"] == row["measured"]["train"]["mean"] == 100.0


def test_intervals_of_the_studys_metric_never_exceed_what_it_can_reach():
    """They are those of the true accuracy, times the share of windows that the study counted."""
    one = study_record()
    lower = one.replace(
        run_id="second", seed=1, history=tuple(entry | {"accuracy": 0.9, "val_accuracy": 0.6} for entry in one.history)
    )
    lower = lower.replace(metrics=lower.metrics | {"valid": lower.metrics["valid"] | {"window_accuracy": 0.6}})
    runs = [one, lower]
    capped, true = (
        next(row for row in table.values["rows"] if row["measured"])
        for table in (
            legacy_table(PAPER, TABLE_1, one.setting, runs),
            results_table(PAPER, TABLE_1, one.setting, runs),
        )
    )
    for name, share in (("train", 512 / 540), ("validation", 32 / 40)):
        ours, theirs = capped["measured"][name], true["measured"][name]
        for key in ("ci95", "ci95_clips", "ci95_runs"):
            assert ours[key] == pytest.approx([share * bound for bound in theirs[key]], abs=0.011)
        assert ours["ci95"][1] <= 100 * share + 0.01
        assert ours["sd"] == pytest.approx(share * theirs["sd"], abs=0.011)
    assert capped["measured"]["test"] == true["measured"]["test"]


def test_embeddings_are_given_as_they_are_and_spectrograms_are_standardised():
    experiments = PAPER.experiments
    joined = [experiment for experiment in experiments if experiment.second_input]
    assert len(joined) == 10
    for experiment in joined:
        assert (experiment.training.standardise, experiment.second_input.standardise) == (True, False)
    for experiment in set(experiments) - set(joined):
        assert experiment.training.standardise == (experiment.feature.kind != "musicnn")
