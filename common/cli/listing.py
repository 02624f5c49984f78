"""`--list` and `--sources`: what a paper published, and where the values of its experiments come from."""

import json
from typing import Any

from common.cli.screen import ScreenOptions, print_json, print_lines, print_listing, screen_width
from common.core.percent import percent_text
from common.core.words import wrapped
from common.paper.paper import FIXED_PREFIX, Paper
from common.paper.parameters import StoredNetworks
from common.paper.provenance import covered_values, leaf_paths
from common.paper.row_names import name_and_label
from common.paper.tables import TOTAL, ArchitectureTable, ResultTable
from common.paper.value_tables import ValueTable
from common.reports.layers import size_text
from common.reports.screen.columns import Column
from common.reports.screen.notes import Line
from common.reports.screen.show import text_lines
from common.reports.text.caption import paper_notes

# Values of other rows that are shown.
_MOST_VALUES = 3
_NAME_WIDTH = 30
_STATUSES = "Stated: by the paper. Assumed: by us, where it says nothing. Differs: not as the paper states."
_AGGREGATION = "Aggregation: share of clips that are right, where the windows of a clip decide together."
_NEEDS = "Needs: nothing beside the paper's values and networks, data, or runs, which --figure trains."
_COUNTED = "Trainable parameters: with the paper's own features; on others, a network may have more or fewer."


def listing(paper: Paper) -> dict[str, Any]:
    """Everything `--list --json` prints. Percentages are in percent, counts are integers."""
    networks = StoredNetworks.read(paper).completed()
    tables = [table for name in paper.table_ids if not isinstance(table := paper.table(name), ValueTable)]
    return {
        "paper": paper.key,
        "tables": [_listed_table(table, networks) for table in tables],
        "value_tables": [{"id": table.id, "title": table.title} for table in paper.value_tables],
        "confusions": [{"id": one.id, "title": one.title, "row": list(one.row)} for one in paper.confusions],
        "figures": [{"id": one.id, "title": one.title, "needs": one.needs.value} for one in paper.figures],
    }


def _listed_table(table: ResultTable | ArchitectureTable, networks: StoredNetworks) -> dict[str, Any]:
    if isinstance(table, ArchitectureTable):
        built = networks.layers_of(table)
        rows = [
            {
                "label": row.label,
                "published": dict(row.published),
                "trainable_parameters": built.rows[row.label].parameters,
                "experiment": table.experiment.digest,
            }
            for row in table.rows
        ]
        return {
            "id": table.id,
            "title": table.title,
            "metrics": [column.name for column in table.columns],
            "rows": rows,
            "total": {"published": table.total, "trainable_parameters": built.parameters},
        }
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
        table = paper.table(entry["id"])
        columns = _layer_columns(table, entry) if isinstance(table, ArchitectureTable) else _row_columns(table, entry)
        if screen.wide:
            # Records and `--json` name a row by the digest of its values.
            digests = [row["experiment"][:12] for row in rows]
            blank = [""] * (len(columns[0].cells) - len(rows))
            columns.append(Column("digest of the row's values", (*digests, *blank)))
        print_listing(f"Table {entry['id']}: {entry['title']}", columns, screen, _notes(table, is_last=entry is last))
    if paper.value_tables:
        columns = [
            Column("--table", tuple(table.id for table in paper.value_tables), is_text=True),
            Column("title", tuple(table.title for table in paper.value_tables), is_text=True),
        ]
        print_listing("Tables of values, which need no data", columns, screen)
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
    if values["figures"]:
        columns = [
            Column("--figure", tuple(figure["id"] for figure in values["figures"]), is_text=True),
            Column("title", tuple(figure["title"] for figure in values["figures"]), is_text=True),
            Column("needs", tuple(figure["needs"] for figure in values["figures"]), is_text=True),
        ]
        print_listing("Figures", columns, screen, [_NEEDS])
    return 0


def _row_columns(table: ResultTable, entry: dict[str, Any]) -> list[Column]:
    rows = entry["rows"]
    return [
        Column("--row", tuple(row["name"] for row in rows), is_text=True),
        # Names say which row is which, where the width does not hold both.
        Column(table.row_header, tuple(row["label"] for row in rows), 3, is_text=True, is_spare=True),
        *(_published_column(name, [row["published"][name] for row in rows]) for name in entry["metrics"]),
        Column("trainable parameters", tuple(f"{row['trainable_parameters']:,}" for row in rows), 2),
    ]


def _layer_columns(table: ArchitectureTable, entry: dict[str, Any]) -> list[Column]:
    """Tables of layers have no rows to run, and so no names for `--row`; their last row is the whole network."""
    rows = entry["rows"]
    counts = (*(row["trainable_parameters"] for row in rows), entry["total"]["trainable_parameters"])
    # Of several columns, a line below the table says what they are: the word in each would leave no room for some.
    whose = "published\n" if len(table.columns) == 1 else ""
    return [
        Column("layer", (*(row["label"] for row in rows), TOTAL), is_text=True),
        *(
            Column(f"{whose}{one.head}", (*(size_text(row["published"][one.name]) for row in rows), ""), 1)
            for one in table.columns
        ),
        Column("trainable parameters", tuple(map(size_text, counts)), 2),
    ]


def _notes(table: ResultTable | ArchitectureTable, *, is_last: bool) -> list[str]:
    """What a reader of a listed table has to know.

    Args:
        is_last: of the tables with rows to run, below which what holds for all of them is said.
    """
    if isinstance(table, ArchitectureTable):
        published = [] if len(table.columns) == 1 else ["Published: all columns but the parameters."]
        published += [] if table.total is None else [f"Published total of trainable parameters: {table.total:,}."]
        about = "Its rows are layers of one network, which are not trained one by one: --row does not take them."
        return [*published, about]
    notes = [note.short for note in paper_notes(table) if note.kind == "unverified"]
    notes += [_AGGREGATION] if "aggregation" in table.metrics else []
    return notes + ([_COUNTED] if is_last else [])


def _published_column(name: str, values: list[float | None]) -> Column:
    """Published numbers in percent, all with as many decimals as any was published with."""
    digits = max((len(str(float(value)).partition(".")[2]) for value in values if value is not None), default=1)
    texts = ("not given" if value is None else percent_text(value, digits) for value in values)
    return Column(f"published {name.replace('_', ' ')} (%)", tuple(texts), 1)


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
    in_use = _values_in_use(paper)
    lines = [
        Line(f"{paper.title}: values, and where they come from", "bold"),
        *text_lines(_STATUSES, screen_width()),
        Line(""),
    ]
    for one in values["sources"]:
        own = [path for path in one["covers"] if path == one["path"]]
        covered = [f"{path} = {in_use[path]}" for path in one["covers"] if path != one["path"]]
        name = f"{one['path']} = {in_use[one['path']]}" if own else one["path"]
        lines += _source_lines(name, one, f"covers {', '.join(covered)}" if covered else "")
    for one in values["fixed"]:
        lines += _source_lines(f"{one['path']} = {one['value']}", one, "")
    if values["unused"]:
        lines += [
            Line("Options that no row uses:"),
            *text_lines(", ".join(values["unused"]), screen_width(), indent=4),
        ]
    print_lines(lines)
    return 0


def _values_in_use(paper: Paper) -> dict[str, str]:
    """Path of each value -> what it is in the recommended row, as `--set` takes it, and in other rows the first ones of
    what else it is."""
    found: dict[str, list[str]] = {}
    for experiment in (paper.default_experiment, *paper.experiments):
        plain = experiment.as_json()
        for path in leaf_paths(experiment):
            value: Any = plain
            for name in path.split("."):
                value = value[name]
            text = json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)
            if text not in found.setdefault(path, []):
                found[path].append(text)
    return {path: _with_others(*texts) for path, texts in found.items()}


def _with_others(value: str, *others: str) -> str:
    if not others:
        return value
    return f"{value} (other rows: {'; '.join(others[:_MOST_VALUES])}{' ...' if len(others) > _MOST_VALUES else ''})"


def _source_lines(name: str, one: dict[str, Any], remark: str) -> list[Line]:
    """A value and where it comes from, in one line where there is room; below it what else is to be said."""
    source = f"{one['status']}: {one['reason']}"
    short = f"{name:{_NAME_WIDTH}}  {source}"
    if not remark and len(short) <= screen_width() and len(name) <= _NAME_WIDTH:
        return [Line(short)]
    texts = (source, remark)
    return [
        *(Line(text) for text in wrapped(name, screen_width(), indent=" " * 8)),
        *(line for text in texts if text for line in text_lines(text, screen_width(), indent=4)),
    ]
