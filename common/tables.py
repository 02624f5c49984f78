"""Tables as pure functions of records: published next to measured, with what must be said of the numbers."""

import json
import re
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from common import captions, cautions, rowtexts
from common.comparing import effect_lines
from common.divergence import Divergence
from common.evaluation import (
    ALL_METRIC_NAMES,
    METRIC_NAMES,
    PART_OF_METRIC,
    Interval,
    mean_with_interval,
)
from common.f1 import f1_with_interval
from common.files import sha256_of_json
from common.paper import ArchitectureTable, Paper, count_trainable
from common.records import Record, Setting, of_one_start
from common.shares import mean_share, owner_of_clips, tested_clips
from common.spec import Row, Table, parse_change
from common.statistics import over_runs

_LONGEST_CHANGES = 80


def of_results(
    paper: Paper, table: Table, setting: Setting, records: list[Record], diverged: Sequence[Divergence] = ()
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
        of_row = of_one_start([record for record in mine if record.row_experiment == row.experiment.digest])
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
            [*captions.caption(paper, table, setting, facts, used), *effect_lines(of_rows)]
            if facts
            else ["No run is recorded yet."]
        ),
        "warnings": cautions.warnings(facts, used, rows, _noted(table, diverged)) if facts else [],
        "row_header": table.row_header,
        "metrics": list(table.metrics),
        "compared_with": table.compared_with,
        "reference": table.reference.as_json() if table.reference else None,
        "assumed": paper.assumed,
        "rows": rows,
    }


def _noted(table: Table, diverged: Sequence[Divergence]) -> dict[str, list[Divergence]]:
    """Row label -> its runs that diverged."""
    return {row.label: [one for one in diverged if one.row_experiment == row.experiment.digest] for row in table.rows}


def _compared(row: Row, measured: dict[str, Any]) -> list[str]:
    """The metrics that a measured row has a published number for."""
    return [name for name, value in row.published.items() if measured and value is not None]


def of_legacy(paper: Paper, table: Table, setting: Setting, records: list[Record]) -> dict[str, Any] | None:
    """A table of results whose accuracies of single parts are capped as the study's were, see `Paper.legacy_batches`.

    Returns:
        The table as JSON values, its own lines of the caption alone; None where the study did nothing of the kind.
    """
    if not paper.legacy_batches:
        return None
    capped = [_capped(paper, record) for record in records]
    values = of_results(paper, table, setting, capped)
    values["table"] = f"{table.id}_legacy"
    values["title"] = f"{table.title}, with the study's metric"
    own = {row.experiment.digest: row.label for row in table.rows}
    of_rows = {own[record.row_experiment]: record for record in records if record.row_experiment in own}
    caps = {
        label: ", ".join(
            f"{part} {100 * _kept_share(size, record.parts[part].windows):.2f} %"
            for part, size in paper.legacy_batches.items()
        )
        for label, record in of_rows.items()
    }
    values["caption"] = [
        "LEGACY METRIC: the last incomplete batch is left out and the rest divided by all windows, as in the study; "
        "ours is the expected value of that. Weights were chosen by the true accuracy.",
        *rowtexts.told("The most that can be reached so", caps, of_rows),
    ]
    return values


def _kept_share(batch: int, windows: int) -> float:
    return windows // batch * batch / windows


def _capped(paper: Paper, record: Record) -> Record:
    """A record with lower accuracies of the parts that were judged in whole batches alone."""
    share = {part: _kept_share(size, record.parts[part].windows) for part, size in paper.legacy_batches.items()}
    history = [
        entry
        | {
            name: entry[name] * share[part]
            for part, name in (("train", "accuracy"), ("valid", "val_accuracy"))
            if part in share
        }
        for entry in record.history
    ]
    metrics = {part: dict(values) for part, values in record.metrics.items()}
    for part in share.keys() & metrics.keys():
        metrics[part]["window_accuracy"] *= share[part]
    return record.but(history=tuple(history), metrics=metrics)


def _measured(table: Table, records: list[Record]) -> dict[str, Any]:
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
            found = mean_share(records, metric)[0] if part is None else mean_with_interval(values, clips)
        over = over_runs(_independent(records, values))
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
    return f1_with_interval(runs, len(records[0].data.genres), owner_of_clips(records))


def _value(record: Record, metric: str) -> float:
    """Share between 0 and 1."""
    if metric == "train_window_accuracy":
        return record.history[record.best_epoch - 1]["accuracy"]
    if metric == "valid_highest_window_accuracy":
        return max(entry["val_accuracy"] for entry in record.history)
    if metric == "valid_window_accuracy":
        return record.metrics["valid"]["window_accuracy"]
    return record.metrics["test"][metric]


def of_architecture(paper: Paper, table: ArchitectureTable, dataset: str) -> dict[str, Any]:
    """Hold the published layers against the network that we build at the paper's own input size."""
    experiment = table.experiment
    shape = paper.input_shape(experiment)
    model = paper.build(experiment.model, shape, paper.published_classes)
    rows = []
    for row in table.rows:
        layers = [model.get_layer(name) for name in row.layers]
        rows.append(
            {
                "label": row.label,
                "published": {table.column: row.published},
                "measured": {
                    table.column: table.measure(model, row.layers),
                    "output_shape": list(layers[-1].output.shape[1:]),
                    "parameters": sum(count_trainable(layer) for layer in layers),
                },
                "difference": {},
            }
        )
    differing = [row["label"] for row in rows if row["published"][table.column] != row["measured"][table.column]]
    return {
        "paper": paper.key,
        "table": table.id,
        "title": table.title,
        "dataset": dataset,
        "protocol": None,
        "scale": "paper",
        "caption": [
            f"Input {' x '.join(map(str, shape))}; {count_trainable(model):,} trainable parameters. Built, not "
            "trained: these lines do not depend on data."
        ],
        "warnings": [f"Layers that differ from the published ones: {', '.join(differing)}."] if differing else [],
        "row_header": "Layer",
        "metrics": [table.column],
        "rows": rows,
    }


def file_stem(kind: str, identifier: str, setting: Setting, paper: Paper) -> str:
    """File name of a table or figure: the plain name for the default protocol and scale, else what differs is added, so
    that a contaminated or a smoke result never takes the place of another (see `common.groups` for the rest)."""
    protocol = paper.default_experiment.protocol
    parts = [f"{kind}_{identifier}"]
    if setting.unit != protocol.unit:
        parts.append(setting.unit)
    if setting.split != protocol.split:
        parts.append(setting.split)
    if setting.scale != ("smoke" if setting.dataset == "demo" else "paper"):
        parts.append(setting.scale)
    if setting.features == "small" and setting.dataset != "demo":
        parts.append("small_features")
    if setting.genres:
        parts.append(f"{len(setting.genres)}_genres")
    changes = []
    for change in setting.changes:
        path, value = parse_change(change)
        text = re.sub(r"[^A-Za-z0-9.-]+", "_", json.dumps(value)).strip("_")
        changes.append(f"{path.rpartition('.')[2]}_{text}")
    in_words = "_".join(changes)
    # File systems take names of 255 bytes, and a temporary file's is longer than this.
    parts += [in_words if len(in_words) <= _LONGEST_CHANGES else f"changed_{sha256_of_json(setting.changes)[:8]}"]
    return "_".join(part for part in parts if part)


def result_folder(out: Path, paper: Paper, dataset: str) -> Path:
    """Where tables and figures of a paper and dataset lie."""
    return Path(out) / paper.key / dataset
