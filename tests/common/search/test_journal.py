"""State files of a search: torn ones lose no trial, changed ones are not believed."""

import json

import pytest

from common.core.files import with_digest
from common.records.paths import SearchPaths
from common.search.journal import StateFiles, TrialState
from tests.helpers.oracles import TRIALS, make, outcomes, run, step


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return run(make(tmp_path_factory.mktemp("uninterrupted")))


def cut(path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def garble(path) -> None:
    lines = path.read_text().splitlines()
    lines[len(lines) // 2] = "\0" * 40
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("damage", "files", "words"),
    [
        (cut, ["state"], "state.json: is torn"),
        (lambda path: path.write_bytes(b""), ["state"], "state.json: is torn"),
        (lambda path: path.unlink(), ["state"], ""),
        (cut, ["state", "previous_state"], "state.previous.json: is torn"),
        (cut, ["journal"], "line"),
        (garble, ["journal"], "is torn"),
        (cut, ["journal", "state"], "is torn"),
        (lambda path: path.unlink(), ["journal", "state", "previous_state"], ""),
    ],
    ids=["cut", "empty", "gone", "both-cut", "journal-cut", "journal-garbled", "journal-and-state", "all-gone"],
)
def test_torn_files_lose_no_trial(uninterrupted, tmp_path, capsys, damage, files, words):
    oracle = make(tmp_path)
    for _ in range(7):
        step(oracle)
    oracle.create_trial("one")
    for name in files:
        damage(getattr(SearchPaths(tmp_path), name))
    again = make(tmp_path)
    if files in (["state"], ["state", "previous_state"]):
        assert len(again.end_order) == 7, "the journal holds all of it"
    if words:
        assert words in capsys.readouterr().err.replace("\n", " ")
    assert run(again) == uninterrupted
    assert len({trial_id for trial_id, *_ in outcomes(make(tmp_path))}) == TRIALS


def test_the_journal_continues_after_a_torn_line(tmp_path):
    oracle = make(tmp_path)
    step(oracle)
    with open(SearchPaths(tmp_path).journal, "ab") as journal:
        journal.write(b'{"number": 3, "tri')
    SearchPaths(tmp_path).state.unlink()
    oracle = make(tmp_path)
    step(oracle)
    SearchPaths(tmp_path).state.unlink()
    SearchPaths(tmp_path).previous_state.unlink(missing_ok=True)
    assert [trial.score is not None for trial in make(tmp_path).trials.values()] == [True, True]


def test_a_changed_state_is_not_believed(tmp_path):
    oracle = make(tmp_path)
    step(oracle)
    path = SearchPaths(tmp_path).state
    values = json.loads(path.read_text())
    values["trials"][0]["score"] = 1.0
    path.write_text(json.dumps(values))
    assert make(tmp_path).trials["0"].score == outcomes(oracle)[0][3]


def test_values_with_separators_of_lines_are_read_back(tmp_path):
    files = StateFiles(tmp_path)
    files.add(TrialState("0", {"a": "1\u2028\x85\x0b2"}))
    SearchPaths(tmp_path).state.unlink(missing_ok=True)
    assert StateFiles(tmp_path).load().trials == files.state.trials


@pytest.mark.parametrize(
    "trial",
    [
        {},
        [],
        {"id": "0"},
        {"score": 0.5},
        {"status": "COMPLETED"},
        {"status": "GONE"},
        {"values": {"r": [1]}},
        {"x": 1},
    ],
    ids=str,
)
def test_a_line_with_a_right_checksum_that_is_no_event_is_named_and_not_used(tmp_path, capsys, trial):
    files = StateFiles(tmp_path)
    files.add(TrialState("0", {"r": 1.0}))
    path = SearchPaths(tmp_path).journal
    whole = {"id": "1", "values": {"r": 2.0}, "status": "RUNNING", "score": None, "tuner": ""}
    wrong = whole | trial if trial and trial != {"id": "0"} else trial
    with open(path, "a") as journal:
        journal.write(json.dumps(with_digest({"number": 2, "trial": wrong})) + "\n")
    assert list(StateFiles(tmp_path).load().trials) == ["0"]
    assert "line 2 of 2 is torn" in capsys.readouterr().err.replace("\n", " ")


def test_a_snapshot_with_a_right_checksum_whose_ids_contradict_each_other_is_not_used(tmp_path):
    oracle = make(tmp_path)
    step(oracle)
    path = SearchPaths(tmp_path).state
    right = json.loads(path.read_text())
    del right["sha256"]
    for wrong in ({"ended": []}, {"ended": ["9"]}, {"ended": ["0", "0"]}, {"trials": right["trials"] * 2}):
        path.write_text(json.dumps(with_digest(right | wrong)))
        assert make(tmp_path).trials["0"].score == outcomes(oracle)[0][3]
