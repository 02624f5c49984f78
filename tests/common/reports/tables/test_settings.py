"""Several settings beside each other: which warnings are said, and of which columns."""

from common.reports.screen.show import screen_lines, short_table
from common.reports.table import Note, Table
from common.reports.tables.settings import SettingColumn, settings_table
from reproductions.se_cnn.paper import TABLE_5_1
from tests.helpers.se_cnn_records import SETTING, record, table_of

CONTAMINATED = Note("contaminated", "CONTAMINATED: a long text.", "CONTAMINATED.")
CLIPPED = [
    Note("clipped_loss", f"CLIPPED LOSS in row {number}: a long text.", f"CLIPPED LOSS of {number}.")
    for number in range(2)
]


def column(name: str, *warnings: Note, data: str = "GTZAN", unit: str = "clip", digest: str = "d") -> SettingColumn:
    found = table_of(record(correct=200), setting=SETTING)
    values = Table(found.values | {"data": data, "data_clips": 999}, (), (), (), warnings).as_json()
    values["setting"] = values["setting"] | {"unit": unit, "data_digest": digest}
    return SettingColumn(name, f"{name}.md", values)


def table(*columns: SettingColumn) -> Table:
    return settings_table("se_cnn", TABLE_5_1, columns)


def test_a_warning_of_both_columns_is_said_once_and_others_with_their_column():
    windows = column("holdout, by window", CONTAMINATED, CLIPPED[0], unit="segment")
    warnings = table(windows, column("holdout, by clip", CLIPPED[1])).warnings
    assert [(note.kind, note.short) for note in warnings] == [
        ("contaminated", "by window: CONTAMINATED."),
        ("clipped_loss", "both: CLIPPED LOSS: such runs can collapse to one class."),
    ]
    # Where their texts differ, both are there to be read in full.
    assert warnings[1].text == f"by window: {CLIPPED[0].text}; by clip: {CLIPPED[1].text}"
    three = table(*(column(f"{split}, by clip", CLIPPED[0]) for split in ("holdout", "artist", "kfold"))).warnings
    assert [note.text for note in three] == [f"all: {CLIPPED[0].text}"]


def test_a_column_without_a_name_of_its_own_keeps_the_whole_name():
    same = table(column("holdout, by clip", CONTAMINATED), column("holdout, by clip, committed")).warnings
    assert [note.short for note in same] == ["holdout, by clip: CONTAMINATED."]


def test_the_screen_says_which_accuracy_it_is_and_on_which_data():
    windows = column("holdout, by window", unit="segment")
    text = [line.text for line in screen_lines(table(windows, column("holdout, by clip")), 80)]
    assert text[1] == "GTZAN, 999 clips"
    assert text[3].split() == ["published", "ours", "(%),", "ours", "(%),"]
    assert text[4].endswith("(%)   holdout, by window     holdout, by clip")
    assert "Ours: window accuracy; the columns differ in the split." in " ".join(text)


def test_data_that_differ_are_said_of_each_column():
    short = short_table(table(column("gtzan: holdout, by clip"), column("fma: holdout, by clip", data="FMA small")))
    assert short.about == "gtzan: holdout, by clip: GTZAN, 999 clips; fma: holdout, by clip: FMA small, 999 clips"
    assert "the columns differ in the data." in short.keys[0]
    assert short.needed_keys == 1


def test_data_of_one_name_that_differ_are_not_mixed_silently():
    windows = column("holdout, by window", data="own folder songs", unit="segment")
    other = column("holdout, by clip", data="own folder songs", digest="of another folder")
    assert "the columns differ in the data and the split." in short_table(table(windows, other)).keys[0]
