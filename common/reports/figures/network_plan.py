"""Sizes of the parts of a network's picture: texts, boxes, blocks and branches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from common.core.words import counted
from common.reports.networks.boxes import Block, Box, Branches, Kind, Series, Shape

# Sizes of texts in points, all others in inches.
MAIN, SMALL, SIDE = 8.5, 7.0, 7.0
GAP, FORK, SIDE_GAP, SHAPE_GAP, CELL_GAP, SHORTCUT_GAP = 0.40, 0.30, 0.10, 0.08, 0.05, 0.20
_LOW, _HIGH, _PAD, _LEAST_BOX, _COLUMN_GAP, _LINE_ALONE, _LINE_WIDTH = 0.28, 0.43, 0.14, 1.7, 0.35, 0.15, 0.05
_POINTS = 72


@lru_cache(maxsize=4096)
def width_of(text: str, points: float, weight: str = "normal") -> float:
    """Width of a text in inches."""
    if not text.strip():
        return 0.0
    properties = FontProperties(family="DejaVu Sans", weight=weight)
    return float(TextPath((0, 0), text, size=points, prop=properties).get_extents().width) / _POINTS


def shape_text(shape: Shape) -> str:
    """`125 × 256`."""
    return " × ".join("any" if size is None else f"{size:,}" for size in shape)


def shapes_text(shapes: Sequence[Shape]) -> str:
    """A shape, or the first and the last of several."""
    first, last = shape_text(shapes[0]), shape_text(shapes[-1])
    return last if first == last else f"{first} to {last}"


def main_text(box: Box) -> str:
    """First line of a box."""
    return f"{box.text}  (× {box.times})" if box.times > 1 else box.text


def height_of_line(line: Sequence[Box]) -> float:
    """Common height of boxes side by side."""
    return _HIGH if any(box.detail for box in line) else _LOW


def _width_of_box(box: Box) -> float:
    return max(width_of(main_text(box), MAIN), width_of(box.detail, SMALL)) + 2 * _PAD


def _parameters_text(parameters: int, fixed: int, behind: str = "") -> str:
    """Empty where there are none.

    Args:
        behind: words behind each number.
    """
    parts = [f"{counted(parameters, 'parameters')}{behind}"] if parameters else []
    parts += [f"{counted(fixed, 'parameters')}{behind}, not trained"] if fixed else []
    return "; ".join(parts)


def _with_parameters(box: Box) -> Box:
    detail = ", ".join(filter(None, [box.detail, _parameters_text(box.parameters, box.fixed)]))
    return replace(box, detail=detail)


def side_of_block(block: Block) -> list[str]:
    """What stands beside a block: how often it follows itself, its name, its parameters."""
    if all(box.kind == Kind.INPUT for box in block.boxes):
        return []
    times = [f"× {block.times}"] if block.times > 1 else []
    fixed = sum(box.fixed for box in block.boxes)
    parameters = _parameters_text(block.parameters, fixed, " in all" if times else "")
    return [*times, block.name, *filter(None, [parameters])]


def side_of_line(line: Sequence[Box]) -> list[str]:
    """What stands beside a box that stands alone: its name, its parameters."""
    if len(line) > 1 or line[0].kind == Kind.INPUT:
        return []
    (box,) = line
    return [box.name, *filter(None, [_parameters_text(box.parameters, box.fixed)])]


@dataclass(frozen=True)
class Size:
    """Extents of a part of the picture in inches.

    Args:
        left, right: from the axis of its boxes.
        height: from the top of its first box to the end of its last one.
    """

    left: float
    right: float
    height: float


@dataclass(frozen=True)
class Plan:
    """Sizes of the parts of a picture.

    Args:
        spread: see `draw_network`.
    """

    spread: bool

    def size_of(self, series: Series) -> Size:
        """Extents of a column; one without blocks is a line."""
        width = self.box_width(series)
        sizes = [
            self._size_of_block(element, width) if isinstance(element, Block) else self._size_of_branches(element)
            for element in series
        ]
        if not sizes:
            return Size(_LINE_ALONE, _LINE_ALONE, 0.0)
        between = sum(self.gap(before, after) for before, after in pairwise(series))
        height = sum(size.height for size in sizes) + between
        return Size(max(size.left for size in sizes), max(size.right for size in sizes), height)

    def box_width(self, series: Series) -> float:
        """Common width of the boxes of a column."""
        lines = [line for block in series if isinstance(block, Block) for line in block.lines]
        widths = (max(map(_width_of_box, line)) * len(line) + CELL_GAP * (len(line) - 1) for line in lines)
        return max(_LEAST_BOX, *widths) if lines else _LEAST_BOX

    def gap(self, before: Block | Branches, after: Block | Branches) -> float:
        """Height of the arrows between two parts."""
        return GAP if isinstance(before, Block) and isinstance(after, Block) else FORK + GAP

    def offsets_of(self, branches: Branches) -> list[float]:
        """Axes of columns, from the middle between the first and the last."""
        places = [0.0]
        for before, size in pairwise(map(self.size_of, branches.columns)):
            places.append(places[-1] + before.right + _COLUMN_GAP + size.left)
        return [place - places[-1] / 2 for place in places]

    def shortcut_of(self, block: Block) -> list[Box]:
        """The boxes on a block's shortcut; those that stand alone with their parameters, for which no room is beside
        them."""
        given = block.shortcut or ()
        return [_with_parameters(box) for box in given] if self.spread else list(given)

    def shortcut_width(self, block: Block) -> float:
        """Width of the boxes on a shortcut, 0 where there are none."""
        return max(map(_width_of_box, self.shortcut_of(block)), default=0.0)

    def _size_of_block(self, block: Block, width: float) -> Size:
        height = sum(map(height_of_line, block.lines)) + (GAP * (len(block.lines) - 1) if self.spread else 0)
        left = width / 2
        if block.shortcut is not None:
            left += SHORTCUT_GAP + self.shortcut_width(block) + _LINE_WIDTH
        shapes = [shapes_text(block.shapes)]
        if self.spread:
            sides = [text for line in block.lines for text in side_of_line(line)]
            shapes += [shape_text(line[-1].shapes[-1]) for line in block.lines]
        else:
            sides = side_of_block(block)
        beside = max((width_of(text, SIDE, "bold") for text in sides), default=0.0)
        right = max(width / 2 + SIDE_GAP + beside, SHAPE_GAP + max(width_of(text, SMALL) for text in shapes))
        return Size(left, right, height)

    def _size_of_branches(self, branches: Branches) -> Size:
        """Extents around the middle between the outer axes."""
        sizes, offsets = [self.size_of(column) for column in branches.columns], self.offsets_of(branches)
        left = max(size.left - offset for size, offset in zip(sizes, offsets, strict=True))
        right = max(size.right + offset for size, offset in zip(sizes, offsets, strict=True))
        return Size(left, right, max(size.height for size in sizes))
