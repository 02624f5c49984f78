"""Tables of layers: the published ones beside the network that we build."""

from collections.abc import Mapping
from typing import Any

from common.paper.paper import Paper
from common.paper.parameters import BuiltLayers, StoredNetworks
from common.paper.tables import TOTAL, ArchitectureTable
from common.reports.layers import compared_columns, keras_outputs, layer_labels, parameter_counts, size_text
from common.reports.table import Note, Table, cells

_ONE_OR_TWO = "What the document prints: one value where ours is the same, otherwise published / ours."
_NO_PARAMETERS = "Parameters are ours; the document prints none."
_ONLY_TOTAL = "Parameters of layers are ours; the document prints their total, compared with ours in the last row."


def architecture_table(paper: Paper, table: ArchitectureTable, dataset: str) -> Table:
    """Compare the published layers with the network that we build at the paper's own input size, as it is stored."""
    built = StoredNetworks.read(paper).layers_of(table)
    rows = [
        {
            "label": row.label,
            "published": dict(row.published),
            "measured": {
                **built.rows[row.label].values,
                "output_shape": built.rows[row.label].output_shape,
                "parameters": built.rows[row.label].parameters,
            },
            "difference": {},
        }
        for row in table.rows
    ]
    values = {
        "paper": paper.key,
        "table": table.id,
        "title": table.title,
        "dataset": dataset,
        "protocol": None,
        "scale": "paper",
        "row_header": "Layer",
        "metrics": [column.name for column in table.columns],
        "headings": {column.name: column.head for column in table.columns},
        "rows": rows,
        "total": {"published": table.total, "measured": built.parameters},
    }
    size = size_text(paper.input_shape(table.experiment))
    other = "" if table.total in (None, built.parameters) else f" (published: {table.total:,})"
    # The screen has no room for the last ones.
    notes = (
        f"Input {size}; {built.parameters:,} trainable parameters{other}. Built, not trained: this table does not "
        "depend on data.",
        *([_ONE_OR_TWO] if len(table.columns) > 1 else []),
        *(difference.reason for difference in table.differences),
        *table.notes,
        _NO_PARAMETERS if table.total is None else _ONLY_TOTAL,
    )
    unexplained = unexplained_cells(table, built)
    warnings = (
        (Note("layers", f"Layers that differ from the published ones: {_cells_text(table, unexplained)}."),)
        if unexplained
        else ()
    )
    return Table(values, *layer_cells(values), tuple(Note("layers", text) for text in notes), warnings)


def unexplained_cells(table: ArchitectureTable, built: BuiltLayers) -> list[tuple[str, str]]:
    """The published cells that differ from ours without a reason, as (label of the row, name of the column)."""
    return [
        cell
        for cell in built.differing_from(table)
        if not any(difference.explains(*cell) for difference in table.differences)
    ]


def _cells_text(table: ArchitectureTable, found: list[tuple[str, str]]) -> str:
    """Rows, each with the headings of its columns where the table has several."""
    heads = {column.name: column.head for column in table.columns}
    columns: dict[str, list[str]] = {}
    for label, column in found:
        columns.setdefault(label, []).append(heads.get(column, "parameters"))
    return ", ".join(
        label if len(heads) == 1 or label == TOTAL else f"{label} ({', '.join(names)})"
        for label, names in columns.items()
    )


def layer_cells(values: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text, the last row with the total.

    Args:
        values: JSON values of the table. Those of earlier versions have one column, and no total.
    """
    columns = [
        ("Layer", layer_labels(values)),
        *((head[:1].upper() + head[1:], column) for head, column in compared_columns(values, "Our")),
        ("Keras output", keras_outputs(values)),
        ("Parameters", parameter_counts(values)),
    ]
    return tuple(head for head, _ in columns), cells(list(zip(*(column for _, column in columns), strict=True)))
