"""The notes below a short table: at most eight lines, the most important first, and where the others are."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.reports.screen.columns import Column, wrapped
from common.reports.table import Note, NoteKind, Table

MOST_LINES = 8
# A longer note is said in a few words.
_LINES_OF_A_NOTE = 2
# Notes that a reader needs before comparing numbers, the most important first, and the words for each where there is no
# room for sentences. The other kinds say how numbers were made.
_WORDS: dict[NoteKind, str] = {
    "smoke_scale": "smoke scale",
    "synthetic": "synthetic audio",
    "incomplete": "incomplete",
    "excerpts": "excerpts of clips",
    "legacy_metric": "the study's own metric",
    "reduced_features": "reduced features",
    "reduced_network": "reduced network",
    "reduced_windows": "reduced windows",
    "fewer_epochs": "other number of epochs",
    "one_seed": "one seed",
    "one_seed_in_some_rows": "one seed in some rows",
    "other_data": "other data",
    "other_split": "other split",
    "other_classes": "other genres",
    "changed_values": "changed values",
    "bfloat16": "bfloat16",
    "contaminated": "contaminated",
    "diverged": "diverged runs",
    "left_out_clips": "unusable clips skipped",
}


@dataclass(frozen=True)
class Line:
    """One line on the screen.

    Args:
        style: of `rich`; empty for plain text.
    """

    text: str
    style: str = ""


def note_lines(
    table: Table,
    keys: Sequence[str],
    left_out: Sequence[Column],
    width: int,
    *,
    page: Path | None = None,
    said: Collection[Note] = (),
) -> list[Line]:
    """What is said below a short table.

    Args:
        keys: what its columns and marks mean.
        left_out: columns that the width does not hold.
        width: of the screen, in columns.
        page: the Markdown file with all notes; None where the table has none.
        said: notes that were shown, or left out, with a table before it.

    Returns:
        Warnings first, then what marks and columns mean, then what was reduced, and at last where all notes are, if any
        were left out. No more than `MOST_LINES` lines.
    """
    warnings = [note for note in table.warnings if note not in said]
    notes = [note for note in table.notes if note not in said and note.text not in keys]
    flags = [note for note in notes if note.kind in _WORDS]
    # Files of earlier versions state flags without the sentences that belong to them.
    flags += [Note(flag, "") for flag in table.stated_flags if flag in _WORDS]
    flags.sort(key=lambda note: list(_WORDS).index(note.kind))
    end = Line(f"... all notes: {page or '--wide'}")
    lines: list[Line] = []
    for most, number in _choices(len(keys)):
        heads, is_short = _warning_lines(warnings, width, most)
        heads += _key_lines(keys[:number], left_out, width)
        is_whole = not table.stated_flags and len(flags) == len(notes) and not is_short and number == len(keys)
        for sentences in range(len(flags), -1, -1):
            found, all_said = _flag_lines(flags, sentences, width)
            lines = [*heads, *found, *([] if is_whole and all_said else [end])]
            if len(lines) <= MOST_LINES:
                return lines
    # More warnings than lines.
    return [*lines[: MOST_LINES - 1], end]


def _choices(keys: int) -> Iterator[tuple[int, int]]:
    """Lines of a warning and number of keys, in the order in which they are tried."""
    yield _LINES_OF_A_NOTE, keys
    for number in range(keys, -1, -1):
        yield 1, number


def _warning_lines(warnings: Sequence[Note], width: int, most: int) -> tuple[list[Line], bool]:
    """Each warning in at most so many lines, and whether one is shortened."""
    lines, is_short = [], False
    for note in warnings:
        found = wrapped(f"warning: {note.text}", width)
        if len(found) > most:
            is_short, found = True, _cut(f"warning: {note.short or note.text}", width, most)
        lines += [Line(text, "yellow") for text in found]
    return lines, is_short


def _cut(text: str, width: int, most: int) -> list[str]:
    """A text in at most so many lines; the last ends with dots where words are missing."""
    found = wrapped(text, width)
    words = text.split(" ")
    while len(found) > most and len(words) > 1:
        words.pop()
        found = wrapped(f"{' '.join(words).rstrip(',;:| ')} ...", width)
    return found


def _key_lines(keys: Sequence[str], left_out: Sequence[Column], width: int) -> list[Line]:
    return list(map(Line, [*wrapped(" ".join(keys), width), *left_out_lines(left_out, width)]))


def left_out_lines(left_out: Sequence[Column], width: int) -> list[str]:
    """Which columns the width does not hold; nothing where it holds all."""
    if not left_out:
        return []
    heads = ", ".join(column.name for column in left_out)
    return wrapped(f"No room for: {heads}. --wide shows all columns.", width)


def _flag_lines(flags: Sequence[Note], sentences: int, width: int) -> tuple[list[Line], bool]:
    """The first notes as sentences, where these are short enough, and the others in words; and whether all are
    sentences."""
    lines: list[str] = []
    in_words: list[str] = []
    for place, note in enumerate(flags):
        found = wrapped(note.text, width)
        if note.text and place < sentences and len(found) <= _LINES_OF_A_NOTE:
            lines += found
        else:
            in_words.append(_WORDS[note.kind])
    if in_words:
        also = "Also reduced or different" if lines else "Reduced or different"
        lines += wrapped(f"{also}: {', '.join(dict.fromkeys(in_words))}.", width)
    return list(map(Line, lines)), not in_words
