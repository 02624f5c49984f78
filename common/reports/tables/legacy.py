"""Tables of results with the metric that a study computed, which is not the accuracy over all windows."""

import math
from dataclasses import replace
from typing import Any

from common.core.percent import percent_text, rounded_percent, stored_percent
from common.metrics.clips import OTHER_PART_METRIC_NAMES, PART_OF_METRIC
from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.tables import ResultTable
from common.records.record import Record
from common.reports.table import Note, Table
from common.reports.tables.results import comparison, result_cells, results_table
from common.reports.text.rows import by_row_notes

# Accuracies over windows, which the study computed batch by batch.
_CAPPED = {"window_accuracy", *OTHER_PART_METRIC_NAMES}


def legacy_table(paper: Paper, table: ResultTable, setting: Setting, records: list[Record]) -> Table | None:
    """A table of results whose accuracies of single parts are capped as the study's were, see `Paper.legacy_batches`.

    Returns:
        The table with its own notes only; None where the study computed its metric correctly.
    """
    if not paper.legacy_batches:
        return None
    found = results_table(paper, table, setting, records)
    mine = {record.run_id: record for record in records}
    rows = [
        _capped(paper, table, row, [mine[run] for run in row["records"]]) if row["measured"] else row
        for row in found.values["rows"]
    ]
    own = {row.experiment.digest: row.name for row in table.rows}
    of_rows = {own[record.row_experiment]: record for record in records if record.row_experiment in own}
    caps = {
        name: ", ".join(
            f"{part} {percent_text(stored_percent(_kept_share(size, record.parts[part].windows)), 2)} %"
            for part, size in paper.legacy_batches.items()
        )
        for name, record in of_rows.items()
    }
    values = found.values | {
        "table": f"{table.id}_legacy",
        "title": f"{table.title}, with the study's metric",
        "rows": rows,
    }
    header, lines = result_cells(table, rows)
    notes = [
        Note(
            "legacy_metric",
            "LEGACY METRIC: as in the study, the last incomplete batch is not counted, but the number of correct "
            "windows is divided by the number of all windows; ours is the expected value of this. Weights were "
            "chosen by the true accuracy.",
        ),
        *by_row_notes("legacy_metric", "The highest value that this metric can take", caps, of_rows),
    ]
    return replace(found, values=values, header=header, rows=lines, notes=tuple(notes), warnings=())


def _kept_share(batch: int, windows: int) -> float:
    return windows // batch * batch / windows


def _capped(paper: Paper, table: ResultTable, row: dict[str, Any], records: list[Record]) -> dict[str, Any]:
    """A row with lower window accuracies of the parts that were evaluated in whole batches only: means, standard
    deviations and intervals of the true accuracy, times the share of windows that were counted."""
    measured = dict(row["measured"])
    for name, entry in row["measured"].items():
        metric = table.compared_with.get(name, name)
        part = PART_OF_METRIC.get(metric, "test")
        if part in paper.legacy_batches and metric in _CAPPED:
            shares = [_kept_share(paper.legacy_batches[part], record.parts[part].windows) for record in records]
            measured[name] = _scaled(entry, math.fsum(shares) / len(shares))
    return row | {"measured": measured} | comparison(row["published"], measured)


def _scaled(entry: dict[str, Any], share: float) -> dict[str, Any]:
    scaled = {name: rounded_percent(entry[name] * share) for name in ("mean", "sd") if name in entry}
    for name in ("ci95", "ci95_clips", "ci95_runs"):
        if name in entry:
            scaled[name] = [rounded_percent(bound * share) for bound in entry[name]]
    return entry | scaled
