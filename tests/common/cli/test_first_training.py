"""Weights that are trained first, where `--weights` gives a folder of data."""

from dataclasses import replace

import pytest

from common.cli import first_training
from common.cli.first_training import with_first_trainings
from common.core.errors import RunError, SpecError
from common.paper import FirstTraining
from common.records.paths import ResultPaths
from common.records.record import read_record
from common.runs.options import Options
from common.runs.selection import is_folder_of_data
from reproductions.se_cnn.paper import PAPER as SE_CNN
from reproductions.soundfusion.paper import PAPER as SOUNDFUSION

pytestmark = pytest.mark.usefixtures("kept_models")

FIRST = FirstTraining(("5.1", "0"), "folder", "holdout")
PAPER = replace(SE_CNN, first_trainings={"mine": FIRST})
ROWS = [PAPER.row(*PAPER.default_row).experiment]


@pytest.fixture
def options(tiny_corpus, tmp_path, monkeypatch):
    """Those of a command on other data, whose weights `mine` are to be trained on the tiny corpus."""
    monkeypatch.setattr(first_training, "needed_weights", lambda *_: ["mine"])
    return Options(
        dataset="gtzan",
        data=tmp_path / "others",
        scale="paper",
        features="small",
        epochs=1,
        split="artist",
        genres=("blues", "jazz"),
        changes=("model.widths=[4,4,4,4,4]", "protocol.fractions=[0.5,0.25,0.25]"),
        weights=(f"mine={tiny_corpus.path('blues', 0).parent.parent}",),
        cache=tmp_path / "cache",
        out=tmp_path / "out",
    )


def test_a_row_is_trained_on_the_folder_once_and_its_weights_take_the_folders_place(options, tmp_path):
    (given,) = with_first_trainings(PAPER, options, ROWS).weights
    name, _, file = given.partition("=")
    (record,) = (tmp_path / "out" / "se_cnn").glob("*/runs/*.json")
    results = ResultPaths(record.parent.parent)
    trained = read_record(record)
    assert name == "mine"
    assert file == str(results.work(trained.run_id).best_weights)
    assert trained.row_experiment == PAPER.row(*FIRST.row).experiment.digest
    # Options that are about the other data are not used.
    assert (trained.setting.split, trained.setting.genres, trained.seed) == ("holdout", (), 0)
    assert list(results.folder.glob("table_5.1*.md"))
    before = record.stat().st_mtime_ns
    assert with_first_trainings(PAPER, options, ROWS).weights == (given,)
    assert record.stat().st_mtime_ns == before
    results.work(trained.run_id).best_weights.unlink()
    with pytest.raises(RunError, match=r"best\.weights\.h5: is not there, though its run is recorded"):
        with_first_trainings(PAPER, options, ROWS)


def test_files_stay_as_they_are_given(options, tmp_path):
    file = tmp_path / "some.weights.h5"
    file.touch()
    given = (f"other={file}", "nothing")
    assert with_first_trainings(PAPER, replace(options, weights=given), ROWS).weights == given
    assert [is_folder_of_data(text) for text in (*given, f"mine={tmp_path}")] == [False, False, True]


def test_a_folder_for_other_weights_or_at_smoke_scale_or_for_no_row_is_refused(options, monkeypatch):
    (given,) = options.weights
    with pytest.raises(SpecError, match=r"--weights other=.*: is a folder; expected a file of trained weights"):
        with_first_trainings(PAPER, replace(options, weights=(given.replace("mine=", "other="),)), ROWS)
    with pytest.raises(SpecError, match="at smoke scale networks start from random weights"):
        with_first_trainings(PAPER, replace(options, scale="smoke"), ROWS)
    monkeypatch.setattr(first_training, "needed_weights", lambda *_: [])
    with pytest.raises(SpecError, match="--weights mine: no row asked for starts from them"):
        with_first_trainings(PAPER, options, ROWS)


def test_what_is_trained_first_is_a_row_of_the_paper_with_random_weights():
    (first,) = SOUNDFUSION.first_trainings.values()
    row = SOUNDFUSION.row(*first.row)
    assert (row.experiment.model.weights, first.dataset) == ("random", "gtzan")
    assert set(SOUNDFUSION.first_trainings) <= set(SOUNDFUSION.weight_names)
