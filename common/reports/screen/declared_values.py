"""Short tables of the values that a paper states and those that it has here."""

from common.reports.screen.columns import Column, ShortTable
from common.reports.table import Table
from common.reports.tables.declared_values import value_text


def values_on_screen(table: Table) -> ShortTable:
    """Published values and ours; where they are stated, as far as there is room."""
    values = table.values
    rows, columns_here = values["rows"], values["columns"]
    columns = (
        Column(values["row_header"], tuple(row["label"] for row in rows), is_text=True),
        Column("published", tuple(value_text(row["published"]) for row in rows), is_text=True),
        *(
            Column(
                "here" if len(columns_here) == 1 else f"here,\n{column}",
                tuple(value_text(row["ours"][column]) for row in rows),
                is_text=True,
            )
            for column in columns_here
        ),
        Column("where", tuple(row["where"] for row in rows), 1, is_text=True),
    )
    return ShortTable(table.title, columns, keys=tuple(note.text for note in table.notes))
