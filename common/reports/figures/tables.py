"""Figures of whole tables: bars, heat maps, points with intervals, confusion matrices."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.core.percent import percent_text, published_text
from common.metrics.clips import METRIC_NAMES
from common.reports.cell_texts import MEAN_CLIPS, cell_text, seconds_text
from common.reports.figures.style import ACCENT, OURS, PUBLISHED, new_axes


def draw_results(table: dict[str, Any], *, subtitle: str) -> Figure:
    """Bars of the published numbers and ours, with intervals, a panel for each published metric; where nothing was
    published or run, there is no bar."""
    metrics = table["metrics"]
    width = max(6.5, min(24, 1.5 * len(table["rows"])))
    figure, panels = new_axes(width, 4.2 * len(metrics), rows=len(metrics), squeeze=False)
    for metric, axes in zip(metrics, panels[:, 0], strict=True):
        _bars(axes, table, metric)
    panels[0, 0].set_title(heading(table, subtitle), fontsize=10)
    return figure


def heading(table: dict[str, Any], subtitle: str) -> str:
    """Title of a table's figure."""
    return f"{table['paper']}, Table {table['table']}: {table['title']}\n{subtitle}"


def _bars(axes: Axes, table: dict[str, Any], metric: str) -> None:
    rows = table["rows"]
    positions = np.arange(len(rows))
    given = [number for number, row in enumerate(rows) if row["published"][metric] is not None]
    published = [rows[number]["published"][metric] for number in given]
    axes.bar(positions[given] - 0.2, published, 0.38, color=PUBLISHED, label=f"published: {metric.replace('_', ' ')}")
    run = [number for number, row in enumerate(rows) if row["measured"]]
    means = [rows[number]["measured"][metric]["mean"] for number in run]
    bounds = [rows[number]["measured"][metric]["ci95"] for number in run]
    errors = [
        [mean - low for mean, (low, _) in zip(means, bounds, strict=True)],
        [high - mean for mean, (_, high) in zip(means, bounds, strict=True)],
    ]
    if run:
        name = rows[run[0]]["measured"][metric]["metric"]
        axes.bar(
            positions[run] + 0.2, means, 0.38, yerr=errors, capsize=3, color=OURS, label=f"ours: {name}, 95 % interval"
        )
    reference = table.get("reference")
    # Of a reference without a number there is nothing to draw; the caption names it.
    has_line = bool(reference) and reference["percent"] is not None
    if has_line:
        percent = reference["percent"]
        axes.axhline(percent, color=ACCENT, linestyle="--", linewidth=1, label=f"{reference['label']}: {percent:g}")
    for number, value in zip(given, published, strict=True):
        _write_above(axes, number - 0.2, value, published_text(value))
    for position, row in zip(positions, rows, strict=True):
        if row["measured"]:
            top = row["measured"][metric]["ci95"][1]
            _write_above(axes, position + 0.2, top, percent_text(row["measured"][metric]["mean"]), color=OURS)
        else:
            axes.text(position + 0.2, 1, "not run", ha="center", rotation=90, fontsize=8, color=OURS)
    axes.set(xticks=positions, ylim=(0, 125), ylabel=f"{metric.replace('_', ' ')} (%)", xlabel=table["row_header"])
    axes.set_xlim(-0.6, len(rows) - 0.4)
    slant = {"rotation": 15, "ha": "right", "rotation_mode": "anchor"} if len(rows[-1]["label"]) > 12 else {}
    axes.set_xticklabels([row["label"] for row in rows], **slant)
    axes.set_yticks(range(0, 101, 20))
    axes.legend(frameon=False, loc="upper left", ncols=1 if has_line else 2, fontsize=8)


def _write_above(axes: Axes, position: float, top: float, text: str, **style: Any) -> None:
    """A value above its bar or interval, far enough from the cap of the interval in a panel of any height."""
    axes.annotate(
        text, (position, top), (0, 4), textcoords="offset points", ha="center", va="bottom", fontsize=8, **style
    )


def draw_folds(table: dict[str, Any], *, subtitle: str) -> Figure:
    """Clip accuracy of every round, a column of points for each row; the bar is the mean. Points of rounds whose test
    clips the weights have seen before are hollow."""
    metric = "clip_accuracy_mean_softmax"
    single = [row for row in table["rows"] if "round" in row]
    labels = list(dict.fromkeys(row["label"] for row in single))
    figure, axes = new_axes(max(6.5, 1.6 * len(labels)), 4.2)
    for place, label in enumerate(labels):
        mine = [row for row in single if row["label"] == label]
        # Side by side, so that equal accuracies do not hide each other.
        offsets = np.linspace(-0.25, 0.25, len(mine)) if len(mine) > 1 else [0.0]
        for row, offset in zip(mine, offsets, strict=True):
            value = row["measured"][metric]
            seen = row["test_clips_met_before"] > 0
            axes.plot(place + offset, value, "o", color=OURS, fillstyle="none" if seen else "full")
            axes.annotate(
                str(row["round"]), (place + offset, value), (0, 6), textcoords="offset points", ha="center", fontsize=7
            )
        mean = sum(row["measured"][metric] for row in mine) / len(mine)
        axes.hlines(mean, place - 0.32, place + 0.32, color=ACCENT, label="mean" if place == 0 else None)
    axes.set(
        xticks=range(len(labels)), ylim=(0, 105), ylabel="clip accuracy, mean softmax (%)", xlabel=table["row_header"]
    )
    axes.set_xlim(-0.6, len(labels) - 0.4)
    axes.set_xticklabels(labels)
    axes.set_title(heading(table, subtitle), fontsize=10)
    axes.legend(frameon=False, loc="upper right", fontsize=8)
    return figure


# Row label -> its position in the figure: (group or line, place in it).
Places = dict[str, tuple[str, str]]


def draw_heat_maps(table: dict[str, Any], places: Places, *, subtitle: str) -> Figure:
    """A grid of settings, published on the left and ours on the right, with one colour scale; cells that were not
    run stay empty. Below our accuracies are the seconds per epoch, where the table has them.

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
    figure, panels = new_axes(2.4 + 1.5 * len(columns), 1.6 + 0.55 * len(lines), columns=2, sharey=True)
    for axes, values, name in zip(panels, grids, ("published", "ours"), strict=True):
        picture = axes.imshow(values, cmap="viridis", vmin=low, vmax=high, aspect="auto")
        _write_numbers(axes, values, (low + high) / 2)
        axes.set(title=name, xticks=range(len(columns)), yticks=range(len(lines)))
        axes.set_xticklabels(columns, rotation=30, ha="right", rotation_mode="anchor")
        axes.set_yticklabels(lines)
    timed = {places[row["label"]]: text for row in table["rows"] if (text := seconds_text(row, "measured"))}
    for (line, column), seconds in timed.items():
        at = lines.index(line), columns.index(column)
        _write_below(panels[1], at, f"{seconds} s", "black" if grids[1][at] > (low + high) / 2 else "white")
    measured = next(row["measured"][metric]["metric"] for row in table["rows"] if row["measured"])
    figure.colorbar(picture, ax=panels, label=f"{metric} (%)")
    below = "; below it seconds per epoch" if timed else ""
    figure.suptitle(f"{heading(table, subtitle)}\nours: {measured}{below}", fontsize=10)
    return figure


def _write_numbers(axes: Axes, values: np.ndarray, middle: float) -> None:
    for (line, column), value in np.ndenumerate(values):
        text = "not run" if np.isnan(value) else percent_text(value)
        colour = "black" if np.isnan(value) or value > middle else "white"
        axes.text(column, line, text, ha="center", va="center", fontsize=8, color=colour)


def _write_below(axes: Axes, at: tuple[int, int], text: str, colour: str) -> None:
    """A small text below the number of a cell (line, column)."""
    axes.annotate(
        text, at[::-1], (0, -6), textcoords="offset points", ha="center", va="top", fontsize=6.5, color=colour
    )


def draw_scaling(table: dict[str, Any], places: Places, sizes: dict[str, int], *, subtitle: str) -> Figure:
    """Accuracy over the number of parameters, a panel for each family of networks, with the seconds per epoch below
    where the table has them.

    Args:
        places: row label -> (family, size).
        sizes: row label -> trainable parameters.
    """
    metric = table["metrics"][0]
    families = list(dict.fromkeys(family for family, _ in places.values()))
    figure, panels = new_axes(2 + 3.4 * len(families), 4, columns=len(families), sharey=True, squeeze=False)
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
        seconds = [[seconds_text(row, side) for side in ("published", "measured")] for row in rows]
        has_seconds = any(text for texts in seconds for text in texts)
        below = "\nseconds per epoch: published / ours" if has_seconds else ""
        axes.set(xscale="log", xlabel=f"trainable parameters{below}", title=family, ylim=(0, 100))
        names = [
            f"{places[row['label']][1]}\n{sizes[row['label']]:,}"
            + (f"\n{' / '.join(text or '-' for text in texts)}" if has_seconds else "")
            for row, texts in zip(rows, seconds, strict=True)
        ]
        axes.set_xticks(parameters, names, fontsize=8)
        axes.minorticks_off()
        # Keeps the names of the outer sizes within their panel.
        axes.margins(x=0.12)
        lacking = [places[row["label"]][1] for row in rows if not row["measured"]]
        if lacking:
            words = f"not run: {', '.join(lacking)}"
            axes.text(0.02, 0.97, words, transform=axes.transAxes, va="top", fontsize=8, color=ACCENT)
    panels[0, 0].set_ylabel(f"{metric} (%)")
    panels[0, 0].legend(frameon=False, fontsize=8, loc="upper right")
    figure.suptitle(heading(table, subtitle), fontsize=10)
    return figure


def draw_confusion(table: dict[str, Any], *, subtitle: str) -> Figure:
    """Published matrix on the left, ours on the right, both in percent of the true genre's clips, or in mean clips
    where it was published so; colours are always percent."""
    sides = (("published", table["published_matrix"]), ("ours", table["measured_matrix"]))
    in_clips = table.get("cells") == MEAN_CLIPS
    figure, panels = new_axes(13, 6.2, columns=2)
    for axes, (name, matrix) in zip(panels, sides, strict=True):
        counts = np.array(matrix["counts"], float)
        accuracy = matrix["accuracy"]
        # Published percentages come without an accuracy; they are shown as they were rounded.
        of_genre = np.full((len(counts), 1), 100.0) if accuracy is None else counts.sum(axis=1, keepdims=True)
        percent = np.divide(100 * counts, of_genre, out=np.zeros_like(counts), where=of_genre > 0)
        picture = axes.imshow(percent, cmap="Blues", vmin=0, vmax=100)
        for (line, column), value in np.ndenumerate(percent):
            colour = "white" if value > 55 else "black"
            text = cell_text(counts[line, column]) if in_clips else percent_text(value, 0)
            axes.text(column, line, text, ha="center", va="center", fontsize=8, color=colour)
        genres = matrix["genres"]
        axes.set(xticks=range(len(genres)), yticks=range(len(genres)), xlabel="predicted genre", ylabel="true genre")
        axes.set_xticklabels(genres, rotation=40, ha="right", rotation_mode="anchor", fontsize=8)
        axes.set_yticklabels(genres, fontsize=8)
        # Sums of published means are off, as each was rounded.
        number = "" if in_clips else f" of {counts.sum():,.0f} decisions"
        of = "" if accuracy is None else f": {percent_text(accuracy)} %{number}"
        axes.set_title(f"{name}{of}{', mean clips' if in_clips else ''}", fontsize=10)
    figure.colorbar(picture, ax=panels, label="% of the true genre", shrink=0.8)
    figure.suptitle(heading(table, subtitle), fontsize=10)
    return figure


def draw_per_genre(table: dict[str, Any], *, subtitle: str) -> Figure:
    """F1 of each genre (lines) and row (columns) as a heat map, with the number of test clips."""
    lines, columns = table["rows"], table["columns"]
    values = np.array(
        [[np.nan if (f1 := row["measured"][label]["f1"]) is None else f1 for label in columns] for row in lines]
    )
    figure, axes = new_axes(3.4 + 1.4 * len(columns), 1.8 + 0.36 * len(lines))
    picture = axes.imshow(values, cmap="viridis", vmin=0, vmax=100, aspect="auto")
    for (line, column), value in np.ndenumerate(values):
        text = "-" if np.isnan(value) else percent_text(value, 0)
        axes.text(column, line, text, ha="center", va="center", fontsize=8, color="black" if value > 50 else "white")
    axes.set(xticks=range(len(columns)), yticks=range(len(lines)))
    axes.set_xticklabels(columns, rotation=20, ha="right", rotation_mode="anchor")
    axes.set_yticklabels([f"{row['label']} ({row['clips']})" for row in lines])
    axes.set_ylabel("genre (test clips)")
    figure.colorbar(picture, ax=axes, label="F1 (%)")
    figure.suptitle(heading(table, subtitle), fontsize=10)
    return figure


def draw_pairs(table: dict[str, Any], *, subtitle: str) -> Figure:
    """Differences of rows from the reference row on the same clips, with intervals; right of the line is better."""
    rows = table["rows"]
    figure, axes = new_axes(8, 1.8 + 0.5 * len(rows))
    places = np.arange(len(rows))
    for number, name in enumerate(table["metrics"]):
        means = np.array([row["difference"][name]["mean"] for row in rows])
        bounds = np.array([row["difference"][name]["ci95"] for row in rows]).T
        axes.errorbar(
            means,
            places + 0.24 * number - 0.12,
            xerr=[means - bounds[0], bounds[1] - means],
            fmt="os"[number],
            color=(OURS, "black")[number],
            capsize=3,
            label=f"{METRIC_NAMES[name]}, 95 % interval",
        )
    axes.axvline(0, color=ACCENT, lw=1)
    axes.set(xlabel=f"difference from {table['reference']} (points)", yticks=places, ylim=(len(rows) - 0.4, -0.6))
    axes.set_yticklabels([row["label"] for row in rows])
    axes.set_title(heading(table, subtitle), fontsize=10)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return figure
