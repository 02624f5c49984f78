"""Figures of the data: spectrograms, and the windows that are cut from a track."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from common.reports.figures.style import ACCENT, OURS, PUBLISHED, new_axes


def draw_spectrogram(
    values: np.ndarray, seconds: float, *, title: str, bins_label: str, top_db: float | None
) -> Figure:
    """One track's stored feature.

    Args:
        values: (frames, bins).
        seconds: length of the track.
        top_db: range in dB that values of 0 to 1 stand for; None where that is unknown.
    """
    figure, axes = new_axes(8, 3.4)
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


def draw_spectrograms(shown: list[tuple[str, np.ndarray]], seconds_per_frame: float, *, title: str) -> Figure:
    """Several tracks below each other, with one colour scale.

    Args:
        shown: (title, values (frames, bins)) of each.
    """
    figure, panels = new_axes(8, 1 + 2.1 * len(shown), rows=len(shown), squeeze=False)
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


def draw_windows(values: np.ndarray, starts: np.ndarray, frames: int, seconds: float, *, title: str) -> Figure:
    """A track at the top, every window that is cut from it below.

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


def draw_waveform_windows(
    samples: np.ndarray, starts: np.ndarray, frames: int, seconds: float, *, title: str
) -> Figure:
    """A track's samples at the top, the spans of its windows below.

    Args:
        samples: (samples,) of the track.
        starts: first sample of each window.
        frames: samples of a window.
    """
    figure, (top, bottom) = new_axes(9, 4.6, rows=2, sharex=True, gridspec_kw={"height_ratios": [1, 1.3]})
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
