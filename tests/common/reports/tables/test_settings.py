"""Several settings beside each other: which warnings are said, and of which columns."""

from dataclasses import replace

import pytest

from common.reports.screen.layout import table_lines
from common.reports.screen.show import screen_lines, short_table
from common.reports.table import Note, Table
from common.reports.tables.settings import SettingColumn, settings_table
from reproductions.se_cnn.paper import TABLE_5_1
from tests.helpers.se_cnn_records import SETTING, record, table_of

CONTAMINATED = Note("contaminated", "CONTAMINATED: a long text.", "CONTAMINATED.")
CLIPPED = [
    Note("clipped_loss", f"CLIPPED LOSS in row {number}. They may collapse. Always.", f"CLIPPED LOSS of {number}.")
    for number in range(2)
]


def column(name: str, *warnings: Note, data: str = "GTZAN", unit: str = "clip", digest: str = "d") -> SettingColumn:
    found = table_of(record(correct=200), setting=SETTING)
    values = Table(found.values | {"data": data, "known_data": None, "data_clips": 999}, (), (), (), warnings).as_json()
    values["setting"] = values["setting"] | {"unit": unit, "data_digest": digest}
    return SettingColumn(name, f"{name}.md", values)


def table(*columns: SettingColumn) -> Table:
    return settings_table("se_cnn", TABLE_5_1, columns)


def test_a_warning_of_both_columns_is_said_once_and_others_with_their_column():
    windows = column("holdout, by window", CONTAMINATED, CLIPPED[0], unit="segment")
    warnings = table(windows, column("holdout, by clip", CLIPPED[1])).warnings
    assert [(note.kind, note.short) for note in warnings] == [
        ("contaminated", "holdout, by window: CONTAMINATED."),
        (
            "clipped_loss",
            "both: some seeds were trained with a loss that has no gradient for very wrong windows, so a run that "
            "collapsed to one class could not recover.",
        ),
    ]
    # What differs is said of each column, the explanation once.
    assert warnings[1].text == (
        "holdout, by window: CLIPPED LOSS in row 0; holdout, by clip: CLIPPED LOSS in row 1. They may collapse. Always."
    )
    three = table(*(column(f"{split}, by clip", CLIPPED[0]) for split in ("holdout", "artist", "kfold"))).warnings
    assert [note.text for note in three] == [f"all: {CLIPPED[0].text}"]


def test_a_warning_of_some_columns_names_them_as_the_table_does():
    names = ("arrays: artist, by clip", "arrays: fault_filtered, by clip", "demo: holdout, by window")
    three = table(*(column(name, CONTAMINATED) for name in names[:2]), column(names[2])).warnings
    assert [note.short for note in three] == [f"{names[0]}; {names[1]}: CONTAMINATED."]
    assert [note.text for note in three] == [f"{names[0]}; {names[1]}: {CONTAMINATED.text}"]


def test_the_screen_says_which_accuracy_it_is_and_on_which_data():
    windows = column("holdout, by window", unit="segment")
    text = [line.text for line in screen_lines(table(windows, column("holdout, by clip")), 80)]
    assert text[1] == "GTZAN, 999 clips"
    assert text[3].split() == ["published", "ours:", "holdout,", "ours:", "holdout,"]
    assert text[4].split() == ["row", "SE", "blocks", "(%)", "by", "window", "(%)", "by", "clip", "(%)"]
    assert "Ours: window accuracy. 95 % intervals: from test clips only, not from seeds." in " ".join(text)


def test_data_that_differ_are_said_of_each_column():
    short = short_table(table(column("gtzan: holdout, by clip"), column("fma: holdout, by clip", data="FMA small")))
    assert short.about == "gtzan: holdout, by clip: GTZAN, 999 clips; fma: holdout, by clip: FMA small, 999 clips"
    assert short.keys[0] == "Ours: window accuracy."
    assert short.needed_keys == len(short.keys)


def reduced(*notes: Note) -> SettingColumn:
    """A column whose numbers are reduced, at smoke scale and for one epoch."""
    made = column("holdout, by clip")
    kinds = Table({}, (), (), tuple(notes)).as_json()
    setting = made.values["setting"] | {"scale": "smoke", "epochs": 1}
    return replace(made, values=made.values | kinds | {"setting": setting, "scale": "smoke"})


def test_what_was_reduced_is_said_of_all_columns_and_of_some():
    smoke = Note("smoke_scale", "SMOKE SCALE: a long text.", "SMOKE SCALE: everything runs.")
    epochs = Note("fewer_epochs", "Number of epochs.", "1 epoch instead of 50.")
    one = reduced(smoke, Note("one_seed", "ONE SEED."), epochs, Note("reduced_features", "REDUCED FEATURES."))
    other = replace(reduced(smoke, epochs, Note("bfloat16", "Precision.")), name="holdout, by window")
    made = table(one, other)
    short = short_table(made)
    assert short.about == "GTZAN, 999 clips, smoke scale, 1 epoch"
    assert short.keys[-3:] == (
        "Both: 1 epoch instead of 50.",
        "holdout, by clip: reduced features, one seed.",
        "holdout, by window: bfloat16.",
    )
    # Where only one was found, there are no others to name it with.
    assert (
        short_table(table(one)).keys[-1] == "Reduced or different: reduced features, 1 epoch instead of 50, one seed."
    )
    text = [line.text for line in screen_lines(made, 80)]
    assert smoke.short in text
    # Of one column, the sentence names it.
    mixed = [line.text for line in screen_lines(table(one, column("holdout, by window")), 80)]
    assert f"holdout, by clip: {smoke.short}" in mixed


@pytest.mark.parametrize(("width", "spare", "blocks"), [(100, True, 1), (80, False, 1), (80, False, 2)])
def test_every_setting_that_was_asked_for_is_shown_on_narrow_screens(width, spare, blocks):
    splits = ("artist", "holdout", "fault_filtered", "kfold", "per_genre")[: 3 if blocks == 1 else 5]
    lines, left_out = table_lines(short_table(table(*(column(f"{split}, by clip") for split in splits))), width)
    assert [column.name for column in left_out if not column.is_spare] == []
    assert any("SE blocks" in line for line in lines) == spare
    assert [line for line in lines if line.startswith("---")][blocks - 1 :] == [
        line for line in lines if line.startswith("---")
    ][-1:]
    for split in splits:
        assert sum(f"ours: {split}," in line for line in lines) == 1
    assert sum(line.startswith("se-12345") for line in lines) == blocks
    assert max(map(len, lines)) <= width


def test_columns_say_whose_numbers_they_hold():
    own = replace(column("demo: holdout, by clip"), is_own=True)
    short = short_table(table(own, column("gtzan: holdout, by clip")))
    assert [one.name for one in short.columns if one.is_asked] == [
        "yours: demo: holdout, by clip (%)",
        "ours: gtzan: holdout, by clip (%)",
    ]
    assert short.keys[0] == "Yours and ours: window accuracy."
