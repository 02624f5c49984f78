"""The best trials of a search as rows of a table."""

import json

from common.cli.app import run_app
from common.cli.run import make_app as run_command
from common.paper.overrides import parse_change
from common.records.paths import ResultPaths
from common.records.tuned_rows import with_tuned_rows
from common.runs.options import Options
from common.runs.plan import plan
from common.search.folder import SearchFolder
from common.search.journal import TrialState
from common.search.report import changes_of_rows, write_top
from common.search.table import StoredSearch
from reproductions.se_cnn.paper import PAPER
from tests.helpers.tiny_search import TINY


def write_rows(out, rows, search="tiny") -> None:
    paths = ResultPaths.of(out, "se_cnn", "arrays").search(search)
    paths.folder.mkdir(parents=True)
    paths.identity.write_text('{"format": 1}')
    values = {"format": 1, "row": ["5.1", "1,2,3,4,5"], "title": "t", "notes": [], "rows": rows}
    paths.rows.write_text(json.dumps(values))


def test_rows_of_a_search_do_not_rename_the_runs_of_the_paper(tiny_arrays, tmp_path):
    def planned(**more) -> dict:
        places = {"cache": tmp_path / "cache", "out": tmp_path}
        options = Options(dataset="arrays", data=tiny_arrays, scale="smoke", seeds=1, **places, **more)
        work = plan(with_tuned_rows(PAPER, tmp_path, "arrays"), options)
        return {label: planned.run.id for planned in work.runs for label in planned.labels}

    before = planned(tables=("5.1",))
    # At smoke scale this is what the paper's own row is.
    write_rows(tmp_path, [{"label": "patient", "values": {"training.patience_epochs": None}}])
    both = planned(tables=("5.1", "top_tiny"))
    assert {label: both[label] for label in before} == before
    assert both["table top_tiny, top-tiny-1"] not in before.values()


def test_rows_of_two_searches_never_share_a_name(tmp_path, capsys):
    for search, epochs in (("a-b", 3), ("a_b", 4), ("c", 5)):
        write_rows(tmp_path, [{"label": "one", "values": {"training.patience_epochs": epochs}}], search)
    tables = with_tuned_rows(PAPER, tmp_path, "arrays").tables[len(PAPER.tables) :]
    assert [[row.name for row in table.rows] for table in tables] == [["top-a-b-1"], ["top-c-1"]]
    said = " ".join(capsys.readouterr().err.split())
    assert "a_b/rows.json: top-a-b-1 is also the name of a row of another search" in said


def test_an_edited_file_of_rows_is_named(tiny_arrays, tmp_path, capsys):
    write_rows(tmp_path, [{"label": "x"}])
    data = ("--dataset", "arrays", "--data", str(tiny_arrays), "--cache", str(tmp_path / "c"), "--out", str(tmp_path))
    assert run_app(run_command(PAPER), [*data, "--table", "top_tiny"]) == 2
    said = capsys.readouterr().err.replace("\n", " ")
    assert "rows.json: not the best trials of a search" in said
    assert "--table top_tiny: se_cnn has no such table" in said


def test_the_best_trials_keep_the_values_that_the_search_set(tiny_arrays, tmp_path):
    changes = ("training.batch_windows=4", "training.learning_rate=0.5")
    paths = ResultPaths.of(tmp_path, "se_cnn", "arrays").search("tiny")
    # Features of arrays are not the row's own, so their values cannot be kept in it.
    setting = {"changes": ["feature.seconds_per_column=0.1", *changes], "features": "given"}
    identity = {"setting": setting, "objective": "val_accuracy"}
    trial = TrialState(id="0", values={"r": 3.0, "widths": "4,4,4,8,4"}, status="COMPLETED", score=0.5)
    paths.folder.mkdir(parents=True)
    paths.identity.write_text(json.dumps(identity))
    found = StoredSearch(SearchFolder(paths), identity, [trial], {}, {})
    labels = write_top(PAPER, TINY, found, 1)
    assert changes_of_rows(found) == (list(changes), ["feature.seconds_per_column=0.1"])

    tuned = with_tuned_rows(PAPER, tmp_path, "arrays")
    (row,) = tuned.table("top_tiny").rows
    assert [row.label] == labels
    base = PAPER.row(*TINY.row).experiment
    assert row.experiment == TINY.trial(base, trial.values).with_values(dict(map(parse_change, changes)))
    assert "training.batch_windows=4, training.learning_rate=0.5" in " ".join(tuned.table("top_tiny").notes)

    def planned(*flags: str) -> tuple[str, tuple[str, ...]]:
        places = {"data": tiny_arrays, "cache": tmp_path / "cache", "out": tmp_path}
        options = Options(dataset="arrays", tables=("top_tiny",), scale="smoke", seeds=1, changes=flags, **places)
        work = plan(tuned, options)
        work.close()
        assert work.runs[0].run.experiment.training.batch_windows == 4
        return work.runs[0].run.id, work.setting.changes

    # With the flags of the search or without them: the same run, also at smoke scale.
    assert planned() == planned(*changes)
    assert planned()[1] == ()
