"""Notes on what differs from row to row."""

from common.reports.table import Note
from common.reports.text.rows import by_row_notes


def test_what_rows_share_is_said_once():
    rows = {"a": None, "b": None, "c": None}
    assert by_row_notes("runs", "X", {"a": "one", "b": "one", "c": "one"}, rows) == [Note("runs", "X: one.")]
    differing = by_row_notes("runs", "X", {"a": "one", "b": "two", "c": "one"}, rows)
    assert differing == [Note("runs", "X: a, c: one; b: two.")]
    assert by_row_notes("runs", "X", {"a": "one"}, rows) == [Note("runs", "X: a: one.")]
    assert by_row_notes("runs", "X", {}, rows) == []
