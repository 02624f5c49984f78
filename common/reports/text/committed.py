"""Committed numbers beside a user's own: what a table needs to know of them, and where they come from in words."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

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
    texts = {row["label"]: _origin(row["committed"]) for row in rows if row.get("committed")}
    heading = "Committed: numbers that come with Encore, of the same row under the same split"
    return by_row_notes("committed", heading, texts, {row["label"]: row for row in rows if row["measured"]})


def _origin(committed: dict[str, Any]) -> str:
    runs = f"{committed['runs']} run{'' if committed['runs'] == 1 else 's'}"
    epochs = committed["epochs"]
    trained = "the paper's epochs" if epochs is None else f"at most {epochs} epoch{'' if epochs == 1 else 's'}"
    reduced = ", ".join(flag.replace("_", " ") for flag in committed["reduced"])
    return f"{committed['path']} ({committed['data']}, {runs}, {trained}{f'; {reduced}' if reduced else ''})"
