"""Which columns a width holds, and that whole columns are left out instead of parts of numbers."""

from common.reports.screen.columns import Column, ShortTable, place_columns, wrapped
from common.reports.screen.layout import table_lines

LABELS = Column("Network", ("CNN 1D + GRU and an attention layer", "CNN 2D"), is_text=True)
PARAMETERS = Column("parameters", ("778,384", "21,313,384"), 3)
ACCURACY = Column("ours (%),\n95 % interval", ("69.9 (60.0 to 79.6)", "not run"), 1)
WIDE = Column("a column with cells of thirty", ("123456789012345678901234567890", "1"), 2)
TABLE = ShortTable("t", (LABELS, PARAMETERS, ACCURACY, WIDE))


def names(width: int) -> tuple[list[str], list[str]]:
    placed, left_out = place_columns(TABLE, width)
    return [one.column.name for one in placed], [column.name for column in left_out]


def test_the_least_important_columns_are_left_out_whole():
    assert names(120)[1] == []
    # A less important column that is narrow still fits where a wide one does not.
    assert names(66) == (
        ["Network", "parameters", "ours (%), 95 % interval"],
        ["a column with cells of thirty"],
    )
    assert names(45)[0] == ["Network", "ours (%), 95 % interval"]
    assert names(25) == (["Network"], ["parameters", "ours (%), 95 % interval", "a column with cells of thirty"])
    assert place_columns(TABLE, 15) == ([], [])


def test_only_words_are_wrapped_where_a_column_becomes_narrow():
    lines, left_out = table_lines(ShortTable("t", (LABELS, ACCURACY, PARAMETERS)), 80)
    assert (lines, left_out) == (
        [
            "                                               ours (%),",
            "Network                                    95 % interval  parameters",
            "-----------------------------------  -------------------  ----------",
            "CNN 1D + GRU and an attention layer  69.9 (60.0 to 79.6)     778,384",
            "CNN 2D                                           not run  21,313,384",
        ],
        [],
    )
    columns = (LABELS, ACCURACY, PARAMETERS, Column("more", ("1" * 20, ""), 4))
    lines, left_out = table_lines(ShortTable("t", columns), 80)
    assert left_out == []
    assert lines[3:5] == [
        "CNN 1D + GRU and an        69.9 (60.0 to 79.6)     778,384  11111111111111111111",
        "attention layer",
    ]


def test_below_eighty_columns_one_value_stands_in_a_line():
    assert table_lines(ShortTable("t", (LABELS, ACCURACY)), 79) == (
        [
            "Network: CNN 1D + GRU and an attention layer",
            "  ours (%), 95 % interval: 69.9 (60.0 to 79.6)",
            "Network: CNN 2D",
            "  ours (%), 95 % interval: not run",
        ],
        [],
    )


def test_a_value_of_the_same_group_is_named_once_but_on_every_row_of_a_narrow_screen():
    columns = (Column("row", ("a", "a", "b"), is_text=True, is_group=True), Column("x", ("1", "2", "3")))
    assert [line.split() for line in table_lines(ShortTable("t", columns), 80)[0][2:]] == [
        ["a", "1"],
        ["2"],
        ["b", "3"],
    ]
    assert table_lines(ShortTable("t", columns), 60)[0][::2] == ["row: a", "row: a", "row: b"]


def test_a_matrix_stays_a_matrix_on_a_narrow_screen_where_it_fits():
    columns = (Column("genre", ("1 a",), is_text=True), *(Column(str(place), ("100",)) for place in range(1, 11)))
    matrix = ShortTable("t", columns, is_matrix=True)
    assert table_lines(matrix, 60)[0][2] == f"1 a   {' '.join(['100'] * 10)}"
    assert table_lines(matrix, 20)[0][:2] == ["genre: 1 a", "  1: 100"]


def test_a_percent_sign_stays_with_its_number():
    assert wrapped("intervals of 95 % are wide", 15) == ["intervals of", "95 % are wide"]


def test_a_column_of_blank_cells_is_not_shown():
    blank = Column("remark", ("", ""), 1, is_text=True)
    lines, left_out = table_lines(ShortTable("t", (LABELS, blank)), 100)
    assert "remark" not in lines[0]
    assert left_out == []


def test_a_number_stays_with_its_interval_on_a_narrow_screen():
    columns = (
        Column("row", ("r8",), is_text=True),
        Column("ours (%),\n95 % interval", ("14.3 (4.0 to 39.9)",)),
        Column("remark", ("diverged in epoch 3 of seed 1",), is_text=True),
    )
    lines, _ = table_lines(ShortTable("t", columns), 30)
    assert lines == [
        "row: r8",
        "  ours (%), 95 % interval:",
        "      14.3 (4.0 to 39.9)",
        "  remark: diverged in epoch 3",
        "      of seed 1",
    ]
