"""Confusion matrices as tables: a published one beside ours, genre by genre, in percent of the true genre's clips, or
in mean clips of several runs where it was published so."""

from typing import Any

import numpy as np

from common.core.percent import percent_text, published_text, stored_percent
from common.core.words import counted
from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.tables import Confusion
from common.records.record import Record, with_same_initial_weights
from common.reports.cell_texts import MEAN_CLIPS, cell_text
from common.reports.table import Note, Table, cells
from common.reports.tables.values import run_values


def confusion_table(paper: Paper, published: Confusion, setting: Setting, records: list[Record]) -> Table | None:
    """Share of each genre's clips that a row's runs decided for each genre, over all folds and seeds; mean clips over
    seeds where the published matrix holds mean clips.

    Args:
        records: of one setting, of any rows.

    Returns:
        The table; None where the row was not run. Its rows are whole percent, or mean clips, as `cells` says;
        `published_matrix` holds what was published, and `measured_matrix` clips, added up over folds, mean over seeds.
    """
    row = paper.row(*published.row)
    mine = with_same_initial_weights([record for record in records if record.row_experiment == row.experiment.digest])
    if not mine:
        return None
    genres = mine[0].data.genres
    counts = np.zeros((len(genres), len(genres)), int)
    for record in mine:
        for clip in record.clips:
            counts[clip.label, getattr(clip, f"by_{published.aggregation}")] += 1
    same = genres == published.genres
    theirs = np.array(published.counts)
    seeds = len({record.seed for record in mine})
    published_matrix = _matrix(published.genres, theirs) | ({"accuracy": None} if published.percent else {})
    measured_matrix = _matrix(genres, _per_seed(counts, seeds))
    if published.mean_clips:
        published_matrix["counts"] = list(map(list, published.mean_clips))
        shown = published_matrix["counts"], measured_matrix["counts"]
    else:
        shown = (theirs if published.percent else _percent(theirs)).tolist(), _percent(counts).tolist()
    theirs_shown, ours_shown = shown
    rows = [
        {
            "label": genre,
            "published": dict(zip(genres, theirs_shown[place], strict=True)) if same else {},
            "measured": dict(zip(genres, ours_shown[place], strict=True)),
            "difference": {},
        }
        for place, genre in enumerate(genres)
    ]
    runs = counted(len(mine), "run")
    of_row = f"of {row.label} (table {published.row[0]}), decided by {published.aggregation.replace('_', ' ')}"
    axes = "rows are true genres, columns predicted ones"
    if published.mean_clips:
        accuracies = [published_text(published_matrix["accuracy"]), percent_text(measured_matrix["accuracy"])]
        over = counted(seeds, "run") if len(mine) == seeds else f"{counted(seeds, 'seed')}, folds added up"
        about = (
            f"Mean number of test clips {of_row}; {axes}. Ours: mean of {over}. Accuracy: published {accuracies[0]} %, "
            f"ours {accuracies[1]} %."
        )
    else:
        in_json = "" if len(mine) == 1 else " The JSON file holds clips, added up over folds, mean over seeds."
        about = f"Percent of the true genre's clips {of_row}; {axes}. Ours: decisions of {runs}.{in_json}"
    notes = [about, *([] if same else ["The published matrix has other genres; the figure shows it."])]
    values = run_values(paper.key, published.table_id, published.title, setting, mine[0]) | {
        "row_header": "True genre",
        "kind": "confusion",
        **({"cells": MEAN_CLIPS} if published.mean_clips else {}),
        "records": sorted(record.run_id for record in mine),
        "metrics": list(genres),
        "published_matrix": published_matrix,
        "measured_matrix": measured_matrix,
        "rows": rows,
    }
    return Table(
        values,
        *confusion_cells(genres, rows),
        (*(Note("method", text) for text in notes), *(Note("paper", text) for text in published.notes)),
    )


def _percent(counts: np.ndarray) -> np.ndarray:
    """Whole percent of each line; 0 for a genre without clips."""
    of_genre = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    whole = [int(percent_text(stored_percent(share), 0)) for share in (counts / of_genre).flat]
    return np.array(whole).reshape(counts.shape)


def _per_seed(counts: np.ndarray, seeds: int) -> np.ndarray:
    """Mean over seeds; whole numbers stay whole."""
    return counts if seeds == 1 else counts / seeds


def _matrix(genres: tuple[str, ...], counts: np.ndarray) -> dict[str, Any]:
    accuracy = stored_percent(float(np.trace(counts)) / float(counts.sum()))
    return {"genres": list(genres), "counts": np.round(counts, 2).tolist(), "accuracy": accuracy}


def confusion_cells(
    genres: tuple[str, ...], lines: list[dict[str, Any]]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text: ours, with the published number behind it where the genres are the same."""
    both = bool(lines[0]["published"])
    rows = [
        [
            row["label"],
            *(
                f"{cell_text(row['measured'][genre])} ({cell_text(row['published'][genre])})"
                if both
                else cell_text(row["measured"][genre])
                for genre in genres
            ),
        ]
        for row in lines
    ]
    return (f"True genre{' (published)' if both else ''}", *genres), cells(rows)
