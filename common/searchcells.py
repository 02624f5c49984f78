"""How values and scores of trials are written, and the cells of a search's table."""

from typing import Any

from common.records import Record
from common.searchspace import Drawn, Objective


def score_of(record: Record, objective: Objective) -> float:
    """The objective at the epoch whose weights the run kept."""
    return float(record.history[record.best_epoch - 1][objective])


def shown_score(score: float, objective: Objective) -> str:
    """For people."""
    return f"validation accuracy {100 * score:.1f} %" if objective == "val_accuracy" else f"validation loss {score:.4f}"


def described(drawn: Drawn) -> str:
    """Values of a trial on one line, e.g. `r=31.4, widths=32,64,128,256,128`."""
    return ", ".join(f"{name}={shown_value(value)}" for name, value in drawn.items())


def shown_value(value: float | int | str) -> str:
    """One value of a trial, with four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def cells(table: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and rows as text."""
    objective = "Validation accuracy (%)" if table["objective"] == "val_accuracy" else "Validation loss"
    header = ["Rank", *table["parameters"], objective, "Trainable parameters", "Best epoch", "Trial", "Remark"]
    rows = []
    for row in table["rows"]:
        score = "" if row["score"] is None else f"{row['score']:.2f}" if row["score"] >= 10 else f"{row['score']:.4f}"
        counted = "" if row["trainable_parameters"] is None else f"{row['trainable_parameters']:,}"
        rows.append(
            [
                "" if row["rank"] is None else str(row["rank"]),
                *(shown_value(row["values"][name]) for name in table["parameters"]),
                score,
                counted,
                "" if row["best_epoch"] is None else str(row["best_epoch"]),
                row["trial"],
                row["remark"],
            ]
        )
    return header, rows
