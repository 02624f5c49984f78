"""Tables of results as pure functions of records: published numbers next to measured ones, with notes and warnings."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from common.core.percent import percent_text, published_text, rounded_percent, stored_percent
from common.metrics.clips import ALL_METRIC_NAMES, METRIC_NAMES, PART_OF_METRIC
from common.metrics.f1 import f1_with_interval
from common.metrics.intervals import Interval, mean_with_interval
from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.tables import ResultTable, Row
from common.records.divergence import Divergence
from common.records.record import Record, with_same_initial_weights
from common.reports.cell_texts import seconds_text
from common.reports.estimates import accuracy_estimate, artist_of_clips, distinct_clips, estimate_of_runs
from common.reports.table import Note, Table, named_cells
from common.reports.tables.intervals import bounds_text, interval_values, part_cells, part_columns
from common.reports.tables.pairs import variance_notes
from common.reports.tables.values import recommended_row, run_values
from common.reports.text.caption import results_notes
from common.reports.text.committed import FindCommitted, committed_notes
from common.reports.text.seconds import mean_epoch_seconds
from common.reports.text.warnings import table_warnings

_NOT_RUN, _NOT_GIVEN = "not run", "not given"
_INSIDE = {True: "yes", False: "no", None: "not known (one seed)"}
# From this width in points on, that a number lies inside an interval says little.
_WIDE_POINTS = 20.0


def results_table(
    paper: Paper,
    table: ResultTable,
    setting: Setting,
    records: list[Record],
    diverged: Sequence[Divergence] = (),
    committed: FindCommitted | None = None,
) -> Table:
    """Compare the records of one setting with the published numbers.

    Args:
        records: of any rows; those of other settings or papers are ignored.
        diverged: notes of runs of this setting, of any rows.
        committed: finds the committed numbers to show beside the own ones; None for none.

    Returns:
        The table; percentages in percent, see `common.core.percent`. Rows without a record have an empty `measured`.
        `published_inside` is None where the interval accounts for test clips only and the published number is outside:
        with the spread over seeds, it might be inside.
    """
    mine = [record for record in records if record.setting == setting]
    rows, used, of_rows = [], [], {}
    for row in table.rows:
        of_row = with_same_initial_weights(
            [record for record in mine if record.row_experiment == row.experiment.digest]
        )
        used += of_row
        of_rows[row.name] = of_row
        measured = _measured(table, of_row)
        rows.append(
            {
                "name": row.name,
                "label": row.label,
                "published": row.published,
                "measured": measured,
                **comparison(row.published, measured),
                "trainable_parameters": of_row[0].trainable_parameters if of_row else None,
                "records": sorted(record.run_id for record in of_row),
                **seconds_values(table, row.label, mean_epoch_seconds(of_row)),
                **_committed(table, row, setting, of_row, committed),
            }
        )
    header, lines = result_cells(table, rows)
    if used:
        described = run_values(paper.key, table.id, table.title, setting, used[0])
        notes = [*results_notes(paper, table, setting, used[0].data, used), *variance_notes(of_rows)]
        notes += committed_notes(rows)
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
        "recommended": recommended_row(paper, table),
        "reference": table.reference.as_json() if table.reference else None,
        "assumed": paper.assumed,
        "differing": paper.differing,
        "rows": rows,
    }
    if any(row.get("committed") for row in rows):
        values["published_on"] = paper.published_on
    return Table(values, header, lines, tuple(notes), tuple(warnings))


def _committed(
    table: ResultTable, row: Row, setting: Setting, records: list[Record], find: FindCommitted | None
) -> dict[str, Any]:
    """The committed numbers of a row, run or not, as its further JSON value; empty where there are none."""
    found = find(table, row, setting, [record.run_id for record in records]) if find else None
    return {"committed": found} if found else {}


def _noted(table: ResultTable, diverged: Sequence[Divergence]) -> dict[str, list[Divergence]]:
    """Name of each row -> its runs that diverged."""
    return {row.name: [one for one in diverged if one.row_experiment == row.experiment.digest] for row in table.rows}


def comparison(published: dict[str, float | None], measured: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The JSON values of a row that compare its measured metrics with the published numbers, where there are both."""
    known = {name: value for name, value in published.items() if measured and value is not None}
    return {
        "difference": {name: rounded_percent(measured[name]["mean"] - value) for name, value in known.items()},
        "published_inside": {name: _inside(value, measured[name]) for name, value in known.items()},
    }


def seconds_values(table: ResultTable, label: str, measured: float | None) -> dict[str, Any]:
    """The JSON values of a row on the duration of an epoch; empty for tables that do not show it."""
    if table.seconds_per_epoch is None:
        return {}
    return {"seconds_per_epoch": {"published": table.seconds_per_epoch.get(label), "measured": measured}}


def _inside(published: float, measured: dict[str, Any]) -> bool | None:
    low, high = measured["ci95"]
    is_inside = low <= published <= high
    return is_inside if is_inside or "ci95_runs" in measured else None


def _measured(table: ResultTable, records: list[Record]) -> dict[str, Any]:
    if not records:
        return {}
    f1 = _f1(records) if table.has_f1 else {}

    def entry(metric: str) -> dict[str, Any]:
        part = PART_OF_METRIC.get(metric, "test")
        clips = distinct_clips(records, part)
        if metric in f1:
            values, low, high = f1[metric]
            found = estimate_of_runs(records, values, Interval(math.fsum(values) / len(values), low, high))
        else:
            values = [_value(record, metric) for record in records]
            if part == "test":
                found, _ = accuracy_estimate(records, metric)
            else:
                found = estimate_of_runs(records, values, mean_with_interval(values, clips))
        return {
            "metric": ALL_METRIC_NAMES[metric],
            "mean": stored_percent(found.mean),
            **({"sd": stored_percent(statistics.stdev(values))} if len(values) > 1 else {}),
            **interval_values(found),
            "runs": len(records),
            "clips": clips,
        }

    return {name: entry(table.compared_with[name]) for name in table.metrics} | {
        name: entry(name) for name in METRIC_NAMES
    }


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


def _inside_text(row: dict[str, Any], name: str) -> str:
    """Whether the published number lies inside the interval, with a word on intervals that hold most numbers."""
    low, high = row["measured"][name]["ci95"]
    is_inside = row["published_inside"][name]
    return "yes (wide)" if is_inside and high - low > _WIDE_POINTS else _INSIDE[is_inside]


def _seconds_columns(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Head of each column of seconds per epoch, and which of a row's seconds it holds; none for tables without."""
    shown = [row["seconds_per_epoch"] for row in rows if "seconds_per_epoch" in row]
    heads = (("Published seconds per epoch", "published"), ("Our seconds per epoch", "measured"))
    # A column of published seconds only where there are some.
    return [(head, key) for head, key in heads if shown and (key == "measured" or any(one[key] for one in shown))]


def result_cells(
    table: ResultTable, lines: list[dict[str, Any]]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text.

    Args:
        lines: of the table, as JSON values.
    """
    metrics, compared = table.metrics, table.compared_with
    others = [name for name in METRIC_NAMES if name not in compared.values()]
    header = [table.row_header]
    beside = any(row.get("committed") for row in lines)
    parts = part_columns(row["measured"][name] for row in lines if row["measured"] for name in metrics)
    for name in metrics:
        metric = _metric_name(compared[name])
        header.append(f"Published {name.replace('_', ' ')} (%)")
        header += [f"Encore's {metric} (%)", "Encore's, 95 % interval"] if beside else []
        header += [f"Our {metric} (%)", "95 % interval", *parts]
        header += ["Published inside interval", "Ours - published (points)"]
    seconds = _seconds_columns(lines)
    header += [f"{_metric_name(name).capitalize()} (%)" for name in others] + [head for head, _ in seconds]
    header += ["Runs", "Test clips", "Parameters"]
    rows = []
    for row in lines:
        measured = row["measured"]
        line = [row["label"]]
        for name in metrics:
            published = row["published"][name]
            line.append(_NOT_GIVEN if published is None else published_text(published))
            if beside:
                line += _committed_cells(row.get("committed"), name)
            if not measured:
                line += [_NOT_RUN, "", *("" for _ in parts), "", ""]
                continue
            line += [mean_text(measured[name]), bounds_text(measured[name]["ci95"]), *part_cells(measured[name], parts)]
            if published is None:
                line += ["", ""]
            else:
                line += [_inside_text(row, name), percent_text(row["difference"][name], signed=True)]
        line += [mean_text(measured[name]) if measured else "" for name in others]
        line += [seconds_text(row, key) for _, key in seconds]
        if measured:
            line += [
                str(measured["window_accuracy"]["runs"]),
                str(measured["window_accuracy"]["clips"]),
                f"{row['trainable_parameters']:,}",
            ]
        else:
            line += ["", "", ""]
        rows.append(line)
    return named_cells(header, rows, lines)


def _committed_cells(committed: dict[str, Any] | None, name: str) -> list[str]:
    """The committed number with its interval; empty where there is none."""
    if not committed:
        return ["", ""]
    return [mean_text(committed["measured"][name]), bounds_text(committed["measured"][name]["ci95"])]


def mean_text(measured: dict[str, Any]) -> str:
    """A measured mean as text, with the standard deviation over runs, where there are several."""
    spread = f" \u00b1 {percent_text(measured['sd'])}" if "sd" in measured else ""
    return f"{percent_text(measured['mean'])}{spread}"


def _metric_name(metric: str) -> str:
    """Name of a metric without parentheses, because the unit in parentheses follows."""
    return ALL_METRIC_NAMES[metric].replace(" (", ", ").replace(")", "")
