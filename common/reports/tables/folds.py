"""Tables round by round (or fold by fold): each row's accuracies, then their mean and standard deviation."""

import math
import statistics
from typing import Any

from common.core.percent import percent_text, stored_percent
from common.metrics.clips import METRIC_NAMES
from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.protocol import fold_name
from common.paper.tables import ResultTable, Row
from common.records.record import Record
from common.reports.table import Table, named_cells
from common.reports.tables.values import run_values


def fold_table(paper: Paper, table: ResultTable, setting: Setting, records: list[Record]) -> Table | None:
    """Break a table of results down by round.

    Args:
        records: of one setting, of any rows.

    Returns:
        The table; percentages in percent. None where the protocol has one round.
    """
    kind = fold_name(setting.split)
    rows = []
    for row in table.rows:
        mine = [record for record in records if record.row_experiment == row.experiment.digest]
        mine.sort(key=lambda record: (record.seed, record.fold))
        rows += [_one(row, record) for record in mine]
        if len(mine) > 1:
            rows.append(_summary(row, "mean", mine, lambda values: math.fsum(values) / len(values)))
            rows.append(_summary(row, "standard deviation", mine, statistics.stdev))
    used = [record for record in records if record.row_experiment in {row.experiment.digest for row in table.rows}]
    if not used or used[0].folds == 1:
        return None
    values = run_values(paper.key, f"{table.id}_rounds", f"{table.title}, {kind} by {kind}", setting, used[0]) | {
        "row_header": table.row_header,
        "kind": kind,
        "metrics": list(METRIC_NAMES),
        "rows": rows,
    }
    return Table(values, *fold_cells(table.row_header, kind, rows))


def _one(row: Row, record: Record) -> dict[str, Any]:
    return {
        "name": row.name,
        "label": row.label,
        "published": {},
        "measured": {name: stored_percent(record.metrics["test"][name]) for name in METRIC_NAMES},
        "round": record.fold + 1,
        "seed": record.seed,
        "clips": {part: count.clips for part, count in record.parts.items()},
        "epochs": len(record.history),
        "best_epoch": record.best_epoch,
        "test_clips_met_before": record.shared_clips,
        "record": record.run_id,
    }


def _summary(row: Row, summary: str, records: list[Record], of: Any) -> dict[str, Any]:
    values = {name: of([record.metrics["test"][name] for record in records]) for name in METRIC_NAMES}
    return {
        "name": row.name,
        "label": f"{row.label}: {summary}",
        "of": row.label,
        "summary": summary,
        "published": {},
        "measured": {name: stored_percent(value) for name, value in values.items()},
    }


def fold_cells(
    row_header: str, kind: str, lines: list[dict[str, Any]]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text."""
    header = [row_header, kind.capitalize(), "Seed", "Train / valid / test clips"]
    header += [f"{name.capitalize().replace(' (', ', ').replace(')', '')} (%)" for name in METRIC_NAMES.values()]
    header += ["Epochs", "Kept epoch", "Test clips seen before"]
    rows = []
    for row in lines:
        accuracies = [percent_text(row["measured"][name]) for name in METRIC_NAMES]
        if "round" not in row:
            rows.append([row["label"], "", "", "", *accuracies, "", "", ""])
            continue
        rows.append(
            [
                row["label"],
                str(row["round"]),
                str(row["seed"]),
                " / ".join(str(count) for count in row["clips"].values()),
                *accuracies,
                str(row["epochs"]),
                str(row["best_epoch"]),
                str(row["test_clips_met_before"]),
            ]
        )
    return named_cells(header, rows, lines)
