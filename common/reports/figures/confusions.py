"""Confusion matrices of several networks beside each other."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from common.core.percent import percent_text, stored_percent
from common.reports.figures.style import new_axes

# Above this share of the true genre's clips a cell is so dark that its number is white.
_DARK_PERCENT = 55


def draw_confusions(matrices: list[tuple[str, dict[str, Any], dict[str, Any] | None]], *, title: str) -> Figure:
    """A column for each network: the published matrix above, ours below, in percent of the true genre's clips. The
    place of a matrix that was not measured says so.

    Args:
        matrices: (label, published, ours; None where the network was not run); a matrix holds `genres`, and `counts`
            of true genre x predicted genre in clips, or with `percent` in percent of the true genre's clips; ours also
            `accuracy` in percent.
    """
    figure, panels = new_axes(1.0 + 5.2 * len(matrices), 10.4, rows=2, columns=len(matrices), squeeze=False)
    for (above, below), (label, published, ours) in zip(panels.T, matrices, strict=True):
        picture = _draw_matrix(above, published)
        above.set_title(f"{label}, published{_accuracy(published)}")
        if ours is None:
            below.set(xticks=[], yticks=[])
            below.spines[:].set_visible(False)
            below.text(0.5, 0.5, "not run", ha="center", va="center", transform=below.transAxes)
            below.set_title(f"{label}, ours")
        else:
            _draw_matrix(below, ours)
            below.set_title(f"{label}, ours{_accuracy(ours)}")
    # Names of predicted genres are close to the title below them.
    figure.get_layout_engine().set(hspace=0.06)
    figure.colorbar(picture, ax=panels, label="% of the true genre's clips", shrink=0.5)
    figure.suptitle(title, fontsize=10)
    return figure


def _draw_matrix(axes: Axes, matrix: dict[str, Any]) -> AxesImage:
    percent, genres = _percent(matrix), matrix["genres"]
    picture = axes.imshow(percent, cmap="Blues", vmin=0, vmax=100)
    for (line, column), value in np.ndenumerate(percent):
        colour = "white" if value > _DARK_PERCENT else "black"
        axes.text(column, line, percent_text(value, 0), ha="center", va="center", fontsize=8, color=colour)
    axes.set(xticks=range(len(genres)), yticks=range(len(genres)), xlabel="predicted genre", ylabel="true genre")
    axes.set_xticklabels(genres, rotation=40, ha="right", rotation_mode="anchor", fontsize=8)
    axes.set_yticklabels(genres, fontsize=8)
    return picture


def _percent(matrix: dict[str, Any]) -> np.ndarray:
    """Percent of the true genre's clips: float64 (genres, genres); 0 for a genre without clips."""
    counts = np.array(matrix["counts"], float)
    if matrix.get("percent"):
        return counts
    of_genre = counts.sum(axis=1, keepdims=True)
    return np.divide(100 * counts, of_genre, out=np.zeros_like(counts), where=of_genre > 0)


def _accuracy(matrix: dict[str, Any]) -> str:
    """How many decisions a matrix holds and how many are correct, for its title; nothing where it holds percent."""
    if matrix.get("percent"):
        return ""
    counts = np.array(matrix["counts"], float)
    accuracy = matrix.get("accuracy", stored_percent(float(np.trace(counts) / counts.sum())))
    return f": {percent_text(accuracy)} % of {counts.sum():,.0f} decisions"
