"""Writing files and paths: names that are not valid UTF-8, home folders."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest

from common.core.errors import DataError
from common.core.files import (
    expanded,
    npy_by_rows,
    read_json,
    require_usable_folder,
    sha256_of_json,
    write_by_path,
    write_json,
    write_json_text,
    write_text,
)
from common.records.record import record_as_text
from common.search.journal import StateFiles, TrialState
from tests.helpers.other_user import CAN_CHANGE_USER, as_other_user, shared_folder, umask

# As Python holds the byte E9 of a file name.
NOT_UTF_8 = "caf\udce9"


def test_json_with_a_name_that_is_not_valid_utf_8_is_read_back_as_it_was(tmp_path):
    values = {NOT_UTF_8: ["\u65e5", NOT_UTF_8]}
    write_json(tmp_path / "a.json", values)
    assert read_json(tmp_path / "a.json", what="a file") == values
    assert "\u65e5" in (tmp_path / "a.json").read_text(encoding="utf-8")


def test_text_holds_escapes_for_bytes_that_are_not_valid_utf_8(tmp_path):
    write_text(tmp_path / "a.md", f"{NOT_UTF_8} \u65e5\n")
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == "caf\\xe9 \u65e5\n"


def test_digests_of_valid_names_are_those_of_their_utf_8_and_others_differ_from_each_other():
    names = ["\u65e5", "\udce9", "\udcea", "\\udce9"]
    digests = [sha256_of_json([name]) for name in names]
    assert digests[0] == hashlib.sha256(json.dumps(["\u65e5"], ensure_ascii=False).encode()).hexdigest()
    assert len(set(digests)) == 4


def test_a_home_folder_that_is_not_known_is_one_clear_error():
    with pytest.raises(DataError, match=r"^~nobody-of-this-name/x: the home folder that its ~ stands for is not known"):
        expanded("~nobody-of-this-name/x")
    assert expanded(Path("a/~b")) == Path("a/~b")


def test_journals_of_searches_and_texts_of_records_with_such_names_are_read_back_as_they_were(tmp_path):
    files = StateFiles(tmp_path)
    files.add(TrialState("0", {"a": NOT_UTF_8}))
    assert StateFiles(tmp_path).load().trials == files.state.trials
    files.add(TrialState("0", {"a": NOT_UTF_8}, status="FAILED"))
    (tmp_path / "journal.jsonl").unlink()
    assert StateFiles(tmp_path).load().trials == files.state.trials
    write_json_text(tmp_path / "a.json", record_as_text({"reason": NOT_UTF_8}))
    assert read_json(tmp_path / "a.json", what="a record") == {"reason": NOT_UTF_8}


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o027, 0o640)])
def test_files_have_the_permissions_of_the_umask(tmp_path, mask, mode):
    with umask(mask):
        write_text(tmp_path / "new" / "a.md", "text")
        write_by_path(tmp_path / "b.h5", lambda path: path.write_bytes(b"x"), suffix=".weights.h5")
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "new" / "a.md", tmp_path / "b.h5")] == [mode, mode]


def test_members_of_a_group_replace_and_remove_the_files_of_each_other():
    with shared_folder(0o2775) as folder:
        with umask(0o002):
            write_text(folder / "results" / "a.md", "of the first")
            write_text(folder / "results" / "b.md", "of the first")
        code = """
with open(folder / 'results' / 'b.md', 'a') as file:
    file.write(', and of the second')
write_text(folder / 'results' / 'a.md', 'of the second')
print((folder / 'results' / 'b.md').read_text())
(folder / 'results' / 'b.md').unlink()
"""
        said = as_other_user(code, folder, imports="from common.core.files import write_text", mask=0o002)
        assert said == "of the first, and of the second"
        assert (folder / "results" / "a.md").read_text() == "of the second"
        assert not (folder / "results" / "b.md").exists()


def test_a_folder_of_which_all_is_there_may_be_one_that_can_only_be_read():
    asked = "print(require_usable_folder(folder, flag='--cache'))"
    imports = f"from common.core.files import {require_usable_folder.__name__}"
    with shared_folder(0o555) as folder:
        assert as_other_user(asked, folder, imports=imports) == str(folder)
    with shared_folder(0o700 if CAN_CHANGE_USER else 0) as folder:
        assert as_other_user(asked, folder, imports=imports) == (
            f"refused: {folder}: --cache must be a writable folder, found: Permission denied. Give another folder with "
            "--cache."
        )


def test_what_is_no_readable_file_of_json_is_one_line_that_names_it(tmp_path, monkeypatch):
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "latin.json").write_bytes(b'{"a": "caf\xe9"}')
    (tmp_path / "long.json").write_text("9" * 5000)
    (tmp_path / "large.json").write_text("1234567")
    (tmp_path / "cut.json").write_text("{")
    monkeypatch.setattr("common.core.files.MOST_JSON_BYTES", 6000)
    for name, said in (
        ("folder", "a file is a folder; expected a file. Remove it, or give it another name."),
        ("pipe", "a file is a pipe, a device or the like; expected a file."),
        ("latin", "a file is not valid JSON (byte 10 is not UTF-8: invalid continuation byte). Delete it, and"),
        ("long", "a file is not valid JSON (99999999... of 5,000 characters is larger than"),
        ("cut", "a file is not valid JSON (Expecting property name"),
        ("gone", "a file is missing."),
    ):
        with pytest.raises(DataError) as caught:
            read_json(tmp_path / f"{name}.json", what="a file")
        assert str(caught.value).startswith(f"{tmp_path / name}.json: {said}")
        assert "\n" not in str(caught.value)
    assert read_json(tmp_path / "large.json", what="a file") == 1234567
    monkeypatch.setattr("common.core.files.MOST_JSON_BYTES", 6)
    with pytest.raises(DataError, match="a file has 7 bytes; expected at most 6"):
        read_json(tmp_path / "large.json", what="a file")


def test_a_file_that_must_not_be_read_is_one_line_that_names_it(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    path.write_text("{}")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(DataError, match=r"a\.json: a file cannot be read \(Permission denied\)\. Make it readable"):
        read_json(path, what="a file")


@pytest.mark.parametrize("dtype", ["int16", "float32", "uint8"])
@pytest.mark.parametrize("counts", [(), (3,), (2, 0, 1500)])
def test_an_array_by_rows_has_the_bytes_that_numpy_saves(tmp_path, dtype, counts):
    parts = [np.arange(count * 5).reshape(5, count).T.astype(dtype) for count in counts]  # in column order
    with npy_by_rows(tmp_path / "rows.npy", 5, dtype) as append:
        for part in parts:
            append(part)
    np.save(tmp_path / "whole.npy", np.ascontiguousarray(np.concatenate([np.empty((0, 5), dtype), *parts])))
    assert (tmp_path / "rows.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()


@pytest.mark.parametrize("error", [TimeoutError("a worker does not answer"), KeyboardInterrupt()])
def test_what_gives_the_rows_fails_with_its_own_error_and_leaves_no_file(tmp_path, error):
    def rows():
        yield np.ones((3, 2), np.int16)
        raise error

    def write():
        with npy_by_rows(tmp_path / "rows.npy", 2, "int16") as append:
            for array in rows():
                append(array)

    with pytest.raises(type(error)) as raised:
        write()
    assert raised.value is error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rows", [np.ones((3, 3), np.int16), np.ones((3, 2), np.int32), np.ones(2, np.int16)])
def test_rows_of_another_shape_or_type_are_refused(tmp_path, rows):
    refused = pytest.raises(ValueError, match=r"expected \(rows, 2\), int16")
    with refused, npy_by_rows(tmp_path / "rows.npy", 2, "int16") as append:
        append(rows)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full is Linux's")
@pytest.mark.parametrize("rows", [1, 1000])  # one row stays in the buffer until the end
def test_a_full_disk_names_the_array_and_leaves_no_file(tmp_path, monkeypatch, rows):
    with open("/dev/full", "wb") as full:
        monkeypatch.setattr("common.core.files._opened", lambda *_: full)
        refused = pytest.raises(DataError, match=r"rows\.npy: cannot be written \(No space left on device\)")
        with refused, npy_by_rows(tmp_path / "rows.npy", 1000, "int16") as append:
            append(np.ones((rows, 1000), np.int16))
    assert list(tmp_path.iterdir()) == []
