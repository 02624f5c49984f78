"""Figures of a search: the objective along one parameter with the surrogate's prediction, and all trials at once."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from common.core.words import counted
from common.reports.figures.style import ACCENT, OURS, new_axes
from common.search.space import DIRECTIONS, Choice, Parameter, format_value
from common.search.surrogate import fitted_surrogate
from common.search.table import StoredSearch

_STEPS = 200
_MOST_PANELS = 6
# Log ranges up to this factor have ticks at powers of two, longer ones at powers of ten.
_FEW_OCTAVES = 100


def draw_along(found: StoredSearch, *, marks: str) -> Figure:
    """The objective against the plotted parameter: trials as dots, the surrogate's mean and 95 % band as a line.

    Where another parameter is a choice of few values, each value has a panel. All further parameters have the best
    trial's values, so dots of other trials need not lie near the line.

    Args:
        found: a search that can be drawn.
        marks: remarks on the numbers for the title, e.g. that they are of smoke scale.
    """
    name = found.identity["about"]["plotted"]
    best = found.completed[0]
    objective = found.identity["objective"]
    surrogate = fitted_surrogate(found.parameters, objective, found.trials, seed=found.identity["seed"])
    sign = -1 if DIRECTIONS[objective] == "max" else 1
    plotted = next(parameter for parameter in found.parameters.every if parameter.name == name)
    grid, groups, (scale, unit) = _grid(plotted), _groups(found, name), _scale(found)
    columns = min(2, len(groups))
    lines = -(-len(groups) // columns)
    size = {"rows": lines, "columns": columns, "sharex": True, "sharey": True, "squeeze": False}
    figure, panels = new_axes(3.0 + 3.2 * columns, 1.6 + 2.4 * lines, **size)
    for axes, (label, fixed) in zip(panels.flat, groups.items(), strict=False):
        mine = [trial for trial in found.completed if all(trial.values[key] == fixed[key] for key in fixed)]
        points = found.parameters.vectors([best.values | fixed | {name: value} for value in grid])
        mean, deviation = surrogate.predict(points, return_std=True)
        mean, half_width = sign * scale * mean, 1.96 * scale * deviation
        axes.fill_between(
            grid, mean - half_width, mean + half_width, color=OURS, alpha=0.15, lw=0, label="surrogate: 95 % band"
        )
        axes.plot(grid, mean, color=OURS, label="surrogate: mean")
        axes.plot([t.values[name] for t in mine], [scale * t.score for t in mine], "ko", ms=4, label="trial")
        if best in mine:
            axes.plot(best.values[name], scale * best.score, "o", mfc="none", mec=ACCENT, mew=2, ms=11)
            text = f"best: trial {best.id}, {format_value(best.values[name])}"
            axes.set_title(f"{label}, {text}" if label else text, color=ACCENT)
        else:
            axes.set_title(label if mine else f"{label} (not tried)")
        _mark_published(found, name, axes)
        if getattr(plotted, "sampling", "linear") == "log" and plotted.high / plotted.low < _FEW_OCTAVES:
            axes.set_xscale("log", base=2)
            axes.xaxis.set_major_formatter("{x:g}")
        elif getattr(plotted, "sampling", "linear") == "log":
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_minor_formatter(NullFormatter())
    _limit(panels.flat[0], [scale * trial.score for trial in found.completed])
    for axes in panels[-1]:
        axes.set_xlabel(name)
    figure.supylabel(unit, fontsize=10)
    handles, labels = panels.flat[0].get_legend_handles_labels()
    named = dict(zip(labels, handles, strict=True))
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=columns, fontsize=8, frameon=False)
    figure.suptitle(_heading(found, marks), fontsize=10)
    return figure


def draw_parallel(found: StoredSearch, *, marks: str) -> Figure:
    """Parallel coordinates: each completed trial is a line across all parameters to its score.

    Args:
        found: a search that can be drawn.
        marks: remarks on the numbers for the title, e.g. that they are of smoke scale.
    """
    parameters = found.parameters.every
    scale, unit = _scale(found)
    scores = np.array([scale * trial.score for trial in found.completed])
    low, high = scores.min(), max(scores.max(), scores.min() + 1e-9)
    points = found.parameters.vectors([trial.values for trial in found.completed])
    lines = np.column_stack([points, (scores - low) / (high - low)])
    figure, axes = new_axes(2.6 + 1.5 * (len(parameters) + 1), 4.8)
    more_is_better = DIRECTIONS[found.identity["objective"]] == "max"
    order = np.argsort(scores if more_is_better else -scores)
    colours = _colours(lines[:, -1] if more_is_better else 1 - lines[:, -1])
    for number in order:
        chosen = number == 0
        axes.plot(
            range(lines.shape[1]), lines[number], color=ACCENT if chosen else colours[number],
            lw=2.5 if chosen else 1.0, alpha=1.0 if chosen else 0.75, zorder=3 if chosen else 2,
            label=f"best: trial {found.completed[0].id}" if chosen else None,
        )  # fmt: skip
    for place, parameter in enumerate(parameters):
        axes.axvline(place, color="black", lw=0.8)
        for value in _ticks(parameter):
            _write_beside(axes, place, parameter.share_of(value), format_value(value))
        published = found.identity["about"]["published"].get(parameter.name)
        if published is not None:
            text = f"published: {parameter.name} = {published:g}"
            axes.plot(place, parameter.share_of(published), "D", color=OURS, ms=7, zorder=4, label=text)
    last = len(parameters)
    axes.axvline(last, color="black", lw=0.8)
    for share in (0.0, 0.5, 1.0):
        _write_beside(axes, last, share, f"{low + share * (high - low):.4g}")
    axes.set_xticks(range(last + 1), [*(parameter.name for parameter in parameters), unit], fontsize=8)
    axes.set_yticks([])
    axes.set_xlim(-0.5, last + 0.5)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    figure.suptitle(_heading(found, marks), fontsize=10)
    return figure


def _write_beside(axes: Axes, place: int, share: float, text: str) -> None:
    """A value beside an axis, on a white ground above the lines of trials; left of the first axis, where there are no
    lines."""
    first = place == 0
    axes.annotate(
        text, (place, share), (-6 if first else 6, 0), textcoords="offset points", fontsize=7, va="center",
        ha="right" if first else "left", zorder=5, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
    )  # fmt: skip


def _colours(shares: np.ndarray) -> np.ndarray:
    """RGB colours from grey for share 0 (worst) to the blue of our results for share 1 (best)."""
    worst, best = np.array([0.83, 0.83, 0.83]), np.array(to_rgb(OURS))
    return worst + shares[:, None] * (best - worst)


def _groups(found: StoredSearch, name: str) -> dict[str, dict[str, Any]]:
    """Panel label -> fixed values, for each value of the first other choice; one empty label where there is none."""
    for parameter in found.parameters.every:
        if isinstance(parameter, Choice) and parameter.name != name and len(parameter.values) <= _MOST_PANELS:
            return {format_value(label): {parameter.name: label} for label in _ticks(parameter)}
    return {"": {}}


def _grid(parameter: Parameter) -> list[float]:
    if isinstance(parameter, Choice):
        return list(_ticks(parameter))
    if parameter.sampling == "log":
        return list(np.geomspace(parameter.low, parameter.high, _STEPS))
    return list(np.linspace(parameter.low, parameter.high, _STEPS))


def _ticks(parameter: Parameter) -> list[Any]:
    if isinstance(parameter, Choice):
        return parameter.labels
    if parameter.sampling == "log":
        values = np.geomspace(parameter.low, parameter.high, 5)
    else:
        values = np.linspace(parameter.low, parameter.high, 5)
    return [float(f"{value:.3g}") if parameter.kind == "float" else round(value) for value in values]


def _mark_published(found: StoredSearch, name: str, axes: Axes) -> None:
    published = found.identity["about"]["published"].get(name)
    if published is not None:
        by = found.identity["about"]["published_by"]
        axes.axvline(published, color="black", ls="--", lw=1, label=f"published optimum {published:g} ({by})")


def _limit(axes: Axes, scores: list[float]) -> None:
    """Set the y limits by the trials, because the band is wide where nothing was tried."""
    low, high = min(scores), max(scores)
    margin = max(0.15 * (high - low), 1e-3 * max(abs(high), 1e-9))
    axes.set_ylim(low - margin, high + margin)


def _scale(found: StoredSearch) -> tuple[float, str]:
    if found.identity["objective"] == "val_accuracy":
        return 100.0, "validation accuracy, windows (%)"
    return 1.0, "validation loss"


def _heading(found: StoredSearch, marks: str) -> str:
    identity = found.identity
    runs = identity["runs_per_trial"]
    counts = f"{counted(len(found.completed), 'trial')}, {'one seed' if runs == 1 else f'{runs} seeds'} each"
    return f"{identity['paper']}, {identity['about']['title']}\n{marks}\n{counts}"
