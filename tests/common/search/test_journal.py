"""State files of a search: torn ones lose no trial, changed ones are not believed."""

import json

import pytest

from common.records.paths import SearchPaths
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
