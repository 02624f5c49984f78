"""Every kind of table on screens of several widths: nothing is wider than the screen, and nothing is broken."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from common.paper.overrides import Setting
from common.reports.screen.layout import NARROWEST_TABLE, table_lines
from common.reports.screen.notes import MOST_LINES
from common.reports.screen.show import screen_lines, short_table
from common.reports.table import Note, Table
from common.reports.tables.architecture import architecture_table
from common.reports.tables.declared_values import value_table
from common.reports.tables.results import results_table
from tests.helpers.committed_tables import committed_tables
from tests.helpers.papers import KEYS, paper_of

WIDTHS = (100, 80, 60)
RULE = re.compile(r"-+( +-+)*")
SETTING = Setting(dataset="demo", data_digest="d", scale="paper", features="paper", split="holdout", unit="clip")
NOTES = tuple(Note("fewer_epochs", f"Sentence {number} on a row of this table. {'word ' * 30}.") for number in range(9))
ABOUT = {"paper": "p", "table": "1", "title": "t", "dataset": "demo", "data": "demo corpus", "protocol": "holdout"}


def _duplicates() -> Table:
    rows = [
        {
            "label": f"classical/a_long_name_of_a_recording_{number:05d}.wav",
            "second": f"rock/{number}.wav",
            "similarity": 0.512 + number / 10,
            "shift_seconds": -3.37 * number,
            "exact": number == 0,
            "parts": ["train / test", "none / valid"],
        }
        for number in range(3)
    ]
    values = ABOUT | {"kind": "duplicates", "regimes": ["holdout, by clip", "artist, by clip"], "rows": rows}
    return Table(values, (), (), NOTES)


def _search() -> Table:
    rows = [
        {
            "rank": None if failed else 1,
            "trial": "0001",
            "values": {"ratio": 16, "learning_rate": 0.00123456, "widths": "32,64,128,256,128"},
            "score": None if failed else 71.25,
            "trainable_parameters": None if failed else 1_778_384,
            "best_epoch": None if failed else 12,
            "remark": f"failed: {'a reason in many words ' * 4}" if failed else "",
        }
        for failed in (False, True)
    ]
    parameters = ["ratio", "learning_rate", "widths"]
    values = ABOUT | {"kind": "search", "objective": "val_accuracy", "parameters": parameters, "rows": rows}
    return Table(values, (), (), NOTES)


def _confusion(genres: int) -> Table:
    names = [f"International {number}"[-13:] for number in range(genres)]
    rows = [
        {
            "label": name,
            "published": {other: 100 if name == other else 0 for other in names},
            "measured": {other: 100 if name == other else 0 for other in names},
        }
        for name in names
    ]
    matrix = {"genres": names, "accuracy": 71.43}
    matrices = {"measured_matrix": matrix, "published_matrix": matrix | {"accuracy": None}}
    return Table(ABOUT | {"kind": "confusion", "metrics": names, "rows": rows} | matrices, (), (), NOTES)


def _named() -> Table:
    """Results with short names of rows and committed numbers."""
    table = committed_tables()["se_cnn table_5.3_20_epochs_bfloat16 5.3"]
    rows = [
        row
        | {"name": f"width-{number}x"}
        | {
            "committed": {"measured": row["measured"], "path": "results/a/table.md", "data": "GTZAN", "runs": 3}
            | {"epochs": 20, "reduced": ["reduced_features", "fewer_epochs", "bfloat16"]}
        }
        for number, row in enumerate(table.values["rows"])
    ]
    return replace(table, values=table.values | {"rows": rows, "recommended": rows[1]["label"]})


def _values() -> Table:
    return value_table(paper_of("soundfusion"), paper_of("soundfusion").table("mel_settings"), "demo")


BUILT = {"duplicates": _duplicates, "search": _search, "named": _named, "values": _values}
BUILT |= {f"{genres} genres": lambda genres=genres: _confusion(genres) for genres in (10, 13)}


def table_named(name: str) -> Table:
    return BUILT[name]() if name in BUILT else committed_tables()[name]


NAMES = [*committed_tables(), *BUILT]


def test_tables_of_every_kind_are_looked_at():
    kinds = {table_named(name).values.get("kind") for name in NAMES}
    assert kinds == {None, "fold", "genres", "pairs", "confusion", "audit", "duplicates", "search", "values"}
    several = {len(table.values["metrics"]) for table in committed_tables().values() if "compared_with" in table.values}
    assert several >= {1, 2, 3}


def parts_of(table: Table, width: int) -> tuple[list[str], list[str], list[str]]:
    """Lines of the title, of the rows with their header, and of the notes."""
    texts = [line.text for line in screen_lines(table, width)]
    first = texts.index("")
    last = len(texts) - 1 - texts[::-1].index("")
    return texts[:first], texts[first + 1 : last], texts[last + 1 :]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_wider_than_the_screen_and_notes_other_than_warnings_have_at_most_eight_lines(name, width):
    title, rows, notes = parts_of(table_named(name), width)
    assert max(map(len, (*title, *rows, *notes))) <= width
    assert 1 <= len(title) <= 4
    warnings = sum(line.style == "yellow" for line in screen_lines(table_named(name), width))
    assert warnings <= len(notes) <= warnings + MOST_LINES + 2 * (width < 80)
    assert MOST_LINES == 8


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_numbers_and_words_of_the_shown_columns_are_whole(name, width):
    short = short_table(table_named(name))
    lines, left_out = table_lines(short, width)
    words = [word for line in lines for word in re.split(r"[ ()]+", line)]
    for column in short.columns:
        if column not in left_out:
            # Paths lose their middle in a table.
            for text in (*(() if column.is_path and width >= 80 else column.cells), column.name):
                assert set(re.split(r"[ \xa0()]+", text)) <= {*words, *(word.rstrip(":") for word in words), ""}, text
            if not column.is_text and width >= NARROWEST_TABLE:
                # A number and its interval stand on one line.
                squeezed = [re.sub(r" +", " ", line.replace("( ", "(")) for line in lines]
                assert all(any(re.sub(r" +", " ", cell) in line for line in squeezed) for cell in column.cells)


@pytest.mark.parametrize("width", [100, 80])
@pytest.mark.parametrize("name", NAMES)
def test_a_header_has_at_most_two_lines(name, width):
    _, rows, _ = parts_of(table_named(name), width)
    rules = [place for place, line in enumerate(rows) if RULE.fullmatch(line)]
    assert rules
    assert rules[0] in (1, 2)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("key", KEYS)
def test_the_recommended_row_is_marked_in_every_table_that_has_it(key, width):
    paper = paper_of(key)
    marked = set()
    for table in paper.tables:
        built = results_table(paper, table, SETTING, [])
        _, rows, notes = parts_of(built, width)
        is_here = paper.recommends_default_row and any(
            row.experiment.digest == paper.default_experiment.digest for row in table.rows
        )
        assert bool(built.values["recommended"]) == is_here
        assert any(" *" in line for line in rows) == is_here
        assert (notes[0] == "*: the paper's recommended network") == is_here
        marked |= {table.id} if is_here else set()
    assert (paper.default_row[0] in marked) == (key not in ("embeddings", "soundfusion"))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("key", KEYS)
def test_tables_of_layers_fit(key, width):
    paper = paper_of(key)
    for table in paper.architecture:
        built = architecture_table(paper, table, "arrays")
        assert max(len(line.text) for line in screen_lines(built, width)) <= width
        assert "778,384 trainable parameters" in parts_of(built, 100)[2][0] or key != "se_cnn"


@pytest.mark.parametrize("key", ["nnet", "resnet1d", "soundfusion"])
def test_eighty_columns_hold_every_published_column_of_layers(key):
    for table in paper_of(key).architecture:
        _, left_out = table_lines(short_table(architecture_table(paper_of(key), table, "arrays")), 80)
        assert not {column.name for column in left_out} & {one.head for one in table.columns}


def test_layers_are_one_value_a_line_on_forty_columns():
    paper = paper_of("resnet1d")
    lines = [line.text for line in screen_lines(architecture_table(paper, paper.table("4.1"), "arrays"), 40)]
    assert max(map(len, lines)) <= 40
    place = lines.index("Layer: Conv1D, first")
    assert lines[place + 1 : place + 8] == [
        "  filters: 128",
        "  kernel size: 3",
        "  pool size: -",
        "  stride: 3",
        "  output shape: 128 x 36,750",
        "  parameters: 768",
        "  Keras output: 36,750 x 128",
    ]
    place = lines.index("Layer: Total")
    assert lines[place + 1] == "  parameters: 4,086,794"


def test_without_the_recommended_row_in_the_values_nothing_is_marked():
    table = results_table(paper_of("se_cnn"), paper_of("se_cnn").tables[0], SETTING, [])
    old = {name: value for name, value in table.values.items() if name != "recommended"}
    assert not any("*" in line.text for line in screen_lines(replace(table, values=old), 80))


def test_a_short_name_comes_first_and_the_label_where_there_is_room():
    heads = {width: parts_of(_named(), width)[1][1].split() for width in (120, 80)}
    assert heads[120][:2] == ["row", "Channels"]
    assert heads[80][:1] == ["row"]
    assert "Channels" not in heads[80]
    same = _named()
    rows = [row | {"name": row["label"]} for row in same.values["rows"]]
    heads = parts_of(replace(same, values=same.values | {"rows": rows}), 120)[1][1].split()
    assert heads[0] == "row"
    assert "Channels" not in heads


def test_a_label_without_room_beside_its_name_is_not_missed():
    _, left_out = table_lines(short_table(_named()), 80)
    assert "Channels" in [column.name for column in left_out]
    assert not any("No room for" in line and "Channels" in line for line in parts_of(_named(), 80)[2])


def test_the_gap_of_an_audit_fits_eighty_columns():
    audits = [table for table in committed_tables().values() if table.values.get("kind") == "audit"]
    assert len(audits) > 1
    for audit in audits:
        assert "gap (points)" in parts_of(audit, 80)[1][1]


def test_smoke_scale_says_for_how_many_epochs_it_trained():
    about = {"data": "demo", "data_clips": 40, "protocol": "holdout", "scale": "smoke", "setting": {"epochs": 1}}
    table = _search()
    shown = short_table(replace(table, values=table.values | about)).about
    assert shown == "demo, 40 clips, holdout, smoke scale, 1 epoch"
    by_default = replace(table, values=table.values | about | {"setting": {"epochs": None}})
    assert short_table(by_default).about == "demo, 40 clips, holdout, smoke scale"


def test_committed_numbers_stand_beside_own_ones_and_say_where_they_are_from():
    _, rows, _ = parts_of(_named(), 100)
    assert rows[0].split()[:2] == ["published", "Encore's"]
    assert rows[3].split()[:4] == ["width-0x", "90.1", "67.9", "67.9"]
    # Warnings and notes never push it out.
    many = tuple(Note("diverged", f"DIVERGED {number}.") for number in range(9))
    _, _, notes = parts_of(replace(_named(), notes=NOTES, warnings=many), 80)
    of = "3 seeds, at most 20 epochs, reduced features, bfloat16"
    assert f"Encore's: measured on GTZAN, other data than yours, {of}." in " ".join(notes)


def test_encores_numbers_that_were_measured_otherwise_name_their_rows():
    table = _named()
    first = table.values["rows"][0]["committed"] | {"epochs": None, "reduced": [], "data": "GTZAN"}
    same = [row | {"committed": row["committed"] | {"data": table.values["data"]}} for row in table.values["rows"]]
    rows = [table.values["rows"][0] | {"committed": first}, *same[1:]]
    key = short_table(replace(table, values=table.values | {"rows": rows})).keys[0]
    assert key == (
        "Encore's: measured for width-0x: on GTZAN, other data than yours, 3 seeds; width-1x, width-2x, width-3x: on "
        f"{table.values['data']}, 3 seeds, at most 20 epochs, reduced features, bfloat16."
    )
    short = short_table(replace(table, values=table.values | {"rows": same}))
    assert short.keys[0].startswith(f"Encore's: measured on {table.values['data']}, 3 seeds")
    # Of several seeds with folds, each run is one of both.
    folds = {"rows": same, "setting": table.values["setting"] | {"split": "kfold"}}
    short = short_table(replace(table, values=table.values | folds))
    assert short.keys[0].startswith(f"Encore's: measured on {table.values['data']}, 3 runs")


def test_a_table_without_rows_is_one_line(tmp_path):
    table = _duplicates()
    none = replace(table, values=table.values | {"rows": []})
    assert parts_of(none, 80)[1] == ["No pairs were found."]
    some_short = replace(none, values=none.values | {"clips": 9, "too_short_clips": 3})
    found = "No pairs were found among 9 clips; 3 were too short to be compared by their sound."
    assert " ".join(parts_of(some_short, 80)[1]) == found


def test_the_file_with_all_notes_is_named_whole():
    path = Path("/a/folder/with a long name") / ("x" * 90) / "table_1.md"
    lines = [line.text for line in screen_lines(_search(), 60, page=path)]
    assert lines[-1] == f"All notes: '{path}'"
