"""`--list` and `--sources`: what a paper published, and where the values of its experiments come from."""

from typing import Any

from common.cli.screen import ScreenOptions, print_json, print_lines, print_listing, screen_width
from common.core.percent import percent_text
from common.paper.paper import FIXED_PREFIX, Paper
from common.paper.parameters import StoredNetworks
from common.paper.provenance import covered_values
from common.paper.row_names import name_and_label
from common.paper.tables import ArchitectureTable, ResultTable
from common.reports.screen.columns import Column
from common.reports.screen.notes import Line
from common.reports.screen.show import text_lines
from common.reports.text.caption import paper_notes

_COUNTED = "Trainable parameters: with the paper's own features; on others, a network may have more or fewer."


def listing(paper: Paper) -> dict[str, Any]:
    """Everything `--list --json` prints. Percentages are in percent, counts are integers."""
    networks = StoredNetworks.read(paper).completed()
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


def show_listing(paper: Paper, screen: ScreenOptions) -> int:
    """Print the listing on standard output, as tables or as JSON; returns the exit code."""
    values = listing(paper)
    if screen.json:
        print_json(values)
        return 0
    last = next((entry for entry in reversed(values["tables"]) if "name" in entry["rows"][0]), None)
    for entry in values["tables"]:
        rows = entry["rows"]
        # Tables of layers have no rows to run, and so no names for `--row`.
        is_named = "name" in rows[0]
        columns = [
            *([Column("--row", tuple(row["name"] for row in rows), is_text=True)] if is_named else []),
            # Names say which row is which, where the width does not hold both.
            Column(
                "row",
                tuple(row["label"] for row in rows),
                3 if is_named else 0,
                is_text=True,
                is_spare=is_named,
            ),
            *(_published_column(name, [row["published"][name] for row in rows], is_named) for name in entry["metrics"]),
            Column("trainable parameters", tuple(f"{row['trainable_parameters']:,}" for row in rows), 2),
        ]
        if screen.wide:
            # Records and `--json` name a row by the digest of its values.
            columns.append(Column("digest of the row's values", tuple(row["experiment"][:12] for row in rows)))
        table = paper.table(entry["id"])
        notes = paper_notes(table) if isinstance(table, ResultTable) else []
        counted = [_COUNTED] if entry is last else []
        unverified = [note.short for note in notes if note.kind == "unverified"]
        print_listing(f"Table {entry['id']}: {entry['title']}", columns, screen, [*unverified, *counted])
    if paper.confusions:
        shown = paper.confusions
        columns = [
            Column("--table", tuple(confusion.id for confusion in shown), is_text=True),
            Column("title", tuple(confusion.title for confusion in shown), is_text=True),
            Column(
                "row",
                tuple(f"table {one.row[0]}: {name_and_label(paper.row(*one.row))}" for one in shown),
                is_text=True,
            ),
        ]
        print_listing("Confusion matrices, each of one row", columns, screen)
    return 0


def _published_column(name: str, values: list[Any], is_percent: bool) -> Column:
    """Published numbers in percent, all with as many decimals as any was published with, or sizes of layers."""
    words = name.replace("_", " ")
    if not is_percent:
        return Column(f"published {words}", tuple(map(_size, values)), 1)
    digits = max((len(str(float(value)).partition(".")[2]) for value in values if value is not None), default=1)
    texts = ("-" if value is None else percent_text(value, digits) for value in values)
    return Column(f"published {words} (%)", tuple(texts), 1)


def _size(published: Any) -> str:
    """A published size of a layer, as text."""
    if published is None:
        return "-"
    return " x ".join(map(str, published)) if isinstance(published, list | tuple) else str(published)


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


def show_sources(paper: Paper, screen: ScreenOptions) -> int:
    """Print each declared source with the values that it covers, then values without a field and unused ones; returns
    the exit code."""
    values = sources(paper)
    if screen.json:
        print_json(values)
        return 0
    lines = [Line(f"{paper.title}: sources of values", "bold")]
    for one in values["sources"]:
        covered = [path for path in one["covers"] if path != one["path"]]
        covers = f"covers {', '.join(covered)}" if covered else ""
        lines += _source_lines(one, covers)
    for one in values["fixed"]:
        lines += _source_lines(one, f"always {one['value']}")
    if values["unused"]:
        lines += [Line("options that no row uses"), *text_lines(", ".join(values["unused"]), screen_width(), indent=4)]
    print_lines(lines)
    return 0


def _source_lines(one: dict[str, Any], remark: str) -> list[Line]:
    """A path with its status, and below it where its value comes from, and what else is to be said."""
    texts = (one["reason"], remark)
    return [
        Line(f"{one['path']}: {one['status']}"),
        *(line for text in texts if text for line in text_lines(text, screen_width(), indent=4)),
    ]
