"""Files of a search that were changed, lack a key or cannot be read: named in one line, never believed."""

import json
from dataclasses import replace

import pytest

from common.cli.app import run_app
from common.cli.tune import make_app
from common.core.errors import DataError
from common.core.files import with_digest
from common.records.tuned_rows import with_tuned_rows
from common.search.folder import SearchFolder
from common.search.report import regenerate_searches, write_top
from common.search.table import StoredSearch, read_search
from reproductions.se_cnn.paper import PAPER
from tests.helpers.stored_search import TRIALS, write_search_folder
from tests.helpers.tiny_search import TINY


@pytest.fixture
def folder(tmp_path) -> SearchFolder:
    return SearchFolder(write_search_folder(tmp_path))


def change(path, *, digest: bool, **values) -> None:
    """Change values of a file; None removes one."""
    held = json.loads(path.read_text(encoding="utf-8"))
    del held["sha256"]
    held = {name: value for name, value in (held | values).items() if value is not None}
    path.write_text(json.dumps(with_digest(held) if digest else held), encoding="utf-8")


def test_what_is_written_is_read_back(folder):
    found = read_search(PAPER, folder)
    assert [trial.values for trial in found.trials] == list(TRIALS)
    assert (found.notes["2"].failure, found.notes["0"].seconds) == ("out of memory", 2.5)
    assert len(found.records) == 2
    assert found.identity["trials"] == 3
    assert "sha256" not in found.identity


def test_files_of_before_digests_are_read(folder):
    before = read_search(PAPER, folder)
    for path in (folder.paths.identity, *(folder.paths.trial(number) for number in "012")):
        change(path, digest=False)
    again = read_search(PAPER, folder)
    assert (again.identity, again.notes) == (before.identity, before.notes)


@pytest.mark.parametrize(
    ("name", "old", "new"), [("trials/1.json", "2.5", "3.5"), ("search.json", '"seed": 0', '"seed": 1')]
)
def test_a_changed_value_is_named(folder, tmp_path, capsys, name, old, new):
    path = folder.path / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert run_app(make_app(PAPER, (TINY,)), ["--from-records", "--dataset", "gtzan", "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err.replace("\n", " ")
    assert f"{path}: was edited: its values do not match its SHA-256." in said


def test_a_changed_value_of_the_best_trials_is_named_and_their_table_is_left_out(folder, tmp_path, capsys):
    write_top(PAPER, TINY, read_search(PAPER, folder), 2)
    path = folder.paths.rows
    assert with_tuned_rows(PAPER, tmp_path, "gtzan").tables[-1].id == "top_tiny"
    path.write_text(path.read_text(encoding="utf-8").replace("r=5", "r=6"), encoding="utf-8")
    assert with_tuned_rows(PAPER, tmp_path, "gtzan") is PAPER
    said = capsys.readouterr().err.replace("\n", " ")
    assert f"{path}: was edited: its values do not match its SHA-256. Write them again with tune.py --top" in said


@pytest.mark.parametrize("digest", [True, False])
@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("trials/1.json", {"runs": None}, "not a note on a trial (1 problem; first: runs: Field required)"),
        ("trials/1.json", {"runs": [None]}, "not a note on a trial (1 problem; first: runs.0"),
        ("trials/1.json", {"id": "0"}, "is of trial 0; the file's name must be the trial's id"),
        ("trials/1.json", {"trained": -1}, "first: trained: Input should be greater than or equal to 0"),
        ("trials/1.json", {"more": 1}, "first: more: Extra inputs are not permitted"),
        ("search.json", {"row": None}, "not the description of a search of format 1 (1 problem; first: row: Field"),
        ("search.json", {"row": ["5.1"]}, "first: row: List should have at least 2 items"),
        ("search.json", {"format": 2}, "first: format: Input should be 1"),
        ("search.json", {"parameters": {"r": {}}}, "not the description of a search"),
        ("search.json", {"setting": {}}, "setting: 6 problems; first: dataset: Field required"),
        ("search.json", {"token": None}, "first: token: Field required"),
        ("search.json", {"objective": "accuracy"}, "first: objective: Input should be"),
    ],
)
def test_a_file_that_lacks_what_is_read_is_one_line_and_exit_code_2(
    folder, tmp_path, capsys, name, values, said, digest
):
    path = folder.path / name
    change(path, digest=digest, **values)
    assert run_app(make_app(PAPER, (TINY,)), ["--from-records", "--dataset", "gtzan", "--out", str(tmp_path)]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert str(path) in errors[0]
    assert said in errors[0]
    assert regenerate_searches(PAPER, tmp_path) == [None]


def test_a_trial_with_values_of_another_search_is_named(folder):
    trials = json.loads(folder.paths.state.read_text())["trials"]
    for wrong, said in (
        ({"r": 3.0}, "values of r; expected those of r, widths"),
        ({"r": 99.0, "widths": "4,4,4,8,4"}, "r=99.0 is not one of its values"),
        ({"r": 3.0, "widths": "4"}, "widths='4' is not one of its values"),
        ({"r": "3", "widths": "4,4,4,8,4"}, "r='3' is not one of its values"),
    ):
        change(folder.paths.state, digest=True, trials=[trials[0] | {"values": wrong}, *trials[1:]])
        with pytest.raises(DataError) as caught:
            read_search(PAPER, folder)
        assert f"the state of trial 0 is not of this search ({said})" in str(caught.value)


def test_torn_files_are_named_once_by_a_command(folder, tmp_path, capsys):
    folder.paths.state.write_text("{")
    lines = folder.paths.journal.read_text().splitlines()
    folder.paths.journal.write_text("\n".join([lines[0][:-5], *lines[1:]]) + "\n")
    run_app(make_app(PAPER, (TINY,)), ["--from-records", "--dataset", "gtzan", "--out", str(tmp_path)])
    said = capsys.readouterr().err.replace("\n", " ")
    assert said.count("state.json: is torn; using the previous snapshot and the journal") == 1
    assert said.count("journal.jsonl: line 1 of 6 is torn") == 1


def test_trials_with_the_same_network_are_found_in_one_pass(folder, monkeypatch):
    found = read_search(PAPER, folder)
    trials = [replace(found.trials[0], id=str(number)) for number in range(2000)]
    notes = {trial.id: replace(found.notes["0"], id=trial.id) for trial in trials}
    many = StoredSearch(folder, found.identity, trials, notes, found.records)
    looked_up = []
    original = StoredSearch.record_of
    monkeypatch.setattr(StoredSearch, "record_of", lambda self, trial: looked_up.append(1) or original(self, trial))
    assert [trial.id for trial in many.distinct()] == ["0"]
    assert many.same_as(trials[7]) == "0"
    assert len(looked_up) <= 2 * 2000 + 1
