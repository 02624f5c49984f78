"""Tables of layers: the published ones beside the network that we build."""

from typing import Any

from common.paper.paper import Paper
from common.paper.parameters import StoredNetworks
from common.paper.tables import ArchitectureTable
from common.reports.table import Note, Table, cells


def architecture_table(paper: Paper, table: ArchitectureTable, dataset: str) -> Table:
    """Compare the published layers with the network that we build at the paper's own input size, as it is stored."""
    built = StoredNetworks.read(paper).layers_of(table)
    rows = [
        {
            "label": row.label,
            "published": {table.column: row.published},
            "measured": {
                table.column: built.rows[row.label].value,
                "output_shape": built.rows[row.label].output_shape,
                "parameters": built.rows[row.label].parameters,
            },
            "difference": {},
        }
        for row in table.rows
    ]
    differing = [row["label"] for row in rows if row["published"][table.column] != row["measured"][table.column]]
    values = {
        "paper": paper.key,
        "table": table.id,
        "title": table.title,
        "dataset": dataset,
        "protocol": None,
        "scale": "paper",
        "row_header": "Layer",
        "metrics": [table.column],
        "rows": rows,
    }
    size = " x ".join(map(str, paper.input_shape(table.experiment)))
    notes = (
        Note(
            "layers",
            f"Input {size}; {built.parameters:,} trainable parameters. Built, not trained: this table does not "
            "depend on data.",
        ),
    )
    warnings = (
        (Note("layers", f"Layers that differ from the published ones: {', '.join(differing)}."),) if differing else ()
    )
    return Table(values, *layer_cells(table.column, rows), notes, warnings)


def layer_cells(column: str, lines: list[dict[str, Any]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text."""
    name = column.replace("_", " ")
    header = ("Layer", f"Published {name}", f"Our {name}", "Keras output", "Parameters")

    def shape(value: Any) -> str:
        if value is None:
            return "-"
        return " x ".join(str(part) for part in value) if isinstance(value, list) else str(value)

    rows = [
        [
            row["label"],
            shape(row["published"][column]),
            shape(row["measured"][column]),
            shape(row["measured"]["output_shape"]),
            f"{row['measured']['parameters']:,}",
        ]
        for row in lines
    ]
    return header, cells(rows)
