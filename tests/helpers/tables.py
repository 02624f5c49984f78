"""What tables say, for assertions."""

from typing import Any

from common.reports.table import Table


def caption_of(table: Table) -> str:
    """All notes below a table, as one text."""
    return " ".join(note.text for note in table.notes)


def row_of(table: Table, label: str) -> dict[str, Any]:
    """The JSON values of one row."""
    return next(row for row in table.values["rows"] if row["label"] == label)


def cells_of(table: Table, label: str) -> dict[str, str]:
    """Column name -> cell of one row; of columns with one name, the last."""
    return dict(zip(table.header, next(row for row in table.rows if label in row[:2]), strict=True))
