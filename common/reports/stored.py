"""Tables as they lie on disk: read from their JSON files, without their records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.core.console import warn
from common.core.errors import DataError
from common.core.files import read_json
from common.core.shell import shell_word
from common.metrics.clips import ALL_METRIC_NAMES, METRIC_NAMES
from common.paper.paper import Paper
from common.paper.tables import ResultTable, Row
from common.records.paths import table_files
from common.reports.stored_form import damage_of
from common.reports.table import Flag, Table
from common.reports.tables.architecture import layer_cells
from common.reports.tables.confusion import confusion_cells
from common.reports.tables.declared_values import value_cells
from common.reports.tables.folds import fold_cells
from common.reports.tables.genres import genre_cells
from common.reports.tables.pairs import pair_cells
from common.reports.tables.results import comparison, result_cells, seconds_values
from common.reports.tables.values import recommended_row

# Flags that say that a run was made smaller or easier than the paper's, or is of other data.
_REDUCTIONS: tuple[Flag, ...] = (
    "smoke_scale",
    "reduced_features",
    "reduced_network",
    "reduced_windows",
    "fewer_epochs",
    "bfloat16",
    "changed_values",
    "excerpts",
    "other_classes",
    "incomplete",
    "synthetic",
)
_LEGACY = "_legacy"
# JSON values of a table -> its header and rows as text.
CellsOf = Callable[[dict[str, Any]], tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]]


@dataclass(frozen=True)
class StoredTable:
    """One table in a file.

    Args:
        path: of its JSON file.
        values: what the file holds, or, for a table below another one, its part of the file.
    """

    path: Path
    values: dict[str, Any]

    @property
    def id(self) -> str:
        return self.values["table"]

    @property
    def setting(self) -> dict[str, Any]:
        """What the command chose; empty for tables of layers."""
        return self.values.get("setting", {})

    @property
    def is_of_results(self) -> bool:
        """Whether its rows are those of a published table of results."""
        return "compared_with" in self.values and not self.values.get("kind")

    @property
    def reductions(self) -> list[Flag]:
        """What keeps its runs from being the paper's, without what only says how sure the numbers are."""
        return [flag for flag in _REDUCTIONS if flag in self.values["flags"]]

    @property
    def rank(self) -> tuple[int, float]:
        """Sort key: lower where less was reduced."""
        return len(self.reductions), -(self.setting.get("epochs") or float("inf"))

    @property
    def companions(self) -> "list[StoredTable]":
        """The tables below it in the same file."""
        return [StoredTable(self.path, values) for values in self.values.get("companions", ())]

    def measured_as(self, table: ResultTable, row: dict[str, Any]) -> dict[str, Any] | None:
        """The numbers of one of its rows in the form of another table that has the same row; None where one is missing.

        Args:
            row: JSON values of the row, or what else has its `measured`.
        """
        measured, found = row["measured"], {}
        for name in table.metrics:
            metric = table.compared_with[name]
            same = [place for place, other in self.values["compared_with"].items() if other == metric]
            place = next((place for place in (*same, metric) if place in measured), None)
            if place is None or measured[place]["metric"] != ALL_METRIC_NAMES[metric]:
                return None
            found[name] = measured[place]
        return found | {name: measured[name] for name in METRIC_NAMES}

    def as_table(self, paper: Paper, cells: CellsOf | None = None) -> Table:
        """The table with its cells as text.

        Args:
            paper: with the rows that searches found, if it is a table of these.
            cells: makes them, of tables that are none of results; by default those of this package.
        """
        values = {name: value for name, value in self.values.items() if name != "companions"}
        if cells is None and "compared_with" in values:
            self.require_metrics(paper)
        return Table.from_json(values, *(cells(values) if cells else _cells(paper, values)))

    def require_metrics(self, paper: Paper) -> None:
        """Check that a table of results has the metrics that the paper declares now.

        Raises:
            DataError: it has others.
        """
        declared = paper.table(self.id.removesuffix(_LEGACY)).metrics
        if tuple(self.values["metrics"]) != declared:
            found = ", ".join(self.values["metrics"])
            raise DataError(
                f"{self.path}: a table with {found}, expected {', '.join(declared)}, as {paper.key} has now. Make it "
                f"again: encore run {paper.key} --from-records --out {shell_word(self.path.parents[2])}"
            )


def stored_tables(out: Path, paper: str, dataset: str = "*") -> list[StoredTable]:
    """The tables of a paper below a results folder, those of the demo corpus included, by path. A file that holds no
    table is named in a warning and not used.

    Args:
        dataset: whose tables are read; by default those of all.
    """
    found = []
    for path in table_files(out, paper, dataset, with_demo=True):
        try:
            values = read_json(path, what="a table")
        except DataError as error:
            warn(f"not used: {error}")
            continue
        if damage := damage_of(values):
            warn(
                f"not used: {path} is not a table of this version ({damage}); write it again with --from-records, or "
                "delete it"
            )
        else:
            found.append(StoredTable(path, values))
    return found


def held_table(paper: Paper, table: ResultTable, holders: Sequence[StoredTable]) -> StoredTable | None:
    """A table that has no file of its own, because other tables hold all its measured rows; None where they hold none.

    Args:
        holders: tables of results of one setting, each with some of the rows; the notes are those of the first.
    """
    digests = {(one.id, row.label): row.experiment.digest for one in paper.tables for row in one.rows}
    found: dict[str, tuple[StoredTable, dict[str, Any]]] = {}
    for one in holders:
        for row in one.values["rows"]:
            digest = digests.get((one.id, row["label"]))
            if digest and row["measured"] and one.measured_as(table, row):
                found.setdefault(digest, (one, row))
    rows = [_held_row(table, row, *found.get(row.experiment.digest, (None, {}))) for row in table.rows]
    if not any(row["measured"] for row in rows):
        return None
    values = {name: value for name, value in holders[0].values.items() if name != "companions"}
    described = {
        "table": table.id,
        "title": table.title,
        "row_header": table.row_header,
        "metrics": list(table.metrics),
        "compared_with": table.compared_with,
        "recommended": recommended_row(paper, table),
        "reference": table.reference.as_json() if table.reference else None,
        "rows": rows,
    }
    return StoredTable(holders[0].path, values | described)


def _held_row(table: ResultTable, row: Row, one: StoredTable | None, values: dict[str, Any]) -> dict[str, Any]:
    """The JSON values of a row from those that it has in another table; not run where there is none."""
    measured = one.measured_as(table, values) if one else {}
    committed = values.get("committed")
    beside = one.measured_as(table, committed) if one and committed else None
    return {
        "name": row.name,
        "label": row.label,
        "published": row.published,
        "measured": measured,
        **comparison(row.published, measured),
        "trainable_parameters": values.get("trainable_parameters"),
        "records": values.get("records", []),
        **seconds_values(table, row.label, (values.get("seconds_per_epoch") or {}).get("measured")),
        **({"committed": committed | {"measured": beside}} if beside else {}),
    }


def _cells(paper: Paper, values: dict[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text."""
    kind, rows = values.get("kind"), values["rows"]
    if kind in ("fold", "round"):
        return fold_cells(values["row_header"], kind, rows)
    if kind == "pairs":
        return pair_cells(values["row_header"], rows)
    if kind == "genres":
        return genre_cells(values["columns"], rows)
    if kind == "values":
        return value_cells(values)
    if kind == "confusion":
        return confusion_cells(tuple(values["metrics"]), rows)
    if "setting" not in values:
        return layer_cells(values)
    return result_cells(paper.table(values["table"].removesuffix(_LEGACY)), rows)
