"""Records: written once, read back whole, never taken from an edited file."""

import json

import pytest

from common.core.errors import DataError
from common.core.files import with_digest
from common.records.paths import RunPaths
from common.records.record import read_record, read_records, reading_once, record_as_text, write_record
from tests.helpers.se_cnn_records import record


def test_a_record_is_written_once_and_read_back_whole(tmp_path):
    one = record()
    path = write_record(RunPaths(tmp_path), one)
    assert read_record(path) == one
    with pytest.raises(DataError, match="never overwritten"):
        write_record(RunPaths(tmp_path), one)
    assert read_records(RunPaths(tmp_path).runs) == [one]
    assert read_records(tmp_path / "absent") == []


def test_within_a_block_a_record_is_read_once_unless_its_file_changes(tmp_path):
    path = write_record(RunPaths(tmp_path), record())
    with reading_once():
        first = read_record(path)
        assert read_record(path) is first
        path.write_text(path.read_text().replace('"loss": 1.5', '"loss": 1.4'))
        with pytest.raises(DataError):
            read_record(path)
        path.unlink()
        with pytest.raises(DataError):
            read_record(path)
        write_record(RunPaths(tmp_path), record())
        assert read_record(path) == first
    assert read_record(path) is not read_record(path)


def test_a_renamed_or_damaged_record_is_refused(tmp_path):
    path = write_record(RunPaths(tmp_path), record())
    moved = path.with_name("other.json")
    path.rename(moved)
    with pytest.raises(DataError, match="must be the run's id"):
        read_record(moved)
    moved.write_text("{}")
    with pytest.raises(DataError, match="not a record"):
        read_record(moved)
    moved.write_text("{")
    with pytest.raises(DataError, match="not valid JSON"):
        read_record(moved)


def test_a_record_of_which_any_value_was_edited_is_refused(tmp_path):
    path = write_record(RunPaths(tmp_path), record())
    text = path.read_text()
    for before, after in (
        ('"trainable_parameters": 778384', '"trainable_parameters": 5'),
        ('"loss": 1.5', '"loss": 1.4'),
        ('"wall_seconds": 1.0', '"wall_seconds": 1.1'),
        ('"seed": 0, "fold"', '"seed": 1, "fold"'),
    ):
        edited = text.replace(before, after) if before in text else text.replace('"seed": 0', '"seed": 1', 1)
        assert edited != text
        path.write_text(edited)
        with pytest.raises(DataError, match="was edited: its values do not match its SHA-256"):
            read_record(path)
    path.write_text(text)
    assert read_record(path) == record()


def test_an_edited_record_of_before_records_had_a_digest_is_refused(tmp_path):
    path = RunPaths(tmp_path).record(record().run_id)
    path.parent.mkdir(parents=True)
    path.write_text(record_as_text(record().as_json()))
    assert read_record(path).as_json() == record().as_json()
    assert not read_record(path).has_digest
    path.write_text(path.read_text().replace('"window_accuracy": 0.8', '"window_accuracy": 0.9'))
    with pytest.raises(DataError, match="do not match its clips"):
        read_record(path)
    path.write_text(path.read_text().replace('"format_version": 1', '"format_version": 7'))
    with pytest.raises(DataError, match="is of format 7"):
        read_record(path)


@pytest.mark.parametrize("digest", [True, False])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda values: values.pop("clips"), "not a record of format 1 (1 problem; first: clips: Field required)."),
        (lambda values: values.update(clips=3), "first: clips: Input should be a valid tuple)."),
        (lambda values: values.update(sha257="0"), "first: sha257: Extra inputs are not permitted)."),
        (
            lambda values: values.update(wall_seconds="9" * 400),
            "first: wall_seconds: Input should be a finite number).",
        ),
        (lambda values: values["data"].update(genres=[]), "data without a genre."),
        (
            lambda values: values.update(experiment={}),
            "an experiment without feature, windows, protocol, model, training.",
        ),
        (lambda values: values["history"][0].pop("epoch"), "an epoch lacks epoch."),
        (lambda values: values["history"][0].update(epoch=7), "epoch 7 is in place 1 of the history."),
        (
            lambda values: values["metrics"].pop("test"),
            "its metrics do not match its clips; records must not be edited.",
        ),
    ],
)
def test_a_record_that_lacks_what_is_read_is_one_line(tmp_path, change, said, digest):
    values = json.loads(json.dumps(record().as_json()))
    change(values)
    path = tmp_path / f"{record().run_id}.json"
    path.write_text(json.dumps(with_digest(values) if digest else values))
    with pytest.raises(DataError) as caught:
        read_record(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_file_or_cannot_be_read_is_named_and_the_other_records_are_used(tmp_path, capsys):
    paths = RunPaths(tmp_path)
    write_record(paths, record())
    (paths.runs / "folder.json").mkdir()
    (paths.runs / "long.json").write_text('{"seed": ' + "9" * 5000 + "}")
    (paths.runs / "deep.json").write_text("[" * 500 + "]" * 500)
    (paths.runs / "latin.json").write_bytes(b"\xe9")
    assert read_records(paths.runs) == [record()]
    said = capsys.readouterr().err.replace("\n", " ")
    for name, reason in (
        ("folder", "is a folder"),
        ("long", "of 5,000 characters is larger than"),
        ("deep", "more than 64 lists and objects"),
        ("latin", "byte 0 is not UTF-8"),
    ):
        assert f"not used: {paths.runs / name}.json: a run's record " in said
        assert reason in said
