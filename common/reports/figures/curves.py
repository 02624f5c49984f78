"""Learning curves, and test clips projected onto a plane."""

from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from common.core.spec import build
from common.paper.figures import Level
from common.paper.protocol import fold_name
from common.paper.training import Training
from common.records.record import Record
from common.reports.figures.style import ACCENT, OURS, PUBLISHED, new_axes

RowRecords = list[tuple[str, list[Record]]]
"""(label of a row, its runs)."""


@dataclass(frozen=True)
class _Quantity:
    """A value of each epoch of a history.

    Args:
        label: of its axis, with the unit.
        scale: factor between the value in the history and that on the axis.
        is_measured: whether it is measured on training and on validation windows; otherwise it is a setting.
    """

    label: str
    scale: float = 1.0
    is_measured: bool = True


_QUANTITIES = {
    "accuracy": _Quantity("window accuracy (%)", 100),
    "f1_macro": _Quantity("F1 macro of windows (%)", 100),
    "loss": _Quantity("cross-entropy loss"),
    "learning_rate": _Quantity("learning rate", is_measured=False),
}
# What marks the epoch whose weights are evaluated.
_KEPT, _KEPT_LABEL = "#888888", "kept weights"
# A learning rate that falls by more than this factor is drawn on a logarithmic axis.
_LINEAR_FACTOR = 20
_LEVEL_STYLES = ("--", "-.", ":")
# A legend with longer labels has two columns in place of four.
_LONGEST_LABEL = 30
# Height of a line of a title or a legend.
_LINE_INCHES = 0.17


def draw_curves(
    rows: RowRecords,
    quantities: tuple[str, ...],
    *,
    title: str,
    levels: tuple[Level, ...] = (),
    names_rows: bool = True,
) -> Figure:
    """Training and validation curves over epochs, one pair of lines per run; of the learning rate one line per run.

    Several rows have a column of panels each, with a line of panels for each quantity; the panels of one row are side
    by side.

    Args:
        rows: (label, runs of the row).
        quantities: `accuracy`, `f1_macro`, `loss` or `learning_rate`.
        levels: that the paper's text states, each drawn in the panels of its quantity and rows.
        names_rows: False where the title names the only row.
    """
    many = len(rows) > 1
    lines, columns = (len(quantities), len(rows)) if many else (1, len(quantities))
    height = 0.8 + 3.0 * lines + _LINE_INCHES * (title.count("\n") + len(levels))
    shared = "row" if many else False
    figure, panels = new_axes(2.6 + 3.8 * columns, height, rows=lines, columns=columns, sharey=shared, squeeze=False)
    panels = panels if many else panels.T
    for column, (label, records) in enumerate(rows):
        for axes, name in zip(panels[:, column], quantities, strict=True):
            _curves_of_row(axes, records, name)
            _draw_levels(axes, levels, label, name)
            if column == 0:
                axes.set_ylabel(_QUANTITIES[name].label)
            heading = [label] if names_rows else []
            heading += [penalty_words(records)] if name == "loss" and penalty_words(records) else []
            axes.set_title("\n".join(heading))
    _legend_below(figure)
    figure.suptitle(title, fontsize=10)
    return figure


def _curves_of_row(axes: Axes, records: list[Record], name: str) -> None:
    strength = 0.55 if len(records) > 1 else 1.0
    quantity = _QUANTITIES[name]
    lines = ((name, OURS, "training"), (f"val_{name}", ACCENT, "validation"))
    for record in records:
        epochs = [entry["epoch"] for entry in record.history]
        marker = "." if len(epochs) < 12 else None
        for key, colour, label in lines if quantity.is_measured else ((name, OURS, quantity.label),):
            style = "default" if quantity.is_measured else "steps-mid"
            values = _values(record, key, quantity)
            axes.plot(epochs, values, color=colour, alpha=strength, label=label, marker=marker, drawstyle=style)
        axes.axvline(record.best_epoch, color=_KEPT, linestyle=":", alpha=strength, label=_KEPT_LABEL)
    axes.set_xlabel("epoch")
    axes.set_xlim(0.5, max(len(record.history) for record in records) + 0.5)
    _scale(axes, name)


def _values(record: Record, key: str, quantity: _Quantity) -> list[float]:
    """One value for each epoch; not a number where an earlier version did not record it."""
    return [quantity.scale * entry.get(key, np.nan) for entry in record.history]


def _scale(axes: Axes, name: str) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if _QUANTITIES[name].scale == 100:
        axes.set_ylim(0, 100)
    elif name == "learning_rate":
        rates = np.concatenate([line.get_ydata() for line in axes.lines if line.get_drawstyle() == "steps-mid"])
        if rates.max() > _LINEAR_FACTOR * rates.min():
            axes.set_yscale("log")
        else:
            axes.set_ylim(0, 1.1 * rates.max())


def _draw_levels(axes: Axes, levels: tuple[Level, ...], row: str, quantity: str) -> None:
    for number, level in enumerate(levels):
        if level.quantity != quantity or (level.rows and row not in level.rows):
            continue
        if level.upper is None:
            # Those of other panels have other styles, because all are in one legend.
            style = _LEVEL_STYLES[number % len(_LEVEL_STYLES)]
            axes.axhline(level.value, color="black", linestyle=style, linewidth=1, label=level.label)
        else:
            axes.axhspan(level.value, level.upper, color=PUBLISHED, alpha=0.35, linewidth=0, label=level.label)


def _legend_below(figure: Figure) -> None:
    """One legend for all panels, where it hides no curve: each label once."""
    handles = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    columns = 2 if max(map(len, handles)) > _LONGEST_LABEL else 4
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=columns, frameon=False, fontsize=8)


def penalty_words(records: list[Record]) -> str:
    """Which of a row's losses an L2 penalty is a part of; empty for none."""
    training = build(Training, records[0].experiment["training"])
    if not training.l2 or training.l2_form == "decoupled":
        return ""
    return "with L2 penalty" if training.watch == "loss" else "training loss with L2 penalty, validation loss without"


def draw_compared_curves(rows: RowRecords, quantities: tuple[str, ...], *, title: str) -> Figure:
    """Values of the validation windows over epochs: a panel for each quantity, a colour for each row; a dot marks the
    epoch whose weights were kept.

    Args:
        rows: (label, runs of the row).
        quantities: `accuracy`, `f1_macro` or `loss`.
    """
    figure, panels = new_axes(0.6 + 5.2 * len(quantities), 4.4, columns=len(quantities), squeeze=False)
    for axes, name in zip(panels[0], quantities, strict=True):
        quantity = _QUANTITIES[name]
        for number, (row, records) in enumerate(rows):
            colour = colormaps["tab10"](number)
            for run, record in enumerate(records):
                values = _values(record, f"val_{name}", quantity)
                epochs = [entry["epoch"] for entry in record.history]
                axes.plot(epochs, values, color=colour, alpha=0.9 if run == 0 else 0.4, label=row)
                axes.plot(record.best_epoch, values[record.best_epoch - 1], "o", color=colour, markersize=5)
        axes.set(xlabel="epoch", ylabel=f"{quantity.label}, validation")
        _scale(axes, name)
    panels[0, 0].plot([], [], "o", color=_KEPT, markersize=5, label=_KEPT_LABEL)
    _legend_below(figure)
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
