"""Figures of networks: boxes below each other, with the shapes of what passes between them."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from common.core.words import counted
from common.reports import network_boxes as boxes
from common.reports.figures.style import new_axes
from common.reports.network_boxes import Block, Box, Branches, Series, Shape

_COLOURS = {
    boxes.INPUTS: "#f4f4f4",
    boxes.CONVOLUTION: "#bad6eb",
    boxes.POOLING: "#f6c9b5",
    boxes.NORMALISATION: "#ece5a6",
    boxes.ACTIVATION: "#cbe6b4",
    boxes.DENSE: "#d6c8e6",
    boxes.RECURRENT: "#b4ddd0",
    boxes.GATE: "#f4bfd2",
    boxes.JOINING: "#f5d79e",
    boxes.DROPOUT: "#dcdcdc",
    boxes.OTHER: "#ffffff",
}
_NOT_TRAINED = "not trained"
_HATCHED = {"facecolor": "none", "edgecolor": "#ffffff", "linewidth": 0, "hatch": "/////", "alpha": 0.8}
_LINE, _QUIET = "#404040", "#666666"
# Sizes of texts in points, all others in inches.
_MAIN, _SMALL, _SIDE, _TITLE, _SUBTITLE = 8.5, 7.0, 7.0, 10.0, 9.0
_POINTS = 72
_LOW, _HIGH, _CELL_GAP = 0.28, 0.43, 0.05
_GAP, _FORK, _PAD, _SIDE_GAP, _BEND = 0.40, 0.30, 0.14, 0.10, 0.10
_MARGIN, _NARROWEST, _LEAST_BOX, _COLUMN_GAP, _TEXT_LINE = 0.2, 5.6, 1.7, 0.35, 0.16


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
    plan = _Plan(spread=spread)
    size = plan.size_of(series)
    kinds = [
        kind for kind in _COLOURS if kind in {box.kind for block in boxes.blocks_of(series) for box in block.boxes}
    ]
    fixed = any(box.fixed for block in boxes.blocks_of(series) for box in block.boxes)
    tail = _GAP + 0.2
    width = max(size.left + size.right, _NARROWEST - 2 * _MARGIN)
    first, *others = title.splitlines()
    heading = [(line, _TITLE) for line in _wrapped([first], width, _TITLE)]
    heading += [(line, _SUBTITLE) for line in _wrapped(others, width, _SUBTITLE)]
    text = _wrapped(notes, width, _SMALL)
    legend = _legend_rows([*kinds, *([_NOT_TRAINED] if fixed else [])], width)
    top = 0.22 * len(heading) + 0.15
    bottom = 0.22 * len(legend) + _TEXT_LINE * len(text) + 0.2
    height = top + size.height + tail + bottom
    figure, axes = new_axes(width + 2 * _MARGIN, height + 2 * _MARGIN)
    figure.set_layout_engine("none")
    axes.set_position((0, 0, 1, 1))
    axes.set(xlim=(-_MARGIN, width + _MARGIN), ylim=(height + _MARGIN, -_MARGIN))
    axes.set_axis_off()
    for number, (line, points) in enumerate(heading):
        axes.text(width / 2, 0.22 * number, line, fontsize=points, ha="center", va="top")
    axis = size.left + (width - size.left - size.right) / 2
    painter = _Painter(axes, plan)
    end = painter.draw_series(series, axis, top)
    painter.arrow([(axis, end), (axis, end + _GAP)])
    painter.shape_beside(axis, end + _GAP / 2, series[-1])
    if ends_in:
        axes.text(axis, end + _GAP + 0.05, ends_in, fontsize=_SMALL, ha="center", va="top", color=_QUIET)
    y = top + size.height + tail + 0.12
    for row in legend:
        _draw_legend(axes, row, width, y)
        y += 0.22
    for line in text:
        axes.text(width / 2, y, line, fontsize=_SMALL, ha="center", va="top", color=_QUIET)
        y += _TEXT_LINE
    return figure


@lru_cache(maxsize=4096)
def _width_of(text: str, points: float, weight: str = "normal") -> float:
    """Width of a text in inches."""
    if not text.strip():
        return 0.0
    properties = FontProperties(family="DejaVu Sans", weight=weight)
    return float(TextPath((0, 0), text, size=points, prop=properties).get_extents().width) / _POINTS


def _wrapped(lines: Sequence[str], width: float, points: float) -> list[str]:
    """Lines that are broken between words where they are wider than the picture."""
    found = []
    for line in lines:
        share = width / max(_width_of(line, points), 1e-6)
        found += [line] if share >= 1 else textwrap.wrap(line, max(int(len(line) * share * 0.97), 20))
    return found


def _legend_rows(names: Sequence[str], width: float) -> list[list[str]]:
    rows: list[list[str]] = [[]]
    used = 0.0
    for name in names:
        needed = _legend_width(name)
        if rows[-1] and used + needed > width:
            rows.append([])
            used = 0.0
        rows[-1].append(name)
        used += needed
    return rows


def _legend_width(name: str) -> float:
    return 0.22 + _width_of(name, _SMALL) + 0.18


def _draw_legend(axes: Axes, names: Sequence[str], width: float, y: float) -> None:
    x = (width - sum(map(_legend_width, names)) + 0.18) / 2
    for name in names:
        place = {"xy": (x, y), "width": 0.16, "height": 0.12}
        colour = _COLOURS.get(name, _COLOURS[boxes.CONVOLUTION])
        axes.add_patch(Rectangle(**place, facecolor=colour, edgecolor=_LINE, linewidth=0.6))
        if name == _NOT_TRAINED:
            axes.add_patch(Rectangle(**place, **_HATCHED))
        axes.text(x + 0.22, y + 0.06, name, fontsize=_SMALL, ha="left", va="center")
        x += _legend_width(name)


def _shape_text(shape: Shape) -> str:
    return " × ".join("any" if size is None else f"{size:,}" for size in shape)


def _shapes_text(shapes: Sequence[Shape]) -> str:
    """A shape, or the first and the last of several."""
    first, last = _shape_text(shapes[0]), _shape_text(shapes[-1])
    return last if first == last else f"{first} to {last}"


def _height_of(line: Sequence[Box]) -> float:
    return _HIGH if any(box.detail for box in line) else _LOW


def _text_width(box: Box) -> float:
    return max(_width_of(_main_text(box), _MAIN), _width_of(box.detail, _SMALL)) + 2 * _PAD


def _main_text(box: Box) -> str:
    return f"{box.text}  (× {box.times})" if box.times > 1 else box.text


def _parameters_text(parameters: int, fixed: int) -> str:
    parts = [counted(parameters, "parameters")] if parameters or not fixed else []
    if fixed:
        parts.append(f"{counted(fixed, 'parameters')}, not trained")
    return "; ".join(parts) if parameters or fixed else ""


def _with_parameters(box: Box) -> Box:
    detail = ", ".join(filter(None, [box.detail, _parameters_text(box.parameters, box.fixed)]))
    return replace(box, detail=detail)


@dataclass(frozen=True)
class _Size:
    """Extents of a part of the picture in inches.

    Args:
        left, right: from the axis of its boxes.
        height: from the top of its first box to the end of its last one.
    """

    left: float
    right: float
    height: float


@dataclass(frozen=True)
class _Plan:
    """Sizes of the parts of a picture.

    Args:
        spread: see `draw_network`.
    """

    spread: bool

    def box_width(self, series: Series) -> float:
        """Common width of the boxes of a column."""
        widths = [
            sum(map(_text_width, line)) + _CELL_GAP * (len(line) - 1)
            if len({_text_width(box) for box in line}) == 1
            else max(map(_text_width, line)) * len(line) + _CELL_GAP * (len(line) - 1)
            for block in series
            if isinstance(block, Block)
            for line in block.lines
        ]
        return max([_LEAST_BOX, *widths])

    def size_of(self, series: Series) -> _Size:
        """Extents of a column."""
        width = self.box_width(series)
        left = right = width / 2
        height = 0.0
        for number, element in enumerate(series):
            if isinstance(element, Branches):
                size = self.size_of_branches(element)
                # Lines to its columns, with an arrow from what is before.
                height += size.height + (_FORK + _GAP if number else 0)
                left, right = max(left, size.left), max(right, size.right)
                continue
            height += self.height_of(element) + (self.gap_before(series, number) if number else 0)
            left = max(left, self.left_of(element, width))
            right = max(right, self.right_of(element, width))
        return _Size(left, right, height)

    def gap_before(self, series: Series, number: int) -> float:
        """Height of the arrows above a block."""
        return _FORK + _GAP if isinstance(series[number - 1], Branches) else _GAP

    def size_of_branches(self, branches: Branches) -> _Size:
        """Extents around the middle between the outer axes."""
        sizes = [self.size_of(column) if column else _Size(0.15, 0.15, 0.0) for column in branches.columns]
        offsets = self.offsets_of(sizes)
        left = max(size.left - offset for size, offset in zip(sizes, offsets, strict=True))
        right = max(size.right + offset for size, offset in zip(sizes, offsets, strict=True))
        return _Size(left, right, max(size.height for size in sizes))

    def offsets_of(self, sizes: Sequence[_Size]) -> list[float]:
        """Axes of columns, from the middle between the first and the last."""
        places = [0.0]
        for before, size in zip(sizes, sizes[1:], strict=False):
            places.append(places[-1] + before.right + _COLUMN_GAP + size.left)
        return [place - places[-1] / 2 for place in places]

    def line_gap(self) -> float:
        return _GAP if self.spread else 0.0

    def height_of(self, block: Block) -> float:
        return sum(map(_height_of, block.lines)) + self.line_gap() * (len(block.lines) - 1)

    def shortcut_width(self, block: Block) -> float:
        return max(map(_text_width, self.shortcut_of(block)), default=0.0)

    def shortcut_of(self, block: Block) -> list[Box]:
        """The boxes on a block's shortcut; those that stand alone with their parameters, for which no room is beside
        them."""
        given = block.shortcut or ()
        return [_with_parameters(box) for box in given] if self.spread else list(given)

    def left_of(self, block: Block, width: float) -> float:
        if block.shortcut is None:
            return width / 2
        inner = self.shortcut_width(block)
        if not inner:
            return width / 2 + 0.3
        return width / 2 + 0.25 + inner

    def right_of(self, block: Block, width: float) -> float:
        shapes = [_shapes_text(block.shapes)]
        if self.spread:
            sides = [text for line in block.lines for text in self.side_lines(line)]
            shapes += [_shape_text(line[-1].shapes[-1]) for line in block.lines]
        else:
            sides = side_of(block)
        beside = max((_width_of(text, _SIDE, "bold") for text in sides), default=0.0)
        return max(width / 2 + _SIDE_GAP + beside, 0.1 + max(_width_of(text, _SMALL) for text in shapes))

    def side_lines(self, line: Sequence[Box]) -> list[str]:
        """Name and number of parameters beside a box that stands alone."""
        if len(line) != 1 or line[0].kind == boxes.INPUTS:
            return []
        (box,) = line
        own = next((name for name in box.layers if not name.endswith("_pad")), box.layers[0])
        return [text for text in (own, _parameters_text(box.parameters, box.fixed)) if text]


def side_of(block: Block) -> list[str]:
    """What stands beside a block: how often it follows itself, its name, its parameters."""
    if all(box.kind == boxes.INPUTS for box in block.boxes):
        return []
    times = [f"× {block.times}"] if block.times > 1 else []
    parameters = _parameters_text(block.parameters, sum(box.fixed for box in block.boxes))
    if times and parameters:
        parameters += " in all"
    return [*times, block.name, *filter(None, [parameters])]


class _Painter:
    """Draws the parts of a picture into axes whose units are inches, with y downwards."""

    def __init__(self, axes: Axes, plan: _Plan):
        self._axes = axes
        self._plan = plan

    def draw_series(self, series: Series, x: float, y: float) -> float:
        """A column whose axis is x, from y downwards; returns where it ends."""
        width = self._plan.box_width(series)
        for number, element in enumerate(series):
            before = series[number - 1] if number else None
            if isinstance(element, Branches):
                y = self._draw_branches(element, before, x, y)
                continue
            if isinstance(before, Block):
                self.arrow([(x, y), (x, y + _GAP)])
                self.shape_beside(x, y + _GAP / 2, before)
                y += _GAP
            elif isinstance(before, Branches):
                y = self._join(before, x, y, width)
            y = self._draw_block(element, x, y, width, above=before is not None)
        return y

    def shape_beside(self, x: float, y: float, block: Block | Branches) -> None:
        """The shape of a block's output, beside the arrow below it."""
        if isinstance(block, Block):
            self._text(x + 0.08, y, _shapes_text(block.shapes), _SMALL, ha="left", color=_QUIET)

    def arrow(self, points: Sequence[tuple[float, float]], *, head: bool = True) -> None:
        """A line through points, whose corners are round."""
        vertices, codes = [points[0]], [Path.MOVETO]
        for before, corner, after in zip(points, points[1:], points[2:], strict=False):
            vertices += [_towards(corner, before), corner, _towards(corner, after)]
            codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
        vertices.append(points[-1])
        codes.append(Path.LINETO)
        self._axes.add_patch(
            FancyArrowPatch(
                path=Path(vertices, codes),
                arrowstyle="-|>" if head else "-",
                mutation_scale=8,
                linewidth=0.9,
                color=_LINE,
                shrinkA=0,
                shrinkB=0,
                zorder=1,
                capstyle="butt",
            )
        )

    def _draw_branches(self, branches: Branches, before: Block | Branches | None, x: float, y: float) -> float:
        plan = self._plan
        sizes = [plan.size_of(column) if column else _Size(0.15, 0.15, 0.0) for column in branches.columns]
        offsets = plan.offsets_of(sizes)
        top = y + (_FORK + _GAP if before is not None else 0)
        end = top + max(size.height for size in sizes)
        for column, offset in zip(branches.columns, offsets, strict=True):
            if before is not None:
                self.arrow([(x, y), (x, y + _FORK), (x + offset, y + _FORK), (x + offset, top)], head=bool(column))
            bottom = self.draw_series(column, x + offset, top) if column else top
            self.arrow([(x + offset, bottom), (x + offset, end)], head=False)
        if before is not None:
            self.shape_beside(x, y + _FORK / 2, before)
        return end

    def _join(self, branches: Branches, x: float, y: float, width: float) -> float:
        """Lines from the ends of branches to the block that joins them; returns where that begins."""
        plan = self._plan
        sizes = [plan.size_of(column) if column else _Size(0.15, 0.15, 0.0) for column in branches.columns]
        offsets = plan.offsets_of(sizes)
        end = y + _GAP + _FORK
        count = len(offsets)
        for number, (column, offset) in enumerate(zip(branches.columns, offsets, strict=True), start=1):
            target = x - width / 2 + width * number / (count + 1)
            self.arrow([(x + offset, y), (x + offset, y + _GAP), (target, y + _GAP), (target, end)])
            if column:
                self.shape_beside(x + offset, y + _GAP / 2, column[-1])
        return end

    def _draw_block(self, block: Block, x: float, y: float, width: float, *, above: bool) -> float:
        plan = self._plan
        top, places = y, []
        for number, line in enumerate(block.lines):
            height = _height_of(line)
            if number and plan.spread:
                self.arrow([(x, y), (x, y + _GAP)])
                shape = _shape_text(block.lines[number - 1][-1].shapes[-1])
                self._text(x + 0.08, y + _GAP / 2, shape, _SMALL, ha="left", color=_QUIET)
                y += _GAP
            cell = (width - _CELL_GAP * (len(line) - 1)) / len(line)
            for place, box in enumerate(line):
                self._draw_box(box, x - width / 2 + place * (cell + _CELL_GAP), y, cell, height)
            if plan.spread:
                self._draw_side(plan.side_lines(line), x + width / 2 + _SIDE_GAP, y + height / 2)
            places.append((y, y + height))
            y += height
        if not plan.spread:
            self._draw_side(side_of(block), x + width / 2 + _SIDE_GAP, (top + y) / 2)
        if block.shortcut is not None:
            start = top - (0.55 * _GAP if above else 0)
            self._draw_shortcut(block, x, width, start, sum(places[block.joins]) / 2)
        return y

    def _draw_shortcut(self, block: Block, x: float, width: float, start: float, end: float) -> None:
        inner = self._plan.shortcut_width(block)
        beside = x - width / 2 - (0.2 + inner / 2 if inner else 0.22)
        self.arrow([(x, start), (beside, start), (beside, end), (x - width / 2, end)])
        along = self._plan.shortcut_of(block)
        heights = [_height_of([box]) for box in along]
        gap = 0.2 if self._plan.spread else 0.0
        y = (start + end - sum(heights) - gap * (len(heights) - 1)) / 2
        for box, height in zip(along, heights, strict=True):
            self._draw_box(box, beside - inner / 2, y, inner, height)
            y += height + gap

    def _draw_box(self, box: Box, x: float, y: float, width: float, height: float) -> None:
        place = {"xy": (x, y + 0.01), "width": width, "height": height - 0.02, "zorder": 2}
        form = {"boxstyle": "round,pad=0,rounding_size=0.05"}
        self._axes.add_patch(
            FancyBboxPatch(**place, **form, facecolor=_COLOURS[box.kind], edgecolor=_LINE, linewidth=0.8)
        )
        if box.fixed:
            self._axes.add_patch(FancyBboxPatch(**place, **form, **_HATCHED))
        middle = y + height / 2
        shift = 0.085 if box.detail else 0.0
        self._text(x + width / 2, middle - shift, _main_text(box), _MAIN, ha="center")
        if box.detail:
            self._text(x + width / 2, middle + 0.105, box.detail, _SMALL, ha="center", color="#303030")

    def _draw_side(self, lines: Sequence[str], x: float, middle: float) -> None:
        first = middle - _TEXT_LINE * (len(lines) - 1) / 2
        for number, text in enumerate(lines):
            weight = "bold" if text.startswith("× ") else "normal"
            self._text(x, first + _TEXT_LINE * number, text, _SIDE, ha="left", color=_QUIET, weight=weight)

    def _text(self, x: float, y: float, text: str, points: float, **looks) -> None:
        self._axes.text(x, y, text, fontsize=points, va="center", zorder=3, **looks)


def _towards(corner: tuple[float, float], point: tuple[float, float]) -> tuple[float, float]:
    """The place a little before a corner, on the line from a point to it."""
    (x, y), (to_x, to_y) = corner, point
    distance = max(abs(to_x - x) + abs(to_y - y), 1e-9)
    share = min(_BEND, distance / 2) / distance
    return x + (to_x - x) * share, y + (to_y - y) * share
