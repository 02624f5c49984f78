"""Names of rows: how they are made, and which rows a command names with them."""

from dataclasses import replace

import pytest

from common.core.errors import SpecError
from common.paper.row_names import derived_name, rows_named
from common.paper.tables import Row, result_table
from reproductions.se_cnn.paper import BASE, PAPER, TABLE_5_1, TABLE_5_2
from tests.helpers.papers import KEYS, paper_of

TABLES = {table.id: table.rows for table in PAPER.tables}


def named(*texts: str, tables=TABLES) -> list[tuple[str, str]]:
    return [(table, row.name) for table, rows in rows_named(texts, tables).items() for row in rows]


def table_of(names: dict[str, str] | None, **rows) -> object:
    return result_table(
        BASE, id="t", title="T", row_header="R", compared_with={"accuracy": "window_accuracy"}, rows=rows, names=names
    )


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("SoundFusion-1", "soundfusion-1"),
        ("CNN 2D + GRU", "cnn-2d-gru"),
        ("sum, 0.01", "sum-0.01"),
        ("1,2,3,4,5", "1-2-3-4-5"),
        ("Fig. 3 (b)", "fig-3-b"),
        ("width x2.5k", "width-x2.5k"),
    ],
)
def test_a_name_is_made_of_the_label(label, name):
    assert derived_name(label) == name
    assert Row(label=label, published={}, experiment=BASE).name == name


def test_a_label_without_letters_and_digits_needs_a_name_of_its_own():
    with pytest.raises(SpecError, match="no name can be made of the row label '\N{GREEK SMALL LETTER ALPHA}'"):
        table_of(None, **{"\N{GREEK SMALL LETTER ALPHA}": (None, {})})
    (row,) = table_of({"\N{GREEK SMALL LETTER ALPHA}": "alpha"}, **{"\N{GREEK SMALL LETTER ALPHA}": (None, {})}).rows
    assert row.name == "alpha"


@pytest.mark.parametrize("name", ["R8", "r 8", "r,8", "-r8", "r8-", "", "r_8", "r8\n"])
def test_a_name_that_a_shell_or_a_list_of_names_would_misread_is_refused(name):
    with pytest.raises(SpecError, match="name"):
        table_of({"8": name}, **{"8": (None, {})})


def test_names_of_one_table_are_unique():
    with pytest.raises(SpecError, match=r"row names of table t must be unique: \['a-b', 'a-b'\]"):
        table_of(None, **{"a b": (None, {}), "a, b": (None, {"model.ratio": 8.0})})


def test_a_name_for_a_label_that_no_row_has_is_refused():
    with pytest.raises(SpecError, match="names: no row has the label 9; the labels are: 8"):
        table_of({"9": "r9"}, **{"8": (None, {})})


def test_rows_are_found_by_label_and_by_name_in_any_case():
    assert named("se-12345") == named("1,2,3,4,5") == named("SE-12345") == [("5.1", "se-12345")]
    assert named("r8", "4,5") == [("5.1", "se-45"), ("5.2", "r8")]
    assert named("16") == [("5.2", "r16")]


def test_several_names_may_stand_in_one_list():
    assert named("r8,r32") == named("r8, R32") == [("5.2", "r8"), ("5.2", "r32")]
    # Labels hold commas, so a list of labels is none, and neither is a list of which only some are names.
    for text, unknown in (("8,17", "8,17"), ("r8,16", "16"), ("r8,", "r8,"), ("r8,r99,r98", "r99, r98")):
        with pytest.raises(SpecError, match=f"^--row {unknown}: no such row"):
            named(text)
    with pytest.raises(SpecError, match=r"did you mean r16 or width-0\.5x\?"):
        named("r8,16")


def test_an_unknown_row_lists_all_and_names_the_nearest():
    with pytest.raises(SpecError) as refused:
        named("r17", tables={"5.2": TABLE_5_2.rows, "4.1": ()})
    assert str(refused.value) == (
        "--row r17: no such row; did you mean r16? Rows: table 5.2: r8 (8), r16 (16), r32 (32)."
    )
    with pytest.raises(SpecError, match=r"no such row\. Rows: table 5\.1: se-0 \(0\), "):
        named("zzz", tables={"5.1": TABLE_5_1.rows})
    with pytest.raises(SpecError, match=r"Rows: none\.$"):
        named("x", tables={})


def test_of_many_rows_the_command_that_lists_them_is_named():
    tables = {"5.1": TABLE_5_1.rows, "5.2": TABLE_5_2.rows}
    with pytest.raises(SpecError, match=r"^--row nope: no such row\. Rows: encore list se_cnn\.$"):
        rows_named(["nope"], tables, paper="se_cnn")
    with pytest.raises(SpecError, match=r"^--row nope: no such row in table 5\.2\. Rows: table 5\.2: r8 \(8\), "):
        rows_named(["nope"], {"5.2": TABLE_5_2.rows}, paper="se_cnn", of_some=True)


def test_a_name_that_is_the_label_in_small_letters_stands_alone_in_lists():
    tables = {table.id: table.rows for table in paper_of("nnet").tables}
    with pytest.raises(SpecError, match=r"Rows: table results: nnet1, nnet2\.$"):
        named("zzz", tables=tables)


@pytest.mark.parametrize("key", KEYS)
def test_a_name_stands_for_one_experiment_in_all_tables_of_a_paper(key):
    paper_of(key).require_clear_names()


def test_a_name_with_two_meanings_is_refused():
    other = table_of({"1": "r16"}, **{"1": (None, {"model.ratio": 4.0})})
    with pytest.raises(SpecError, match=r"tables 5\.2 and t have different rows of the name r16: 16 and 1"):
        replace(PAPER, tables=(*PAPER.tables, other)).require_clear_names()
    # The label of another row is no name either.
    label = table_of({"1": "32"}, **{"1": (None, {"model.ratio": 4.0})})
    with pytest.raises(SpecError, match="different rows of the name 32"):
        replace(PAPER, tables=(*PAPER.tables, label)).require_clear_names()
    same = table_of({"1": "r16"}, **{"1": (None, {})})
    replace(PAPER, tables=(*PAPER.tables, same)).require_clear_names()


def test_a_name_does_not_change_the_experiment():
    (one,), (other,) = (table_of({"1": name}, **{"1": (None, {})}).rows for name in ("a", "b"))
    assert one.experiment.digest == other.experiment.digest == BASE.digest
