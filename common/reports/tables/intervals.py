"""Intervals in tables: as JSON values in percent, and as cells with the parts beside the whole."""

from collections.abc import Iterable
from typing import Any

from common.core.percent import percent_text, stored_percent
from common.metrics.runs import Estimate

# Test clips, or those of the part that a metric is of.
_FROM_CLIPS = "interval, clips only"


def interval_values(estimate: Estimate) -> dict[str, Any]:
    """The intervals of a mean in percent.

    Returns:
        `ci95` (test clips and runs together), `ci95_clips` (test clips alone), and, where the spread over runs is
        known, `ci95_runs` (runs alone) and `runs_vary_in` (`seeds` or `folds`).
    """
    found: dict[str, Any] = {
        "ci95": percent_bounds(estimate.both.low, estimate.both.high),
        "ci95_clips": percent_bounds(estimate.clips.low, estimate.clips.high),
    }
    if estimate.runs:
        found["ci95_runs"] = percent_bounds(estimate.runs.low, estimate.runs.high)
        found["runs_vary_in"] = estimate.over
    return found


def percent_bounds(low: float, high: float) -> list[float]:
    """Both ends of an interval of shares, in percent."""
    return [stored_percent(low), stored_percent(high)]


def part_columns(entries: Iterable[dict[str, Any]]) -> list[str]:
    """Names of the columns for the two parts of intervals; none where no entry has several runs.

    Args:
        entries: JSON values as from `interval_values`.
    """
    over = {entry["runs_vary_in"] for entry in entries if "runs_vary_in" in entry}
    return [_FROM_CLIPS, f"interval, {' or '.join(sorted(over, reverse=True))} only"] if over else []


def part_cells(entry: dict[str, Any], columns: list[str], *, signed: bool = False) -> list[str]:
    """Cells of the columns of `part_columns`."""
    if not columns:
        return []
    return [bounds_text(entry["ci95_clips"], signed=signed), bounds_text(entry.get("ci95_runs"), signed=signed)]


def bounds_text(bounds: list[float] | None, *, signed: bool = False) -> str:
    """Both ends of an interval as text; empty where there is none."""
    return "" if bounds is None else " to ".join(percent_text(bound, signed=signed) for bound in bounds)
