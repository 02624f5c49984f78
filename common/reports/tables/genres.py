"""Tables genre by genre: precision, recall and F1 of every row's clip decisions."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from common.core.percent import percent_text, stored_percent
from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.tables import ResultTable
from common.records.record import Record, with_same_initial_weights
from common.reports.table import Note, Table, cells
from common.reports.tables.values import run_values

SCORES = {"precision": "precision", "recall": "recall", "f1": "F1"}


def per_genre_table(paper: Paper, table: ResultTable, setting: Setting, records: list[Record]) -> Table | None:
    """Break a table that publishes F1 down by genre, decided by mean softmax and added up over folds and seeds.

    Args:
        records: of one setting, of any rows.

    Returns:
        The table, scores in percent; None where the table publishes no F1, or no row was run. A score is
        None where it is not defined: precision of a genre that was never predicted, recall of one without test clips.
    """
    by_row = {
        row.label: with_same_initial_weights(
            [record for record in records if record.row_experiment == row.experiment.digest]
        )
        for row in table.rows
    }
    by_row = {label: mine for label, mine in by_row.items() if mine}
    if not (table.has_f1 and by_row):
        return None
    one = next(iter(by_row.values()))[0]
    genres = one.data.genres
    scores = {label: genre_scores(decision_counts(mine, len(genres))) for label, mine in by_row.items()}
    tested = {clip.id: clip.label for mine in by_row.values() for record in mine for clip in record.clips}
    clips = np.bincount(list(tested.values()), minlength=len(genres)).tolist()
    rows = [
        {
            "label": genre,
            "published": {},
            "measured": {label: found[place] for label, found in scores.items()},
            "clips": clips[place],
            "difference": {},
        }
        for place, genre in enumerate(genres)
    ]
    values = run_values(paper.key, f"{table.id}_genres", f"{table.title}, genre by genre", setting, one) | {
        "row_header": "Genre",
        "kind": "genres",
        "records": sorted(record.run_id for mine in by_row.values() for record in mine),
        "metrics": list(SCORES),
        "columns": list(by_row),
        "column_names": {row.label: row.name for row in table.rows if row.label in by_row},
        "rows": rows,
    }
    return Table(values, *genre_cells(list(by_row), rows), tuple(_notes(table, max(map(len, by_row.values())))))


def _notes(table: ResultTable, runs: int) -> list[Note]:
    if runs == 1:
        return []
    return [
        Note(
            "method",
            f"Decisions of {runs} runs are added up here; F1 macro in table {table.id} is the mean over runs.",
        )
    ]


def decision_counts(records: Sequence[Record], classes: int) -> np.ndarray:
    """Clips of each genre by the genre that they were decided for (mean softmax), added up over runs.

    Returns:
        int (classes, classes): true genre x decided genre.
    """
    counts = np.zeros((classes, classes), int)
    for record in records:
        np.add.at(counts, ([c.label for c in record.clips], [c.by_mean_softmax for c in record.clips]), 1)
    return counts


def genre_scores(counts: np.ndarray) -> list[dict[str, float | None]]:
    """The scores of each genre in percent, None where one is not defined.

    Args:
        counts: (classes, classes): true genre x decided genre.
    """
    found = []
    for genre in range(len(counts)):
        correct, true, predicted = int(counts[genre, genre]), int(counts[genre].sum()), int(counts[:, genre].sum())
        found.append(
            {
                "precision": _percent(correct, predicted),
                "recall": _percent(correct, true),
                "f1": _percent(2 * correct, true + predicted),
            }
        )
    return found


def _percent(part: int, whole: int) -> float | None:
    return stored_percent(part / whole) if whole else None


def genre_cells(columns: list[str], lines: list[dict[str, Any]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text."""
    header = ["Genre", "Test clips"]
    header += [f"{label}: {name} (%)" for label in columns for name in SCORES.values()]
    rows = [
        [
            row["label"],
            str(row["clips"]),
            *(
                "-" if row["measured"][label][score] is None else percent_text(row["measured"][label][score])
                for label in columns
                for score in SCORES
            ),
        ]
        for row in lines
    ]
    return tuple(header), cells(rows)
