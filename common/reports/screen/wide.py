"""Whole tables for the screen: every column and every note, in blocks of columns where the screen is narrow."""

import re

from common.reports.screen.columns import Column, Placed, wrapped
from common.reports.screen.layout import placed_lines
from common.reports.screen.notes import Line, with_origin
from common.reports.table import Table

# Text is not easy to read in longer lines.
_LONGEST_TEXT = 100
# Text in a cell is wrapped from this width on.
_WIDEST_TEXT = 40
_GAP = 2
# A cell of a column of numbers: a number, several with words between them, or none.
_NUMBERS = re.compile(r"[-+\d(]|not |wide|yes|no\b|$")


def wide_lines(table: Table, width: int | None, *, origin: str = "") -> list[Line]:
    """A table with all of its columns and notes.

    Args:
        width: of the screen, in columns: where the table is wider, it is shown in blocks of columns, each of which
            begins with the names of the rows. None for one table, however wide.
        origin: whose runs these are, said after the title; empty for nothing.
    """
    columns = _columns(table)
    text_width = _LONGEST_TEXT if width is None else min(width, _LONGEST_TEXT)
    lines = [*(Line(line, "bold") for line in wrapped(with_origin(table.title, origin), text_width)), Line("")]
    for block in _blocks(columns, width):
        lines += [*map(Line, placed_lines(block, _GAP)), Line("")]
    lines += [Line(line, "yellow") for note in table.warnings for line in _note(f"warning: {note.text}", text_width)]
    lines += [Line(line) for note in table.notes for line in _note(note.text, text_width)]
    return lines if lines[-1].text else lines[:-1]


def _note(text: str, width: int) -> list[str]:
    return wrapped(text, width, indent="  ")


def _columns(table: Table) -> list[Column]:
    """All columns; short names of rows stand first, where they are not the labels."""
    rows = table.values.get("rows", [])
    columns = [
        Column(head, tuple(line[place] for line in table.rows), is_text=place == 0 or _is_text(table, place))
        for place, head in enumerate(table.header)
    ]
    names = tuple(row.get("name", "") for row in rows)
    if len(rows) == len(table.rows) and all(names) and any(row["name"] != row["label"] for row in rows):
        columns.insert(0, Column("row", names, is_text=True))
    return columns


def _is_text(table: Table, place: int) -> bool:
    return not all(_NUMBERS.match(line[place]) for line in table.rows)


def _blocks(columns: list[Column], width: int | None) -> list[list[Placed]]:
    """The columns in blocks that are no wider than the screen, unless a single column is."""
    first, *others = columns
    names = Placed(first, first.widest if width is None else min(first.widest, max(first.narrowest, width // 3)))
    left = None if width is None else width - names.width - _GAP
    blocks: list[list[Placed]] = [[names]]
    used = 0
    for column in others:
        size = column.widest if left is None else max(min(column.widest, left, _WIDEST_TEXT), column.narrowest)
        if left is not None and len(blocks[-1]) > 1 and used + size > left:
            blocks.append([names])
            used = 0
        blocks[-1].append(Placed(column, size))
        used += size + _GAP
    return blocks
