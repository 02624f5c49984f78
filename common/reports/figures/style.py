"""What all figures share: colours, fonts, and settings without which their files would change from run to run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt

PUBLISHED, OURS, ACCENT = "#8c8c8c", "#1f6f8b", "#d1495b"
# Without these an SVG differs from run to run, and a regenerated figure would look changed.
STYLE = {
    "svg.hashsalt": "encore",
    "svg.fonttype": "none",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 120,
    # Dollar signs in names of genres and files begin no formula.
    "text.parse_math": False,
}


@contextmanager
def own_style() -> Iterator[None]:
    """Draw and save in this style alone, whatever settings of matplotlib the user has."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def new_axes(width: float, height: float, rows: int = 1, columns: int = 1, **arguments: Any):
    """A figure of that size in inches, with its axes."""
    with matplotlib.rc_context(STYLE):
        return plt.subplots(rows, columns, figsize=(width, height), layout="constrained", **arguments)
