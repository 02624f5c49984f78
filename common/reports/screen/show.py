"""A table as lines for the screen: title, data, rows, and what has to be known of them."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from common.reports.screen.breakdowns import confusion_on_screen, genres_on_screen, pairs_on_screen, rounds_on_screen
from common.reports.screen.columns import Column, ShortTable, wrapped
from common.reports.screen.declared_values import values_on_screen
from common.reports.screen.layout import table_lines
from common.reports.screen.leakage import audit_on_screen, duplicates_on_screen
from common.reports.screen.notes import Line, left_out_lines, note_lines, with_origin
from common.reports.screen.results import layers_on_screen, results_on_screen, settings_on_screen
from common.reports.screen.trials import search_on_screen
from common.reports.table import Note, Table

# Text is not easy to read in longer lines.
_LONGEST_TEXT = 100
_OF_KIND: dict[str, Callable[[Table], ShortTable]] = {
    "round": rounds_on_screen,
    "fold": rounds_on_screen,
    "genres": genres_on_screen,
    "pairs": pairs_on_screen,
    "confusion": confusion_on_screen,
    "audit": audit_on_screen,
    "duplicates": duplicates_on_screen,
    "search": search_on_screen,
    "settings": settings_on_screen,
    "values": values_on_screen,
}


def short_table(table: Table, *, is_own: bool = False) -> ShortTable:
    """The columns of a table that the screen shows, and what they mean.

    Args:
        is_own: whether the runs are the user's own, not those that come with Encore.
    """
    kind = table.values.get("kind")
    if kind is None:
        # Both kinds of published tables.
        return results_on_screen(table, is_own=is_own) if "compared_with" in table.values else layers_on_screen(table)
    return _OF_KIND[kind](table)


def screen_lines(
    table: Table,
    width: int,
    *,
    page: Path | None = None,
    said: Collection[Note] = (),
    is_own: bool = False,
    origin: str = "",
) -> list[Line]:
    """A table as lines for the screen.

    Args:
        width: of the screen, in columns.
        page: its Markdown file; None where it has none.
        said: notes that were shown with a table before it.
        is_own: whether the runs are the user's own.
        origin: whose runs these are, said after the title; empty for nothing.
    """
    short, text_width = short_table(table, is_own=is_own), min(width, _LONGEST_TEXT)
    rows, left_out = table_lines(short, width)
    keys = [*short.keys, *dict.fromkeys(column.key for column in short.columns if column not in left_out)]
    notes = note_lines(
        table,
        list(filter(None, keys)),
        left_out,
        text_width,
        mark=short.mark,
        needed_keys=short.needed_keys,
        page=page,
        said=said,
    )
    return [
        *(Line(line, "bold") for line in wrapped(with_origin(short.title, origin), text_width)),
        *(Line(line) for line in wrapped(short.about, text_width)),
        Line(""),
        *map(Line, rows),
        *([Line(""), *notes] if notes else []),
    ]


def text_lines(text: str, width: int, *, indent: int = 0) -> list[Line]:
    """A text in lines that are easy to read.

    Args:
        width: of the screen, in columns.
        indent: blanks before each line.
    """
    blanks = " " * indent
    return [Line(f"{blanks}{line}") for line in wrapped(text, min(width, _LONGEST_TEXT) - indent)]


def plain_lines(title: str, columns: Sequence[Column], width: int, notes: Sequence[str] = ()) -> list[Line]:
    """Lines of a table that is none of results, e.g. of a listing.

    Args:
        width: of the screen, in columns.
        notes: sentences below it.
    """
    rows, left_out = table_lines(ShortTable(title, tuple(columns)), width)
    lines = [*(Line(line, "bold") for line in wrapped(title, width)), *map(Line, rows)]
    below = [
        *map(Line, left_out_lines(left_out, width)),
        *(line for note in notes for line in text_lines(note, width)),
    ]
    return [*lines, Line(""), *below] if below else lines
