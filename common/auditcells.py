"""The cells of an audit's tables."""

from typing import Any

from common.evaluation import METRIC_NAMES

METRICS = ("window_accuracy", "clip_accuracy_mean_softmax")
_COUNTS = ("clips", "artists", "exact_pairs", "near_pairs", "met")


def cells(table: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and rows as text."""
    if table["kind"] == "duplicates":
        return _duplicate_cells(table)
    header = ["Split"]
    for name in METRICS:
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
    ]
    rows = []
    for row in table["rows"]:
        line = [row["label"]]
        measured = row["measured"]
        for name in METRICS:
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
