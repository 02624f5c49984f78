"""Figures of the data: waveforms and spectrograms of clips, and the windows that are cut from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from common.reports.figures.style import ACCENT, OURS, PUBLISHED, new_axes

# Points of a drawn waveform: a line through 661,500 samples would be drawn as a solid block, slowly.
_MOST_PIECES = 1500
# Of the panels of a grid: one scale of time and of bins or amplitude, with numbers at the outer panels only.
_SHARED: dict[str, Any] = {"squeeze": False, "sharex": True, "sharey": True}
# Panels of one column; more are drawn in two.
_MOST_IN_A_COLUMN = 4


@dataclass(frozen=True)
class Picture:
    """One clip's spectrogram.

    Args:
        title: of its panel.
        values: (frames, bins).
        seconds: length of the clip.
    """

    title: str
    values: np.ndarray
    seconds: float


@dataclass(frozen=True)
class Sound:
    """One clip's samples.

    Args:
        title: of its panel.
        samples: (samples,), in [-1, 1].
        seconds: length of the clip.
    """

    title: str
    samples: np.ndarray
    seconds: float


@dataclass(frozen=True)
class Answers:
    """What a network answered to the windows of a clip.

    Args:
        genres: all genres.
        votes: windows that the network took for each genre.
        mean_softmax: mean probability of each genre over the windows.
        truth: position of the clip's genre.
    """

    genres: tuple[str, ...]
    votes: tuple[int, ...]
    mean_softmax: tuple[float, ...]
    truth: int


def _image(axes: Axes, values: np.ndarray, seconds: float, **limits: float) -> AxesImage:
    return axes.imshow(
        values.T,
        origin="lower",
        aspect="auto",
        cmap="magma",
        extent=(0, seconds, 0, values.shape[1]),
        interpolation="nearest",
        **limits,
    )


def _wave(axes: Axes, sound: Sound) -> None:
    """Lowest and highest sample of each piece of a clip."""
    pieces = np.array_split(sound.samples, min(len(sound.samples), _MOST_PIECES))
    times = np.linspace(0, sound.seconds, len(pieces))
    axes.fill_between(times, [p.min() for p in pieces], [p.max() for p in pieces], color=OURS, linewidth=0)
    axes.set(title=sound.title, ylabel="amplitude", xlim=(0, sound.seconds), ylim=(-1, 1))


def draw_spectrogram(picture: Picture, *, bins_label: str, values_label: str, bin_hz: float | None = None) -> Figure:
    """One clip's stored feature.

    Args:
        bins_label, values_label: what the bins and the values are.
        bin_hz: distance of neighbouring bins in Hz, for an axis of frequencies; None where bins are not spaced evenly,
            or the sample rate is not known.
    """
    figure, axes = new_axes(8, 3.4)
    image = _image(axes, picture.values, picture.seconds)
    axes.set(xlabel="seconds", ylabel=bins_label, title=picture.title)
    if bin_hz is not None:
        # A bin is drawn one unit high, with its frequency in the middle.
        frequencies = axes.secondary_yaxis(
            "right", functions=(lambda bins: (bins - 0.5) * bin_hz / 1000, lambda khz: khz * 1000 / bin_hz + 0.5)
        )
        frequencies.set_ylabel("frequency (kHz)")
    figure.colorbar(image, ax=axes, label=values_label)
    return figure


def draw_spectrograms(lines: Sequence[Sequence[Picture]], *, title: str, bins_label: str, values_label: str) -> Figure:
    """Several clips with one scale of colours and of time.

    Args:
        lines: the clips of each line; lines of one clip each are drawn in two columns where they are many.
    """
    columns, lines = _in_columns(lines)
    figure, panels = new_axes(
        8 if columns == 1 else 11, 1 + 1.9 * len(lines), rows=len(lines), columns=columns, **_SHARED
    )
    shown = [picture for line in lines for picture in line]
    low, high = min(float(one.values.min()) for one in shown), max(float(one.values.max()) for one in shown)
    longest = max(picture.seconds for picture in shown)
    for number, line in enumerate(lines):
        for axes, picture in zip(panels[number], line, strict=False):
            image = _image(axes, picture.values, picture.seconds, vmin=low, vmax=high)
            axes.set_title(picture.title, fontsize=9)
            axes.set_xlim(0, longest)
        panels[number, 0].set_ylabel(bins_label)
        for axes in panels[number, len(line) :]:
            axes.set_visible(False)
    _label_seconds(panels, lines)
    figure.colorbar(image, ax=panels, label=values_label, aspect=40, fraction=0.05, pad=0.015)
    figure.suptitle(title, fontsize=10)
    return figure


def _in_columns(lines: Sequence[Sequence]) -> tuple[int, list[Sequence]]:
    """Number of columns, and the lines: lines of one panel each in two columns where they are many."""
    columns = max(len(line) for line in lines)
    if columns > 1 or len(lines) <= _MOST_IN_A_COLUMN:
        return columns, list(lines)
    shown = [line[0] for line in lines]
    return 2, [shown[first : first + 2] for first in range(0, len(shown), 2)]


def _label_seconds(panels: np.ndarray, lines: Sequence[Sequence]) -> None:
    """Label the time axis of the lowest panel of each column."""
    for column in range(panels.shape[1]):
        lowest = max((number for number, line in enumerate(lines) if len(line) > column), default=None)
        if lowest is not None:
            panels[lowest, column].set_xlabel("seconds")
            panels[lowest, column].tick_params(labelbottom=True)


def draw_waveforms(sounds: Sequence[Sound], *, title: str) -> Figure:
    """Amplitude over time of several clips, with one scale."""
    columns, lines = _in_columns([[sound] for sound in sounds])
    figure, panels = new_axes(
        8 if columns == 1 else 11, 1 + 1.4 * len(lines), rows=len(lines), columns=columns, **_SHARED
    )
    longest = max(sound.seconds for sound in sounds)
    for number, line in enumerate(lines):
        for place, (axes, sound) in enumerate(zip(panels[number], line, strict=False)):
            _wave(axes, sound)
            axes.set_title(sound.title, fontsize=9)
            axes.set(xlim=(0, longest), ylabel="" if place else "amplitude")
        for axes in panels[number, len(line) :]:
            axes.set_visible(False)
    _label_seconds(panels, lines)
    figure.suptitle(title, fontsize=10)
    return figure


def draw_feature_extraction(
    sound: Sound, picture: Picture, *, title: str, bins_label: str, values_label: str
) -> Figure:
    """A clip's samples, and below them what is made of them for a network."""
    figure, (top, bottom) = new_axes(9, 5, rows=2, sharex=True, gridspec_kw={"height_ratios": [1, 1.6]})
    _wave(top, sound)
    image = _image(bottom, picture.values, picture.seconds)
    bottom.set(title=picture.title, xlabel="seconds", ylabel=bins_label)
    bottom.set_xlim(0, max(sound.seconds, picture.seconds))
    figure.colorbar(image, ax=bottom, label=values_label)
    figure.suptitle(title, fontsize=10)
    return figure


def draw_windows(picture: Picture, starts: np.ndarray, frames: int) -> Figure:
    """A track at the top, every window that is cut from it below.

    Args:
        starts: first frame of each window.
        frames: frames of a window.
    """
    values, seconds = picture.values, picture.seconds
    columns = min(len(starts), 10)
    rows = -(-len(starts) // columns)
    figure = plt.figure(figsize=(10, 2.4 + 1.5 * rows), layout="constrained")
    grid = figure.add_gridspec(1 + rows, columns, height_ratios=[1.5] + [1] * rows)
    top = figure.add_subplot(grid[0, :])
    limits = {"vmin": float(values.min()), "vmax": float(values.max())}
    _image(top, values, seconds, **limits)
    top.set(title=picture.title, xlabel="seconds", yticks=[])
    per_frame = seconds / len(values)
    # The windows are marked above the spectrogram, on which no colour is seen everywhere.
    bins = values.shape[1]
    top.set_ylim(0, 1.16 * bins)
    top.spines["left"].set_visible(False)
    for number, start in enumerate(starts):
        # A twentieth of the window is left open at each end, so that neighbours of one height do not run into one line.
        ends = [(start + 0.05 * frames) * per_frame, (start + 0.95 * frames) * per_frame]
        height = (1.05, 1.11)[number % 2] * bins
        top.plot(ends, [height, height], color=(OURS, ACCENT)[number % 2], linewidth=3, solid_capstyle="butt")
        axes = figure.add_subplot(grid[1 + number // columns, number % columns])
        _image(axes, values[start : start + frames], frames * per_frame, **limits)
        axes.set_title(f"{number + 1}: {start * per_frame:.1f} s", fontsize=8)
        axes.set(xticks=[], yticks=[])
    return figure


def draw_waveform_windows(sound: Sound, starts: np.ndarray, frames: int) -> Figure:
    """A track's samples at the top, the spans of its windows below.

    Args:
        starts: first sample of each window.
        frames: samples of a window.
    """
    figure, (top, bottom) = new_axes(9, 4.6, rows=2, sharex=True, gridspec_kw={"height_ratios": [1, 1.3]})
    _wave(top, sound)
    _spans(bottom, starts, frames, sound)
    bottom.set(xlabel="seconds", xlim=(0, sound.seconds))
    return figure


def _spans(axes: Axes, starts: np.ndarray, frames: int, sound: Sound) -> None:
    per_sample = sound.seconds / len(sound.samples)
    for number, start in enumerate(starts):
        axes.barh(
            number + 1, frames * per_sample, left=start * per_sample, height=0.7, color=(OURS, PUBLISHED)[number % 2]
        )
    axes.set_ylabel("window")
    axes.invert_yaxis()
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def draw_approach(sound: Sound, starts: np.ndarray, frames: int, answers: Answers | None, *, title: str) -> Figure:
    """A clip's samples, its windows, and what a network answered to them.

    Args:
        starts: first sample of each window.
        frames: samples of a window.
        answers: of a run that tested the clip; None draws the samples and windows alone.
    """
    figure = plt.figure(figsize=(9, 5 if answers is None else 5 + 0.24 * len(answers.genres)), layout="constrained")
    heights = [1, 1.3] if answers is None else [1, 1.3, 0.5 + 0.12 * len(answers.genres)]
    grid = figure.add_gridspec(len(heights), 2, height_ratios=heights)
    top = figure.add_subplot(grid[0, :])
    middle = figure.add_subplot(grid[1, :], sharex=top)
    _wave(top, sound)
    _spans(middle, starts, frames, sound)
    middle.set(xlabel="seconds", title=f"{len(starts)} windows, each an input of the network", xlim=(0, sound.seconds))
    figure.suptitle(title, fontsize=10)
    if answers is None:
        return figure
    left, right = figure.add_subplot(grid[2, 0]), figure.add_subplot(grid[2, 1])
    windows = sum(answers.votes)
    _answers(left, answers, [float(count) for count in answers.votes], f"majority voting: votes of {windows} windows")
    _answers(right, answers, list(answers.mean_softmax), "mean of the windows' softmax")
    right.tick_params(labelleft=False)
    left.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    left.set_xlabel("windows (red: the clip's own genre)")
    right.set(xlabel="probability", xlim=(0, 1))
    return figure


def _answers(axes: Axes, answers: Answers, values: list[float], title: str) -> None:
    """Bars of all genres; that of the highest value is the answer, and the clip's own genre has a red name."""
    chosen = int(np.argmax(values))
    colours = [OURS if number == chosen else PUBLISHED for number in range(len(values))]
    axes.barh(range(len(values)), values, color=colours)
    axes.set_yticks(range(len(values)), answers.genres, fontsize=8)
    axes.get_yticklabels()[answers.truth].set_color(ACCENT)
    axes.invert_yaxis()
    axes.set_title(f"{title}: {answers.genres[chosen]}", fontsize=9)
