"""Tables of results as pure functions of records: published numbers next to measured ones, with notes and warnings."""

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
from common.reports.table import Note, Table, cells
from common.reports.tables.pairs import variance_notes
from common.reports.tables.values import run_values
from common.reports.text.caption import results_notes
from common.reports.text.warnings import table_warnings

_NOT_RUN, _NOT_GIVEN = "not run", "not given"


def results_table(
    paper: Paper, table: ResultTable, setting: Setting, records: list[Record], diverged: Sequence[Divergence] = ()
) -> Table:
    """Compare the records of one setting with the published numbers.

    Args:
        records: of any rows; those of other settings or papers are ignored.
        diverged: notes of runs of this setting, of any rows.

    Returns:
        The table; percentages in percent, rounded to two decimals. Rows without a record have an empty `measured`.
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
    header, lines = _cells(table, rows)
    if used:
        described = run_values(paper.key, table.id, table.title, setting, used[0])
        notes = [*results_notes(paper, table, setting, used[0].data, used), *variance_notes(of_rows)]
        warnings = table_warnings(used[0].data, used, rows, _noted(table, diverged))
    else:
        described = {
            "paper": paper.key,
            "table": table.id,
            "title": table.title,
            "dataset": setting.dataset,
            "data": setting.dataset,
            "protocol": setting.split,
            "scale": setting.scale,
            "setting": setting.as_json(),
        }
        notes, warnings = [Note("runs", "No run is recorded yet.")], []
    values = described | {
        "row_header": table.row_header,
        "metrics": list(table.metrics),
        "compared_with": table.compared_with,
        "reference": table.reference.as_json() if table.reference else None,
        "assumed": paper.assumed,
        "rows": rows,
    }
    return Table(values, header, lines, tuple(notes), tuple(warnings))


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
    """Values of independent repetitions: the mean over folds of each seed, or the folds where there is one seed. (Folds
    of further seeds are not independent: they test the same clips again.)"""
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


def _cells(table: ResultTable, lines: list[dict[str, Any]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text.

    Args:
        lines: of the table, as JSON values.
    """
    metrics, compared = table.metrics, table.compared_with
    others = [name for name in METRIC_NAMES if name not in compared.values()]
    header = [table.row_header]
    several = any("ci95_runs" in row["measured"][name] for row in lines if row["measured"] for name in metrics)
    over_runs = ["95 % interval over runs"] if several else []
    for name in metrics:
        metric = _metric_name(compared[name])
        header += [f"Published {name.replace('_', ' ')} (%)", f"Our {metric} (%)", "95 % interval", *over_runs]
        header += ["Published inside", "Difference"]
    header += [f"{_metric_name(name).capitalize()} (%)" for name in others] + ["Runs", "Test clips", "Parameters"]
    rows = []
    for row in lines:
        measured = row["measured"]
        line = [row["label"]]
        for name in metrics:
            published = row["published"][name]
            line.append(_NOT_GIVEN if published is None else f"{published:.1f}")
            if not measured:
                line += [_NOT_RUN, "", *("" for _ in over_runs), "", ""]
                continue
            line += [_mean(measured[name]), _interval(measured[name]["ci95"])]
            line += [_interval(measured[name].get("ci95_runs")) for _ in over_runs]
            if published is None:
                line += ["", ""]
            else:
                line += ["yes" if row["published_inside"][name] else "no", f"{row['difference'][name]:+.1f}"]
        if measured:
            line += [_mean(measured[name]) for name in others]
            line += [
                str(measured["window_accuracy"]["runs"]),
                str(measured["window_accuracy"]["clips"]),
                f"{row['trainable_parameters']:,}",
            ]
        else:
            line += [""] * (len(others) + 3)
        rows.append(line)
    return tuple(header), cells(rows)


def _interval(bounds: list[float] | None) -> str:
    return "" if bounds is None else f"{bounds[0]:.1f} to {bounds[1]:.1f}"


def _mean(measured: dict[str, Any]) -> str:
    """With the standard deviation over runs, where there are several."""
    spread = f" \u00b1 {measured['sd']:.1f}" if "sd" in measured else ""
    return f"{measured['mean']:.1f}{spread}"


def _metric_name(metric: str) -> str:
    """Name of a metric without parentheses, because the unit in parentheses follows."""
    return ALL_METRIC_NAMES[metric].replace(" (", ", ").replace(")", "")
