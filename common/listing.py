"""`--list`: a paper's tables, rows, parameters and published numbers, as plain values."""

from typing import Any

from common.paper import ArchitectureTable, Paper
from common.spec import Experiment, Table
from common.tables import of_architecture


def listing(paper: Paper) -> dict[str, Any]:
    """Everything `--list --json` prints. Percentages are in percent, counts are integers."""
    counted: dict[str, int] = {}
    return {"paper": paper.key, "tables": [_table(paper, paper.table(name), counted) for name in paper.table_ids]}


def _parameters(paper: Paper, experiment: Experiment, counted: dict[str, int]) -> int:
    """Counts the parameters of a network once, however many rows train it."""
    # What does not change the network is made alike.
    default = paper.default_experiment
    key = experiment.but(training=default.training, protocol=default.protocol).digest
    if key not in counted:
        counted[key] = paper.parameters(experiment)
    return counted[key]


def _table(paper: Paper, table: Table | ArchitectureTable, counted: dict[str, int]) -> dict[str, Any]:
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
            "trainable_parameters": _parameters(paper, row.experiment, counted),
            "experiment": row.experiment.digest,
        }
        for row in table.rows
    ]
    return {"id": table.id, "title": table.title, "metrics": list(table.metrics), "rows": rows}
