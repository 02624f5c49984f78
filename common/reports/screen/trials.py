"""The short table of a search: its trials, the best first."""

from typing import Any

from common.reports.screen.columns import Column, ShortTable
from common.reports.screen.results import about_data
from common.reports.table import Table

_FROM_TWO_DIGITS = 10


def search_on_screen(table: Table) -> ShortTable:
    """Rank, score and values of each trial."""
    values = table.values
    rows = values["rows"]
    score = "validation accuracy (%)" if values["objective"] == "val_accuracy" else "validation loss"
    columns = (
        Column("rank", tuple(map(_text, (row["rank"] for row in rows)))),
        Column(score, tuple(_score(row["score"]) for row in rows)),
        *(
            Column(name.replace("_", " "), tuple(_text(row["values"][name]) for row in rows), 1)
            for name in values["parameters"]
        ),
        Column("remark", tuple(row["remark"] for row in rows), 2, is_text=True),
        Column("best epoch", tuple(_text(row["best_epoch"]) for row in rows), 3),
        Column("parameters", tuple(_count(row["trainable_parameters"]) for row in rows), 4),
        Column("trial", tuple(row["trial"] for row in rows), 5),
    )
    best = "Measured on validation windows: these are not results, and the best of many trials is too optimistic."
    return ShortTable(table.title, columns, about_data(values), (best,), empty="No trial has begun.")


def _score(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if value >= _FROM_TWO_DIGITS else f"{value:.4f}"


def _text(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
