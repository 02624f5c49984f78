"""Tables of values: those that a paper states beside those of its experiments and searches here."""

from typing import Any

from common.core.errors import SpecError
from common.paper.paper import Paper
from common.paper.value_tables import ValueTable
from common.reports.table import Note, Table, cells


def value_table(paper: Paper, table: ValueTable, dataset: str) -> Table:
    """Compare the values that a paper states with those that it has here.

    Args:
        dataset: of the folder of results that it is written to.

    Returns:
        The table; in each of its rows `ours` has a value for each of the table's `columns`.

    Raises:
        SpecError: a row has too few or too many values.
    """
    rows = []
    for row in table.rows(paper):
        if len(row.ours) != len(table.columns):
            raise SpecError(
                f"table {table.id} of {paper.key}, row {row.label}: {len(row.ours)} values, expected one for each of "
                f"{', '.join(table.columns)}."
            )
        ours = dict(zip(table.columns, map(_plain, row.ours), strict=True))
        rows.append({"label": row.label, "published": _plain(row.published), "ours": ours, "where": row.where})
    values = {
        "paper": paper.key,
        "table": table.id,
        "title": table.title,
        "kind": "values",
        "dataset": dataset,
        "protocol": None,
        "scale": "paper",
        "row_header": table.row_header,
        "columns": list(table.columns),
        "rows": rows,
    }
    notes = [Note("method", "Declared, not measured: this table does not depend on data.")]
    if differing := [text for row in rows if (text := _difference(row))]:
        notes.append(Note("method", f"Not as published: {'; '.join(differing)}."))
    return Table(values, *value_cells(values), (*notes, *(Note("paper", text) for text in table.notes)))


def _plain(value: Any) -> Any:
    """A value in JSON, where several are a list."""
    return list(value) if isinstance(value, tuple) else value


def _difference(row: dict[str, Any]) -> str:
    """In which columns a row has another value than the published one; empty where that is not stated, or not here."""
    others = [
        column
        for column, value in row["ours"].items()
        if row["published"] is not None and value is not None and value != row["published"]
    ]
    return f"{row['label']} ({', '.join(others)})" if others else ""


def value_cells(values: dict[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text.

    Args:
        values: of the table, as JSON values.
    """
    columns = values["columns"]
    heads = ["Here"] if len(columns) == 1 else [f"Here, {column}" for column in columns]
    header = (values["row_header"], "Published", *heads, "Where")
    rows = [
        [row["label"], *map(value_text, (row["published"], *(row["ours"][column] for column in columns))), row["where"]]
        for row in values["rows"]
    ]
    return header, cells(rows)


def value_text(value: Any) -> str:
    """A value, or several beside each other, as text."""
    if value is None:
        return "-"
    return ", ".join(map(value_text, value)) if isinstance(value, list) else str(value)
