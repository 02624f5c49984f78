"""Charts that hold a whole table in one picture: grids as heat maps, widths as lines, confusion matrices."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.figures import heading
from common.figurestyle import ACCENT, OURS, PUBLISHED, axes_of

# Row label -> where it stands: (group or line, place in it).
Places = dict[str, tuple[str, str]]


def heat_maps(table: dict[str, Any], places: Places, *, subtitle: str) -> Figure:
    """A grid of settings, published on the left and ours on the right, in one scale of colours; cells that were not
    run stay empty.

    Args:
        places: row label -> (line of the grid, column of the grid).
    """
    metric = table["metrics"][0]
    lines, columns = (list(dict.fromkeys(place[axis] for place in places.values())) for axis in (0, 1))
    grids = np.full((2, len(lines), len(columns)), np.nan)
    for row in table["rows"]:
        line, column = places[row["label"]]
        at = lines.index(line), columns.index(column)
        published = row["published"][metric]
        grids[0][at] = np.nan if published is None else published
        grids[1][at] = row["measured"][metric]["mean"] if row["measured"] else np.nan
    low, high = np.nanmin(grids), np.nanmax(grids)
    figure, panels = axes_of(2.4 + 1.5 * len(columns), 1.6 + 0.55 * len(lines), columns=2, sharey=True)
    for axes, values, name in zip(panels, grids, ("published", "ours"), strict=True):
        picture = axes.imshow(values, cmap="viridis", vmin=low, vmax=high, aspect="auto")
        _write_numbers(axes, values, (low + high) / 2, "{:.1f}")
        axes.set(title=name, xticks=range(len(columns)), yticks=range(len(lines)))
        axes.set_xticklabels(columns, rotation=30, ha="right", rotation_mode="anchor")
        axes.set_yticklabels(lines)
    measured = next(row["measured"][metric]["metric"] for row in table["rows"] if row["measured"])
    figure.colorbar(picture, ax=panels, label=f"{metric} (%)")
    figure.suptitle(f"{heading(table, subtitle)}\nours: {measured}", fontsize=10)
    return figure


def _write_numbers(axes: Axes, values: np.ndarray, middle: float, form: str) -> None:
    for (line, column), value in np.ndenumerate(values):
        text = "not run" if np.isnan(value) else form.format(value)
        colour = "black" if np.isnan(value) or value > middle else "white"
        axes.text(column, line, text, ha="center", va="center", fontsize=8, color=colour)


def scaling(table: dict[str, Any], places: Places, sizes: dict[str, int], *, subtitle: str) -> Figure:
    """Accuracy over the number of parameters, a panel for each family of networks.

    Args:
        places: row label -> (family, size).
        sizes: row label -> trainable parameters.
    """
    metric = table["metrics"][0]
    families = list(dict.fromkeys(family for family, _ in places.values()))
    figure, panels = axes_of(2 + 3.4 * len(families), 4, columns=len(families), sharey=True, squeeze=False)
    for axes, family in zip(panels[0], families, strict=True):
        rows = [row for row in table["rows"] if places[row["label"]][0] == family]
        parameters = [sizes[row["label"]] for row in rows]
        axes.plot(parameters, [row["published"][metric] for row in rows], "o--", color=PUBLISHED, label="published")
        run = [row for row in rows if row["measured"]]
        if run:
            means = [row["measured"][metric]["mean"] for row in run]
            bounds = np.array([row["measured"][metric]["ci95"] for row in run]).T
            axes.errorbar(
                [sizes[row["label"]] for row in run],
                means,
                yerr=[means - bounds[0], bounds[1] - means],
                fmt="o-",
                color=OURS,
                capsize=3,
                label=f"ours: {run[0]['measured'][metric]['metric']}, 95 % interval",
            )
        axes.set(xscale="log", xlabel="trainable parameters", title=family, ylim=(0, 100))
        names = [f"{places[row['label']][1]}\n{sizes[row['label']]:,}" for row in rows]
        axes.set_xticks(parameters, names, fontsize=8)
        axes.minorticks_off()
        lacking = [places[row["label"]][1] for row in rows if not row["measured"]]
        if lacking:
            axes.text(0.02, 0.02, f"not run: {', '.join(lacking)}", transform=axes.transAxes, fontsize=8, color=ACCENT)
    panels[0, 0].set_ylabel(f"{metric} (%)")
    panels[0, 0].legend(frameon=False, fontsize=8)
    figure.suptitle(heading(table, subtitle), fontsize=10)
    return figure


def confusion(table: dict[str, Any], *, subtitle: str) -> Figure:
    """Published matrix on the left, ours on the right, both in percent of the true genre's clips."""
    sides = (("published", table["published_matrix"]), ("ours", table["measured_matrix"]))
    figure, panels = axes_of(13, 6.2, columns=2)
    for axes, (name, matrix) in zip(panels, sides, strict=True):
        counts = np.array(matrix["counts"], float)
        accuracy = matrix["accuracy"]
        # Published percent have no accuracy of their own; they are shown as they were rounded.
        of_genre = np.full((len(counts), 1), 100.0) if accuracy is None else counts.sum(axis=1, keepdims=True)
        percent = np.divide(100 * counts, of_genre, out=np.zeros_like(counts), where=of_genre > 0)
        picture = axes.imshow(percent, cmap="Blues", vmin=0, vmax=100)
        for (line, column), value in np.ndenumerate(percent):
            colour = "white" if value > 55 else "black"
            axes.text(column, line, f"{value:.0f}", ha="center", va="center", fontsize=8, color=colour)
        genres = matrix["genres"]
        axes.set(xticks=range(len(genres)), yticks=range(len(genres)), xlabel="decided genre", ylabel="true genre")
        axes.set_xticklabels(genres, rotation=40, ha="right", rotation_mode="anchor", fontsize=8)
        axes.set_yticklabels(genres, fontsize=8)
        of = "" if accuracy is None else f": {accuracy:.1f} % of {int(counts.sum()):,} decisions"
        axes.set_title(f"{name}{of}", fontsize=10)
    figure.colorbar(picture, ax=panels, label="% of the true genre", shrink=0.8)
    figure.suptitle(heading(table, subtitle), fontsize=10)
    return figure
