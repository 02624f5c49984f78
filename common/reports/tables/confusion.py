"""Confusion matrices as tables: a published one beside ours, genre by genre."""

from typing import Any

import numpy as np

from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.tables import Confusion
from common.records.record import Record, with_same_initial_weights
from common.reports.table import Note, Table, cells
from common.reports.tables.values import run_values


def confusion_table(paper: Paper, published: Confusion, setting: Setting, records: list[Record]) -> Table | None:
    """Count the clip decisions of a row's runs, added up over folds and seeds.

    Args:
        records: of one setting, of any rows.

    Returns:
        The table; None where the row was not run.
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
    shown = _percent(counts) if published.percent else counts
    rows = [
        {
            "label": genre,
            "published": dict(zip(genres, theirs[place].tolist(), strict=True)) if same else {},
            "measured": dict(zip(genres, shown[place].tolist(), strict=True)),
            "difference": {},
        }
        for place, genre in enumerate(genres)
    ]
    unit = "Percent of the true genre's clips" if published.percent else "Clips"
    runs = f"{len(mine)} runs added up" if len(mine) > 1 else "1 run"
    notes = [
        f"{unit} of {row.label} (table {published.row[0]}), decided by {published.aggregation.replace('_', ' ')}; rows "
        f"are true genres, columns predicted ones. Ours: {runs}.",
        *([] if same else ["The published matrix has other genres; the figure shows it."]),
    ]
    values = run_values(paper.key, f"confusion_{published.id}", published.title, setting, mine[0]) | {
        "row_header": "True genre",
        "kind": "confusion",
        "records": sorted(record.run_id for record in mine),
        "metrics": list(genres),
        "published_matrix": _matrix(published.genres, theirs) | ({"accuracy": None} if published.percent else {}),
        "measured_matrix": _matrix(genres, counts),
        "rows": rows,
    }
    return Table(
        values,
        *_cells(genres, rows),
        (*(Note("method", text) for text in notes), *(Note("paper", text) for text in published.notes)),
    )


def _percent(counts: np.ndarray) -> np.ndarray:
    """Whole percent of each line; 0 for a genre without clips."""
    of_genre = counts.sum(axis=1, keepdims=True)
    return np.rint(np.divide(100 * counts, of_genre, out=np.zeros(counts.shape), where=of_genre > 0)).astype(int)


def _matrix(genres: tuple[str, ...], counts: np.ndarray) -> dict[str, Any]:
    accuracy = 100 * float(np.trace(counts)) / float(counts.sum())
    return {"genres": list(genres), "counts": counts.tolist(), "accuracy": round(accuracy, 2)}


def _cells(genres: tuple[str, ...], lines: list[dict[str, Any]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text: ours, with the published count behind it where the genres are the same."""
    both = bool(lines[0]["published"])
    rows = [
        [
            row["label"],
            *(
                f"{row['measured'][genre]} ({row['published'][genre]:g})" if both else str(row["measured"][genre])
                for genre in genres
            ),
        ]
        for row in lines
    ]
    return (f"True genre{' (published)' if both else ''}", *genres), cells(rows)
