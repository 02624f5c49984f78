"""A short table and its columns, and which of them a width holds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from common.core.words import shortened, wrapped
from common.reports.screen.numbers import aligned

# A column of text is not made narrower than this for the sake of a less important column.
_NARROWEST_TEXT = 16
_NARROWEST_PATH = 24


@dataclass(frozen=True)
class Column:
    """One column of a short table.

    Args:
        head: its name, with the unit; it is shown in one line or two. A line break says where the second begins.
        cells: one for each row.
        priority: 0 for a column that is always shown; the greater, the sooner it is left out.
        is_text: its cells are words, which stand on the left and may continue on a second line, not numbers.
        is_path: its cells are paths, of which the middle is left out where there is no room.
        is_group: a cell that is the same as the one above is left blank.
        least_width: in columns of the screen, so that columns of one kind are equally wide.
        key: what it means, said where it is shown.
        is_spare: another column says the same, so that it is not missed where there is no room for it.
        is_asked: it was asked for, so that the table is shown in several blocks rather than without it.
    """

    head: str
    cells: tuple[str, ...]
    priority: int = 0
    is_text: bool = False
    is_path: bool = False
    is_group: bool = False
    is_spare: bool = False
    is_asked: bool = False
    least_width: int = 0
    key: str = ""

    @property
    def name(self) -> str:
        """Its name in one line."""
        return self.head.replace("\n", " ")

    @property
    def widest(self) -> int:
        """Columns of the screen that its cells take without being wrapped."""
        return max(self._head_width, *map(len, self.lines), self.least_width)

    @property
    def narrowest(self) -> int:
        """The fewest columns of the screen that it can be shown in without breaking a number or a word."""
        if not self.is_text:
            return self.widest
        if self.is_path:
            return max(self._head_width, min(self.widest, _NARROWEST_PATH))
        words = [word for cell in self.cells for word in cell.replace(" %", "\xa0%").split(" ")]
        return max(self._head_width, min(self.widest, max(_NARROWEST_TEXT, *map(len, words), 0)))

    @property
    def lines(self) -> tuple[str, ...]:
        """Its cells, numbers aligned."""
        return self.cells if self.is_text else aligned(self.cells)

    @property
    def _head_width(self) -> int:
        return min(max(map(len, lines)) for lines in _in_two(self.head))

    def head_lines(self, width: int) -> tuple[str, ...]:
        """Its name in one line, or in two where that is wider than the column."""
        if len(self.head) <= width and "\n" not in self.head:
            return (self.head,)
        return min(_in_two(self.head), key=lambda lines: max(map(len, lines)))


def _in_two(text: str) -> list[tuple[str, ...]]:
    """Every way to write a text in one line, or in two without breaking a word."""
    if "\n" in text:
        return [tuple(text.split("\n"))]
    words = text.split(" ")
    return [(" ".join(words[:place]), " ".join(words[place:])) for place in range(1, len(words))] + [(text,)]


@dataclass(frozen=True)
class ShortTable:
    """What of a table is shown on the screen.

    Args:
        title: heading.
        columns: in the order in which they are shown; the first names the rows.
        about: below the title, e.g. data and split.
        keys: sentences on what columns and marks mean.
        needed_keys: how many of the first keys are never left out.
        mark: what the mark at a row means.
        empty: said in place of a table without rows.
        is_matrix: columns are of one kind and narrow; it stays a table below 80 columns where it fits.
    """

    title: str
    columns: tuple[Column, ...]
    about: str = ""
    keys: tuple[str, ...] = ()
    empty: str = "No rows."
    is_matrix: bool = False
    needed_keys: int = 0
    mark: str = ""

    @property
    def gap(self) -> int:
        """Blanks between columns."""
        return 1 if self.is_matrix else 2


@dataclass(frozen=True)
class Placed:
    """A column and the width that it is shown in."""

    column: Column
    width: int

    def cell_lines(self, cell: str) -> list[str]:
        """A cell in as many lines as it needs, each as wide as the column."""
        if not self.column.is_text:
            return [cell.rjust(self.width)]
        if self.column.is_path:
            return [shortened(cell, self.width).ljust(self.width)]
        return [line.ljust(self.width) for line in wrapped(cell, self.width) or [""]]


def blocks_of(table: ShortTable, width: int) -> list[ShortTable]:
    """The table in as many blocks below each other as the columns that were asked for need; each begins with what names
    its rows.

    Args:
        width: of the screen.
    """
    asked = [column for column in table.columns if column.is_asked]
    first = [column for column in table.columns if not column.is_asked and column.priority <= 1]
    names = [column for column in first if column.priority == 0]
    if _total([*first, *asked], table.gap) <= width:
        return [table]
    blocks: list[list[Column]] = [first]
    for column in asked:
        has_asked = any(one.is_asked for one in blocks[-1])
        if has_asked and _total([*blocks[-1], column], table.gap) > width:
            blocks.append([*names])
        blocks[-1].append(column)
    if len(blocks) == 1:
        return [table]
    return [replace(table, columns=tuple(block)) for block in blocks]


def place_columns(table: ShortTable, width: int) -> tuple[list[Placed], list[Column]]:
    """The columns that fit, in their order, and those that do not.

    The less important a column, the sooner it is left out; none is cut. A column of blank cells says nothing, so it is
    not shown where it is not always shown.

    Args:
        width: of the screen.

    Returns:
        What is shown, and what is left out. Nothing is shown where even the columns of priority 0 do not fit.
    """
    columns = [column for column in table.columns if column.priority == 0 or any(column.cells)]
    shown = [place for place, column in enumerate(columns) if column.priority == 0]
    if _total([columns[place] for place in shown], table.gap) > width:
        return [], []
    for place in sorted(range(len(columns)), key=lambda place: columns[place].priority):
        if place not in shown and _total([columns[one] for one in (*shown, place)], table.gap) <= width:
            shown.append(place)
    in_order = [columns[place] for place in sorted(shown)]
    left_out = [column for place, column in enumerate(columns) if place not in shown]
    widths = [column.widest for column in in_order]
    while sum(widths) + table.gap * (len(widths) - 1) > width:
        # The widest column that can be narrower.
        place = max(
            (place for place, column in enumerate(in_order) if widths[place] > column.narrowest), key=widths.__getitem__
        )
        widths[place] -= 1
    return [Placed(column, size) for column, size in zip(in_order, widths, strict=True)], left_out


def _total(columns: Sequence[Column], gap: int) -> int:
    """Width of a table of these columns, each as narrow as it can be."""
    return sum(column.narrowest for column in columns) + gap * (len(columns) - 1)
