"""Tables as plain columns for programs: numbers without units or signs, and one name for each column.

Made from the JSON values of a table, never from its cells. Names of columns say what a column holds and in which unit:
`_percent`, `_points` (differences and standard deviations of percentages), `_seconds`, `_clips`. `None` stands for what
is not known, not published or not run.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from common.metrics.clips import MAIN_METRICS, METRIC_NAMES
from common.paper.tables import TOTAL

Cell = str | int | float | bool | None


@dataclass(frozen=True)
class PlainTable:
    """Columns with unique names in snake_case, and the values of each row in their order."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def plain_table(values: dict[str, Any]) -> PlainTable:
    """The columns of a table of any kind.

    Args:
        values: JSON values of the table, see `common.reports.table.Table`.

    Returns:
        A row for each line of the table, with these exceptions: in tables of rounds or folds, each row is a run,
        because mean and standard deviation are in the table of results; in tables of genres, each row is a genre of one
        network, and in confusion matrices a pair of genres.
    """
    kind = _kind(values)
    rows = [_named(row, cells) for row, cells in _BUILDERS[kind](values)]
    # A table without rows has its columns, so that programs read it like any other.
    named = rows or [cells for _, cells in _BUILDERS[kind](values | {"rows": [_BLANK_ROWS[kind](values)]})]
    columns = tuple(dict.fromkeys(name for row in named for name in row))
    return PlainTable(columns, tuple(tuple(row.get(name) for name in columns) for row in rows))


def snake_case(text: str) -> str:
    """A name for a column: lower case, with underscores for all that is neither a letter of ASCII nor a digit."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def unique_names(names: Iterable[str]) -> list[str]:
    """The names in `snake_case`; one that is there already gets a number: `a`, `a_2`."""
    found: list[str] = []
    for name in map(snake_case, names):
        number, unique = 2, name
        while unique in found:
            unique, number = f"{name}_{number}", number + 1
        found.append(unique)
    return found


# Rows of JSON values, each with its cells by column.
_Rows = Iterable[tuple[Mapping[str, Any], dict[str, Cell]]]


def _kind(values: Mapping[str, Any]) -> str:
    return values.get("kind") or ("results" if "compared_with" in values else "architecture")


def _named(row: Mapping[str, Any], cells: dict[str, Cell]) -> dict[str, Cell]:
    """The cells of a row, after its short name where it has one."""
    return ({"row": row["name"]} if "name" in row else {}) | cells


def _results(values: Mapping[str, Any]) -> _Rows:
    compared = values["compared_with"]
    measured_as = {metric: name for name, metric in compared.items()} | {name: name for name in METRIC_NAMES}
    with_committed = any(row.get("committed") for row in values["rows"])
    for row in values["rows"]:
        measured, committed = row["measured"], row.get("committed") or {}
        whole = measured.get("window_accuracy", {})
        cells: dict[str, Cell] = {"label": row["label"]}
        for name in compared:
            cells |= {
                f"published_{name}_percent": row["published"][name],
                f"{name}_difference_points": row["difference"].get(name),
                f"published_{name}_inside": row["published_inside"].get(name),
            }
        for metric, name in measured_as.items():
            cells |= _estimate(metric, measured.get(name), "percent")
        if seconds := row.get("seconds_per_epoch"):
            cells |= {
                "published_seconds_per_epoch": seconds["published"],
                "seconds_per_epoch": seconds["measured"],
            }
        cells |= {
            "runs": whole.get("runs"),
            "test_clips": whole.get("clips"),
            "trainable_parameters": row["trainable_parameters"],
        }
        if with_committed:
            for metric, name in measured_as.items():
                cells |= _estimate(f"committed_{metric}", committed.get("measured", {}).get(name), "percent")
            cells |= {"committed_runs": committed.get("runs"), "committed_data": committed.get("data")}
        yield row, cells


def _estimate(name: str, found: Mapping[str, Any] | None, unit: str) -> dict[str, Cell]:
    """A mean with its standard deviation over runs and its 95 % intervals; those of test clips alone and of runs alone
    are known where there are several runs.

    Args:
        found: JSON values; None or empty where there are none.
        unit: of the mean and of the ends of intervals.
    """
    found = found or {}
    cells: dict[str, Cell] = {f"{name}_{unit}": found.get("mean"), f"{name}_sd_points": found.get("sd")}
    for key, part in (("ci95", ""), ("ci95_clips", "_clips"), ("ci95_runs", "_runs")):
        low, high = found.get(key) or (None, None)
        cells |= {f"{name}{part}_low_{unit}": low, f"{name}{part}_high_{unit}": high}
    return cells


def _difference(name: str, found: Mapping[str, Any] | None) -> dict[str, Cell]:
    """A difference of means with its 95 % intervals; it has no standard deviation."""
    cells = _estimate(name, found, "points")
    del cells[f"{name}_sd_points"]
    return cells


def _rounds(values: Mapping[str, Any]) -> _Rows:
    for row in values["rows"]:
        if "round" in row:
            yield (
                row,
                {
                    "label": row["label"],
                    values["kind"]: row["round"],
                    "seed": row["seed"],
                    **{f"{part}_clips": count for part, count in row["clips"].items()},
                    **{f"{metric}_percent": row["measured"][metric] for metric in METRIC_NAMES},
                    "epochs": row["epochs"],
                    "best_epoch": row["best_epoch"],
                    "test_clips_met_before": row["test_clips_met_before"],
                    "run_id": row["record"],
                },
            )


def _genres(values: Mapping[str, Any]) -> _Rows:
    for label in values["columns"]:
        for row in values["rows"]:
            scores = {f"{score}_percent": percent for score, percent in row["measured"][label].items()}
            yield row, {"label": label, "genre": row["label"], "test_clips": row["clips"], **scores}


def _pairs(values: Mapping[str, Any]) -> _Rows:
    for row in values["rows"]:
        cells: dict[str, Cell] = {"label": row["label"], "reference": values["reference"]}
        for metric in MAIN_METRICS:
            cells |= _difference(f"{metric}_difference", row["difference"][metric])
        test = row["mcnemar"]
        yield (
            row,
            cells
            | {
                "p_value": row["p_value"],
                "p_value_holm": row["p_holm"],
                "mcnemar_seed": test["seed"],
                "mcnemar_only_this_clips": test["only_this"],
                "mcnemar_only_reference_clips": test["only_reference"],
                "mcnemar_p_value": test["p_value"],
                "runs": row["runs"],
                "test_clips": row["clips"],
            },
        )


def _confusion(values: Mapping[str, Any]) -> _Rows:
    counts = values["measured_matrix"]["counts"]
    unit = "clips" if values.get("cells") == "mean_clips" else "percent"
    for row, of_genre in zip(values["rows"], counts, strict=True):
        for (predicted, shown), clips in zip(row["measured"].items(), of_genre, strict=True):
            yield (
                row,
                {
                    "true_genre": row["label"],
                    "predicted_genre": predicted,
                    "clips": clips,
                    **({"percent": shown} if unit == "percent" else {}),
                    f"published_{unit}": row["published"].get(predicted),
                },
            )


def _architecture(values: Mapping[str, Any]) -> _Rows:
    """Layers, and in the last row the whole network, if its parameters are stated."""
    total = values.get("total")
    states_total = total is not None and total["published"] is not None
    for row in values["rows"]:
        built = row["measured"]
        cells: dict[str, Cell] = {"label": row["label"]}
        for column in values["metrics"]:
            cells |= {
                f"published_{column}": _shape(row["published"][column]),
                f"our_{column}": _shape(built[column]),
            }
        cells["output_shape"] = _shape(built["output_shape"])
        cells |= {"published_parameters": None} if states_total else {}
        yield row, cells | {"parameters": built["parameters"]}
    if total is not None:
        cells = {"label": TOTAL, "parameters": total["measured"]}
        yield total, cells | ({"published_parameters": total["published"]} if states_total else {})


def _shape(value: Any) -> Cell:
    return " x ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _values(values: Mapping[str, Any]) -> _Rows:
    names = unique_names(values["columns"])
    for row in values["rows"]:
        yield (
            row,
            {
                "label": row["label"],
                "published": _listed(row["published"]),
                **{
                    f"ours_{name}" if len(names) > 1 else "ours": _listed(row["ours"][column])
                    for name, column in zip(names, values["columns"], strict=True)
                },
            },
        )


def _listed(value: Any) -> Cell:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _audit(values: Mapping[str, Any]) -> _Rows:
    for row in values["rows"]:
        measured, gap, overlap = row["measured"], row["gap"], row["overlap"] or {}
        cells: dict[str, Cell] = {"split": row["label"]}
        for metric in MAIN_METRICS:
            found = measured.get(metric, {})
            cells |= _estimate(metric, found, "percent")
            cells[f"{metric}_effective_clips"] = found.get("independent_clips")
            cells |= _difference(f"{metric}_gap", gap.get(metric))
        cells |= {"runs": measured.get("runs"), "tested_clips": measured.get("clips")}
        cells |= {f"{part}_clips": overlap.get("parts", {}).get(part) for part in ("train", "valid", "test")}
        cells |= {
            "clips_on_both_sides": overlap.get("clips"),
            "artists_on_both_sides": overlap.get("artists"),
            "exact_duplicates_on_both_sides": overlap.get("exact_pairs"),
            "near_duplicates_on_both_sides": overlap.get("near_pairs"),
            "known_test_clips": overlap.get("met"),
            "test_clips_of_unknown_artist": overlap.get("nameless"),
        }
        yield row, cells


def _search(values: Mapping[str, Any]) -> _Rows:
    names = unique_names(values["parameters"])
    objective = "validation_accuracy_percent" if values["objective"] == "val_accuracy" else "validation_loss"
    for row in values["rows"]:
        chosen = [row["values"][name] for name in values["parameters"]]
        yield (
            row,
            {
                "trial": row["trial"],
                "rank": row["rank"],
                **{f"value_{name}": value for name, value in zip(names, chosen, strict=True)},
                objective: row["score"],
                "trainable_parameters": row["trainable_parameters"],
                "best_epoch": row["best_epoch"],
                # Why a trial has no score, e.g. because it failed.
                "remark": row["remark"] or None,
            },
        )


def _duplicates(values: Mapping[str, Any]) -> _Rows:
    splits = unique_names(values["regimes"])
    for row in values["rows"]:
        cells: dict[str, Cell] = {
            "first_clip": row["label"],
            "second_clip": row["second"],
            "similarity": row["similarity"],
            "shift_seconds": row["shift_seconds"],
            "same_bytes": row["exact"],
        }
        for split, parts in zip(splits, row["parts"], strict=True):
            first, second = parts.split(" / ")
            cells |= {f"{split}_first_part": first, f"{split}_second_part": second}
        yield row, cells


_BUILDERS: dict[str, Callable[[Mapping[str, Any]], _Rows]] = {
    "results": _results,
    "round": _rounds,
    "fold": _rounds,
    "genres": _genres,
    "pairs": _pairs,
    "confusion": _confusion,
    "architecture": _architecture,
    "values": _values,
    "audit": _audit,
    "search": _search,
    "duplicates": _duplicates,
}
# Of the kinds of tables that may have no rows: searches that have just begun, and data without duplicates.
_BLANK_ROWS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "search": lambda values: (
        dict.fromkeys(("trial", "rank", "score", "trainable_parameters", "best_epoch", "remark"))
        | {"values": dict.fromkeys(values["parameters"])}
    ),
    "duplicates": lambda values: (
        dict.fromkeys(("label", "second", "similarity", "shift_seconds", "exact"))
        | {"parts": [" / "] * len(values["regimes"])}
    ),
}
