"""Ids of elements of the page, which are also in its address, and texts as the page shows them."""

import re
from collections.abc import Iterable

from common.core.words import printable

_LONGEST = 80


class Ids:
    """Gives ids that are there once, made of names of any text."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, *names: str) -> str:
        """An id of letters, digits, `.`, `_` and `-`, made of names; with a number at its end where another element has
        it already."""
        words = "-".join(re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-")[:_LONGEST] for name in names)
        # An id that begins with a digit is awkward in style sheets.
        plain = found = words if words[:1].isalpha() else f"x-{words}"
        number = 2
        while found in self._taken:
            found = f"{plain}-{number}"
            number += 1
        self._taken.add(found)
        return found


def shown(text: str) -> str:
    """A text from a record or a table as the page shows it, on one line: characters that cannot be seen, or that change
    the order of others, as escapes."""
    return printable(" ".join(text.splitlines())).strip()


def all_shown(texts: Iterable[str]) -> tuple[str, ...]:
    """Several texts, each as of `shown`."""
    return tuple(map(shown, texts))
