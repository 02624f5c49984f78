"""Figures of how many clips a data set and its parts have of each genre."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from common.reports.figures.style import ACCENT, OURS, PUBLISHED, new_axes

# Genres that are drawn; the table beside the figure has all of them.
MOST_GENRES = 16
_LINE_INCHES = 0.14
_PART_COLOURS = {"training": "#6fa8bd", "validation": "#e9a23b", "test": ACCENT}
_LEFT_OUT = "#b5cfd8"


@dataclass(frozen=True)
class GenreCount:
    """Clips of one genre.

    Args:
        genre: its name.
        found: clips in the data set.
        parts: name of each part -> its clips, of one division of the data; empty where the genre is left out.
        left_out: whether the genre is left out.
        published: clips in the published data set; None where that is not stated.
    """

    genre: str
    found: int
    parts: Mapping[str, int]
    left_out: bool = False
    published: int | None = None


def draw_distribution(counts: Sequence[GenreCount], *, title: str) -> Figure:
    """Clips of each genre in the data set and in each part, and beside them each genre's share of each part.

    Args:
        counts: in the order in which they are drawn, from the top; the first `MOST_GENRES` are.
    """
    shown = counts[:MOST_GENRES]
    parts = list(dict.fromkeys(part for count in shown for part in count.parts))
    has_published = any(count.published is not None for count in shown)
    lines = {"published data set": (PUBLISHED, [count.published for count in shown])} if has_published else {}
    lines |= {"data set": (OURS, [count.found for count in shown])}
    lines |= {part: (_PART_COLOURS[part], [count.parts.get(part) for count in shown]) for part in parts}
    height = 1.6 + _LINE_INCHES * (len(lines) + 1) * len(shown)
    figure, (left, right) = new_axes(11, height, columns=2, sharey=True, gridspec_kw={"width_ratios": [1.8, 1]})
    _grouped_bars(left, lines, shown)
    left.set(xlabel="clips", title="clips per genre")
    totals = {part: sum(count.parts.get(part, 0) for count in counts) for part in parts}
    highest = 0.0
    for number, part in enumerate(parts):
        # The three parts of a genre stand a little above each other, so that equal shares do not hide one another.
        shift = 0.18 * (number - (len(parts) - 1) / 2)
        shares = {line: 100 * count.parts[part] / totals[part] for line, count in enumerate(shown) if count.parts}
        highest = max([highest, *shares.values()])
        right.scatter(list(shares.values()), [line + shift for line in shares], s=22, color=_PART_COLOURS[part])
    right.set(xlabel="share of the part's clips (%)", title="genres in each part")
    # Beyond the last dot: where all shares are about equal, the scale's own margin is next to nothing.
    right.set_xlim(0, 1.08 * highest or 1)
    right.grid(axis="y", color="#eeeeee")
    right.set_axisbelow(True)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=len(lines), fontsize=9)
    figure.suptitle(title, fontsize=10)
    return figure


def draw_genre_sizes(counts: Sequence[GenreCount], *, title: str) -> Figure:
    """Clips of each genre in the data set, those of genres that are left out in a paler colour.

    Args:
        counts: in the order in which they are drawn, from the top; the first `MOST_GENRES` are.
    """
    shown = counts[:MOST_GENRES]
    lines = {"data set": (OURS, [count.found for count in shown])}
    if any(count.published is not None for count in shown):
        lines = {"published data set": (PUBLISHED, [count.published for count in shown])} | lines
    figure, axes = new_axes(8, 1.4 + (0.14 + _LINE_INCHES * len(lines)) * len(shown))
    _grouped_bars(axes, lines, shown)
    axes.set(xlabel="clips", title=title)
    if len(lines) > 1:
        axes.legend(loc="lower right", fontsize=9)
    return figure


def _grouped_bars(axes: Axes, lines: Mapping[str, tuple[str, list[int | None]]], shown: Sequence[GenreCount]) -> None:
    """One bar for each line of each genre, with its number; none where there is no number."""
    thickness = 0.84 / len(lines)
    # The bars of a genre stand around its name, also where some lines have no number for it.
    drawn = [0] * len(shown)
    of_genre = [sum(values[line] is not None for _, values in lines.values()) for line in range(len(shown))]
    for name, (colour, values) in lines.items():
        there = [(line, value) for line, value in enumerate(values) if value is not None]
        places = [line + thickness * (drawn[line] - (of_genre[line] - 1) / 2) for line, _ in there]
        colours = [_LEFT_OUT if colour == OURS and shown[line].left_out else colour for line, _ in there]
        bars = axes.barh(places, [value for _, value in there], height=0.9 * thickness, color=colours)
        axes.bar_label(bars, [f"{value:,}" for _, value in there], padding=2, fontsize=7)
        # The key shows the line's own colour, also where its first genre is left out.
        axes.barh([0], [0], color=colour, label=name)
        for line, _ in there:
            drawn[line] += 1
    names = [f"{count.genre} (left out)" if count.left_out else count.genre for count in shown]
    axes.set_yticks(range(len(shown)), names)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.margins(x=0.1)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda clips, _: f"{clips:,.0f}"))
