"""Learning curves, and test clips projected onto a plane."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from common.paper.protocol import fold_name
from common.records.record import Record
from common.reports.figures.style import ACCENT, OURS, new_axes


def draw_curves(rows: list[tuple[str, list[Record]]], quantity: str, *, title: str) -> Figure:
    """Training and validation curves over epochs: a panel for each row, one pair of lines per run.

    Args:
        rows: (label, runs of the row).
        quantity: `accuracy` or `loss`.
    """
    figure, panels = new_axes(2.6 + 3.8 * len(rows), 3.8, columns=len(rows), sharey=True, squeeze=False)
    for axes, (label, records) in zip(panels[0], rows, strict=True):
        _curves_of_row(axes, records, quantity)
        if len(rows) > 1:
            axes.set_title(label)
    panels[0, 0].set_ylabel("window accuracy (%)" if quantity == "accuracy" else "cross-entropy loss")
    panels[0, 0].legend(frameon=False)
    if len(rows) > 1:
        figure.suptitle(title, fontsize=10)
    else:
        panels[0, 0].set_title(title)
    return figure


def _curves_of_row(axes: Axes, records: list[Record], quantity: str) -> None:
    strength = 0.55 if len(records) > 1 else 1.0
    scale = 100 if quantity == "accuracy" else 1
    for number, record in enumerate(records):
        epochs = [entry["epoch"] for entry in record.history]
        for name, colour, label in ((quantity, OURS, "training"), (f"val_{quantity}", ACCENT, "validation")):
            values = [scale * entry[name] for entry in record.history]
            axes.plot(
                epochs,
                values,
                color=colour,
                alpha=strength,
                label=label if number == 0 else None,
                marker="." if len(epochs) < 12 else None,
            )
        axes.axvline(
            record.best_epoch,
            color="#888888",
            linestyle=":",
            alpha=strength,
            label="kept weights" if number == 0 else None,
        )
    axes.set_xlabel("epoch")
    axes.set_xlim(0.5, max(len(record.history) for record in records) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if quantity == "accuracy":
        axes.set_ylim(0, 100)


def draw_compared_curves(rows: list[tuple[str, list[Record]]], *, title: str) -> Figure:
    """Validation loss on the left and macro F1 of the validation windows on the right, a colour for each row; a dot
    marks the epoch whose weights were kept.

    Args:
        rows: (label, runs of the row).
    """
    figure, panels = new_axes(11, 4.2, columns=2)
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


def draw_projection(record: Record, *, title: str) -> Figure:
    """The test clips of a run on a plane, coloured by true genre; crosses are misclassified."""
    points = np.array(record.projection.points)
    labels = np.array([clip.label for clip in record.clips])
    correct = np.array([clip.by_mean_softmax == clip.label for clip in record.clips])
    figure, axes = new_axes(8.6, 6)
    size = max(5.0, min(40.0, 6000 / len(points)))
    for number, genre in enumerate(record.data.genres):
        colour = colormaps["tab20"](number % 20)
        for mine, marker in ((correct, "o"), (~correct, "x")):
            chosen = points[(labels == number) & mine]
            name = f"{genre} ({int((labels == number).sum())})" if marker == "o" else None
            axes.scatter(chosen[:, 0], chosen[:, 1], size, color=colour, marker=marker, linewidths=0.8, label=name)
    axes.set(xticks=[], yticks=[])
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), title="genre (test clips)")
    shown = record.projection
    axes.set_xlabel(
        f"t-SNE of layer {shown.layer}, {shown.dimensions} values, perplexity {shown.perplexity:g}, test clips only, "
        f"crosses: misclassified; seed {record.seed}"
        + (f", {fold_name(record.setting.split)} {record.fold + 1}" if record.folds > 1 else ""),
        fontsize=8,
    )
    axes.set_title(title, fontsize=10)
    return figure
