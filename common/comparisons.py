"""Rows held against each other in one picture: their curves, their genres, and one row's clips on a plane."""

from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from common.evaluation import METRIC_NAMES
from common.figures import heading
from common.figurestyle import ACCENT, OURS, axes_of
from common.records import Record


def curves(rows: list[tuple[str, list[Record]]], *, title: str) -> Figure:
    """Validation loss on the left and macro F1 of the validation windows on the right, a colour for each row; a dot
    marks the epoch whose weights were kept.

    Args:
        rows: (label, runs of the row).
    """
    figure, panels = axes_of(11, 4.2, columns=2)
    quantities = (("val_loss", 1, "cross-entropy loss, validation"), ("val_f1_macro", 100, "F1 macro, validation (%)"))
    for axes, (name, scale, label) in zip(panels, quantities, strict=True):
        for number, (row, records) in enumerate(rows):
            colour = colormaps["tab10"](number)
            for run, record in enumerate(records):
                values = [scale * entry.get(name, np.nan) for entry in record.history]
                epochs = [entry["epoch"] for entry in record.history]
                axes.plot(epochs, values, color=colour, alpha=0.9 if run == 0 else 0.4, label=row if run == 0 else None)
                axes.plot(record.best_epoch, values[record.best_epoch - 1], "o", color=colour, markersize=5)
        axes.set(xlabel="epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    panels[1].set_ylim(0, 100)
    panels[0].legend(frameon=False, fontsize=8)
    figure.suptitle(title, fontsize=10)
    return figure


def genres(table: dict[str, Any], *, subtitle: str) -> Figure:
    """F1 of each genre (lines) and row (columns) as a heat map, with the number of test clips."""
    lines, columns = table["rows"], table["columns"]
    values = np.array(
        [[np.nan if (f1 := row["measured"][label]["f1"]) is None else f1 for label in columns] for row in lines]
    )
    figure, axes = axes_of(3.4 + 1.4 * len(columns), 1.8 + 0.36 * len(lines))
    picture = axes.imshow(values, cmap="viridis", vmin=0, vmax=100, aspect="auto")
    for (line, column), value in np.ndenumerate(values):
        text = "-" if np.isnan(value) else f"{value:.0f}"
        axes.text(column, line, text, ha="center", va="center", fontsize=8, color="black" if value > 50 else "white")
    axes.set(xticks=range(len(columns)), yticks=range(len(lines)))
    axes.set_xticklabels(columns, rotation=20, ha="right", rotation_mode="anchor")
    axes.set_yticklabels([f"{row['label']} ({row['clips']})" for row in lines])
    axes.set_ylabel("genre (test clips)")
    figure.colorbar(picture, ax=axes, label="F1 (%)")
    figure.suptitle(heading(table, subtitle), fontsize=10)
    return figure


def projection(record: Record, *, title: str) -> Figure:
    """The test clips of a run on a plane, coloured by true genre; crosses are decided wrongly."""
    points = np.array(record.projection.points)
    labels = np.array([clip.label for clip in record.clips])
    right = np.array([clip.by_mean_softmax == clip.label for clip in record.clips])
    figure, axes = axes_of(8.6, 6)
    size = max(5.0, min(40.0, 6000 / len(points)))
    for number, genre in enumerate(record.data.genres):
        colour = colormaps["tab20"](number % 20)
        for mine, marker in ((right, "o"), (~right, "x")):
            chosen = points[(labels == number) & mine]
            name = f"{genre} ({int((labels == number).sum())})" if marker == "o" else None
            axes.scatter(chosen[:, 0], chosen[:, 1], size, color=colour, marker=marker, linewidths=0.8, label=name)
    axes.set(xticks=[], yticks=[])
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), title="genre (test clips)")
    shown = record.projection
    axes.set_xlabel(
        f"t-SNE of layer {shown.layer}, {shown.dimensions} values, perplexity {shown.perplexity:g}, test clips alone, "
        f"crosses: decided wrongly; seed {record.seed}" + (f", fold {record.fold + 1}" if record.folds > 1 else ""),
        fontsize=8,
    )
    axes.set_title(title, fontsize=10)
    return figure


def pairs(table: dict[str, Any], *, subtitle: str) -> Figure:
    """Differences of rows from the reference row on the same clips, with intervals; right of the line is better."""
    rows = table["rows"]
    figure, axes = axes_of(8, 1.8 + 0.5 * len(rows))
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
