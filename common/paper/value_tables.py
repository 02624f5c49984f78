"""Tables of values that a paper states, beside the values that its experiments and searches have here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# What a cell holds; several values stand beside each other, and None stands for one that is not stated or not there.
Value = str | int | float | tuple[str | int | float, ...] | None


@dataclass(frozen=True)
class ValueRow:
    """One value, e.g. a sampling rate.

    Args:
        label: unique within the table, as the paper calls it.
        published: as the paper states it.
        ours: what it is here, one for each column of the table; read from what the paper's folder declares, so that it
            is what the networks are trained with.
        where: where the paper states it, and what there is to say of ours.
    """

    label: str
    published: Value
    ours: tuple[Value, ...]
    where: str


@dataclass(frozen=True)
class ValueTable:
    """A published table, list or slide of values. It needs neither data nor training.

    Args:
        id: as for tables of results; `--table` takes it.
        row_header: what the row labels are.
        rows: makes the rows; called with the paper where the table is asked for.
        columns: what each of our values is of, e.g. a network; one by default, and none where only another command
            counts them.
        notes: what a reader of the values has to know.
    """

    id: str
    title: str
    row_header: str
    rows: Callable[[Any], tuple[ValueRow, ...]]
    columns: tuple[str, ...] = ("ours",)
    notes: tuple[str, ...] = ()
