"""Names of genres that are numbers: names with commas between them, or a file."""

import time

import pytest

from common.core.errors import DataError, EncoreError, SpecError
from data_pipeline.datasets.genre_names import is_names_file, read_genre_names, warn_of_alike


def test_names_are_read_from_a_list_or_a_file(tmp_path):
    assert read_genre_names("blues, hip hop,jazz") == ("blues", "hip hop", "jazz")
    file = tmp_path / "names.txt"
    file.write_bytes("\ufeffFolk, World\r\nPop\r\n民謡\r\n\r\n".encode())
    assert read_genre_names(str(file)) == ("Folk, World", "Pop", "民謡")
    assert is_names_file(str(file))
    assert not is_names_file("blues," * 2000)


@pytest.mark.parametrize(
    ("given", "error", "reason"),
    [
        ("blues,,jazz", SpecError, "the name of label 1 is empty"),
        ("blues,jazz,blues", SpecError, "names blues twice"),
        ("blues", SpecError, "1 names, expected one for each label"),
        ("", SpecError, "the name of label 0 is empty"),
        ("nowhere/names.txt", DataError, "no such file"),
        ("names.txt", DataError, "no such file"),
        ("blues,ja\x1bzz", SpecError, r"the name of label 1 holds the control character \\x1b"),
    ],
)
def test_names_that_do_not_fit_are_refused(given, error, reason):
    with pytest.raises(error, match=reason):
        read_genre_names(given)


def test_a_file_with_an_empty_line_or_bytes_that_are_no_text_is_refused(tmp_path):
    for content, reason in (
        (b"a\n\nb\n", "the name of label 1 is empty"),
        (b"a\n\xff\n", "cannot be read as text"),
        # Not two names, which would shift all labels behind them.
        (b"a\nb\x0cc\nd\n", r"the name of label 1 holds the control character \\x0c"),
    ):
        (tmp_path / "names.txt").write_bytes(content)
        with pytest.raises(EncoreError, match=reason):
            read_genre_names(str(tmp_path / "names.txt"))


def test_a_name_that_begins_with_a_tilde_is_no_home_folder():
    assert read_genre_names("~blues,rock") == ("~blues", "rock")


def test_one_name_of_many_labels_is_refused_at_once(tmp_path):
    file = tmp_path / "names.txt"
    file.write_text("blues\n" * 40_000)
    begun = time.process_time()
    with pytest.raises(SpecError, match="names blues twice"):
        read_genre_names(str(file))
    # Comparing each with each takes a minute.
    assert time.process_time() - begun < 5


def test_a_file_that_is_too_large_for_names_is_not_read(tmp_path):
    file = tmp_path / "names.txt"
    file.write_bytes(b"a\n" * (1 << 19) + b"b")
    with pytest.raises(DataError, match=r"names\.txt: takes 1,048,577 bytes, expected at most 1,048,576 for names"):
        read_genre_names(str(file))


def test_genres_that_look_alike_are_named_in_part(tmp_path, capsys):
    warn_of_alike(tmp_path, [f"{letter}{case}" for letter in "abcdefghijkl" for case in ("X", "x")])
    lines = capsys.readouterr().err.splitlines()
    assert sum("differ only in capitals" in line for line in lines) == 10
    assert any(line.endswith("2 more groups of genres differ only so") for line in lines)
    warn_of_alike(tmp_path, ["a" + " " * count for count in range(13)])
    assert "'a         ' and 3 more differ only" in " ".join(capsys.readouterr().err.split("\n"))
