"""Cells of tables as text, from their JSON values: without what measures them, so that screens start quickly."""

from typing import Any

from common.core.percent import percent_text

# Value of `cells` of a matrix whose rows hold mean clips; others hold percent of the true genre's clips.
MEAN_CLIPS = "mean_clips"


def cell_text(value: float) -> str:
    """Percent or clips of a matrix with one decimal, which whole numbers do not need."""
    return percent_text(value, 0 if float(value).is_integer() else 1)


def seconds_text(row: dict[str, Any], key: str) -> str:
    """Seconds per epoch of a row of a table of results; empty where they are not known.

    Args:
        row: as JSON values.
        key: `published` or `measured`.
    """
    value = (row.get("seconds_per_epoch") or {}).get(key)
    return "" if value is None else f"{value:g}" if key == "published" else f"{value:.1f}"
