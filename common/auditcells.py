"""The cells of an audit's tables, and what tables of duplicates have in common."""

from collections.abc import Iterable
from typing import Any

from common.evaluation import MAIN_METRICS, METRIC_NAMES
from data_pipeline.duplicates import Pair

_COUNTS = ("clips", "artists", "exact_pairs", "near_pairs", "met", "nameless")


def of_duplicates(pairs: Iterable[Pair], regimes: dict[str, list[str]]) -> dict[str, Any]:
    """What every table of duplicates holds: pairs, and where splits put them.

    Args:
        pairs: two clips each that are one recording.
        regimes: name of each split -> for each pair the parts that hold its clips, e.g. `train / test`.
    """
    columns = list(regimes.values())
    return {
        "title": "clips that are one recording, with the parts that hold the first / the second",
        "kind": "duplicates",
        "regimes": list(regimes),
        "rows": [
            {
                "label": pair.first,
                "second": pair.second,
                "similarity": pair.similarity,
                "shift_seconds": pair.shift_seconds,
                "exact": pair.exact,
                "parts": [column[place] for column in columns],
            }
            for place, pair in enumerate(pairs)
        ],
        "warnings": [],
    }


def how_compared(above: float, too_short: int) -> str:
    """When two clips are near duplicates."""
    told = (
        f"Near duplicates: fingerprints (differences of neighbouring mel bands) correlate at {above:g} or more at a "
        "shift that leaves at least half of the shorter clip in common."
    )
    return told + (f" {too_short} clips are too short for that and were compared by bytes." if too_short else "")


SHIFT = "Shift: by how many seconds the second clip begins later in the recording than the first."


def cells(table: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and rows as text."""
    if table["kind"] == "duplicates":
        return _duplicate_cells(table)
    header = ["Split"]
    for name in MAIN_METRICS:
        shown = METRIC_NAMES[name].replace(" (", ", ").replace(")", "")
        header += [f"{shown.capitalize()} (%)", "95 % interval", f"Gap to {table['gap_to']} (95 % interval)"]
    header += [
        "Runs",
        "Test clips",
        "Clips on both sides",
        "Artists on both sides",
        "Exact duplicates on both sides",
        "Near duplicates on both sides",
        "Known test clips",
        "Test clips of unknown artist",
    ]
    rows = []
    for row in table["rows"]:
        line = [row["label"]]
        measured = row["measured"]
        for name in MAIN_METRICS:
            if not measured:
                line += ["not run" if row["overlap"] else "not available", "", ""]
                continue
            found, gap = measured[name], row["gap"].get(name)
            spread = f" \u00b1 {found['sd']:.1f}" if "sd" in found else ""
            line += [
                f"{found['mean']:.1f}{spread}",
                f"{found['ci95'][0]:.1f} to {found['ci95'][1]:.1f}",
                f"{gap['mean']:+.1f} ({gap['ci95'][0]:+.1f} to {gap['ci95'][1]:+.1f})" if gap else "",
            ]
        line += [str(measured["runs"]), str(measured["clips"])] if measured else ["", ""]
        line += [str(row["overlap"][name]) for name in _COUNTS] if row["overlap"] else [""] * len(_COUNTS)
        rows.append(line)
    return header, rows


def _duplicate_cells(table: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    header = [
        "First clip",
        "Second clip",
        "Similarity",
        "Shift (s)",
        "Same bytes",
        *map(str.capitalize, table["regimes"]),
    ]
    rows = [
        [
            row["label"],
            row["second"],
            f"{row['similarity']:.2f}",
            f"{row['shift_seconds']:.1f}",
            "yes" if row["exact"] else "",
            *row["parts"],
        ]
        for row in table["rows"]
    ]
    return header, rows
