"""`--list`: a paper's tables, rows, parameters and published numbers, as plain values."""

from typing import Any

from common.paper import ArchitectureTable, Paper
from common.spec import Table
from common.tables import of_architecture


def listing(paper: Paper) -> dict[str, Any]:
    """Everything `--list --json` prints. Percentages are in percent, counts are integers."""
    return {"paper": paper.key, "tables": [_table(paper, paper.table(name)) for name in paper.table_ids]}


def _table(paper: Paper, table: Table | ArchitectureTable) -> dict[str, Any]:
    if isinstance(table, ArchitectureTable):
        rows = [
            {
                "label": row["label"],
                "published": row["published"],
                "trainable_parameters": row["measured"]["parameters"],
                "experiment": table.experiment.digest,
            }
            for row in of_architecture(paper, table, dataset="")["rows"]
        ]
        return {"id": table.id, "title": table.title, "metrics": [table.column], "rows": rows}
    rows = [
        {
            "label": row.label,
            "published": row.published,
            "trainable_parameters": paper.parameters(row.experiment),
            "experiment": row.experiment.digest,
        }
        for row in table.rows
    ]
    return {"id": table.id, "title": table.title, "metrics": list(table.metrics), "rows": rows}
