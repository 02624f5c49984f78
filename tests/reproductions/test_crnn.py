"""CNN + RNN: published parameter counts and shapes, published numbers, and a table from a run on few clips."""

import json
import re

import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from common.cli.app import run_app
from common.cli.run import make_app
from common.core.errors import SpecError
from common.core.spec import build as spec_of
from common.paper.parameters import count_parameters, count_trainable
from common.records.record import read_records
from common.reports.tables.confusion import confusion_table
from reproductions.crnn import published as p
from reproductions.crnn.model import build
from reproductions.crnn.paper import PAPER
from reproductions.crnn.specs import ConvolutionalSpec, CrnnSpec
from tests.helpers.shapes_only import built_without_values

WHOLE = (1292, 128)
COUNTS = [
    ("cnn1d", "gru", 64, 1, 478_860),
    ("cnn1d", "gru", 64, 2, 775_308),
    ("cnn1d", "gru", 128, 1, 1_826_060),
    ("cnn1d", "gru", 128, 2, 3_008_780),
    ("cnn1d", "lstm", 64, 1, 626_636),
    ("cnn1d", "lstm", 64, 2, 1_020_876),
    ("cnn1d", "lstm", 128, 1, 1_299_724),
    ("cnn1d", "lstm", 128, 2, 1_693_964),
    ("cnn2d", "gru", 64, 1, 3_551_692),
    ("cnn2d", "gru", 64, 2, 3_626_188),
    ("cnn2d", "gru", 128, 2, 14_494_092),
    ("cnn2d", "lstm", 64, 1, 8_959_500),
    ("cnn2d", "lstm", 64, 2, 9_353_740),
]


@pytest.mark.parametrize(("front", "cell", "hidden", "layers", "parameters"), COUNTS)
def test_parameters_are_the_published_ones(front, cell, hidden, layers, parameters):
    model = built_without_values(build, CrnnSpec(front=front, cell=cell, hidden=hidden, layers=layers), WHOLE, 12)
    assert count_trainable(model) == parameters
    # With 16 genres instead of 12: four more units behind the last hidden layer.
    wider = built_without_values(build, CrnnSpec(front=front, cell=cell, hidden=hidden, layers=layers), WHOLE, 16)
    assert count_trainable(wider) - parameters == (516 if 128 in (hidden, cell == "lstm" and 128) else 260)


def test_rows_of_the_final_table_have_the_published_networks():
    counts = {row.label: count_parameters(PAPER, row.experiment) for row in PAPER.table("final").rows}
    assert counts == {
        "CNN 1D + GRU": 775_308,
        "CNN 1D + LSTM": 1_020_876,
        "CNN 2D + LSTM": 9_353_740,
        "CNN 2D + GRU": 3_626_188,
    }
    assert count_parameters(PAPER, PAPER.row("alone", "CNN 2D").experiment) == 10_787_852


ROW_SUMS = [99, 100, 100, 101, 101, 100, 100, 100, 100, 100, 99, 99]
COLUMN_SUMS = [90, 159, 227, 91, 83, 56, 63, 28, 97, 32, 214, 59]
SHAPES = [
    ("cnn1d", "gru", {"pool1": (646, 64), "pool2": (323, 128), "recurrent1": (323, 256), "embedding": (256,)}),
    ("cnn1d", "lstm", {"front_dropout": (323, 256), "recurrent2": (323, 256), "embedding": (512,)}),
    ("cnn2d", "gru", {"pool1": (646, 64, 64), "pool2": (323, 32, 128), "sequence": (323, 8192), "embedding": (128,)}),
    ("cnn2d", "lstm", {"sequence": (323, 8192), "recurrent2": (323, 256), "embedding": (512,)}),
]


@pytest.mark.parametrize(("front", "cell", "shapes"), SHAPES)
def test_shapes_within_the_networks(front, cell, shapes):
    model = built_without_values(build, CrnnSpec(front=front, cell=cell), WHOLE, 12)
    assert {name: tuple(model.get_layer(name).output.shape[1:]) for name in shapes} == shapes


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_what_is_pooled_over_time(cell):
    """The mean of the recurrent outputs, and behind an LSTM their maximum too; the second half reads backwards."""
    keras.utils.set_random_seed(0)
    model = build(CrnnSpec(front="cnn1d", cell=cell, hidden=4), (64, 16), 3)
    inner = keras.Model(model.input, [model.get_layer(name).output for name in ("recurrent2", "embedding")])
    x = np.random.default_rng(0).random((5, 64, 16), dtype=np.float32)
    outputs, pooled = (np.asarray(value) for value in inner(x, training=False))
    expected = [outputs.mean(axis=1)] + ([outputs.max(axis=1)] if cell == "lstm" else [])
    np.testing.assert_allclose(pooled, np.concatenate(expected, axis=1), atol=1e-6)
    cut = keras.Model(model.input, model.get_layer("recurrent1").output)
    # What comes late in the track cannot change what was read forwards before it.
    y = x.copy()
    y[:, 48:] = 0
    before, after = (np.asarray(cut(part, training=False)) for part in (x, y))
    units = before.shape[-1] // 2
    np.testing.assert_allclose(before[:, :8, :units], after[:, :8, :units], atol=1e-6)
    assert np.abs(before[:, :8, units:] - after[:, :8, units:]).max() > 1e-4


def test_maps_of_the_convolutional_network():
    model = built_without_values(build, ConvolutionalSpec(), WHOLE, 12)
    shapes = [tuple(model.get_layer(f"pool{number}").output.shape[1:]) for number in range(1, 6)]
    assert shapes == [(646, 64, 32), (323, 32, 64), (162, 16, 64), (81, 8, 64), (40, 4, 64)]
    assert model.get_layer("flat").output.shape[1] == 10_240


def test_dropout_is_where_the_study_has_it():
    def rates(front: str, cell: str) -> dict[str, float]:
        model = build(CrnnSpec(front=front, cell=cell, hidden=4, dropout=0.45), (64, 16), 3)
        kinds = (keras.layers.Dropout, keras.layers.SpatialDropout2D)
        return {layer.name: layer.rate for layer in model.layers if isinstance(layer, kinds)}

    assert rates("cnn1d", "gru") == {"front_dropout": 0.45, "dropout": 0.45}
    assert rates("cnn1d", "lstm") == {"front_dropout": 0.45, "dropout": 0.3}
    assert rates("cnn2d", "gru") == {"front_dropout": 0.45, "between2": 0.45, "dropout": 0.45}
    assert rates("cnn2d", "lstm") == {"front_dropout": 0.45, "between2": 0.45, "dropout": 0.3}


@pytest.mark.parametrize(
    ("spec", "shape"),
    [
        (CrnnSpec(front="cnn1d", cell="gru"), (3, 128)),
        (CrnnSpec(front="cnn2d", cell="gru"), (128, 3)),
        (ConvolutionalSpec(), (24, 128)),
        (CrnnSpec(front="cnn1d", cell="gru"), (128, 128, 1)),
    ],
)
def test_windows_too_short_for_the_poolings_are_refused(spec, shape):
    with pytest.raises(SpecError, match="is not \\(frames, bins\\) with at least"):
        build(spec, shape, 3)
    if len(shape) == 2:
        least = tuple(max(size, 25 if spec.kind == "convolutional" else 4) for size in shape)
        assert build(spec, least, 3).output.shape == (None, 3)


def test_published_numbers():
    rows = {row.label: tuple(row.published.values()) for row in PAPER.table("final").rows}
    assert rows == {
        "CNN 1D + GRU": (69.1, 67.4, 55.6),
        "CNN 1D + LSTM": (69.69, 68.64, 59.8),
        "CNN 2D + LSTM": (70.83, 69.7, 60.77),
        "CNN 2D + GRU": (71.4, 70.28, 61.9),
    }
    # Row and column sums of the published matrix, which find a mistyped cell.
    assert [sum(line) for line in p.CONFUSION] == ROW_SUMS
    assert [sum(column) for column in zip(*p.CONFUSION, strict=True)] == COLUMN_SUMS


def test_training_is_what_the_code_does():
    training = PAPER.default_experiment.training
    assert (training.l2, training.l2_variables, training.l2_form) == (5e-5, "all", "sum")
    # PyTorch's patience of 2 lowers the rate after the third epoch.
    assert (training.plateau_epochs, training.plateau_factor, training.plateau_threshold) == (3, 0.7, 1e-4)
    assert (training.step_epochs, training.step_factor) == (10, 0.7)
    assert (training.batch_windows, training.epochs, training.patience_epochs) == (16, 40, 6)
    with pytest.raises(SpecError, match="spectrogram or chain"):
        spec_of(
            type(training.augmentation), {"spectrogram": {"probability": 1.0}, "chain": training.augmentation.chain}
        )


@pytest.fixture(scope="module")
def measured(tiny_arrays, tmp_path_factory):
    """Folder of the results of two rows, trained for two epochs on arrays."""
    out = tmp_path_factory.mktemp("results")
    arguments = ["--dataset", "arrays", "--data", str(tiny_arrays), "--out", str(out), "--cache", str(out / "cache")]
    arguments += ["--table", "final", "--row", "CNN 1D + GRU", "--row", "CNN 2D + GRU", "--epochs", "2"]
    arguments += ["--set", "model.hidden=4", "--set", "model.layers=1", "--set", "windows.seconds=9.9"]
    arguments += ["--split", "holdout"]
    arguments += ["--set", "protocol.fractions=[0.4,0.2,0.4]", "--set", "training.class_weights=inverse_frequency"]
    assert run_app(make_app(PAPER), arguments) == 0
    return out / "crnn" / "arrays"


@pytest.mark.slow
def test_scores_of_the_table_are_those_of_scikit_learn(measured):
    twins = ("final_genres", "final_pairs")
    (path,) = [path for path in measured.glob("table_final_*.json") if not any(twin in path.stem for twin in twins)]
    table = json.loads(path.read_text())
    rows = {row["label"]: row for row in table["rows"]}
    for record in read_records(measured / "runs"):
        row = next(row for row in rows.values() if record.run_id in row["records"])
        true = [clip.label for clip in record.clips]
        decided = [clip.by_mean_softmax for clip in record.clips]
        theirs = {
            "accuracy": accuracy_score(true, decided),
            "f1_weighted": f1_score(true, decided, average="weighted", zero_division=0),
            "f1_macro": f1_score(true, decided, average="macro", zero_division=0),
        }
        for name, value in theirs.items():
            found = row["measured"][name]
            assert found["mean"] == round(100 * value, 6)
            assert found["ci95"][0] <= found["mean"] <= found["ci95"][1]
            assert row["difference"][name] == round(found["mean"] - row["published"][name], 6)
    svg = (path.parent / "figures" / f"{path.stem}.svg").read_text()
    written = " ".join(re.sub("<[^>]+>", " ", svg).split())
    for mark in ("fewer epochs", "other classes", "reduced features"):
        assert mark in written, mark
    caption = " ".join(table["caption"])
    assert "OTHER CLASSES: 4 genres" in caption
    assert "percentile bootstrap" in caption
    assert "inverse genre frequency" in caption


@pytest.mark.slow
def test_a_run_leaves_genres_confusion_curves_projection_and_spectrograms(measured):
    (path,) = measured.glob("table_final_*.json")
    table = next(one for one in json.loads(path.read_text())["companions"] if one["table"] == "final_genres")
    assert table["columns"] == ["CNN 1D + GRU", "CNN 2D + GRU"]
    assert [row["label"] for row in table["rows"]] == ["ambient", "bebop", "cumbia", "dub"]
    assert [row["clips"] for row in table["rows"]] == [4, 4, 4, 4]
    for name in ("figure_curves", "figure_tsne", "figure_mel", "table_final_genres", "table_confusion_cnn2d_gru"):
        (picture,) = (measured / "figures").glob(f"{name}_*.png")
        assert picture.stat().st_size > 10_000
    for record in read_records(measured / "runs"):
        assert {"val_f1_macro", "f1_macro"} <= set(record.history[0])
        if record.experiment["model"]["front"] == "cnn2d":
            assert record.projection is None
        else:
            assert record.projection.dimensions == 16
            assert len(record.projection.points) == len(record.clips) == 16


def test_each_slide_of_curves_has_a_figure_of_its_networks_and_quantities():
    found = {figure.id: figure for figure in PAPER.figures}
    shown = {
        name: ([label for _, label in found[name].rows], found[name].quantities or found[name].kind)
        for name in (
            "cnn1d_gru_loss",
            "cnn1d_lstm_loss",
            "learning_rate",
            "gru_vs_lstm",
            "cnn2d_lstm_curves",
            "cnn2d_gru_curves",
        )
    }
    both = ("loss", "accuracy")
    assert shown == {
        "cnn1d_gru_loss": (["CNN 1D + GRU"], "loss"),
        "cnn1d_lstm_loss": (["CNN 1D + LSTM"], "loss"),
        "learning_rate": (["CNN 1D + LSTM"], "learning_rate"),
        "gru_vs_lstm": (["CNN 1D + GRU", "CNN 1D + LSTM"], both),
        "cnn2d_lstm_curves": (["CNN 2D + LSTM"], both),
        "cnn2d_gru_curves": (["CNN 2D + GRU"], both),
    }


@pytest.mark.slow
def test_a_published_matrix_in_percent_is_compared_with_percent(measured):
    published = PAPER.confusions[0]
    runs = read_records(measured / "runs")
    found = confusion_table(PAPER, published, runs[0].setting, runs).as_json()
    assert found["published_matrix"]["accuracy"] is None
    assert found["published_matrix"]["counts"][0][0] == 81
    assert any(line.startswith("Percent of the true genre's clips") for line in found["caption"])
    for row in found["rows"]:
        assert sum(row["measured"].values()) == pytest.approx(100, abs=2)
    assert np.sum(found["measured_matrix"]["counts"]) == 16
