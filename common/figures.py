"""Figures: an example spectrogram, its windows, learning curves, and published against measured."""

from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from common.figurestyle import ACCENT, OURS, PUBLISHED, axes_of
from common.records import Record


def spectrogram(values: np.ndarray, seconds: float, *, title: str, bins_label: str, top_db: float | None) -> Figure:
    """One track's stored feature.

    Args:
        values: (frames, bins).
        seconds: length of the track.
        top_db: range in dB that values of 0 to 1 stand for; None where that is unknown.
    """
    figure, axes = axes_of(8, 3.4)
    shown = values.T if top_db is None else (values.T - 1) * top_db
    picture = axes.imshow(
        shown,
        origin="lower",
        aspect="auto",
        cmap="magma",
        extent=(0, seconds, 0, values.shape[1]),
        interpolation="nearest",
    )
    axes.set(xlabel="seconds", ylabel=bins_label, title=title)
    figure.colorbar(picture, ax=axes, label="dB below the clip's maximum" if top_db else "value")
    return figure


def spectrograms(shown: list[tuple[str, np.ndarray]], seconds_per_frame: float, *, title: str) -> Figure:
    """Several tracks below each other, in one scale of colours.

    Args:
        shown: (what stands above it, values (frames, bins)) of each.
    """
    figure, panels = axes_of(8, 1 + 2.1 * len(shown), rows=len(shown), squeeze=False)
    low, high = min(float(values.min()) for _, values in shown), max(float(values.max()) for _, values in shown)
    for axes, (name, values) in zip(panels[:, 0], shown, strict=True):
        picture = axes.imshow(
            values.T,
            origin="lower",
            aspect="auto",
            cmap="magma",
            vmin=low,
            vmax=high,
            extent=(0, len(values) * seconds_per_frame, 0, values.shape[1]),
            interpolation="nearest",
        )
        axes.set(title=name, ylabel="band")
    panels[-1, 0].set_xlabel("seconds")
    figure.colorbar(picture, ax=panels, label="value, as the network sees it")
    figure.suptitle(title, fontsize=10)
    return figure


def windows(values: np.ndarray, starts: np.ndarray, frames: int, seconds: float, *, title: str) -> Figure:
    """A track above, every window that is cut from it below.

    Args:
        values: (frames of the track, bins).
        starts: first frame of each window.
        frames: frames of a window.
    """
    columns = min(len(starts), 10)
    rows = -(-len(starts) // columns)
    figure = plt.figure(figsize=(10, 2.4 + 1.5 * rows), layout="constrained")
    grid = figure.add_gridspec(1 + rows, columns, height_ratios=[1.5] + [1] * rows)
    top = figure.add_subplot(grid[0, :])
    limits = {
        "vmin": float(values.min()),
        "vmax": float(values.max()),
        "cmap": "magma",
        "origin": "lower",
        "aspect": "auto",
    }
    top.imshow(values.T, extent=(0, seconds, 0, values.shape[1]), **limits)
    top.set(title=title, xlabel="seconds", yticks=[])
    per_frame = seconds / len(values)
    for number, start in enumerate(starts):
        colour = ACCENT if number % 2 else "white"
        height = values.shape[1] * (0.96 if number % 2 else 0.88)
        # A tenth of the window is left open, so that neighbours of one height do not run into one line.
        ends = [(start + 0.05 * frames) * per_frame, (start + 0.95 * frames) * per_frame]
        top.plot(ends, [height, height], color=colour, linewidth=2)
        axes = figure.add_subplot(grid[1 + number // columns, number % columns])
        axes.imshow(values[start : start + frames].T, **limits)
        axes.set_title(f"{number + 1}: {start * per_frame:.1f} s", fontsize=8)
        axes.set(xticks=[], yticks=[])
    return figure


def waveform_windows(samples: np.ndarray, starts: np.ndarray, frames: int, seconds: float, *, title: str) -> Figure:
    """A track's samples above, the spans of its windows below.

    Args:
        samples: (samples,) of the track.
        starts: first sample of each window.
        frames: samples of a window.
    """
    figure, (top, bottom) = axes_of(9, 4.6, rows=2, sharex=True, gridspec_kw={"height_ratios": [1, 1.3]})
    # Lowest and highest of each piece: a line through 661,500 points would be drawn as a solid block, slowly.
    pieces = np.array_split(samples, min(len(samples), 1500))
    times = np.linspace(0, seconds, len(pieces))
    top.fill_between(times, [p.min() for p in pieces], [p.max() for p in pieces], color=OURS, linewidth=0)
    top.set(title=title, ylabel="amplitude", ylim=(-1, 1))
    per_sample = seconds / len(samples)
    for number, start in enumerate(starts):
        bottom.barh(
            number + 1, frames * per_sample, left=start * per_sample, height=0.7, color=(OURS, PUBLISHED)[number % 2]
        )
    bottom.set(xlabel="seconds", ylabel="window", xlim=(0, seconds))
    bottom.invert_yaxis()
    bottom.yaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def curves(rows: list[tuple[str, list[Record]]], quantity: str, *, title: str) -> Figure:
    """Training and validation curves over epochs: a panel for each row, one pair of lines per run.

    Args:
        rows: (label, runs of the row).
        quantity: `accuracy` or `loss`.
    """
    figure, panels = axes_of(2.6 + 3.8 * len(rows), 3.8, columns=len(rows), sharey=True, squeeze=False)
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


def published_and_measured(table: dict[str, Any], *, subtitle: str) -> Figure:
    """Bars of the published numbers and ours, with intervals, a panel for each published metric; where nothing was
    published or run, there is no bar."""
    metrics = table["metrics"]
    width = max(6.5, min(24, 1.5 * len(table["rows"])))
    figure, panels = axes_of(width, 4.2 * len(metrics), rows=len(metrics), squeeze=False)
    for metric, axes in zip(metrics, panels[:, 0], strict=True):
        _bars(axes, table, metric)
    panels[0, 0].set_title(heading(table, subtitle), fontsize=10)
    return figure


def heading(table: dict[str, Any], subtitle: str) -> str:
    """What stands above the picture of a table."""
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
    if table.get("reference"):
        percent = table["reference"]["percent"]
        axes.axhline(
            percent, color=ACCENT, linestyle="--", linewidth=1, label=f"{table['reference']['label']}: {percent:g}"
        )
    for number, value in zip(given, published, strict=True):
        axes.text(number - 0.2, value + 1, f"{value:.1f}", ha="center", fontsize=8)
    for position, row in zip(positions, rows, strict=True):
        if row["measured"]:
            top = row["measured"][metric]["ci95"][1]
            axes.text(
                position + 0.2, top + 1, f"{row['measured'][metric]['mean']:.1f}", ha="center", fontsize=8, color=OURS
            )
        else:
            axes.text(position + 0.2, 1, "not run", ha="center", rotation=90, fontsize=8, color=OURS)
    axes.set(xticks=positions, ylim=(0, 125), ylabel=f"{metric.replace('_', ' ')} (%)", xlabel=table["row_header"])
    axes.set_xlim(-0.6, len(rows) - 0.4)
    slant = {"rotation": 15, "ha": "right", "rotation_mode": "anchor"} if len(rows[-1]["label"]) > 12 else {}
    axes.set_xticklabels([row["label"] for row in rows], **slant)
    axes.set_yticks(range(0, 101, 20))
    axes.legend(frameon=False, loc="upper left", ncols=1 if table.get("reference") else 2, fontsize=8)


def rounds(table: dict[str, Any], *, subtitle: str) -> Figure:
    """Clip accuracy of every round, a column of points for each row; the bar is the mean. Points of rounds whose test
    clips the weights have met before are hollow."""
    metric = "clip_accuracy_mean_softmax"
    single = [row for row in table["rows"] if "round" in row]
    labels = list(dict.fromkeys(row["label"] for row in single))
    figure, axes = axes_of(max(6.5, 1.6 * len(labels)), 4.2)
    for place, label in enumerate(labels):
        mine = [row for row in single if row["label"] == label]
        # Side by side, so that equal accuracies do not hide each other.
        offsets = np.linspace(-0.25, 0.25, len(mine)) if len(mine) > 1 else [0.0]
        for row, offset in zip(mine, offsets, strict=True):
            value = row["measured"][metric]
            met = row["test_clips_met_before"] > 0
            axes.plot(place + offset, value, "o", color=OURS, fillstyle="none" if met else "full")
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
