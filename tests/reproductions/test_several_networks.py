"""Papers whose rows have networks and inputs of different kinds: what is not run, reported and refused."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from common.cli.app import run_app
from common.cli.run import make_app
from common.core.errors import RunError, SpecError
from common.core.files import sha256_of_file
from common.paper.overrides import Resolver
from common.records.paths import ResultPaths
from common.records.record import read_records
from common.reports.write import regenerate_tables
from common.runs.options import Options
from common.runs.plan import plan
from common.runs.runner import execute
from reproductions.soundfusion.paper import PAPER

SPECTROGRAM_ROWS = ("vgg16", "resnet2d-s", "nnet1", "nnet2", "simplecnn")


@pytest.fixture
def arrays(tmp_path):
    """Thirty clips of 64 x 64 in three genres, each loud in bands of its own."""
    rng = np.random.default_rng(0)
    spectrograms = rng.integers(0, 100, (30, 64, 64), dtype=np.uint8)
    for row in range(30):
        spectrograms[row, 20 * (row % 3) : 20 * (row % 3) + 20] += 100
    path = tmp_path / "arrays.npz"
    names = np.array([f"{row:06d}" for row in range(30)])
    np.savez(path, X=spectrograms, name=names, genre=np.array(["a", "b", "c"])[np.arange(30) % 3])
    return path


@pytest.fixture
def options(arrays, tmp_path):
    def make(**changes) -> Options:
        values = {"dataset": "arrays", "data": arrays, "seconds_per_column": 30 / 64, "tables": ("performance",)}
        return Options(**values | {"cache": tmp_path / "cache", "out": tmp_path / "out", "seeds": 1} | changes)

    return make


def test_rows_that_take_samples_are_not_run_on_spectrograms(options, capsys):
    work = plan(PAPER, options())
    labels = [label for planned in work.runs for label in planned.labels]
    assert [label for label in labels if "performance" in label] == [
        f"table performance, {row}" for row in SPECTROGRAM_ROWS
    ]
    work.close()
    messages = " ".join(capsys.readouterr().err.split())
    assert "rows not run, because they take samples" in messages
    for name in ("resnet1d-m", "soundfusion-1", "soundfusion-2"):
        assert name in messages


@pytest.mark.parametrize("rows", [("ResNet1D-m",), ("ResNet2D-s", "SoundFusion-1")])
def test_rows_that_take_samples_and_are_asked_for_are_refused(options, rows):
    with pytest.raises(SpecError, match="takes samples"):
        plan(PAPER, options(rows=rows))


def test_a_change_that_some_rows_do_not_have_names_those_that_do(options):
    with pytest.raises(SpecError, match=r"no such value. Ask for those that have it: --row resnet2d-s\.$"):
        plan(PAPER, options(rows=("ResNet2D-s", "SimpleCNN"), changes=("model.base_filters=4",)))
    work = plan(PAPER, options(rows=("ResNet2D-s",), changes=("model.base_filters=4",)))
    assert [planned.run.experiment.model.base_filters for planned in work.runs] == [4]
    work.close()


def test_changes_reach_values_within_values(options):
    path = "training.augmentation.spectrogram.probability"
    (planned,) = plan(PAPER, options(rows=("SimpleCNN",), changes=(f"{path}=0.5",))).runs
    assert planned.run.experiment.training.augmentation.spectrogram.probability == 0.5
    assert planned.run.experiment.training.augmentation.spectrogram.masks == 2


def test_a_change_together_with_a_part_of_it_is_refused(options):
    changes = ("training.augmentation=null", "training.augmentation.spectrogram.probability=0.5")
    with pytest.raises(SpecError, match="is a part of it"):
        plan(PAPER, options(rows=("SimpleCNN",), changes=changes))


def test_rows_that_smoke_scale_makes_equal_have_records_of_their_own():
    """Both start from random weights then, and train the same layers."""
    rows = [PAPER.row("transfer", label).experiment for label in ("imagenet", "gtzan")]
    work = plan_of_demo_settings(rows)
    assert work[0].digest == work[1].digest
    assert rows[0].digest != rows[1].digest


def plan_of_demo_settings(experiments):
    from common.paper.overrides import Setting

    setting = Setting(dataset="demo", data_digest="", scale="smoke", features="small", split="holdout", unit="clip")
    return [Resolver(PAPER, setting).experiment(experiment) for experiment in experiments]


@pytest.mark.slow
def test_rows_of_different_windows_share_a_table_and_its_caption_names_the_windows(options):
    chosen = options(rows=("SimpleCNN", "nnet2"), epochs=2, changes=("training.windows_per_epoch=32",))
    work = plan(PAPER, chosen)
    assert execute(work, chosen).failed == []
    (report,) = regenerate_tables(PAPER, chosen.out)
    work.close()
    table = report.tables["performance"].as_json()
    measured = {row["label"] for row in table["rows"] if row["measured"]}
    assert measured == {"SimpleCNN", "nnet2"}
    caption = "\n".join(table["caption"])
    assert "nnet2: windows of 64 x 11, batch 32, 2 + 2 masks of up to 30 % (mean) with probability 0.8" in caption
    assert "simplecnn: windows of 64 x 64, batch 32, L2 sum with lambda 0.0005 on all variables" in caption
    assert "nnet2: at most 2 instead of 30; simplecnn: at most 2 instead of 50." in caption
    assert "arrays (64 x 64 windows) instead of 64-band log-mel (stereo, 44100 Hz, hop 512)" in caption
    parts = {
        r.row_experiment: r.parts["test"].windows
        for r in read_records(ResultPaths.of(chosen.out, PAPER.key, "arrays").runs)
    }
    assert sorted(parts.values()) == [3, 21]


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (("imagenet",), "expected NAME=FILE"),
        (("imagenet=none.h5",), "there is no such file"),
        (("vgg19={file}",), "has no weights of that name (it has: imagenet, gtzan)"),
        (("gtzan={file}", "gtzan={file}"), "given twice"),
        (("gtzan={file}",), "no row asked for starts from them"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(options, arrays, weights, words):
    with pytest.raises(SpecError) as caught:
        plan(PAPER, options(rows=("VGG16",), weights=tuple(text.format(file=arrays) for text in weights)))
    assert words in str(caught.value)


def test_a_file_of_weights_is_named_by_its_content_in_the_runs_that_start_from_it(options, tmp_path):
    file = tmp_path / "vgg16.weights.h5"
    file.write_bytes(b"weights")
    rows = ("VGG16", "SimpleCNN")
    plain = plan(PAPER, options(rows=rows))
    work = plan(PAPER, options(rows=rows, weights=(f"imagenet={file}",)))
    assert [planned.run.weights for planned in work.runs] == [f"imagenet={sha256_of_file(file)}", ""]
    same = [before.run.id == after.run.id for before, after in zip(plain.runs, work.runs, strict=True)]
    assert same == [False, True]
    assert work.setting == plain.setting


def test_weights_that_no_row_starts_from_are_refused(options, arrays):
    with pytest.raises(SpecError, match="no row asked for starts from them"):
        plan(PAPER, options(rows=("SimpleCNN",), weights=(f"imagenet={arrays}",)))
    with pytest.raises(SpecError, match="at smoke scale"):
        plan(PAPER, options(rows=("VGG16",), scale="smoke", weights=(f"imagenet={arrays}",)))


@pytest.mark.parametrize(
    ("row", "changes", "found"),
    [
        ("VGG16", ("model.weights=random",), lambda e: e.model.weights == "random"),
        ("nnet1", ("model.hidden_dropout=0.1",), lambda e: e.model.hidden_dropout == 0.1),
        ("SimpleCNN", ("model.filters=[8,16,32,128]",), lambda e: e.model.filters[-1] == 128),
        (
            "nnet2",
            ("training.augmentation.spectrogram.width=5", "training.augmentation.spectrogram.largest_share=null"),
            lambda e: e.training.augmentation.spectrogram.width == 5,
        ),
        ("SimpleCNN", ("feature.columns_per_second=2.0",), lambda e: e.feature.columns_per_second == 2.0),
    ],
)
def test_values_that_only_some_rows_have_can_be_changed(options, row, changes, found):
    work = plan(PAPER, options(rows=(row,), changes=changes, epochs=3))
    (planned,) = work.runs
    work.close()
    assert found(planned.run.experiment)
    assert planned.run.experiment.training.epochs == 3
    assert len(work.setting.changes) == len(changes)
    assert work.setting.epochs == 3


def test_a_row_that_an_option_does_not_change_gets_a_record_of_its_own_in_the_table_with_that_option(options):
    """30 epochs are ResNet2D's own; beside SimpleCNN's 50 its run has to stand in the table of 30, too."""
    both = plan(PAPER, options(rows=("ResNet2D-s", "SimpleCNN"), epochs=30))
    alone = plan(PAPER, options(rows=("ResNet2D-s",)))
    same = plan(PAPER, options(rows=("ResNet2D-s",), epochs=30))
    assert both.setting.epochs == 30
    assert same.setting == alone.setting
    assert same.runs[0].run.id == alone.runs[0].run.id
    assert both.runs[0].run.experiment == alone.runs[0].run.experiment
    assert both.runs[0].run.id != alone.runs[0].run.id


def test_a_network_that_cannot_take_the_windows_fails_its_row_or_ends_the_command(options):
    """VGG16 needs 32 frames, these windows have 11."""
    chosen = options(rows=("VGG16", "SimpleCNN"), epochs=1, changes=("training.windows_per_epoch=8",))
    chosen = replace(chosen, changes=(*chosen.changes, "model.dropout=0.1"))
    work = plan(PAPER, chosen)
    outcome = execute(work, chosen)
    work.close()
    assert outcome.trained == 1
    assert "at least 32" in outcome.failed[0]
    chosen = options(rows=("VGG16",), epochs=1)
    work = plan(PAPER, chosen)
    with pytest.raises(SpecError, match="at least 32"):
        execute(work, chosen)
    work.close()


def test_weights_of_a_folder_are_those_of_the_run_and_reach_the_network(options, tmp_path):
    """As with `--weights imagenet=FILE`: the run has the same id, and its network is given the same file."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "imagenet.h5").write_text("some weights")
    given = []

    def initialise(model, spec, files):
        given.append(files)
        raise RunError("seen")

    chosen = options(rows=("VGG16",), weights_dir=folder, epochs=1)
    work = plan(replace(PAPER, initialise=initialise, build=tiny_network), chosen)
    assert work.runs[0].run.weights == f"imagenet={sha256_of_file(folder / 'imagenet.h5')}"
    (failed,) = execute(work, chosen).failed
    work.close()
    assert "seen" in failed
    assert given == [{"imagenet": folder / "imagenet.h5"}]
    by_name = replace(chosen, weights_dir=None, weights=(f"imagenet={folder / 'imagenet.h5'}",))
    same = plan(PAPER, by_name)
    same.close()
    assert same.runs[0].run.id == work.runs[0].run.id


def tiny_network(spec, input_shape, classes) -> keras.Model:
    inputs = keras.Input(input_shape)
    return keras.Model(inputs, keras.layers.Dense(classes)(keras.layers.Flatten()(inputs)))


@pytest.mark.slow
def test_missing_weights_fail_only_their_row(arrays, tmp_path, capsys, monkeypatch):
    """The other rows are trained, and the command ends with 1."""
    wide = tmp_path / "wide.npz"
    with np.load(arrays) as file:
        np.savez(wide, X=np.repeat(file["X"], 20, axis=2), name=file["name"], genre=file["genre"])
    monkeypatch.setattr(keras.applications, "VGG16", _offline(keras.applications.VGG16))
    arguments = ["--dataset", "arrays", "--data", str(wide), "--seconds-per-column", "0.0234375"]
    arguments += ["--row", "gtzan", "--row", "SimpleCNN", "--table", "transfer", "--table", "performance"]
    arguments += ["--epochs", "1", "--seeds", "1", "--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
    assert run_app(make_app(PAPER), [*arguments, "--set", "training.windows_per_epoch=8"]) == 1
    assert "--weights gtzan=FILE" in " ".join(capsys.readouterr().err.split())
    table = json.loads(next((tmp_path / "out").rglob("table_performance_*.json")).read_text())
    assert [row["label"] for row in table["rows"] if row["measured"]] == ["SimpleCNN"]


def _offline(real):
    def build(*, weights=None, **arguments):
        if weights is not None:
            raise OSError("no network")
        return real(weights=None, **arguments)

    return build
