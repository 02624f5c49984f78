"""`--list` and `--sources`: what a paper published, and where the values of its experiments come from."""

from typing import Any

from rich.table import Table as ScreenTable
from rich.text import Text

from common.cli.screen import print_json, wide_console
from common.paper.paper import FIXED_PREFIX, Paper
from common.paper.parameters import StoredNetworks
from common.paper.provenance import covered_values
from common.paper.row_names import name_and_label
from common.paper.tables import ArchitectureTable, ResultTable


def listing(paper: Paper) -> dict[str, Any]:
    """Everything `--list --json` prints. Percentages are in percent, counts are integers."""
    networks = StoredNetworks.read(paper)
    return {"paper": paper.key, "tables": [_listed_table(paper.table(name), networks) for name in paper.table_ids]}


def _listed_table(table: ResultTable | ArchitectureTable, networks: StoredNetworks) -> dict[str, Any]:
    if isinstance(table, ArchitectureTable):
        built = networks.layers_of(table)
        rows = [
            {
                "label": row.label,
                "published": {table.column: row.published},
                "trainable_parameters": built.rows[row.label].parameters,
                "experiment": table.experiment.digest,
            }
            for row in table.rows
        ]
        return {"id": table.id, "title": table.title, "metrics": [table.column], "rows": rows}
    rows = [
        {
            "name": row.name,
            "label": row.label,
            "published": row.published,
            "trainable_parameters": networks.parameters_of(row.experiment),
            "experiment": row.experiment.digest,
        }
        for row in table.rows
    ]
    return {"id": table.id, "title": table.title, "metrics": list(table.metrics), "rows": rows}


def show_listing(paper: Paper, *, as_json: bool) -> int:
    """Print the listing on standard output, as tables or as JSON; returns the exit code."""
    values = listing(paper)
    if as_json:
        print_json(values)
        return 0
    screen = wide_console(160)
    for entry in values["tables"]:
        rows = ScreenTable(title=f"Table {entry['id']}: {entry['title']}")
        # Tables of layers have no rows to run, and so no names for `--row`.
        named = ["--row"] if "name" in entry["rows"][0] else []
        for name in (*named, "row", "published", "trainable parameters", "experiment"):
            rows.add_column(name, justify="left" if name in ("--row", "row") else "right")
        for row in entry["rows"]:
            published = ", ".join(f"{name} {value}" for name, value in row["published"].items() if value is not None)
            names = [row["name"]] if named else []
            rows.add_row(*names, row["label"], published, f"{row['trainable_parameters']:,}", row["experiment"][:12])
        screen.print(rows)
    if paper.confusions:
        matrices = ScreenTable(title="Confusion matrices, each of one row")
        for name in ("--table", "title", "row"):
            matrices.add_column(name)
        for confusion in paper.confusions:
            row = paper.row(*confusion.row)
            matrices.add_row(confusion.id, confusion.title, f"table {confusion.row[0]}: {name_and_label(row)}")
        screen.print(matrices)
    return 0


def sources(paper: Paper) -> dict[str, Any]:
    """Everything `--sources --json` prints: each declared source with the paths that it covers, values that no field
    holds, and paths that no row uses."""
    declared = [
        {"path": path, "status": paper.sources[path].status, "reason": paper.sources[path].reason, "covers": covered}
        for path, covered in covered_values(paper.sources, paper.experiments).items()
    ]
    fixed = [
        {"path": f"{FIXED_PREFIX}{name}", "status": one.source.status, "reason": one.source.reason, "value": one.value}
        for name, one in paper.fixed_values.items()
    ]
    unused = [path for path, source in paper.value_sources.items() if source.status == "unused"]
    return {"paper": paper.key, "sources": declared, "fixed": fixed, "unused": unused}


def show_sources(paper: Paper, *, as_json: bool) -> int:
    """Print each declared source with the values that it covers, then values without a field and unused ones; returns
    the exit code."""
    values = sources(paper)
    if as_json:
        print_json(values)
        return 0
    table = ScreenTable(title=f"{paper.title}: sources of values")
    for name in ("declared", "source", "where or why", "values that it covers"):
        table.add_column(name, overflow="fold")
    for one in values["sources"]:
        covers = "itself" if one["covers"] == [one["path"]] else ", ".join(one["covers"])
        table.add_row(one["path"], one["status"], Text(one["reason"]), covers)
    for one in values["fixed"]:
        table.add_row(one["path"], one["status"], Text(one["reason"]), f"always {one['value']}")
    table.add_row("", "unused", "options that no row uses", ", ".join(values["unused"]))
    wide_console(160).print(table)
    return 0
