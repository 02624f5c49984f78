"""What a table is compared with besides its rows, in words. It imports no statistics, as the screen needs it early."""

from typing import Any


def reference_text(reference: dict[str, Any] | None) -> str:
    """What a table is compared with besides its rows, in a sentence; empty where it has no such reference.

    Args:
        reference: as JSON values, see `common.paper.tables.Reference`.
    """
    if not reference:
        return ""
    percent = reference["percent"]
    number = "no accuracy given" if percent is None else f"{percent:g} %"
    return f"For comparison: {reference['label']}: {number}."
