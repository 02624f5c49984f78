"""What all figures share: colours, fonts, and files that do not change from run to run."""

import io
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from common.core.files import write_bytes

PUBLISHED, OURS, ACCENT = "#b0b0b0", "#1f6f8b", "#d1495b"
# Without these an SVG differs from run to run, and a regenerated figure would look changed.
_STYLE = {
    "svg.hashsalt": "encore",
    "svg.fonttype": "none",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 120,
}


def figure_files(stem: Path) -> list[Path]:
    """The files of a figure: `<stem>.png` and `<stem>.svg`."""
    return [stem.with_name(f"{stem.name}.{suffix}") for suffix in ("png", "svg")]


def save_figure(figure: Figure, stem: Path) -> list[Path]:
    """Save as PNG and SVG, see `figure_files`, and close the figure."""
    paths = figure_files(stem)
    with matplotlib.rc_context(_STYLE):
        for path, metadata in zip(paths, ({"Software": None}, {"Date": None, "Creator": None}), strict=True):
            buffer = io.BytesIO()
            figure.savefig(buffer, format=path.suffix[1:], metadata=metadata, bbox_inches="tight")
            write_bytes(path, buffer.getvalue())
    plt.close(figure)
    return paths


def new_axes(width: float, height: float, rows: int = 1, columns: int = 1, **arguments: Any):
    """A figure of that size in inches, with its axes."""
    with matplotlib.rc_context(_STYLE):
        return plt.subplots(rows, columns, figsize=(width, height), layout="constrained", **arguments)
