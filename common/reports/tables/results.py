"""Tables as pure functions of records: published next to measured, with what must be said of the numbers."""

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from common.metrics.clips import ALL_METRIC_NAMES, METRIC_NAMES, PART_OF_METRIC
from common.metrics.f1 import f1_with_interval
from common.metrics.intervals import Interval, interval_over_runs, mean_with_interval
from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.tables import ResultTable, Row
from common.records.divergence import Divergence
from common.records.record import Record, with_same_initial_weights
from common.reports.estimates import accuracy_with_interval, artist_of_clips, tested_clips
from common.reports.tables.pairs import variance_lines
from common.reports.text.caption import results_caption
from common.reports.text.warnings import table_warnings


def results_table(
    paper: Paper, table: ResultTable, setting: Setting, records: list[Record], diverged: Sequence[Divergence] = ()
) -> dict[str, Any]:
    """Put the records of one setting beside the published numbers.

    Args:
        records: of any rows; those of other settings or papers are left aside.
        diverged: notes of runs of this setting, of any rows.

    Returns:
        The table as JSON values; percentages in percent, rounded to two decimals. Rows without a record have an empty
        `measured`.
    """
    mine = [record for record in records if record.setting == setting]
    rows, used, of_rows = [], [], {}
    for row in table.rows:
        of_row = with_same_initial_weights(
            [record for record in mine if record.row_experiment == row.experiment.digest]
        )
        used += of_row
        of_rows[row.label] = of_row
        measured = _measured(table, of_row)
        rows.append(
            {
                "label": row.label,
                "published": row.published,
                "measured": measured,
                "difference": {
                    name: round(measured[name]["mean"] - row.published[name], 2) for name in _compared(row, measured)
                },
                "published_inside": {
                    name: measured[name]["ci95"][0] <= row.published[name] <= measured[name]["ci95"][1]
                    for name in _compared(row, measured)
                },
                "trainable_parameters": of_row[0].trainable_parameters if of_row else None,
                "records": sorted(record.run_id for record in of_row),
            }
        )
    facts = used[0].data if used else None
    return {
        "paper": paper.key,
        "table": table.id,
        "title": table.title,
        "dataset": setting.dataset,
        "data": facts.title if facts else setting.dataset,
        "protocol": used[0].protocol if used else setting.split,
        "scale": setting.scale,
        "setting": setting.as_json(),
        "caption": (
            [*results_caption(paper, table, setting, facts, used), *variance_lines(of_rows)]
            if facts
            else ["No run is recorded yet."]
        ),
        "warnings": table_warnings(facts, used, rows, _noted(table, diverged)) if facts else [],
        "row_header": table.row_header,
        "metrics": list(table.metrics),
        "compared_with": table.compared_with,
        "reference": table.reference.as_json() if table.reference else None,
        "assumed": paper.assumed,
        "rows": rows,
    }


def _noted(table: ResultTable, diverged: Sequence[Divergence]) -> dict[str, list[Divergence]]:
    """Row label -> its runs that diverged."""
    return {row.label: [one for one in diverged if one.row_experiment == row.experiment.digest] for row in table.rows}


def _compared(row: Row, measured: dict[str, Any]) -> list[str]:
    """The metrics that a measured row has a published number for."""
    return [name for name, value in row.published.items() if measured and value is not None]


def _measured(table: ResultTable, records: list[Record]) -> dict[str, Any]:
    if not records:
        return {}
    tested = len(tested_clips(records))
    f1 = _f1(records) if table.has_f1 else {}

    def entry(metric: str) -> dict[str, Any]:
        part = PART_OF_METRIC.get(metric)
        clips = tested
        if part is not None:
            clips = sum({record.fold: record.parts[part].clips for record in records}.values())
        if metric in f1:
            values, low, high = f1[metric]
            found = Interval(sum(values) / len(values), low, high)
        else:
            values = [_value(record, metric) for record in records]
            found = accuracy_with_interval(records, metric)[0] if part is None else mean_with_interval(values, clips)
        over = interval_over_runs(_independent(records, values))
        several = (
            {
                "sd": round(100 * statistics.stdev(values), 2),
                "ci95_runs": [round(100 * over.low, 2), round(100 * over.high, 2)],
            }
            if over
            else {}
        )
        return {
            "metric": ALL_METRIC_NAMES[metric],
            "mean": round(100 * found.mean, 2),
            **several,
            "ci95": [round(100 * found.low, 2), round(100 * found.high, 2)],
            "runs": len(records),
            "clips": clips,
        }

    return {name: entry(table.compared_with[name]) for name in table.metrics} | {
        name: entry(name) for name in METRIC_NAMES
    }


def _independent(records: list[Record], values: list[float]) -> list[float]:
    """What may be taken for independent repetitions: seeds, each with the mean of its folds; folds where there is one
    seed. (Folds of several seeds are no further repetitions: they test the same clips again.)"""
    of_seed: dict[int, list[float]] = {}
    for record, value in zip(records, values, strict=True):
        of_seed.setdefault(record.seed, []).append(value)
    if len(of_seed) == 1:
        return values
    return [sum(mine) / len(mine) for mine in of_seed.values()]


def _f1(records: list[Record]) -> dict[str, tuple[list[float], float, float]]:
    runs = [
        (
            [clip.id for clip in record.clips],
            np.array([clip.label for clip in record.clips]),
            np.array([clip.by_mean_softmax for clip in record.clips]),
        )
        for record in records
    ]
    return f1_with_interval(runs, len(records[0].data.genres), artist_of_clips(records))


def _value(record: Record, metric: str) -> float:
    """Share between 0 and 1."""
    if metric == "train_window_accuracy":
        return record.history[record.best_epoch - 1]["accuracy"]
    if metric == "valid_highest_window_accuracy":
        return max(entry["val_accuracy"] for entry in record.history)
    if metric == "valid_window_accuracy":
        return record.metrics["valid"]["window_accuracy"]
    return record.metrics["test"][metric]
