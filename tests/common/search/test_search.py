"""Searches: what a trial trains, that test windows stay unread, records, cached networks, tables, rows for run.py."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from common.cli.app import run_app
from common.cli.run import make_app as run_command
from common.cli.tune import make_app
from common.core import console
from common.core.errors import BudgetError, RunError
from common.records.paths import ResultPaths
from common.records.record import read_records
from common.runs import runner
from common.runs.options import Options
from common.runs.plan import plan
from common.search.folder import SearchFolder
from common.search.report import regenerate_searches
from common.search.search import Search, search_request
from common.search.space import FloatRange, IntRange, Parameters
from data_pipeline.windows.tf_dataset import as_tf_dataset
from reproductions.se_cnn.paper import PAPER
from tests.helpers.tiny_search import TINY

pytestmark = pytest.mark.usefixtures("kept_models")


def results_below(place) -> ResultPaths:
    return ResultPaths.of(place / "out", "se_cnn", "arrays")


def searching(tiny_arrays, tmp_path, *arguments: str, space=TINY) -> int:
    places = ("--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out"))
    data = ("--dataset", "arrays", "--data", str(tiny_arrays))
    return run_app(make_app(PAPER, (space,)), [*data, *places, *arguments])


@pytest.fixture
def search(tiny_arrays, tmp_path):
    options = Options(
        dataset="arrays",
        data=tiny_arrays,
        tables=(TINY.row[0],),
        rows=(TINY.row[1],),
        cache=tmp_path / "cache",
        out=tmp_path / "out",
        seeds=1,
    )
    work = plan(PAPER, options)
    fold = work.runs[0].run.fold
    yield Search(work, TINY, options, search_request(TINY)), fold, work
    work.close()


def test_test_windows_cannot_be_read(search):
    _, fold, work = search
    reader = work.runs[0].reader
    assert len(fold.test)
    assert reader.read(fold.train[:2]).shape[0] == 2
    assert set(reader.labels[fold.valid]) <= {0, 1, 2, 3}
    assert (reader.labels[fold.test] == -1).all()
    with pytest.raises(RunError, match="1 of 3 windows asked for are withheld"):
        reader.read(np.array([*fold.train[:2], fold.test[0]]))
    with pytest.raises(RunError, match="withheld"):
        as_tf_dataset(reader, fold.test, batch_size=4)


@pytest.mark.parametrize(
    ("given", "flag", "path"),
    [
        (("--set", "model.ratio=8"), "--set model.ratio", "model.ratio"),
        (("--learning-rate", "0.01"), "--learning-rate", "training.learning_rate"),
        (("--set", "training.learning_rate=0.01"), "--set training.learning_rate", "training.learning_rate"),
        (("--epochs", "3"), "--epochs", "training.epochs"),
    ],
)
def test_a_value_that_is_searched_cannot_be_set(tiny_arrays, tmp_path, capsys, given, flag, path):
    rate = FloatRange(name="rate", path="training.learning_rate", low=1e-4, high=1e-2, sampling="log")
    epochs = IntRange(name="epochs", path="training.epochs", low=1, high=3)
    space = replace(TINY, parameters=Parameters(every=(*TINY.parameters.every, rate, epochs)))
    assert searching(tiny_arrays, tmp_path, *given, space=space) == 2
    assert f"{flag}: this search varies {path}, so it cannot be set as well. Leave it out." in capsys.readouterr().err


@pytest.fixture(scope="module")
def finished(tiny_arrays, tmp_path_factory):
    """A search of four trials, its rows trained by run.py, and everything made again from records."""
    place = tmp_path_factory.mktemp("search")
    code = searching(tiny_arrays, place, "--trials", "4", "--initial", "3", "--top", "2")
    return place, code


def test_each_trial_has_a_record_without_test_clips(finished):
    place, code = finished
    results = results_below(place)
    folder = SearchFolder(results.search("tiny"))
    assert code == 0
    records = {record.run_id: record for record in read_records(folder.paths.runs)}
    notes, trials = folder.notes(), folder.trials()
    assert [trial.id for trial in trials] == list("0123")
    assert sum(note.trained for note in notes.values()) == len(records)
    for trial in trials:
        record = records[notes[trial.id].runs[0]]
        assert trial.score == record.history[record.best_epoch - 1]["val_accuracy"]
        assert (record.clips, set(record.metrics), record.parts["test"].windows) == ((), {"valid"}, 0)
        assert record.test_withheld
        assert len(record.history) == 2
        assert tuple(record.experiment["model"]["widths"]) == tuple(map(int, trial.values["widths"].split(",")))
    # They are no runs of the paper's tables.
    assert not results.runs.exists()


def test_the_table_and_the_figures(finished):
    results = finished[0] / "out" / "se_cnn" / "arrays"
    table = json.loads((results / "table_search_tiny.json").read_text())
    assert [row["rank"] for row in table["rows"]] == [1, 2, 3, 4]
    scores = [row["score"] for row in table["rows"]]
    assert scores == sorted(scores, reverse=True)
    frame = pd.read_csv(results / "table_search_tiny.csv")
    assert frame["validation_accuracy_percent"].tolist() == scores
    assert frame["value_r"].tolist() == [row["values"]["r"] for row in table["rows"]]
    assert set(frame["value_widths"]) <= {"4,4,4,8,4", "4,8,8,8,4"}
    caption = " ".join(table["caption"])
    for said in ("No test window was read", "At most 2 epochs", "REDUCED FEATURES", "3 trials drawn at random"):
        assert said in caption, said
    svg = (results / "figures" / "figure_search_tiny_along.svg").read_text()
    assert "published optimum 3.1 (a paper)" in svg
    assert "95 % band" in svg
    parallel = (results / "figures" / "figure_search_tiny_parallel.svg").read_text()
    assert "published: r = 3.1" in parallel
    assert "search_tiny" in (finished[0] / "out" / "se_cnn" / "README.md").read_text()
    # Without drawing, the same files are named.
    ((_, paths),) = regenerate_searches(PAPER, finished[0] / "out", draw_figures=False)
    assert {path for path in paths if path.parent == results / "figures"} == {
        *(results / "figures").glob("*search_tiny_*")
    }


def test_the_same_again_trains_nothing_and_writes_the_same(finished, tiny_arrays, monkeypatch, capsys, snapshot):
    place = finished[0]
    before = {path: content for path, (_, _, content) in snapshot(place / "out").items()}
    monkeypatch.setattr(runner, "train_and_evaluate", None)
    assert searching(tiny_arrays, place, "--trials", "4", "--initial", "3", "--top", "2") == 0
    assert "4 trials ended before, 0 to go" in capsys.readouterr().err.replace("\n", " ")
    again = ("--dataset", "arrays", "--out", str(place / "out"), "--from-records")
    assert run_app(make_app(PAPER, (TINY,)), [*again]) == 0
    assert {path: content for path, (_, _, content) in snapshot(place / "out").items()} == before


def test_commands_that_test_the_best_are_whole_and_not_broken(finished, tiny_arrays, monkeypatch, capsys):
    monkeypatch.setattr(console, "messages", Console(stderr=True, width=80, force_terminal=True, no_color=True))
    place = finished[0]
    cache, out = place / "cache", place / "out"
    at = f"--dataset arrays --data {tiny_arrays}"
    run = "encore run se_cnn --table top_tiny --seeds 3 "
    assert searching(tiny_arrays, place, "--trials", "4", "--initial", "3") == 0
    commands = [line for line in capsys.readouterr().err.splitlines() if line.startswith("  encore ")]
    assert commands == [
        f"  encore tune se_cnn --from-records --name tiny --dataset arrays --out {out} --top 1",
        f"  {run}{at} --split holdout --unit clip --out {out} --cache {cache}",
    ]
    assert run_app(make_app(PAPER, (TINY,)), commands[0].split()[3:]) == 0
    again = [line for line in capsys.readouterr().err.splitlines() if line.startswith("  encore ")]
    # The path of the data is known to the search only.
    assert again == [f"  {run}--dataset arrays --data PATH --split holdout --unit clip --out {out}"]
    assert run_app(run_command(PAPER), [*commands[1].split()[3:], "--set", "help"]) == 0


@pytest.mark.parametrize("deleted", ["note", "record", "both"])
def test_a_trial_whose_files_were_deleted_is_carried_out_again(finished, tiny_arrays, tmp_path, capsys, deleted):
    shutil.copytree(finished[0], tmp_path / "copy")
    results = results_below(tmp_path / "copy")
    folder = SearchFolder(results.search("tiny"))
    table = results.folder / "table_search_tiny.json"
    before, notes = json.loads(table.read_text()), folder.notes()
    note = notes["1"]
    # Trials with the same network have the same record.
    again = [one.id for one in notes.values() if one.runs == note.runs] if deleted != "note" else ["1"]
    if deleted != "record":
        # As a message about a damaged note says.
        folder.paths.trial(note.id).write_text("{")
        assert searching(tiny_arrays, tmp_path / "copy", "--trials", "4", "--initial", "3") == 2
        assert f"{folder.paths.trial('1')}: a note on a trial is not valid JSON" in capsys.readouterr().err
        folder.paths.trial(note.id).unlink()
    if deleted != "note":
        folder.paths.record(note.runs[0]).unlink()
    assert searching(tiny_arrays, tmp_path / "copy", "--trials", "4", "--initial", "3") == 0
    said = capsys.readouterr().err.replace("\n", " ")
    for trial in again:
        assert f"trial {trial}: begins again, because its note or a record of it is missing" in said
    assert said.count("begins again") == len(again)
    assert f", {len(again)} to go" in said
    assert json.loads(table.read_text()) == before
    assert {one.id: one.runs for one in folder.notes().values()} == {one.id: one.runs for one in notes.values()}
    assert sum(folder.notes()[trial].trained for trial in again) == (0 if deleted == "note" else 1)
    assert [trial.status for trial in folder.trials()] == ["COMPLETED"] * 4
    # Then nothing is left to do.
    assert searching(tiny_arrays, tmp_path / "copy", "--trials", "4", "--initial", "3") == 0
    assert "4 trials ended before, 0 to go" in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.parametrize(
    ("arguments", "differing"),
    [
        (("--objective", "val_loss"), "objective: saved val_accuracy, asked val_loss"),
        (("--seed", "3"), "seed: saved 0, asked 3"),
        (("--precision", "mixed_bfloat16"), "setting.precision: saved nothing, asked mixed_bfloat16"),
        (("--epochs", "50"), "experiment: saved"),
        (("--initial", "4"), "initial: saved 3, asked 4"),
    ],
)
def test_another_search_in_the_same_folder_is_refused(finished, tiny_arrays, capsys, arguments, differing):
    given = arguments if "--initial" in arguments else ("--initial", "3", *arguments)
    assert searching(tiny_arrays, finished[0], "--trials", "4", *given) == 2
    said = capsys.readouterr().err.replace("\n", " ")
    assert differing in said
    assert "--name" in said


def test_another_space_in_the_same_folder_is_refused(finished, tiny_arrays, capsys):
    wider = TINY.parameters.every[0].replace(high=16)
    other = replace(TINY, parameters=Parameters(every=(wider, *TINY.parameters.every[1:])))
    assert searching(tiny_arrays, finished[0], "--initial", "3", space=other) == 2
    assert "parameters.r.high: saved 8.0, asked 16.0" in capsys.readouterr().err.replace("\n", " ")


def test_a_search_begun_before_its_space_got_another_row_goes_on_with_its_row_and_name(
    finished, tiny_arrays, monkeypatch, capsys
):
    place = finished[0]
    moved = replace(TINY, row=("5.1", "4,5"))
    trials = ("--trials", "4", "--initial", "3")
    assert searching(tiny_arrays, place, *trials, space=moved) == 2
    said = capsys.readouterr().err.replace("\n", " ")
    assert f"row: saved {list(TINY.row)}, asked {list(moved.row)}" in said
    assert "--name" in said
    monkeypatch.setattr(runner, "train_and_evaluate", None)
    again = ("--row", PAPER.row(*TINY.row).name, "--name", "tiny")
    assert searching(tiny_arrays, place, *trials, *again, space=moved) == 0
    assert "4 trials ended before, 0 to go" in capsys.readouterr().err.replace("\n", " ")
    data = ("--dataset", "arrays", "--out", str(place / "out"), "--from-records")
    assert run_app(make_app(PAPER, (moved,)), [*data]) == 0


def test_the_best_networks_are_rows_that_run_py_trains(finished, tiny_arrays, capsys, snapshot):
    place = finished[0]
    out = place / "out"
    rows = json.loads((out / "se_cnn" / "arrays" / "searches" / "tiny" / "rows.json").read_text())["rows"]
    data = ("--dataset", "arrays", "--data", str(tiny_arrays), "--cache", str(place / "cache"), "--out", str(out))
    label = rows[0]["label"]
    asked = ("--table", "top_tiny", "--row", "top-tiny-1", "--seeds", "1", "--epochs", "2")
    assert run_app(run_command(PAPER), [*data, *asked]) == 0
    table = json.loads((out / "se_cnn" / "arrays" / "table_top_tiny_2_epochs.json").read_text())
    measured = {row["label"]: row["measured"] for row in table["rows"]}
    assert len(measured) == len(rows) <= 2
    assert measured[label]["accuracy"]["runs"] == 1
    record = read_records(out / "se_cnn" / "arrays" / "runs")[0]
    assert record.experiment["model"]["ratio"] == rows[0]["values"]["model.ratio"]
    assert record.clips
    assert "search on validation windows" in " ".join(table["caption"])
    # The page of the paper shows the paper's values, and the same bytes come from records only.
    page = (out / "se_cnn" / "README.md").read_text()
    assert "| `model.ratio` | 16.0 (other rows: 8.0; 32.0) |" in page
    before = {path: content for path, (_, _, content) in snapshot(out).items() if "work" not in path.parts}
    assert run_app(run_command(PAPER), ["--from-records", "--out", str(out)]) == 0
    after = {path: content for path, (_, _, content) in snapshot(out).items() if "work" not in path.parts}
    assert after == before
    capsys.readouterr()
    # Other tables are not touched, and a search's table is not made unless it is asked for.
    assert run_app(run_command(PAPER), ["--list", "--json"]) == 0
    assert [table["id"] for table in json.loads(capsys.readouterr().out)["tables"]] == PAPER.table_ids


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--top", "1", "--row", "5"), "--row 5: "),
        (("--row", "se-45"), "holds a search with --row 1,2,3,4,5"),
        (("--row", "r8"), "--row r8: no such row in table 5.1."),
        (("--row", "se-5,se-45"), "--row se-5,se-45: a search varies one row; give one of: se-5 (5), se-45 (4,5)."),
        (("--seed", "3"), "only --space, --row, --name"),
        (("--name", "other"), "other: holds no search"),
    ],
)
def test_what_a_finished_search_cannot_answer(finished, tiny_arrays, capsys, arguments, words):
    data = ("--dataset", "arrays", "--out", str(finished[0] / "out"), "--name", "tiny", "--from-records")
    assert run_app(make_app(PAPER, (TINY,)), [*data, *arguments]) == 2
    assert words in capsys.readouterr().err.replace("\n", " ")


def test_a_finished_search_is_reported_for_its_row_by_name_and_by_label(finished, capsys):
    data = ("--dataset", "arrays", "--out", str(finished[0] / "out"), "--name", "tiny", "--from-records")
    for row in ("1,2,3,4,5", "SE-12345"):
        assert run_app(make_app(PAPER, (TINY,)), [*data, "--row", row]) == 0
    assert "error" not in capsys.readouterr().err


def test_a_row_given_by_its_name_has_the_search_of_its_label(tmp_path, capsys):
    """So that a search which was begun with the label goes on."""
    for row in ("4,5", "se-45"):
        assert run_app(make_app(PAPER, (TINY,)), ["--row", row, "--from-records", "--out", str(tmp_path)]) == 2
        assert "searches/tiny-4-5: holds no search" in "".join(capsys.readouterr().err.split("\n"))


def test_a_trial_above_the_memory_limit_is_marked_and_the_search_can_go_on(tiny_arrays, tmp_path, monkeypatch, capsys):
    def too_much(*arguments):
        raise BudgetError("--memory-limit 4 MB: too little.")

    monkeypatch.setattr(runner, "train_and_evaluate", too_much)
    for done in (1, 2):
        assert searching(tiny_arrays, tmp_path, "--trials", "3") == 2
        assert "marked as failed" in capsys.readouterr().err.replace("\n", " ")
        trials = SearchFolder(results_below(tmp_path).search("tiny")).trials()
        assert [trial.status for trial in trials] == ["FAILED"] * done


def test_a_penalty_is_not_searched_by_a_loss_that_holds_it(tiny_arrays, tmp_path, capsys):
    penalty = FloatRange(name="l2", path="training.l2", low=1e-5, high=1e-2, sampling="log")
    space = replace(TINY, parameters=Parameters(every=(penalty,)), objective="val_loss", plotted="l2")
    assert searching(tiny_arrays, tmp_path, space=space) == 2
    assert "the weakest would win" in capsys.readouterr().err.replace("\n", " ")


def test_failing_trials_are_marked_and_the_search_goes_on(tiny_arrays, tmp_path, monkeypatch, capsys):
    measure, count = runner.train_and_evaluate, iter(range(100))

    def sometimes(plan, planned, *others):
        number = next(count)
        if number == 1:
            raise RunError("run x: the loss is not finite in epoch 1 (nan).")
        if number == 2:
            raise ZeroDivisionError("oh")
        return measure(plan, planned, *others)

    monkeypatch.setattr(runner, "train_and_evaluate", sometimes)
    assert searching(tiny_arrays, tmp_path, "--trials", "4", "--initial", "3") == 1
    table = json.loads((tmp_path / "out" / "se_cnn" / "arrays" / "table_search_tiny.json").read_text())
    remarks = {row["trial"]: row["remark"] for row in table["rows"]}
    assert sorted(remarks) == list("0123")
    assert "the loss is not finite" in remarks["1"]
    assert "ZeroDivisionError: oh" in remarks["2"]
    assert sum("failed" in remark for remark in remarks.values()) == 2
    assert "2 of 4 trials completed" in " ".join(table["caption"])
    (traceback,) = results_below(tmp_path).search("tiny").folder.glob("work/*/error.txt")
    assert "oh" in traceback.read_text()
    assert "trial 1 failed" in capsys.readouterr().err
