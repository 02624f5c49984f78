"""What of an audit's table is shown after its runs."""

from common.leakage.tables import _of_split, without_splits_that_were_not_run
from common.reports.table import Note, Table


def test_splits_that_the_data_do_not_allow_are_left_out_with_their_cells():
    rows = [
        {"label": "by window", "measured": {"runs": 1}, "overlap": {"met": 1}},
        {"label": "official", "measured": {}, "overlap": None},
        {"label": "by clip", "measured": {}, "overlap": {"met": 0}},
    ]
    table = Table({"rows": rows, "title": "t"}, ("Split",), (("by window",), ("official",), ("by clip",)))
    shown = without_splits_that_were_not_run(table)
    assert [row["label"] for row in shown.values["rows"]] == ["by window", "by clip"]
    assert shown.rows == (("by window",), ("by clip",))
    assert shown.values["title"] == "t"


def test_a_warning_of_a_split_goes_on_in_small_letters_behind_its_name():
    note = Note("missing_genres", "No test clip of blues.", "No clip.")
    assert _of_split("artist, by clip", note).text == "artist, by clip: no test clip of blues."
    assert _of_split("artist, by clip", note).short == "artist, by clip: no clip."
    assert _of_split("a", Note("diverged", "DIVERGED: 1 run.")).text == "a: DIVERGED: 1 run."
    assert _of_split("a", Note("diverged", "DIVERGED: 1 run.")).short == ""
