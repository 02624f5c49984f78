"""Trainings that diverge: noted, reported in tables, and removed when the run is measured again."""

import dataclasses
import json
from pathlib import Path

import keras
import pytest

from common.cli.app import run_app
from common.cli.run import make_app
from common.core.errors import DivergedError
from common.paper.paper import Paper
from common.records.divergence import epoch_of_rise, read_divergences, write_divergence
from common.records.paths import RunPaths, WorkPaths
from common.records.record import write_record
from common.reports.pages import write_overview
from common.reports.write import regenerate_tables
from common.training.fit import fit
from reproductions.se_cnn.paper import PAPER
from tests.helpers.fitting import build, make_run
from tests.helpers.se_cnn_records import SETTING, divergence_note, record


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


def test_regenerated_tables_read_the_notes_and_the_list_of_tables_marks_them(tmp_path, capsys):
    folder = tmp_path / "se_cnn" / SETTING.dataset
    write_record(RunPaths(folder), record(0))
    write_divergence(RunPaths(folder), divergence_note())
    regenerate_tables(PAPER, tmp_path)
    (path,) = folder.glob("table_5.1*.md")
    assert "DIVERGED without a result: se-0, seed 1" in path.read_text(encoding="utf-8")
    assert "diverged |" in write_overview(tmp_path).read_text(encoding="utf-8")
    for unusable in ("{}", "{"):
        (folder / "diverged" / "lost1.json").write_text(unusable)
        regenerate_tables(PAPER, tmp_path)
        assert "not used: " in capsys.readouterr().err
        assert "DIVERGED" not in path.read_text(encoding="utf-8")


def test_the_first_note_of_a_run_stays(tmp_path):
    write_divergence(RunPaths(tmp_path), divergence_note())
    write_divergence(RunPaths(tmp_path), divergence_note(reason="the loss is not finite in epoch 3."))
    assert read_divergences(RunPaths(tmp_path).diverged) == [divergence_note()]


def explosive(shape, classes):
    """A network whose loss is not a number from the first step on."""
    inputs = keras.Input(shape)
    x = keras.layers.Dense(classes)(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, keras.layers.Lambda(lambda x: x * float("nan"))(x))


def test_the_error_of_a_fit_holds_its_history(tiny_arrays, tmp_path):
    run, reader = make_run(tiny_arrays, tmp_path)
    with pytest.raises(DivergedError, match="not finite in epoch 1") as caught:
        fit(run, explosive, reader, layout="bins_frames_channel", work=WorkPaths(tmp_path / "a"))
    assert caught.value.history == ()
    classes = len(reader.index.genres)
    calm = fit(run, build, reader, layout="bins_frames_channel", work=WorkPaths(tmp_path / "b"))
    assert epoch_of_rise(calm.state.history, classes) is None


def test_a_command_notes_the_run_and_measuring_it_again_removes_the_note(tiny_arrays, tmp_path):
    def command(paper: Paper, *more: str) -> int:
        arguments = ["--dataset", "arrays", "--data", str(tiny_arrays), "--table", "5.1", "--row", "0", "--seeds", "1"]
        places = ["--epochs", "1", "--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
        return run_app(make_app(paper), [*arguments, "--set", "model.widths=[2,2,2,2,2]", *places, *more])

    assert command(dataclasses.replace(PAPER, build=lambda spec, shape, classes: explosive(shape, classes))) == 1
    folder: Path = tmp_path / "out" / "se_cnn" / "arrays"
    (note,) = read_divergences(folder / "diverged")
    assert (note.seed, note.machine["backend"]) == (0, "tensorflow")
    assert note.reason.startswith("the loss is not finite in epoch 1")
    assert command(PAPER, "--fresh") == 0
    assert read_divergences(folder / "diverged") == []
    (path,) = folder.glob("table_5.1*.json")
    assert not json.loads(path.read_text(encoding="utf-8"))["warnings"]


def test_a_note_that_was_edited_or_renamed_is_named_and_not_used(tmp_path, capsys):
    paths = RunPaths(tmp_path)
    write_divergence(paths, divergence_note())
    path = paths.divergence(divergence_note().run_id)
    text = path.read_text()
    path.write_text(text.replace("in epoch 17", "in epoch 18"))
    assert read_divergences(paths.diverged) == []
    assert "was edited: its values do not match its SHA-256. Remove it" in capsys.readouterr().err.replace("\n", " ")
    path.write_text(text)
    path.rename(path.with_name("other.json"))
    assert read_divergences(paths.diverged) == []
    assert "other.json: holds run lost1; the file's name must be" in capsys.readouterr().err.replace("\n", " ")


class CountedLoss(float):
    """A loss that counts how often it is compared with another."""

    compared = 0

    def __lt__(self, other: float) -> bool:
        type(self).compared += 1
        return float(self) < other


def test_a_rise_is_found_in_one_pass_over_the_epochs():
    history = ({"loss": CountedLoss(2.0 - number / 10_000)} for number in range(5000))
    assert epoch_of_rise(history, classes=10) is None
    assert 0 < CountedLoss.compared <= 2 * 5000
