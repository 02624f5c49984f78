"""A table with only the rows that were asked for, to be shown on screen; its files hold all rows."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from common.reports.table import Note, Table
from common.reports.tables.genres import genre_cells

# Kinds of tables whose lines are not rows of the paper.
_OTHER_LINES = ("confusion", "audit", "search", "duplicates", "values")


def only_rows(table: Table, labels: Collection[str]) -> Table | None:
    """The table without the rows that were not asked for; None where none remains.

    Args:
        labels: of the rows that were asked for. A confusion matrix is of one row and stays as it is.
    """
    kind = table.values.get("kind")
    if kind in _OTHER_LINES:
        return table
    if kind == "genres":
        return _only_columns(table, labels)
    kept = [number for number, row in enumerate(table.values["rows"]) if _row_of(row, kind) in labels]
    if not kept:
        return None
    rows = [table.values["rows"][number] for number in kept]
    part = replace(table, values=table.values | {"rows": rows}, rows=tuple(table.rows[number] for number in kept))
    return replace(part, notes=_notes_of(table.notes, rows)) if kind is None else part


def _notes_of(notes: Sequence[Note], rows: Sequence[dict[str, Any]]) -> tuple[Note, ...]:
    """The notes of a table that still hold for some of its rows: which rows have one seed is said only of these."""
    measured = [next(iter(row["measured"].values())) for row in rows if row["measured"]]
    has_one = [entry.get("runs_vary_in") != "seeds" for entry in measured if isinstance(entry, dict)]
    if all(has_one) and has_one:
        single = Note("one_seed", "ONE SEED: differences between rows may be chance.")
        return tuple(single if note.kind == "one_seed_in_some_rows" else note for note in notes)
    return tuple(note for note in notes if note.kind != "one_seed_in_some_rows" or any(has_one))


def labels_with_numbers(values: dict[str, Any]) -> set[str] | None:
    """Labels of the rows of the paper that a table has numbers of; None where its lines are not rows of the paper.

    Args:
        values: of the table, as JSON values.
    """
    kind = values.get("kind")
    if kind in _OTHER_LINES:
        return None
    if kind == "genres":
        return set(values["columns"])
    return {_row_of(row, kind) for row in values["rows"] if kind or row["measured"]}


def _row_of(line: dict[str, Any], kind: str | None) -> str:
    """Label of the row of the paper that a line is of."""
    return line["of"] if kind in ("fold", "round") and "of" in line else line["label"]


def _only_columns(table: Table, labels: Collection[str]) -> Table | None:
    """A table genre by genre, which has a column for each row."""
    columns = [label for label in table.values["columns"] if label in labels]
    if not columns:
        return None
    rows = [row | {"measured": {label: row["measured"][label] for label in columns}} for row in table.values["rows"]]
    header, lines = genre_cells(columns, rows)
    return replace(table, values=table.values | {"columns": columns, "rows": rows}, header=header, rows=lines)
