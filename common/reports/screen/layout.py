"""Lines of a short table: a table where the screen is wide enough, otherwise one value a line."""

from common.reports.screen.columns import Column, Placed, ShortTable, blocks_of, place_columns, wrapped

# Below this width in columns, one value is shown a line.
NARROWEST_TABLE = 80


def table_lines(table: ShortTable, width: int) -> tuple[list[str], list[Column]]:
    """The rows of a table below their header, without title and notes.

    Args:
        width: of the screen, in columns.

    Returns:
        The lines, none longer than the width unless a single word is, and the columns that were left out.
    """
    if not table.columns or not table.columns[0].cells:
        return wrapped(table.empty, width), []
    lines: list[str] = []
    left_out: list[Column] = []
    for block in blocks_of(table, width):
        placed, without_room = place_columns(block, width)
        is_narrow = width < NARROWEST_TABLE and not (table.is_matrix and placed)
        if is_narrow or not placed:
            return _value_lines(table, width), []
        lines += [*([""] if lines else []), *placed_lines(placed, table.gap)]
        left_out += without_room
    return lines, left_out


def placed_lines(placed: list[Placed], gap: int) -> list[str]:
    """Names, rule and cells of columns beside each other.

    Args:
        gap: blanks between columns.
    """
    return [*_head(placed, gap), *_rows(placed, gap)]


def _head(placed: list[Placed], gap: int) -> list[str]:
    """Names of the columns, on one line or two, and a rule."""
    heads = [one.column.head_lines(one.width) for one in placed]
    height = max(map(len, heads))
    lines = []
    for place in range(height):
        # Names of one line stand next to the rows.
        texts = [head[place - height + len(head)] if place - height + len(head) >= 0 else "" for head in heads]
        lines.append(_joined([_justified(one, text) for one, text in zip(placed, texts, strict=True)], gap))
    return [*lines, _joined(["-" * one.width for one in placed], gap)]


def _rows(placed: list[Placed], gap: int) -> list[str]:
    lines = []
    columns = [one.column.lines for one in placed]
    for row in range(len(columns[0])):
        cells = []
        for one, texts in zip(placed, columns, strict=True):
            is_repeated = one.column.is_group and row > 0 and texts[row] == texts[row - 1]
            cells.append(one.cell_lines("" if is_repeated else texts[row]))
        height = max(map(len, cells))
        for place in range(height):
            texts = [
                cell[place] if place < len(cell) else " " * one.width for cell, one in zip(cells, placed, strict=True)
            ]
            lines.append(_joined(texts, gap))
    return lines


def _justified(one: Placed, text: str) -> str:
    return text.ljust(one.width) if one.column.is_text else text.rjust(one.width)


def _joined(texts: list[str], gap: int) -> str:
    return (" " * gap).join(texts).rstrip()


def _value_lines(table: ShortTable, width: int) -> list[str]:
    """One value a line; values of a row are indented below what names it. Empty values are left out."""
    first, *others = table.columns
    lines = []
    for row, name in enumerate(first.cells):
        lines += wrapped(f"{first.name}: {name}", width, indent="    ")
        for column in others:
            if column.cells[row]:
                # A number stays with its interval.
                cell = column.cells[row] if column.is_text else column.cells[row].replace(" ", "\xa0")
                text = wrapped(f"{column.name}: {cell}", width - 2, indent="    ")
                lines += [f"  {line}" for line in text]
    return lines
