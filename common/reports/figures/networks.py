"""Figures of networks: boxes below each other, with the shapes of what passes between them."""

import math
import textwrap
from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path

from common.reports.figures.network_plan import (
    CELL_GAP,
    FORK,
    GAP,
    MAIN,
    SHAPE_GAP,
    SHORTCUT_GAP,
    SIDE,
    SIDE_GAP,
    SMALL,
    Plan,
    height_of_line,
    main_text,
    shapes_text,
    side_of_block,
    side_of_line,
    width_of,
)
from common.reports.figures.style import new_axes
from common.reports.networks.boxes import Block, Box, Branches, Kind, Series, Shape, blocks_of

_COLOURS = {
    Kind.INPUT: "#f4f4f4",
    Kind.CONVOLUTION: "#bad6eb",
    Kind.POOLING: "#f6c9b5",
    Kind.NORMALISATION: "#ece5a6",
    Kind.ACTIVATION: "#cbe6b4",
    Kind.DENSE: "#d6c8e6",
    Kind.RECURRENT: "#b4ddd0",
    Kind.GATE: "#f4bfd2",
    Kind.JOINING: "#f5d79e",
    Kind.DROPOUT: "#dcdcdc",
    Kind.OTHER: "#ffffff",
}
_NOT_TRAINED = "not trained"
_HATCHED = {"facecolor": "none", "edgecolor": "#ffffff", "linewidth": 0, "hatch": "/////", "alpha": 0.8}
_LINE, _QUIET = "#404040", "#666666"
_TITLE, _SUBTITLE = 10.0, 9.0  # points
# In inches.
_MARGIN, _NARROWEST, _BEND, _END, _TEXT_LINE, _TITLE_LINE, _LEGEND_LINE = 0.2, 5.2, 0.10, 0.25, 0.16, 0.22, 0.22
_PATCH_WIDTH, _PATCH_HEIGHT, _LEGEND_GAP, _HEAD = 0.16, 0.12, 0.06, 0.07
# Half of the width of an arrow's head, as a share of its length.
_HEAD_WIDTH = 0.4
# Distance of the upper line of a box from its middle, as a share of its height.
_SHIFT = 0.2


def draw_network(
    series: Series, *, title: str, notes: Sequence[str], spread: bool = False, ends_in: str = ""
) -> Figure:
    """Boxes from top to bottom, one column for each branch.

    Args:
        series: the blocks of the network, or of its part.
        notes: lines below the picture.
        spread: draw an arrow with a shape between all boxes, not only between blocks; each box then has its own name
            and number of parameters.
        ends_in: what the last arrow leads to, beside its shape.
    """
    plan = Plan(spread=spread)
    size = plan.size_of(series)
    width = max(size.left + size.right, _NARROWEST)
    first, *others = title.splitlines()
    heading = [(line, _TITLE) for line in _wrapped([first], width, _TITLE)]
    heading += [(line, _SUBTITLE) for line in _wrapped(others, width, _SUBTITLE)]
    legend = _legend_rows(series, width)
    text = _wrapped(notes, width, SMALL)
    top = _TITLE_LINE * (len(heading) + 0.7)
    bottom = top + size.height + GAP + _END
    height = bottom + _LEGEND_LINE * len(legend) + _TEXT_LINE * len(text)
    figure, axes = new_axes(width + 2 * _MARGIN, height + 2 * _MARGIN)
    figure.set_layout_engine("none")
    axes.set_position((0, 0, 1, 1))
    axes.set(xlim=(-_MARGIN, width + _MARGIN), ylim=(height + _MARGIN, -_MARGIN))
    axes.set_axis_off()
    painter = _Painter(axes, plan)
    for number, (line, points) in enumerate(heading):
        painter.text(width / 2, _TITLE_LINE * (number + 0.5), line, points, ha="center")
    axis = (width + size.left - size.right) / 2
    end = painter.draw_series(series, axis, top)
    painter.arrow([(axis, end), (axis, end + GAP)])
    painter.shape_beside(axis, end + GAP / 2, series[-1].shapes)
    painter.text(axis, end + GAP + _TEXT_LINE / 2, ends_in, SMALL, ha="center", color=_QUIET)
    for number, names in enumerate(legend):
        _draw_legend(painter, names, width, bottom + _LEGEND_LINE * (number + 0.5))
    for number, line in enumerate(text):
        y = bottom + _LEGEND_LINE * len(legend) + _TEXT_LINE * (number + 0.5)
        painter.text(width / 2, y, line, SMALL, ha="center", color=_QUIET)
    return figure


def _wrapped(lines: Sequence[str], width: float, points: float) -> list[str]:
    """Lines that are broken between words where they are wider than the picture."""
    found = []
    for line in lines:
        share = width / max(width_of(line, points), 1e-6)
        found += [line] if share >= 1 else textwrap.wrap(line, max(int(len(line) * share * 0.97), 20))
    return found


def _legend_rows(series: Series, width: float) -> list[list[str]]:
    """Names of the kinds of boxes that a picture has, in rows that are not wider than it."""
    shown = [box for block in blocks_of(series) for box in block.boxes]
    names = [kind for kind in Kind if any(box.kind == kind for box in shown)]
    names += [_NOT_TRAINED] if any(box.fixed for box in shown) else []
    rows: list[list[str]] = [[]]
    for name in names:
        if rows[-1] and sum(map(_legend_width, [*rows[-1], name])) > width:
            rows.append([])
        rows[-1].append(name)
    return rows


def _legend_width(name: str) -> float:
    return _PATCH_WIDTH + width_of(name, SMALL) + 4 * _LEGEND_GAP


def _draw_legend(painter: "_Painter", names: Sequence[str], width: float, middle: float) -> None:
    x = (width - sum(map(_legend_width, names)) + 3 * _LEGEND_GAP) / 2
    for name in names:
        place = {"xy": (x, middle - _PATCH_HEIGHT / 2), "width": _PATCH_WIDTH, "height": _PATCH_HEIGHT}
        colour = _COLOURS.get(name, _COLOURS[Kind.CONVOLUTION])
        painter.axes.add_patch(Rectangle(**place, facecolor=colour, edgecolor=_LINE, linewidth=0.6))
        if name == _NOT_TRAINED:
            painter.axes.add_patch(Rectangle(**place, **_HATCHED))
        painter.text(x + _PATCH_WIDTH + _LEGEND_GAP, middle, name, SMALL, ha="left")
        x += _legend_width(name)


class _Painter:
    """Draws the parts of a picture into axes whose units are inches, with y downwards."""

    def __init__(self, axes: Axes, plan: Plan):
        self.axes = axes
        self._plan = plan

    def draw_series(self, series: Series, x: float, y: float) -> float:
        """A column whose axis is x, from y downwards; returns where it ends."""
        width = self._plan.box_width(series)
        for before, element in pairwise([None, *series]):
            if isinstance(element, Branches):
                y = self._draw_branches(element, before, x, y)
                continue
            if isinstance(before, Block):
                self.arrow([(x, y), (x, y + GAP)])
                self.shape_beside(x, y + GAP / 2, before.shapes)
                y += GAP
            elif isinstance(before, Branches):
                y = self._join(before, x, y, width)
            y = self._draw_block(element, x, y, width)
        return y

    def shape_beside(self, x: float, y: float, shapes: Sequence[Shape]) -> None:
        """Shapes beside the arrow through a place."""
        self.text(x + SHAPE_GAP, y, shapes_text(shapes), SMALL, ha="left", color=_QUIET)

    def text(self, x: float, middle: float, text: str, points: float, **looks) -> None:
        """A line of text."""
        self.axes.text(x, middle, text, fontsize=points, va="center", zorder=3, **looks)

    def arrow(self, points: Sequence[tuple[float, float]], *, head: bool = True) -> None:
        """A line through points, whose corners are round."""
        vertices, codes = [points[0]], [Path.MOVETO]
        for before, corner, after in zip(points, points[1:], points[2:], strict=False):
            vertices += [_towards(corner, before, _BEND), corner, _towards(corner, after, _BEND)]
            codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
        tip, base = points[-1], _towards(points[-1], points[-2], _HEAD)
        look = {"color": _LINE, "zorder": 1}
        line = Path([*vertices, base if head else tip], [*codes, Path.LINETO])
        self.axes.add_patch(PathPatch(line, fill=False, linewidth=0.9, **look))
        if head:
            across = (tip[1] - base[1]) * _HEAD_WIDTH, (base[0] - tip[0]) * _HEAD_WIDTH
            sides = [(base[0] + sign * across[0], base[1] + sign * across[1]) for sign in (1, -1)]
            self.axes.add_patch(Polygon([tip, *sides], linewidth=0, **look))

    def _draw_branches(self, branches: Branches, before: Block | None, x: float, y: float) -> float:
        """Columns side by side, and the lines from the block before them; returns where the longest ends."""
        offsets = self._plan.offsets_of(branches)
        top = y if before is None else y + FORK + GAP
        end = top + max(self._plan.size_of(column).height for column in branches.columns)
        for column, offset in zip(branches.columns, offsets, strict=True):
            axis = x + offset
            if before is not None:
                self.arrow([(x, y), (x, y + FORK), (axis, y + FORK), (axis, top)], head=bool(column))
            self.arrow([(axis, self.draw_series(column, axis, top)), (axis, end)], head=False)
        if before is not None:
            self.shape_beside(x, y + FORK / 2, before.shapes)
        return end

    def _join(self, branches: Branches, x: float, y: float, width: float) -> float:
        """Lines from the ends of branches to the block that joins them; returns where that begins."""
        end, count = y + GAP + FORK, len(branches.columns)
        for number, offset in enumerate(self._plan.offsets_of(branches)):
            target = x + width * ((number + 1) / (count + 1) - 0.5)
            self.arrow([(x + offset, y), (x + offset, y + GAP), (target, y + GAP), (target, end)])
            if branches.columns[number]:
                self.shape_beside(x + offset, y + GAP / 2, branches.columns[number][-1].shapes)
        return end

    def _draw_block(self, block: Block, x: float, y: float, width: float) -> float:
        """The lines of a block below each other; returns where it ends."""
        spread, beside = self._plan.spread, x + width / 2 + SIDE_GAP
        top, middles = y, []
        for before, line in pairwise([None, *block.lines]):
            if before is not None and spread:
                self.arrow([(x, y), (x, y + GAP)])
                self.shape_beside(x, y + GAP / 2, before[-1].shapes)
                y += GAP
            height = height_of_line(line)
            cell = (width - CELL_GAP * (len(line) - 1)) / len(line)
            for place, box in enumerate(line):
                self._draw_box(box, x - width / 2 + place * (cell + CELL_GAP), y, cell, height)
            if spread:
                self._draw_side(side_of_line(line), beside, y + height / 2)
            middles.append(y + height / 2)
            y += height
        if not spread:
            self._draw_side(side_of_block(block), beside, (top + y) / 2)
        if block.shortcut is not None:
            self._draw_shortcut(block, x, width, top - GAP / 2, middles[block.joins])
        return y

    def _draw_shortcut(self, block: Block, x: float, width: float, start: float, end: float) -> None:
        """A line from the arrow above a block around its left side, with the boxes on it."""
        inner, along = self._plan.shortcut_width(block), self._plan.shortcut_of(block)
        axis = x - width / 2 - SHORTCUT_GAP - inner / 2
        self.arrow([(x, start), (axis, start), (axis, end), (x - width / 2, end)])
        heights = [height_of_line([box]) for box in along]
        gap = GAP / 2 if self._plan.spread else 0.0
        y = (start + end - sum(heights) - gap * (len(heights) - 1)) / 2
        for box, height in zip(along, heights, strict=True):
            self._draw_box(box, axis - inner / 2, y, inner, height)
            y += height + gap

    def _draw_box(self, box: Box, x: float, y: float, width: float, height: float) -> None:
        place = {"xy": (x, y + 0.01), "width": width, "height": height - 0.02, "zorder": 2}
        place["boxstyle"] = "round,pad=0,rounding_size=0.05"
        self.axes.add_patch(FancyBboxPatch(**place, facecolor=_COLOURS[box.kind], linewidth=0))
        if box.fixed:
            self.axes.add_patch(FancyBboxPatch(**place, **_HATCHED))
        self.axes.add_patch(FancyBboxPatch(**place, facecolor="none", edgecolor=_LINE, linewidth=0.8))
        shift = height * _SHIFT if box.detail else 0.0
        self.text(x + width / 2, y + height / 2 - shift, main_text(box), MAIN, ha="center")
        if box.detail:
            self.text(x + width / 2, y + height / 2 + 1.2 * shift, box.detail, SMALL, ha="center", color="#303030")

    def _draw_side(self, lines: Sequence[str], x: float, middle: float) -> None:
        first = middle - _TEXT_LINE * (len(lines) - 1) / 2
        for number, text in enumerate(lines):
            weight = "bold" if text.startswith("× ") else "normal"
            self.text(x, first + _TEXT_LINE * number, text, SIDE, ha="left", color=_QUIET, weight=weight)


def _towards(corner: tuple[float, float], point: tuple[float, float], length: float) -> tuple[float, float]:
    """The place on the line from a corner to a point that is so far from the corner, at most the middle."""
    (x, y), (to_x, to_y) = corner, point
    distance = max(math.dist(corner, point), 1e-9)
    share = min(length / distance, 0.5)
    return x + (to_x - x) * share, y + (to_y - y) * share
