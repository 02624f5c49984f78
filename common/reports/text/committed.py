"""Committed numbers beside a user's own: what a table needs to know of them, and where they come from in words."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from common.core.words import counted
from common.paper.overrides import Setting
from common.paper.tables import ResultTable, Row
from common.reports.table import Note
from common.reports.text.rows import by_row_notes

# A table, one of its rows, the setting of the own runs and their ids -> the committed numbers as JSON values, or None;
# see `common.reports.committed`.
FindCommitted = Callable[[ResultTable, Row, Setting, Collection[str]], dict[str, Any] | None]


def committed_notes(rows: Sequence[dict[str, Any]]) -> list[Note]:
    """Where the committed numbers of a table come from; none where it has none.

    Args:
        rows: of the table, as JSON values.
    """
    found = {row.get("name", row["label"]): row["committed"] for row in rows if row.get("committed")}
    if not found:
        return []
    heading = "Encore's: measured numbers that come with Encore, of the same row under the same split"
    described = {name: _description(one) for name, one in found.items()}
    if len(set(described.values())) == 1:
        # Said once, however many files hold the rows.
        heading = f"{heading} ({next(iter(described.values()))})"
        texts = {name: one["path"] for name, one in found.items()}
    else:
        texts = {name: f"{one['path']} ({described[name]})" for name, one in found.items()}
    return by_row_notes("committed", heading, texts, dict.fromkeys(range(len(rows))))


def _description(committed: dict[str, Any]) -> str:
    epochs = committed["epochs"]
    trained = "the paper's epochs" if epochs is None else f"at most {counted(epochs, 'epoch')}"
    reduced = ", ".join(flag.replace("_", " ") for flag in committed["reduced"])
    described = f"{committed['data']}, {counted(committed['runs'], 'run')}, {trained}"
    return f"{described}; {reduced}" if reduced else described
