"""Short names of rows for the command line, and how the rows that a command names are found."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from common.core.errors import SpecError
from common.core.nearest import did_you_mean, nearest_names

_PART = r"[a-z0-9]+(?:\.[0-9][a-z0-9]*)*"
# Lower-case letters and digits, with hyphens between them and points within numbers: a shell takes none of it for
# something else, and commas stay free for lists of names.
NAME_PATTERN = rf"{_PART}(?:-{_PART})*"


class NamedRow(Protocol):
    """What is read of a row, see `common.paper.tables.Row`."""

    label: str
    name: str


# Of rows in an error message; of more it says where they are listed.
_MOST_LISTED = 6

R = TypeVar("R", bound=NamedRow)


def derived_name(label: str) -> str:
    """The name of a row whose paper gives none: its label in lower case, with hyphens between words and numbers.

    Args:
        label: of the row, e.g. `SoundFusion-1` or `sum, 0.01`, which give `soundfusion-1` and `sum-0.01`.

    Raises:
        ValueError: the label has neither letters from a to z nor digits.
    """
    parts = re.findall(_PART, label.lower())
    if not parts:
        raise ValueError(f"no name can be made of the row label {label!r}; give the row a name of its own")
    return "-".join(parts)


def rows_named(
    texts: Iterable[str], tables: Mapping[str, Sequence[R]], *, paper: str = "", of_some: bool = False
) -> dict[str, list[R]]:
    """The rows that a command names.

    Args:
        texts: each the label of a row, its name in any case, or several names with commas between them.
        tables: id of each table that is searched -> its rows.
        paper: its key, for a command that lists its rows.
        of_some: whether the tables were asked for, so that others may have the row.

    Returns:
        The same tables with the named rows, in the order of the table.

    Raises:
        SpecError: there is no such row; the message names the one that is most alike, and the rows or the command that
            lists them.
    """
    every = [row for rows in tables.values() for row in rows]
    names, labels = {row.name for row in every}, {row.label for row in every}
    wanted_names: set[str] = set()
    wanted_labels: set[str] = set()
    for text in texts:
        parts = [part.strip().lower() for part in text.split(",")]
        if text in labels:
            wanted_labels.add(text)
        elif names.issuperset(parts):
            wanted_names.update(parts)
        else:
            # Of a list that holds names, only what is none.
            others = [part for part in parts if part and part not in names]
            unknown = ", ".join(others) if 0 < len(others) < len(parts) else text
            raise SpecError(_unknown(unknown, tables, paper, of_some=of_some))
    return {
        table: [row for row in rows if row.label in wanted_labels or row.name in wanted_names]
        for table, rows in tables.items()
    }


def listed_rows(rows: Iterable[NamedRow]) -> str:
    """Names of rows side by side, each with its label in brackets where that is not the name in other letters."""
    return ", ".join(name_and_label(row) for row in rows)


def name_and_label(row: NamedRow) -> str:
    """Name of a row, with its label in brackets where that is not the name in other letters: `r16 (16)`, `nnet2`."""
    return row.name if row.name == row.label.lower() else f"{row.name} ({row.label})"


def _unknown(text: str, tables: Mapping[str, Sequence[NamedRow]], paper: str, *, of_some: bool) -> str:
    spelled = {known.lower(): row.name for rows in tables.values() for row in rows for known in (row.label, row.name)}
    near = did_you_mean(list(dict.fromkeys(spelled[known] for known in nearest_names(text, spelled))))
    if paper and len({row.name for rows in tables.values() for row in rows}) > _MOST_LISTED:
        listed = f"encore list {paper}"
    else:
        listed = "; ".join(f"table {table}: {listed_rows(rows)}" for table, rows in tables.items() if rows) or "none"
    where = f" in table {' or '.join(tables)}" if of_some else ""
    return f"--row {text}: no such row{where}{near or '.'} Rows: {listed}."
