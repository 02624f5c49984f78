"""Tables of a user's own clips."""

import re
import time

import pytest

from common.core.errors import BudgetError, DataError, SpecError
from data_pipeline.datasets import labels as module
from data_pipeline.datasets.labels import LabelRow, read_labels


def table(folder, content: bytes | str):
    path = folder / "labels.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_columns_may_be_separated_by_commas_semicolons_or_tabs_after_a_byte_order_mark(tmp_path, delimiter, mark):
    header = ["Path", "genre", "ARTIST", "split"]
    lines = [header, ["a/1.mp3", "rock", "", "val"], ["", "", "", ""], ["b.mp3", "", "X", ""]]
    labels = read_labels(table(tmp_path, mark + "\r\n".join(delimiter.join(line) for line in lines)))
    assert labels.columns == ("path", "genre", "artist", "split")
    assert labels.rows == (LabelRow(2, "a/1.mp3", "rock", None, "valid"), LabelRow(4, "b.mp3", None, "X", None))


def test_every_spelling_of_a_part_is_read(tmp_path):
    spelled = ["train", "Training", "valid", "validation", "val", "test", "TESTING", "removed", ""]
    rows = "\n".join(f"{number}.mp3,{part}" for number, part in enumerate(spelled))
    parts = [row.part for row in read_labels(table(tmp_path, f"path,split\n{rows}")).rows]
    assert parts == ["train", "train", "valid", "valid", "valid", "test", "test", "removed", None]


def test_quoted_cells_hold_separators_and_lines(tmp_path):
    labels = read_labels(table(tmp_path, 'path,artist\n"a, b.mp3","x\ny"\nc.mp3,z\n'))
    assert [(row.path, row.artist) for row in labels.rows] == [("a, b.mp3", "x\ny"), ("c.mp3", "z")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; expected a first line such as path,genre,artist,split"),
        ("path,genre\n", "has no row below its header"),
        ("file,genre\na.mp3,rock\n", "its first line has no column path, but: file, genre"),
        ("path,genre,genre\na.mp3,rock,rock\n", "its first line has genre twice"),
        ("path,genre\na.mp3\n", "line 2: has 1 cells, expected 2 (path, genre)"),
        ("path,genre\na, b.mp3,rock\n", "line 2: has 3 cells, expected 2 (path, genre)"),
        ("path,genre\n,rock\n", "line 2: has no path"),
        ("path\n/music/a.mp3\n", "line 2: the path /music/a.mp3 is not below the folder"),
        ("path\n../a.mp3\n", "line 2: the path ../a.mp3 is not below the folder"),
        ("path,split\na.mp3,dev\n", "line 2: split is dev; expected train, valid, test or removed"),
        ("path\na.mp3\nb.mp3\n./a.mp3\n", "line 4: a.mp3 is in line 2 already"),
        (b"path\na.mp3\n" + b"caf\xe9.mp3\n", "line 3: not UTF-8 text"),
        ("path\na.mp3\n".encode("utf-16"), "line 1: not UTF-8 text"),
        ('path,genre\n"a"b,rock\n', "line 2: not a valid row"),
        ("path,genre\na.mp3,ro\x1b[31mck\n", r"line 2: the genre holds the control character \x1b: ro\x1b[31mck. Save"),
        ("path,artist\na.mp3,b\nc.mp3,a\0b\n", r"line 3: the artist holds the control character \x00: a\x00b. Save"),
    ],
)
def test_tables_that_are_not_valid_are_refused_with_the_line(tmp_path, content, message):
    path = table(tmp_path, content)
    with pytest.raises(DataError, match=f"^--labels {re.escape(str(path))}(, line|:).*") as raised:
        read_labels(path)
    assert message in str(raised.value)


def test_a_table_that_does_not_exist_is_a_wrong_option(tmp_path):
    with pytest.raises(SpecError, match=r"gone\.csv: does not exist; expected a table of the clips"):
        read_labels(tmp_path / "gone.csv")
    with pytest.raises(SpecError, match="is a folder"):
        read_labels(tmp_path)


def test_other_columns_are_named_with_the_one_that_may_be_meant(tmp_path, capsys):
    read_labels(table(tmp_path, "path,artsit,year\na.mp3,ABBA,1976\n"))
    assert "columns that are not used: artsit, year; did you mean artist?" in capsys.readouterr().err


def test_a_table_of_many_megabytes_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MOST_BYTES", 1 << 20)
    path = table(tmp_path, b"path\n" + b"a" * (1 << 20))
    with pytest.raises(DataError, match=r"labels\.csv: takes 1 MB, expected at most 1 MB for a table of clips"):
        read_labels(path)


def test_a_table_that_needs_more_memory_than_is_left_is_not_read(tmp_path, monkeypatch):
    path = table(tmp_path, "path\n" + "".join(f"{number:015d}\n" for number in range(1 << 16)))
    assert len(read_labels(path, memory_left_bytes=9 << 20).rows) == 1 << 16
    monkeypatch.setattr(type(path), "read_bytes", None)
    with pytest.raises(BudgetError, match=r"takes 1 MB, which need 8 MB .* --memory-limit leaves 8 MB\. Raise"):
        read_labels(path, memory_left_bytes=8 << 20)


def test_columns_of_one_name_are_refused_at_once_and_named_once(tmp_path):
    path = table(tmp_path, "path" + ",a" * 40_000 + "\n")
    begun = time.process_time()
    with pytest.raises(DataError, match=r"its first line has a twice: path(, a){9} and 39,991 more\. Keep one"):
        read_labels(path)
    # Comparing each with each takes half a minute.
    assert time.process_time() - begun < 5
