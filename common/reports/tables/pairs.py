"""Paired comparison of a table's rows on the same test clips, and variance between folds and between seeds."""

import math
from typing import Any

import numpy as np

from common.core.percent import percent_text, stored_percent
from common.metrics.clips import MAIN_METRICS, METRIC_NAMES
from common.metrics.paired import holm, mcnemar, paired_difference, permutation_p_value, variance_components
from common.metrics.runs import Place
from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.tables import ResultTable
from common.records.record import Record, with_same_initial_weights
from common.reports.estimates import (
    artist_of_clips,
    estimate_of_runs,
    resampled_units_text,
    tested_clips,
)
from common.reports.table import Note, Table, named_cells
from common.reports.tables.intervals import bounds_text, interval_values, part_cells, part_columns
from common.reports.tables.values import recommended_row, run_values
from common.reports.text.intervals import sources_text
from common.reports.text.rows import labels_text

# Both tests are on this metric.
_TESTED = "clip_accuracy_mean_softmax"


def paired_table(paper: Paper, table: ResultTable, setting: Setting, records: list[Record]) -> Table | None:
    """Compare every row of a table with the recommended one, or with the first that was run.

    Args:
        records: of one setting, of any rows.

    Returns:
        The table with its own notes only, percentages in percent; None where no two rows were run on the same clips.
        `p_value` is of the permutation test over all common seeds, `p_holm` the same corrected for the number of rows,
        and `mcnemar` holds McNemar's test of one seed.
    """
    of_rows = {}
    for row in table.rows:
        mine = with_same_initial_weights(
            [record for record in records if record.row_experiment == row.experiment.digest]
        )
        if mine:
            of_rows[row.name] = {(record.seed, record.fold): record for record in mine}
    if len(of_rows) < 2:
        return None
    reference = _reference(paper, table, of_rows)
    common = {
        name: places
        for name, mine in of_rows.items()
        if name != reference and (places := _common_places(mine, of_rows[reference]))
    }
    if not common:
        return None
    labels = {row.name: row.label for row in table.rows}
    rows = [
        {"name": name, "label": labels[name], **_compared(of_rows[name], of_rows[reference], places)}
        for name, places in common.items()
    ]
    for row, corrected in zip(rows, holm([row["p_value"] for row in rows]), strict=True):
        row |= {"p_value": _digits(row["p_value"]), "p_holm": _digits(corrected)}
    any_record = next(iter(of_rows[reference].values()))
    recommended = recommended_row(paper, table)
    title = f"{table.title}: each row minus {reference}, on the same clips"
    values = run_values(paper.key, f"{table.id}_pairs", title, setting, any_record) | {
        "row_header": table.row_header,
        "kind": "pairs",
        "reference": labels[reference],
        "reference_name": reference,
        "recommended": recommended,
        "metrics": list(MAIN_METRICS),
        "rows": rows,
    }
    units = resampled_units_text([any_record])
    several_seeds = any(len({seed for seed, _ in places}) > 1 for places in common.values())
    unlike = "unlike the interval, " if several_seeds else ""
    compared_rows = f"{len(rows)} rows" if len(rows) > 1 else "one row"
    compared = {name: [of_rows[name][place] for place in places] for name, places in common.items()}
    notes = [
        Note("method", f"Differences: row minus {reference}, mean over the runs that both have."),
        Note("method", sources_text(compared, f"paired bootstrap (BCa) over {units}")),
        Note(
            "method",
            f"p: paired permutation test over {units}, on clip accuracy (mean softmax) averaged over seeds; {unlike}it "
            f"does not account for the spread between seeds. p (Holm): corrected for the {compared_rows} compared.",
        ),
        Note(
            "method",
            f"McNemar's exact test of one seed, with clips as independent: {'; '.join(map(_mcnemar_text, rows))}.",
        ),
        *(Note("method", text) for text in _over_seeds(of_rows)),
        *(Note("method", text) for text in _not_compared(of_rows, reference, [row["name"] for row in rows])),
    ]
    return Table(values, *pair_cells(table.row_header, rows), tuple(notes))


def _mcnemar_text(row: dict[str, Any]) -> str:
    test = row["mcnemar"]
    return (
        f"row {row['name']} (seed {test['seed']}): {test['only_this']} clips only this row has right, "
        f"{test['only_reference']} only the reference, p = {test['p_value']:.2g}"
    )


def _digits(p_value: float) -> float:
    """Four significant digits."""
    return float(f"{p_value:.4g}")


def _over_seeds(of_rows: dict[str, dict[Place, Record]]) -> list[str]:
    """Accuracy of each seed, for rows with several seeds."""
    texts = []
    for label, mine in of_rows.items():
        of_seed: dict[int, list[float]] = {}
        for (seed, _), record in sorted(mine.items()):
            of_seed.setdefault(seed, []).append(record.metrics["test"]["window_accuracy"])
        if len(of_seed) > 1:
            means = [stored_percent(math.fsum(values) / len(values)) for values in of_seed.values()]
            texts.append(f"{label}: {', '.join(map(percent_text, means))} %")
    return [f"Window accuracy of each seed: {'; '.join(texts)}."] if texts else []


def _not_compared(of_rows: dict[str, dict[Place, Record]], reference: str, compared: list[str]) -> list[str]:
    """Rows and runs that were run, but not on clips that the reference was tested on."""
    others = [label for label in of_rows if label not in (reference, *compared)]
    lines = [f"Not compared, because no run has the same test clips: {labels_text(others)}."] if others else []
    partly = [label for label in compared if of_rows[label].keys() != of_rows[reference].keys()]
    if partly:
        lines.append(
            f"Not all runs are compared, only those with the same seed, fold and test clips: {labels_text(partly)}."
        )
    return lines


def _reference(paper: Paper, table: ResultTable, of_rows: dict[str, Any]) -> str:
    best = paper.default_experiment.digest
    recommended = [row.name for row in table.rows if row.experiment.digest == best and row.name in of_rows]
    return recommended[0] if recommended else next(iter(of_rows))


def _common_places(mine: dict[Place, Record], others: dict[Place, Record]) -> list[Place]:
    """Where both rows were run on the same split."""
    return sorted(place for place in mine.keys() & others.keys() if _same_clips(mine[place], others[place]))


def _compared(mine: dict[Place, Record], others: dict[Place, Record], common: list[Place]) -> dict[str, Any]:
    """One row against the reference, on the runs that they have in common."""
    differences = {}
    ours, theirs = ([records[place] for place in common] for records in (mine, others))
    owners = artist_of_clips(ours)
    names = sorted(owners)
    artists = [owners[name] for name in names]
    p_value = 1.0
    for metric in MAIN_METRICS:
        one, other = ([parts[n] for n in names] for parts in (_parts_by_clip(r, metric) for r in (ours, theirs)))
        clips = paired_difference(one, other, artists)
        of_runs = [a.metrics["test"][metric] - b.metrics["test"][metric] for a, b in zip(ours, theirs, strict=True)]
        found = estimate_of_runs(ours, of_runs, clips, least=-1.0)
        differences[metric] = {"mean": stored_percent(found.mean), **interval_values(found)}
        if metric == _TESTED:
            p_value = permutation_p_value(one, other, artists)
    seed = common[0][0]
    of_seed = [place for place in common if place[0] == seed]
    test = mcnemar(*(_correct([records[place] for place in of_seed]) for records in (mine, others)))
    return {
        "difference": differences,
        "p_value": p_value,
        "mcnemar": {
            "seed": seed,
            "only_this": test.only_first,
            "only_reference": test.only_second,
            "p_value": _digits(test.p_value),
        },
        "runs": len(common),
        "clips": len(names),
        "records": sorted(mine[place].run_id for place in common),
    }


def _parts_by_clip(records: list[Record], metric: str) -> dict[str, float]:
    """Clip id -> what the clip adds to the accuracy, mean over runs; the mean over all clips is the accuracy. In window
    accuracy, a clip counts by its windows."""
    found: dict[str, list[float]] = {}
    for record in records:
        windows = sum(clip.windows for clip in record.clips) / len(record.clips)
        for clip in record.clips:
            weight = clip.windows / windows if metric == "window_accuracy" else 1.0
            found.setdefault(clip.id, []).append(weight * clip.correct(metric))
    return {clip: math.fsum(values) / len(values) for clip, values in found.items()}


def _same_clips(one: Record, other: Record) -> bool:
    return one.split_digest == other.split_digest and {c.id for c in one.clips} == {c.id for c in other.clips}


def _correct(records: list[Record]) -> np.ndarray:
    """Whether each clip was classified correctly by mean softmax, in order of clip id."""
    clips = tested_clips(records)
    return np.array([bool(clips[name].correct("clip_accuracy_mean_softmax")) for name in sorted(clips)])


def variance_notes(of_rows: dict[str, list[Record]]) -> list[Note]:
    """Standard deviation of window accuracy between folds and between seeds, for rows with several of both.

    Args:
        of_rows: name of each row -> its records.
    """
    notes = []
    for label, records in of_rows.items():
        folds: dict[int, list[float]] = {}
        for record in records:
            folds.setdefault(record.fold, []).append(record.metrics["test"]["window_accuracy"])
        found = variance_components(list(folds.values()))
        if found:
            of_folds, of_seeds = (percent_text(stored_percent(sd)) for sd in (found.fold_sd, found.seed_sd))
            text = (
                f"{label}: window accuracy has a standard deviation of {of_folds} points between folds "
                f"and of {of_seeds} between seeds of one fold (analysis of variance, null "
                f"hypothesis of no difference between folds: p = {found.p_value:.2g})."
            )
            notes.append(Note("variance", text))
    return notes


def pair_cells(row_header: str, lines: list[dict[str, Any]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text."""
    parts = part_columns(row["difference"][name] for row in lines for name in MAIN_METRICS)
    header = [row_header]
    for name in MAIN_METRICS:
        shown = METRIC_NAMES[name].replace(" (", ", ").replace(")", "")
        header += [f"{shown.capitalize()}, difference", "95 % interval", *parts]
    header += ["p", "p (Holm)", "Runs", "Test clips"]
    rows = []
    for row in lines:
        line = [row["label"]]
        for name in MAIN_METRICS:
            found = row["difference"][name]
            line += [
                percent_text(found["mean"], signed=True),
                bounds_text(found["ci95"], signed=True),
                *part_cells(found, parts, signed=True),
            ]
        line += [f"{row['p_value']:.2g}", f"{row['p_holm']:.2g}", str(row["runs"]), str(row["clips"])]
        rows.append(line)
    return named_cells(header, rows, lines)
