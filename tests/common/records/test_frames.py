"""Records as data frames: a row for each run, or for each test clip of each run."""

import importlib.util
import json

import pandas as pd
import pytest

from common.core.errors import DataError, ExtraError, SpecError
from common.records import clips_frame, frame
from common.records.paths import ResultPaths
from common.records.record import write_record
from reproductions.se_cnn.paper import PAPER, TABLE_5_1
from tests.helpers.papers import ROOT
from tests.helpers.se_cnn_records import SETTING, record


@pytest.fixture
def out(tmp_path):
    """Two runs of the recommended row on one data set, and a run over windows of the first row on another."""
    results = ResultPaths.of(tmp_path, "se_cnn", "gtzan")
    for seed, correct in enumerate((232, 145)):
        write_record(results, record(run_id=f"run{seed}", seed=seed, correct=correct))
    windows = SETTING.replace(dataset="arrays", unit="segment", changes=("training.batch_windows=16",))
    write_record(
        ResultPaths.of(tmp_path, "se_cnn", "arrays"), record(0, run_id="windows", setting=windows, fold=2, folds=6)
    )
    return tmp_path


def test_each_run_is_a_row(out):
    found = frame(out)
    assert list(found["run_id"]) == ["windows", "run0", "run1"]
    one = found.set_index("run_id").loc["run0"]
    assert (one["paper"], one["dataset"], one["table"], one["label"]) == ("se_cnn", "gtzan", "5.1", "1,2,3,4,5")
    assert one["window_accuracy_percent"] == 80.0
    assert pd.isna(one["valid_window_accuracy_percent"])
    assert (one["seed"], one["fold"], one["folds"], one["split"], one["unit"]) == (0, 1, 1, "holdout", "clip")
    assert (one["precision"], one["epochs"], one["best_epoch"]) == ("float32", 1, 1)
    assert (one["trainable_parameters"], one["test_clips"], one["test_windows"]) == (778384, 10, 190)
    assert one["path"] == str(out / "se_cnn" / "gtzan" / "runs" / "run0.json")
    other = found.set_index("run_id").loc["windows"]
    assert (other["unit"], other["fold"], other["changes"]) == ("window", 3, "training.batch_windows=16")
    assert found["window_accuracy_percent"].dtype == float


def test_a_run_of_several_rows_names_them_all(out):
    elsewhere = [
        f"{table.id}: {row.label}"
        for table in PAPER.tables
        for row in table.rows
        if row.experiment.digest == TABLE_5_1.rows[-1].experiment.digest and table is not TABLE_5_1
    ]
    assert len(elsewhere) > 1
    assert frame(out, dataset="gtzan")["also"].tolist() == ["; ".join(elsewhere)] * 2


def test_a_run_of_a_row_that_is_gone_has_no_label(out):
    write_record(ResultPaths.of(out, "se_cnn", "gtzan"), record(run_id="gone", row_experiment="0" * 16))
    one = frame(out).set_index("run_id").loc["gone"]
    assert pd.isna(one["table"])
    assert pd.isna(one["label"])
    assert one["also"] == ""


def test_runs_of_papers_that_are_gone_are_counted_and_named(out, capsys):
    frame(out)
    assert capsys.readouterr().err == ""
    write_record(ResultPaths.of(out, "old_paper", "gtzan"), record(run_id="gone"))
    assert list(frame(out)["run_id"]) == ["windows", "run0", "run1"]
    said = f"warning: {out}: left out: 1 run of papers that this version does not have: old_paper\n"
    assert capsys.readouterr().err == said
    # Of one paper nothing is left out.
    frame(out, paper="se_cnn")
    assert capsys.readouterr().err == ""


def test_each_test_clip_of_each_run_is_a_row(out):
    found = clips_frame(out, paper="se_cnn", dataset="gtzan")
    assert len(found) == 2 * 290
    assert found.groupby("run_id")["correct"].mean().to_dict() == {"run0": 0.8, "run1": 0.5}
    first, last = found.iloc[0], found.iloc[289]
    assert (first["clip"], first["true_genre"], first["decided_genre"], first["voted_genre"]) == (
        "clip0",
        "a",
        "a",
        "a",
    )
    assert (first["probability"], first["windows"], first["correct_windows"]) == (0.9, 2, 2)
    assert (last["clip"], last["true_genre"], last["decided_genre"], last["correct"]) == ("clip289", "b", "a", False)
    assert last["correct_windows_share"] == 0.0
    assert found["artist"].isna().all()


def test_a_frame_of_committed_records_agrees_with_their_table():
    found = frame(ROOT / "results", paper="se_cnn", dataset="arrays")
    table = json.loads(
        (ROOT / "results" / "se_cnn" / "arrays" / "table_5.1_artist_20_epochs_bfloat16.json").read_text(
            encoding="utf-8"
        )
    )
    measured = next(row for row in table["rows"] if row["measured"])
    mine = found[found["run_id"].isin(measured["records"])]["window_accuracy_percent"]
    assert len(mine) == measured["measured"]["window_accuracy"]["runs"]
    assert mine.mean() == pytest.approx(measured["measured"]["window_accuracy"]["mean"], abs=0.006)


def test_what_is_not_there_is_one_line(tmp_path, out):
    with pytest.raises(
        DataError, match=r"nowhere: no such folder; expected one with results\. Give the folder of --out"
    ):
        frame(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"no record in crnn/\*/runs/\*\.json\. Give the folder of --out, or train"):
        clips_frame(out, paper="crnn")
    with pytest.raises(SpecError, match=r"no_paper: no such paper\. Expected one of: crnn"):
        frame(out, paper="no_paper")


def test_without_pandas_the_extra_is_named(out, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pandas" else find(name))
    with pytest.raises(ExtraError, match=r"^frame\(\): needs the extra `frames`, of which pandas cannot be found"):
        frame(out)


def test_other_names_are_unknown():
    import common.records

    with pytest.raises(AttributeError, match="has no attribute frames_of"):
        common.records.frames_of  # noqa: B018


def test_runs_on_all_own_folders_or_on_one_are_rows(out, capsys):
    for key in ("folder_music", "folder_other"):
        run = record(run_id=key, setting=SETTING.replace(dataset=key))
        write_record(ResultPaths.of(out, "se_cnn", key), run)
    assert frame(out, dataset="folder")["run_id"].tolist() == ["folder_music", "folder_other"]
    assert frame(out, dataset="folder_other")["run_id"].tolist() == ["folder_other"]
    (out / "se_cnn").rename(out / "gone")
    with pytest.raises(DataError):
        frame(out, dataset="folder")
    assert "left out: 2 runs of papers that this version does not have: gone" in capsys.readouterr().err
