"""`--list` and `--sources`: what a paper published, and where the values of its experiments come from."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table as ScreenTable
from rich.text import Text

from common.paper.experiment import Experiment
from common.paper.paper import FIXED_PREFIX, Paper
from common.paper.provenance import covered_values
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
    """Trainable parameters of a row's network; each network is counted once, however many rows train it."""
    # Values that do not change the network are replaced by the defaults.
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
            for row in architecture_table(paper, table, dataset="").values["rows"]
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
    screen = _screen()
    for entry in values["tables"]:
        rows = ScreenTable(title=f"Table {entry['id']}: {entry['title']}")
        for name in ("row", "published", "trainable parameters", "experiment"):
            rows.add_column(name, justify="left" if name == "row" else "right")
        for row in entry["rows"]:
            published = ", ".join(f"{name} {value}" for name, value in row["published"].items() if value is not None)
            rows.add_row(row["label"], published, f"{row['trainable_parameters']:,}", row["experiment"][:12])
        screen.print(rows)
    if paper.confusions:
        matrices = ScreenTable(title="Confusion matrices, each of one row")
        for name in ("--table", "title", "row"):
            matrices.add_column(name)
        for confusion in paper.confusions:
            table, label = confusion.row
            matrices.add_row(confusion.id, confusion.title, f"table {table}: {label}")
        screen.print(matrices)
    return 0


def show_sources(paper: Paper) -> int:
    """Print each declared source with the values that it covers, then values without a field and unused ones; returns
    the exit code."""
    table = ScreenTable(title=f"{paper.title}: sources of values")
    for name in ("declared", "source", "where or why", "values that it covers"):
        table.add_column(name, overflow="fold")
    for path, covered in covered_values(paper.sources, paper.experiments).items():
        source = paper.sources[path]
        table.add_row(path, source.status, Text(source.reason), "itself" if covered == [path] else ", ".join(covered))
    for name, fixed in paper.fixed_values.items():
        table.add_row(f"{FIXED_PREFIX}{name}", fixed.source.status, Text(fixed.source.reason), f"always {fixed.value}")
    unused = [path for path, source in paper.value_sources.items() if source.status == "unused"]
    table.add_row("", "unused", "options that no row uses", ", ".join(unused))
    _screen().print(table)
    return 0


def _screen() -> Console:
    # In a log file, tables are not squeezed into the 80 columns that rich assumes without a terminal.
    return Console() if sys.stdout.isatty() else Console(width=160)
