"""The README against results: any changed number of the headline is named, and the others are known."""

import json
import re
import shutil
from pathlib import Path

import pytest

import reproductions
from common.verification.readme import HEADLINE_TABLE, MARKER, SECOND_TABLE, has_headline, verify_readme

ROOT = Path(reproductions.__file__).parent.parent


@pytest.fixture
def folder(tmp_path, committed_results) -> Path:
    """A folder with the README and the tables that it repeats."""
    shutil.copy(ROOT / "README.md", tmp_path)
    for source in (HEADLINE_TABLE, SECOND_TABLE):
        table = tmp_path / "results" / source
        table.parent.mkdir(parents=True)
        shutil.copy(committed_results / source, table)
    return tmp_path


def verified(folder: Path):
    return verify_readme(folder / "README.md", folder / "results")


def test_the_readme_holds(folder):
    assert has_headline(folder / "README.md")
    found = verified(folder)
    assert found.faults == ()
    assert found.counts == {"rows": 8, "sentences": 18}


def test_every_number_of_the_headline_is_compared_except_those_of_the_setting(folder):
    """Each number is changed in turn; those that nothing compares are listed here."""
    path = folder / "README.md"
    text = path.read_text(encoding="utf-8")
    first = text.index(MARKER)
    last = text.index("](results/se_cnn/folder_emotify/table_audit")
    unnoticed = []
    numbers = list(re.finditer(r"\d+(?:\.\d+)?", text[first:last]))
    for number in numbers:
        start, end = first + number.start(), first + number.end()
        changed = str(int(text[end - 1]) ^ 1)
        path.write_text(f"{text[: end - 1]}{changed}{text[end:]}", encoding="utf-8")
        if not verified(folder).faults:
            unnoticed.append(" ".join(text[max(start - 12, 0) : end + 12].split()))
    assert len(numbers) > 80
    # The level of the intervals, and the paper's own size of windows, which is not in the table.
    assert unnoticed == ["hree seeds, 95 % intervals", "instead of 513 x 129), at", "ad of 513 x 129), at most 2"]


@pytest.mark.parametrize(
    ("old", "new", "found", "expected"),
    [
        ("69.9 ± 3.3", "69.8 ± 3.3", "69.8 ± 3.3", "69.9 ± 3.3 (60.0 to 79.6)"),
        ("by 20 points (10 to 30)", "by 21 points (10 to 30)", "by 21 points (10 to 30)", "by 20 points (10 to 30)"),
        ("ours: artist, by clip (", "ours: artist filter (", "ours: artist filter", "a row 'ours: artist, by clip'"),
        (
            "ours: holdout, by clip |",
            "ours: holdout, by song |",
            "ours: holdout, by song",
            "a row 'ours: holdout, by clip'",
        ),
        ("by 72 artists", "by many artists", "no such text", "by 72 artists"),
        ("three seeds, 95 %", "four seeds, 95 %", "no such text", "standard deviation of three seeds"),
    ],
)
def test_a_fault_says_what_is_there_and_what_was_measured(folder, old, new, found, expected):
    path = folder / "README.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    (fault,) = verified(folder).faults
    assert fault.path == path
    assert found in fault.found
    assert expected in fault.expected


def test_a_row_that_is_gone_is_named(folder):
    path = folder / "README.md"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("| ours: artist, by clip")))
    (fault,) = verified(folder).faults
    assert (fault.found, fault.expected) == ("4 rows of ours", "5, as measured")


def change_table(folder: Path, change, source: Path = HEADLINE_TABLE) -> None:
    path = folder / "results" / source
    table = json.loads(path.read_text(encoding="utf-8"))
    change(table)
    path.write_text(json.dumps(table), encoding="utf-8")


def test_sentences_that_results_contradict_are_named(folder):
    """The numbers may be there; what is said about them no longer holds."""

    def change(table):
        table["caption"] = [text.replace("(-29.1 to +3.5)", "(-29.1 to -3.5)") for text in table["caption"]]
        table["warnings"] = [text.replace("artist, by clip | ", "") for text in table["warnings"]]

    change_table(folder, change)
    path = folder / "README.md"
    path.write_text(path.read_text(encoding="utf-8").replace("(-4 to 29)", "(4 to 29)"), encoding="utf-8")
    chance, clipped = verified(folder).faults
    assert chance.expected == "intervals that hold 0, measured artist, by clip: 4 to 29"
    assert clipped.expected.startswith("a clipped loss in seeds 1 and 2 of: holdout, by window")
    assert "artist" not in clipped.expected


def test_a_table_whose_rows_have_other_names_is_named(folder):
    """One that an earlier version wrote, for example."""

    def change(table):
        table["rows"][1]["label"] = "random clips"

    change_table(folder, change)
    (fault,) = verified(folder).faults
    assert "(ValueError: no measured row holdout, by clip)" in fault.found
    assert fault.remedy == "Make it again with --from-records."


def test_numbers_of_the_second_data_set_follow_its_table(folder):
    def change(table):
        (row,) = (row for row in table["rows"] if row["label"] == "artist, by clip")
        row["gap"]["window_accuracy"]["mean"] = -77.0

    change_table(folder, change, SECOND_TABLE)
    (fault,) = verified(folder).faults
    assert "with an artist filter" in fault.found
    assert fault.expected.startswith("'77 points (")


@pytest.mark.parametrize("source", [HEADLINE_TABLE, SECOND_TABLE])
@pytest.mark.parametrize("content", [None, "{", "[]", "{}"])
def test_a_table_that_cannot_be_used_is_named(folder, content, source):
    path = folder / "results" / source
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    (fault,) = verified(folder).faults
    assert fault.path == path


@pytest.mark.parametrize("text", [None, "# Another project\n"])
def test_a_readme_without_a_headline_is_recognised(tmp_path, text):
    if text is not None:
        (tmp_path / "README.md").write_text(text)
    assert not has_headline(tmp_path / "README.md")
