"""`--list`: a paper's tables, rows, parameters and published numbers, as plain values and on screen."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table as ScreenTable

from common.paper.experiment import Experiment
from common.paper.paper import Paper
from common.paper.tables import ArchitectureTable, ResultTable
from common.reports.tables.architecture import architecture_table


def listing(paper: Paper) -> dict[str, Any]:
    """Everything `--list --json` prints. Percentages are in percent, counts are integers."""
    counted: dict[str, int] = {}
    return {
        "paper": paper.key,
        "tables": [_listed_table(paper, paper.table(name), counted) for name in paper.table_ids],
    }


def _parameters(paper: Paper, experiment: Experiment, counted: dict[str, int]) -> int:
    """Counts the parameters of a network once, however many rows train it."""
    # What does not change the network is made alike.
    default = paper.default_experiment
    key = experiment.replace(training=default.training, protocol=default.protocol).digest
    if key not in counted:
        counted[key] = paper.parameters(experiment)
    return counted[key]


def _listed_table(paper: Paper, table: ResultTable | ArchitectureTable, counted: dict[str, int]) -> dict[str, Any]:
    if isinstance(table, ArchitectureTable):
        rows = [
            {
                "label": row["label"],
                "published": row["published"],
                "trainable_parameters": row["measured"]["parameters"],
                "experiment": table.experiment.digest,
            }
            for row in architecture_table(paper, table, dataset="")["rows"]
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


def show_listing(paper: Paper, *, as_json: bool) -> int:
    """Print the listing on standard output, as tables or as JSON; returns the exit code."""
    values = listing(paper)
    if as_json:
        print(json.dumps(values, indent=1))
        return 0
    screen = Console() if sys.stdout.isatty() else Console(width=160)
    for entry in values["tables"]:
        rows = ScreenTable(title=f"Table {entry['id']}: {entry['title']}")
        for name in ("row", "published", "trainable parameters", "experiment"):
            rows.add_column(name, justify="left" if name == "row" else "right")
        for row in entry["rows"]:
            published = ", ".join(f"{name} {value}" for name, value in row["published"].items() if value is not None)
            rows.add_row(row["label"], published, f"{row['trainable_parameters']:,}", row["experiment"][:12])
        screen.print(rows)
    return 0
