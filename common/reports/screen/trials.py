"""The short table of a search: its trials, the best first."""

from typing import Any

from common.core.percent import percent_text
from common.core.words import counted
from common.reports.screen.columns import Column, ShortTable
from common.reports.screen.results import about_data
from common.reports.table import Table

_TITLE_END = ": trials, the best first"


def search_on_screen(table: Table) -> ShortTable:
    """Rank, score and values of each trial."""
    values = table.values
    rows = values["rows"]
    is_percent = values["objective"] == "val_accuracy"
    score = "validation accuracy (%)" if is_percent else "validation loss"
    columns = (
        Column("rank", tuple(map(_text, (row["rank"] for row in rows)))),
        Column(score, tuple(_score(row["score"], is_percent) for row in rows)),
        *(
            Column(name.replace("_", " "), tuple(_text(row["values"][name]) for row in rows), 1)
            for name in values["parameters"]
        ),
        Column("remark", tuple(row["remark"] for row in rows), 2, is_text=True),
        Column("best epoch", tuple(_text(row["best_epoch"]) for row in rows), 3),
        Column("parameters", tuple(_count(row["trainable_parameters"]) for row in rows), 4),
        Column("trial", tuple(row["trial"] for row in rows), 5),
    )
    measured = "Accuracy" if is_percent else "Loss"
    key = f"{measured} on validation windows, by which trials are chosen; on test clips expect worse."
    return ShortTable(_title(values), columns, about_data(values), (key,), needed_keys=1, empty="No trial has begun.")


def _title(values: dict[str, Any]) -> str:
    """The search by its name, with what it varies."""
    name, varied = values["table"].removeprefix("search_"), values["title"].removesuffix(_TITLE_END)
    trials = counted(len(values["rows"]), "trial")
    return f'{values["paper"]}, search "{name}" ({varied}): {trials}, best first'


def _score(value: float | None, is_percent: bool) -> str:
    if value is None:
        return ""
    return percent_text(value) if is_percent else f"{value:.4f}"


def _text(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
