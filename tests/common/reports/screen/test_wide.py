"""Whole tables on screen: every column and note, in blocks that are no wider than the screen."""

import pytest

from common.reports.screen.columns import wrapped
from common.reports.screen.wide import wide_lines
from common.reports.table import Note, Table
from tests.helpers.committed_tables import committed_tables

ROWS = [{"label": "16,32,64,128,64", "name": "width-0.5x"}, {"label": "32,64,128,256,128", "name": "width-1x"}]
VALUES = {"paper": "p", "table": "5.3", "title": "[a-z]", "rows": ROWS}
TABLE = Table(
    VALUES,
    ("Channels", "Published (%)", "95 % interval", "Test clips"),
    (("16,32,64,128,64", "90.1", "61.6 to 73.9", "300"), ("32,64,128,256,128", "not given", "", "300")),
    (Note("layers", "layers block[a-z]+[/b]"), Note("training", "word " * 20 + "end.")),
    (Note("diverged", "DIVERGED: a text.", "DIVERGED."),),
)


def test_without_a_terminal_it_is_one_table_with_names_and_labels_of_rows():
    assert [line.text for line in wide_lines(TABLE, None)][:6] == [
        "p, Table 5.3: [a-z]",
        "",
        "                               Published          95 %   Test",
        "row         Channels                 (%)      interval  clips",
        "----------  -----------------  ---------  ------------  -----",
        "width-0.5x  16,32,64,128,64         90.1  61.6 to 73.9    300",
    ]


def test_numbers_of_own_runs_are_yours_and_layers_are_not():
    header = ("Channels", "Our window accuracy (%)", "Ours - published (points)", "Encore's clip accuracy (%)")
    table = Table(VALUES | {"compared_with": {}}, header, tuple((row["label"], "", "", "") for row in ROWS))

    def heads(of: Table, **form) -> str:
        return " ".join(" ".join(line.text.split()) for line in wide_lines(of, None, **form)[2:4])

    assert "Your window" in heads(table, is_own=True)
    assert "Yours - published" in heads(table, is_own=True)
    assert "Encore's clip" in heads(table, is_own=True)
    assert "Our window" in heads(table)
    layers = Table(VALUES, ("Layer", "Our filter shape"), tuple((row["label"], "3 x 3") for row in ROWS))
    assert "Our filter" in heads(layers, is_own=True)


def test_on_a_narrow_screen_every_block_begins_with_the_names_of_the_rows():
    texts = [line.text for line in wide_lines(TABLE, 42)]
    assert texts[2:13] == [
        "                               Published",
        "row         Channels                 (%)",
        "----------  -----------------  ---------",
        "width-0.5x  16,32,64,128,64         90.1",
        "width-1x    32,64,128,256,128  not given",
        "",
        "                    95 %   Test",
        "row             interval  clips",
        "----------  ------------  -----",
        "width-0.5x  61.6 to 73.9    300",
        "width-1x                    300",
    ]


def test_notes_are_whole_and_wrapped_at_words():
    lines = wide_lines(TABLE, 42)
    assert [(line.text, line.style) for line in lines[14:16]] == [
        ("warning: DIVERGED: a text.", "yellow"),
        ("layers block[a-z]+[/b]", ""),
    ]
    assert lines[16:] != []
    assert " ".join(line.text.strip() for line in lines[16:]) == TABLE.notes[1].text
    assert max(len(line.text) for line in lines[14:]) <= 42


@pytest.mark.parametrize("width", [100, 60])
@pytest.mark.parametrize("name", committed_tables())
def test_every_column_of_the_tables_that_come_with_encore_fits(name, width):
    table = committed_tables()[name]
    lines = [line.text for line in wide_lines(table, width)]
    assert max(map(len, lines)) <= width
    words = {word for line in lines for word in line.split()}
    for line in (table.header, *table.rows):
        for cell in line:
            assert {word for text in wrapped(cell, width) for word in text.split()} <= words
