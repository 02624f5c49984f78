"""Trainings that come apart: noted, said in tables, forgotten when they are measured afresh."""

import dataclasses
import json
from pathlib import Path

import keras
import pytest

from common import captions, divergence, reporting, tables
from common.cli import make_app, run_app
from common.divergence import Divergence, epoch_of_rise
from common.errors import DataError, DivergedError
from common.groups import groups_of
from common.overview import write_overview
from common.paper import Paper
from common.records import write
from common.training import fit
from reproductions.se_cnn.paper import PAPER
from tests.test_tables import SETTING, TABLE_5_1, record, table_of
from tests.test_training import build, make_run

GPU = {"processor": "CPU", "threads": 16, "backend": "jax", "accelerator": "NVIDIA H100"}


def losses(*values: float) -> tuple[dict, ...]:
    return tuple({"epoch": number, "loss": value} for number, value in enumerate(values, start=1))


@pytest.mark.parametrize(
    ("given", "epoch"),
    [
        ((2.0, 1.0, 0.5, 0.4), None),
        ((2.0, 1.0, 1.4, 0.4), None),
        ((2.0, 1.0, 1.6, 0.4), 3),
        ((2.0, 0.3, 0.6, 0.9, 14.5), 4),
        ((2.0, 2.4), None),
        ((2.0, 2.6), 2),
        ((2.0,), None),
    ],
)
def test_a_loss_that_rises_by_a_quarter_of_the_first_or_of_guessing_has_diverged(given, epoch):
    assert epoch_of_rise(losses(*given), classes=4) == epoch


def test_a_run_that_began_low_may_rise_by_hundredths():
    """Rounds with carried weights, and networks that were trained before."""
    assert epoch_of_rise(losses(0.08, 0.05, 0.075), classes=10) is None
    assert epoch_of_rise(losses(0.08, 0.05, 0.9), classes=10) == 3


def noted(seed: int = 1, **changes) -> Divergence:
    values = {
        "run_id": f"lost{seed}",
        "paper": "se_cnn",
        "row_experiment": TABLE_5_1.rows[0].experiment.digest,
        "experiment": TABLE_5_1.rows[0].experiment.as_json(),
        "setting": SETTING,
        "split_digest": "s",
        "seed": seed,
        "fold": 0,
        "folds": 1,
        "reason": "the loss is not finite in epoch 17 (nan; validation nan)",
        "machine": GPU,
        "versions": {"jax": "0.11.2"},
        "finished_at": "2026-01-01T00:00:00+00:00",
    }
    return Divergence(**{**values, **changes})


def test_a_table_says_which_rows_diverged_and_which_runs_gave_no_number():
    risen = record(0, history=losses(1.6, 0.4, 3.9, 14.5), best_epoch=2)
    calm = record(-1, history=losses(1.6, 0.9, 0.8))
    values = tables.of_results(PAPER, TABLE_5_1, SETTING, [risen, calm], [noted()])
    told = [line for line in values["warnings"] if line.startswith("DIVERGED")]
    assert told == [
        "DIVERGED: the training loss rose above its lowest by more than a quarter of what guessing costs "
        "(0: seed 0 in epoch 3, kept 2). Judged are the weights of the kept epoch, as of every run.",
        "DIVERGED without a number: 0, seed 1 (the loss is not finite in epoch 17 (nan; validation nan); "
        "NVIDIA H100, jax 0.11.2).",
    ]
    assert captions.marks(values).endswith("some trainings diverged")
    assert not table_of(calm)["warnings"]


def test_regenerated_tables_read_the_notes_and_the_list_of_tables_marks_them(tmp_path):
    folder = tmp_path / "se_cnn" / SETTING.dataset
    write(folder / "runs", record(0))
    divergence.write(folder / "diverged", noted())
    reporting.regenerate(PAPER, tmp_path)
    (path,) = folder.glob("table_5.1*.md")
    assert "DIVERGED without a number: 0, seed 1" in path.read_text(encoding="utf-8")
    assert "diverged |" in write_overview(tmp_path).read_text(encoding="utf-8")
    (folder / "diverged" / "lost1.json").write_text("{}")
    with pytest.raises(DataError, match=r"lost1\.json: not a note of a run that diverged"):
        reporting.regenerate(PAPER, tmp_path)


def test_a_note_belongs_to_the_records_of_its_setting_and_split():
    (group,) = groups_of(PAPER, [record(0), record(-1)])
    row = TABLE_5_1.rows[0].experiment
    strangers = (
        noted(2, setting=SETTING.but(epochs=3)),
        noted(3, split_digest="dealt otherwise"),
        noted(4, row_experiment="of another version"),
        noted(5, experiment=row.changed({"windows.seconds": 5.0}).as_json()),
    )
    assert group.diverged(PAPER, [noted(), *strangers]) == [noted()]


def test_the_first_note_of_a_run_stays(tmp_path):
    divergence.write(tmp_path, noted())
    divergence.write(tmp_path, noted(reason="the loss is not finite in epoch 3."))
    assert divergence.read_all(tmp_path) == [noted()]


def explosive(shape, classes):
    """A network whose loss is no number from the first step on."""
    inputs = keras.Input(shape)
    x = keras.layers.Dense(classes)(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, keras.layers.Lambda(lambda x: x * float("nan"))(x))


def test_a_fit_tells_its_history_with_the_error(tiny_arrays, tmp_path):
    run, reader = make_run(tiny_arrays, tmp_path)
    with pytest.raises(DivergedError, match="not finite in epoch 1") as caught:
        fit(run, explosive, reader, layout="bins_frames_channel", folder=tmp_path / "a")
    assert caught.value.history == ()
    classes = len(reader.index.genres)
    calm = fit(run, build, reader, layout="bins_frames_channel", folder=tmp_path / "b")
    assert epoch_of_rise(calm.state.history, classes) is None


def test_a_run_that_was_measured_since_says_so():
    values = tables.of_results(PAPER, TABLE_5_1, SETTING, [record(0)], [noted(run_id="run00")])
    assert values["warnings"][-1].endswith("NVIDIA H100, jax 0.11.2; measured since).")


def test_a_command_notes_the_run_and_measuring_afresh_forgets_it(tiny_arrays, tmp_path):
    def command(paper: Paper, *more: str) -> int:
        arguments = ["--dataset", "arrays", "--data", str(tiny_arrays), "--table", "5.1", "--row", "0", "--seeds", "1"]
        places = ["--epochs", "1", "--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
        return run_app(make_app(paper), [*arguments, "--set", "model.widths=[2,2,2,2,2]", *places, *more])

    assert command(dataclasses.replace(PAPER, build=lambda spec, shape, classes: explosive(shape, classes))) == 1
    folder: Path = tmp_path / "out" / "se_cnn" / "arrays"
    (note,) = divergence.read_all(folder / "diverged")
    assert (note.seed, note.machine["backend"]) == (0, "tensorflow")
    assert note.reason.startswith("the loss is not finite in epoch 1")
    assert command(PAPER, "--fresh") == 0
    assert divergence.read_all(folder / "diverged") == []
    (path,) = folder.glob("table_5.1*.json")
    assert not json.loads(path.read_text(encoding="utf-8"))["warnings"]
