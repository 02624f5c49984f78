"""Whole tables for the screen: every column and every note, in blocks of columns where the screen is narrow."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from common.reports.screen.columns import Column, Placed, wrapped
from common.reports.screen.layout import placed_lines
from common.reports.screen.notes import Line, with_origin
from common.reports.screen.results import about_data, mark_of, settings_on_screen
from common.reports.table import ROW_NAME, Note, Table, as_yours

# Text is not easy to read in longer lines.
_LONGEST_TEXT = 100
# Text in a cell is wrapped from this width on.
_WIDEST_TEXT = 40
_GAP = 2
# A cell of a column of numbers: a number, several with words between them, or none.
_NUMBERS = re.compile(r"[-+\d(]|not |wide|yes|no\b|$")
# How heads of columns begin that belong to the number before them.
_OF_NUMBER = re.compile(
    r"95 % interval|interval, |Encore's, 95 % interval|Published inside|(Our|Your)s - |Gap to |p \(Holm"
)


def wide_lines(
    table: Table, width: int | None, *, said: Collection[Note] = (), is_own: bool = False, origin: str = ""
) -> list[Line]:
    """A table with all of its columns and notes.

    Args:
        width: of the screen, in columns: where the table is wider, it is shown in blocks of columns, each of which
            begins with the names of the rows. None for one table, however wide.
        said: notes that were shown with a table before it.
        is_own: whether the runs are the user's own, not those that come with Encore.
        origin: whose runs these are, said after the title; empty for nothing.
    """
    columns = _columns(table, is_own)
    # What the columns of several settings are is in no note.
    settings = settings_on_screen(table) if table.values.get("kind") == "settings" else None
    about = settings.about if settings else about_data(table.values)
    mark = mark_of(table.values)
    text_width = _LONGEST_TEXT if width is None else min(width, _LONGEST_TEXT)
    lines = [Line(line, "bold") for line in wrapped(with_origin(table.title, origin), text_width)]
    lines += [*(Line(line) for line in wrapped(about, text_width)), Line("")]
    for block in _blocks(columns, width):
        lines += [*map(Line, placed_lines(block, _GAP)), Line("")]
    lines += [Line(mark)] if mark else []
    warnings = [f"warning: {note.text}" for note in table.warnings if note not in said]
    lines += [Line(line, "yellow") for text in warnings for line in _note(text, text_width)]
    lines += [Line(line) for key in (settings.keys if settings else ()) for line in _note(key, text_width)]
    lines += [Line(line) for note in table.notes if note not in said for line in _note(note.text, text_width)]
    return lines if lines[-1].text else lines[:-1]


def _note(text: str, width: int) -> list[str]:
    return wrapped(text, width, indent="  ")


def _columns(table: Table, is_own: bool) -> list[Column]:
    """All columns; names of rows stand first, where they are not the labels."""
    rows = table.values.get("rows", [])
    names = tuple(row.get("name", "") for row in rows)
    # Layers are built as declared, whoever asks for them.
    is_own = is_own and "compared_with" in table.values
    header, lines = table.header, table.rows
    if len(header) > 1 and header[0] == ROW_NAME and names == tuple(line[0] for line in lines):
        header, lines = header[1:], tuple(line[1:] for line in lines)
    columns = [
        Column(
            head,
            tuple(line[place] for line in lines),
            is_text=place == 0 or _is_text(lines, place),
        )
        for place, head in enumerate(as_yours(header) if is_own else header)
    ]
    # Tables that were cut to some of their lines, and those without rows of the paper, have no name for each.
    if len(rows) == len(lines) and all(names) and any(row["name"] != row["label"].lower() for row in rows):
        columns.insert(0, Column("row", names, is_text=True))
    if len(rows) == len(lines) and (best := table.values.get("recommended")):
        first = columns[0]
        marked = tuple(
            f"{cell}\N{NO-BREAK SPACE}*" if row["label"] == best else cell
            for cell, row in zip(first.cells, rows, strict=True)
        )
        columns[0] = replace(first, cells=marked)
    return columns


def _is_text(lines: Sequence[Sequence[str]], place: int) -> bool:
    return not all(_NUMBERS.match(line[place]) for line in lines)


def _blocks(columns: list[Column], width: int | None) -> list[list[Placed]]:
    """The columns in blocks that are no wider than the screen, unless a single column is. What belongs to a number
    stands in the same block, e.g. its interval; where this has no room for all of it, the number is shown again."""
    first, *others = columns
    names = Placed(first, first.widest if width is None else min(first.widest, max(first.narrowest, width // 3)))
    if width is None:
        return [[names, *(Placed(column, column.widest) for column in others)]]
    left = width - names.width - _GAP
    blocks: list[list[Placed]] = [[names]]
    for group in _groups(others):
        placed = [Placed(column, max(min(column.widest, left, _WIDEST_TEXT), column.narrowest)) for column in group]
        if _total(blocks[-1][1:] + placed) > left and len(blocks[-1]) > 1:
            blocks.append([names])
        for one in placed:
            if _total([*blocks[-1][1:], one]) > left and len(blocks[-1]) > 1:
                blocks.append([names])
                if _total([placed[0], one]) <= left:
                    blocks[-1].append(placed[0])
            blocks[-1].append(one)
    return blocks


def _groups(columns: list[Column]) -> list[list[Column]]:
    """Each column with those behind it that belong to it."""
    groups: list[list[Column]] = []
    for column in columns:
        if groups and _OF_NUMBER.match(column.head):
            groups[-1].append(column)
        else:
            groups.append([column])
    return groups


def _total(placed: list[Placed]) -> int:
    return sum(one.width for one in placed) + _GAP * (len(placed) - 1)
