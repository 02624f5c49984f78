"""Paired comparison of a table's rows on the same test clips, and variance between folds and between seeds."""

from typing import Any

import numpy as np

from common.metrics.clips import MAIN_METRICS, METRIC_NAMES
from common.metrics.intervals import Interval
from common.metrics.paired import mcnemar, paired_difference, variance_components
from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.tables import ResultTable
from common.records.record import Record, with_same_initial_weights
from common.reports.estimates import artist_of_clips, correct_by_clip, resampled_units_text, tested_clips
from common.reports.table import Note, Table, cells
from common.reports.tables.values import run_values

# (seed, fold): what two rows must have in common to be compared.
Place = tuple[int, int]


def paired_table(paper: Paper, table: ResultTable, setting: Setting, records: list[Record]) -> Table | None:
    """Compare every row of a table with the recommended one, or with the first that was run.

    Args:
        records: of one setting, of any rows.

    Returns:
        The table with its own notes only, percentages in percent; None where no two rows were run on the same clips.
    """
    of_rows = {}
    for row in table.rows:
        mine = with_same_initial_weights(
            [record for record in records if record.row_experiment == row.experiment.digest]
        )
        if mine:
            of_rows[row.label] = {(record.seed, record.fold): record for record in mine}
    if len(of_rows) < 2:
        return None
    reference = _reference(paper, table, of_rows)
    rows = [
        compared
        for label, mine in of_rows.items()
        if label != reference and (compared := _compared(label, mine, of_rows[reference]))
    ]
    if not rows:
        return None
    any_record = next(iter(of_rows[reference].values()))
    title = f"{table.title}: each row minus {reference}, on the same clips"
    values = run_values(paper.key, f"{table.id}_pairs", title, setting, any_record) | {
        "row_header": table.row_header,
        "kind": "pairs",
        "reference": reference,
        "metrics": list(MAIN_METRICS),
        "rows": rows,
    }
    notes = [
        f"Differences: row minus {reference}, mean over the runs that both have; interval: paired bootstrap (BCa) over "
        f"{resampled_units_text([any_record])}. Only one correct: number of clips that one of the two classifies "
        "correctly (by mean softmax) and the other does not, in the runs of the first seed that both have; p: "
        "McNemar's exact test on these clips, which takes clips as independent. Each clip counts once, however many "
        "windows it has.",
        "Intervals and p reflect the choice of test clips only, not the variation between seeds"
        f"{_over_seeds(of_rows)}.",
        *_left_out(of_rows, reference, [row["label"] for row in rows]),
        *(
            [f"{len(rows)} comparisons: one in twenty falls below p = 0.05 by chance, even if rows do not differ."]
            if len(rows) > 1
            else []
        ),
    ]
    return Table(values, *_cells(table.row_header, reference, rows), tuple(Note("method", text) for text in notes))


def _over_seeds(of_rows: dict[str, dict[Place, Record]]) -> str:
    """Accuracy of each seed, for rows with several seeds."""
    texts = []
    for label, mine in of_rows.items():
        of_seed: dict[int, list[float]] = {}
        for (seed, _), record in sorted(mine.items()):
            of_seed.setdefault(seed, []).append(record.metrics["test"]["window_accuracy"])
        if len(of_seed) > 1:
            means = [100 * sum(values) / len(values) for values in of_seed.values()]
            texts.append(f"{label}: {', '.join(f'{mean:.1f}' for mean in means)} %")
    return f" (window accuracy of each seed of {'; of '.join(texts)})" if texts else ""


def _left_out(of_rows: dict[str, dict[Place, Record]], reference: str, compared: list[str]) -> list[str]:
    """Rows and runs that were run, but not on clips that the reference was tested on."""
    others = [label for label in of_rows if label not in (reference, *compared)]
    lines = [f"Not compared, because no run has the same test clips: {', '.join(others)}."] if others else []
    partly = [label for label in compared if of_rows[label].keys() != of_rows[reference].keys()]
    if partly:
        lines.append(
            f"Not all runs are compared, only those with the same seed, fold and test clips: {', '.join(partly)}."
        )
    return lines


def _reference(paper: Paper, table: ResultTable, of_rows: dict[str, Any]) -> str:
    best = paper.default_experiment.digest
    recommended = [row.label for row in table.rows if row.experiment.digest == best and row.label in of_rows]
    return recommended[0] if recommended else next(iter(of_rows))


def _compared(label: str, mine: dict[Place, Record], others: dict[Place, Record]) -> dict[str, Any] | None:
    """One row against the reference; None where they have no run on the same split in common."""
    common = sorted(place for place in mine.keys() & others.keys() if _same_clips(mine[place], others[place]))
    if not common:
        return None
    differences = {}
    ours, theirs = ([records[place] for place in common] for records in (mine, others))
    owners = artist_of_clips(ours)
    names = sorted(owners)
    for name in MAIN_METRICS:
        one, other = (correct_by_clip(records, name) for records in (ours, theirs))
        found = paired_difference([one[n] for n in names], [other[n] for n in names], [owners[n] for n in names])
        differences[name] = _interval_percent(found)
    first = [place for place in common if place[0] == common[0][0]]
    test = mcnemar(*(_correct([records[place] for place in first]) for records in (mine, others)))
    return {
        "label": label,
        "difference": differences,
        "only_this": test.only_first,
        "only_reference": test.only_second,
        "p_value": float(f"{test.p_value:.4g}"),
        "runs": len(common),
        "clips": len(names),
        "records": sorted(mine[place].run_id for place in common),
    }


def _same_clips(one: Record, other: Record) -> bool:
    return one.split_digest == other.split_digest and {c.id for c in one.clips} == {c.id for c in other.clips}


def _correct(records: list[Record]) -> np.ndarray:
    """Whether each clip was classified correctly by mean softmax, in order of clip id."""
    clips = tested_clips(records)
    return np.array([bool(clips[name].correct("clip_accuracy_mean_softmax")) for name in sorted(clips)])


def _interval_percent(found: Interval) -> dict[str, Any]:
    return {"mean": round(100 * found.mean, 2), "ci95": [round(100 * found.low, 2), round(100 * found.high, 2)]}


def variance_notes(of_rows: dict[str, list[Record]]) -> list[Note]:
    """Standard deviation of window accuracy between folds and between seeds, for rows with several of both.

    Args:
        of_rows: row label -> its records.
    """
    notes = []
    for label, records in of_rows.items():
        folds: dict[int, list[float]] = {}
        for record in records:
            folds.setdefault(record.fold, []).append(record.metrics["test"]["window_accuracy"])
        found = variance_components(list(folds.values()))
        if found:
            text = (
                f"{label}: window accuracy has a standard deviation of {100 * found.fold_sd:.1f} points between folds "
                f"and of {100 * found.seed_sd:.1f} between seeds of one fold (analysis of variance, null "
                f"hypothesis of no difference between folds: p = {found.p_value:.2g})."
            )
            notes.append(Note("variance", text))
    return notes


def _cells(
    row_header: str, reference: str, lines: list[dict[str, Any]]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text."""
    header = [row_header]
    for name in MAIN_METRICS:
        shown = METRIC_NAMES[name].replace(" (", ", ").replace(")", "")
        header += [f"{shown.capitalize()}, difference", "95 % interval"]
    header += ["Only this correct", f"Only {reference} correct", "p", "Runs", "Test clips"]
    rows = []
    for row in lines:
        line = [row["label"]]
        for name in MAIN_METRICS:
            found = row["difference"][name]
            line += [f"{found['mean']:+.1f}", f"{found['ci95'][0]:+.1f} to {found['ci95'][1]:+.1f}"]
        line += [
            str(row["only_this"]),
            str(row["only_reference"]),
            f"{row['p_value']:.2g}",
            str(row["runs"]),
            str(row["clips"]),
        ]
        rows.append(line)
    return tuple(header), cells(rows)
