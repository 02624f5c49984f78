"""JSON text from outside as values: with limits, so that no file can occupy a command or end it."""

import json
import math
import re
from typing import Any

# Containers within each other. Nothing that Encore writes has more than eight; functions that follow values down to
# their leaves, such as those for digests, fail at about a thousand.
MOST_LEVELS = 64
# Counts and seeds are 64-bit integers at most. Sums of squares of this float are still finite, and no loss exceeds it:
# those of float32 end at 3.4e38.
LARGEST_INTEGER = 2**63 - 1
LARGEST_FLOAT = 1e100
# Shorter integers are below `LARGEST_INTEGER`.
_LONG_INTEGER = re.compile(r"\d{19}")


def parse_json(text: str) -> Any:
    """The values of a JSON text.

    Raises:
        ValueError: it is not JSON, has too many levels, or holds a number that is not finite or too large.
    """
    # Python's reader takes NaN and infinity, which are not JSON; nothing here writes them.
    parse_integer = _integer if _LONG_INTEGER.search(text) else None
    try:
        values = json.loads(text, parse_constant=_float, parse_float=_float, parse_int=parse_integer)
    except RecursionError as error:
        raise ValueError(_too_deep()) from error
    _require_few_levels(values)
    return values


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{_short(text)} is not a finite number")
    if abs(value) > LARGEST_FLOAT:
        raise ValueError(f"{_short(text)} is larger than {LARGEST_FLOAT:g}")
    return value


def _integer(text: str) -> int:
    # Python converts no more than 4,300 digits, and takes long for many.
    digits = text.lstrip("-")
    if len(digits) > len(str(LARGEST_INTEGER)) or int(digits) > LARGEST_INTEGER:
        raise ValueError(f"{_short(text)} is larger than {LARGEST_INTEGER}, the largest integer of 64 bits")
    return int(text)


def _short(number: str) -> str:
    return number if len(number) <= 24 else f"{number[:8]}... of {len(number):,} characters"


def _require_few_levels(values: Any) -> None:
    level, levels = [values], 0
    while level := [one for one in level if isinstance(one, dict | list)]:
        levels += 1
        if levels > MOST_LEVELS:
            raise ValueError(_too_deep())
        level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)]


def _too_deep() -> str:
    return f"more than {MOST_LEVELS} lists and objects within each other"
