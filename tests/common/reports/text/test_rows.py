"""Notes on what differs from row to row."""

from common.reports.table import Note
from common.reports.text.rows import by_row_notes, labels_text


def test_what_rows_share_is_said_once():
    rows = {"a": None, "b": None, "c": None}
    assert by_row_notes("runs", "X", {"a": "one", "b": "one", "c": "one"}, rows) == [Note("runs", "X: one.")]
    differing = by_row_notes("runs", "X", {"a": "one", "b": "two", "c": "one"}, rows)
    assert differing == [Note("runs", "X: a, c: one; b: two.")]
    assert by_row_notes("runs", "X", {"a": "one"}, rows) == [Note("runs", "X: a: one.")]
    assert by_row_notes("runs", "X", {}, rows) == []


def test_labels_that_hold_commas_are_set_apart_by_bars():
    assert labels_text(["nnet1", "nnet2"]) == "nnet1, nnet2"
    assert labels_text(["0", "4,5", "3,4,5"]) == "0 | 4,5 | 3,4,5"
    (note,) = by_row_notes("machines", "On", {"0": "A", "4,5": "A", "5": "B"}, dict.fromkeys(["0", "4,5", "5"]))
    assert note.text == "On: 0 | 4,5: A; 5: B."
