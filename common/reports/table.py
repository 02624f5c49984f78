"""A table of a report: its values, its cells as text, and typed notes on what its numbers mean.

Notes are sentences for readers. Code never reads their wording: what pages, figures and tests need to know about a
table follows from the kinds of its notes.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, get_args

# What keeps a table from being the paper's experiment on the paper's data, in the order of the list of tables.
Flag = Literal[
    "smoke_scale",
    "reduced_features",
    "reduced_network",
    "reduced_windows",
    "fewer_epochs",
    "bfloat16",
    "changed_values",
    "excerpts",
    "legacy_metric",
    "other_classes",
    "other_data",
    "incomplete",
    "synthetic",
    "contaminated",
    "diverged",
    "one_seed",
    "one_seed_in_some_rows",
]
NoteKind = Literal[
    Flag,
    "data",
    "protocol",
    "training",
    "precision",
    "trained_weights",
    "runs",
    "spread",
    "variance",
    "machines",
    "versions",
    "left_out_clips",
    "same_experiment",
    "paper",
    "intervals",
    "method",
    "splits",
    "other_split",
    "search",
    "layers",
    "other_clips",
    "missing_genres",
    "above_ceiling",
    "clipped_loss",
    "committed",
    "unverified",
]
_OF_NOTES = ("caption", "caption_kinds", "caption_short", "warnings", "warning_kinds", "warnings_short", "flags")
FLAGS: tuple[Flag, ...] = get_args(Flag)
# Head of the column with the names of rows that `--row` takes.
ROW_NAME = "Row"


@dataclass(frozen=True)
class Note:
    """One sentence, or a few, on a table's numbers.

    Args:
        kind: what it is about.
        text: what readers see.
        short: the same for the screen, as a whole sentence of at most two lines of 80 characters; empty where the text
            is short enough.
    """

    kind: NoteKind
    text: str
    short: str = ""


@dataclass(frozen=True)
class Table:
    """One table, ready to be written in any form.

    Args:
        values: JSON values, percentages in percent; without captions and warnings.
        header: column names.
        rows: cells as text, a row for each line of the table.
        notes: the caption below the table.
        warnings: notes above the table.
        stated_flags: flags of a file that an earlier version wrote, which does not tell the kinds of its notes.
    """

    values: dict[str, Any]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()
    stated_flags: tuple[Flag, ...] = ()

    @classmethod
    def from_json(cls, values: dict[str, Any], header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Self:
        """A table from what its `.json` file holds, see `as_json`. Notes of files that do not state their kinds are
        taken for the paper's, and their flags are kept as they are stated; older files have no short forms of notes.

        Args:
            header, rows: its cells as text.
        """
        own = {name: value for name, value in values.items() if name not in _OF_NOTES}

        def notes(texts: str, kinds: str, shorts: str) -> tuple[Note, ...]:
            of_texts = values.get(kinds) or ["paper"] * len(values[texts])
            of_shorts = values.get(shorts) or [""] * len(values[texts])
            return tuple(itertools.starmap(Note, zip(of_texts, values[texts], of_shorts, strict=True)))

        of_table = (
            notes("caption", "caption_kinds", "caption_short"),
            notes("warnings", "warning_kinds", "warnings_short"),
        )
        kinds = {note.kind for note in (*of_table[0], *of_table[1])}
        stated = tuple(flag for flag in FLAGS if flag in values["flags"] and flag not in kinds)
        return cls(own, header, rows, *of_table, stated)

    @property
    def id(self) -> str:
        return self.values["table"]

    @property
    def title(self) -> str:
        """Heading of the table."""
        return f"{self.values['paper']}, Table {self.id}: {self.values['title']}"

    @property
    def flags(self) -> list[Flag]:
        """The flags among the kinds of its notes and warnings, and those that its file states, each once."""
        kinds = {*self.stated_flags, *(note.kind for note in (*self.notes, *self.warnings))}
        return [flag for flag in FLAGS if flag in kinds]

    def as_json(self) -> dict[str, Any]:
        """What its `.json` file holds."""
        return self.values | {
            "caption": [note.text for note in self.notes],
            "warnings": [note.text for note in self.warnings],
            "flags": self.flags,
            "caption_kinds": [note.kind for note in self.notes],
            "warning_kinds": [note.kind for note in self.warnings],
            "caption_short": [note.short for note in self.notes],
            "warnings_short": [note.short for note in self.warnings],
        }

    def with_notes_of(self, whole: "Table", *, without: Sequence[NoteKind] = ()) -> "Table":
        """The same table with the notes of the table that it belongs to after its own, and that table's warnings.

        Args:
            without: kinds of notes that do not apply to this table.
        """
        shared = tuple(note for note in whole.notes if note.kind not in without)
        return replace(self, notes=self.notes + shared, warnings=whole.warnings)


def as_yours(header: Sequence[str]) -> tuple[str, ...]:
    """A header in which the measured numbers are called the reader's: `Your`, where files that come with Encore have
    `Our`."""
    return tuple(head.replace("Our", "Your", 1) if head.startswith(("Our ", "Ours ")) else head for head in header)


def named_cells(
    header: Sequence[str], lines: Sequence[Sequence[str]], rows: Sequence[dict[str, Any]]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text, after a column with the names of the rows where these are not the labels in other
    letters: notes call rows by their names.

    Args:
        header, lines: that begin with the label.
        rows: as JSON values; those of earlier versions have no names.
    """
    names = [row.get("name", "") for row in rows]
    if not all(names) or all(row["name"] == row["label"].lower() for row in rows):
        return tuple(header), cells(lines)
    return (ROW_NAME, *header), cells([[name, *line] for name, line in zip(names, lines, strict=True)])


def cells(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Rows of text in the form that a `Table` holds."""
    return tuple(tuple(row) for row in rows)
