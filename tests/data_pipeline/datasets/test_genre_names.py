"""Names of genres that are numbers: names with commas between them, or a file."""

import pytest

from common.core.errors import DataError, EncoreError, SpecError
from data_pipeline.datasets.genre_names import is_names_file, read_genre_names


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
