"""Numbers in a column, aligned at their decimal points."""

import re
from collections.abc import Sequence

_NUMBER = re.compile(r"([+-]?[\d,]+)((?:\.\d+)?(?:e[+-]?\d+)?)")
# What stands between the numbers of a cell, e.g. of a mean and its interval.
_BETWEEN = re.compile(r"( \(| to |\))")


def aligned(cells: Sequence[str]) -> tuple[str, ...]:
    """Cells with blanks so that, right-justified, the decimal points of their numbers stand below each other.

    A cell may hold several numbers, e.g. `60.0 to 79.6`; the first ones are aligned with each other, and so on. Of
    numbers in parentheses, e.g. `69.9 (60.0 to 79.6)`, none is: blanks there look like a gap. Cells that hold anything
    else stay as they are.
    """
    parts = [_parts(cell) for cell in cells]
    kinds = [found[1::2] for found in parts if found]
    longest = max(kinds, key=len, default=[])
    fits = [bool(found) and found[1::2] == longest[: len(found) // 2] for found in parts]
    # Numbers from this place on stand in parentheses.
    end = longest.index(" (") + 1 if " (" in longest else len(longest) + 1
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    for found, is_aligned in zip(parts, fits, strict=True):
        for place, text in enumerate(found[::2][:end] if is_aligned else []):
            whole, rest = _halves(text)
            before[place] = max(before.get(place, 0), len(whole))
            after[place] = max(after.get(place, 0), len(rest))
    texts = [
        "".join(
            text
            if place % 2 or place // 2 >= end
            else _halves(text)[0].rjust(before[place // 2]) + _halves(text)[1].ljust(after[place // 2])
            for place, text in enumerate(found)
        )
        if is_aligned
        else cell
        for cell, found, is_aligned in zip(cells, parts, fits, strict=True)
    ]
    width = max((len(text) for text, is_aligned in zip(texts, fits, strict=True) if is_aligned), default=0)
    return tuple(text.ljust(width) if is_aligned else text for text, is_aligned in zip(texts, fits, strict=True))


def _parts(cell: str) -> list[str]:
    """Numbers and what stands between them, in turn; empty where the cell holds anything else."""
    found = _BETWEEN.split(cell)
    return found if all(_NUMBER.fullmatch(text) for text in found[::2] if text) and found[0] else []


def _halves(number: str) -> tuple[str, str]:
    """What stands before the decimal point, and the rest."""
    match = _NUMBER.fullmatch(number)
    return (match[1], match[2]) if match else ("", "")
