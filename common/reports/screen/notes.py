"""The notes below a short table: at most eight lines, unless there are many warnings, the most important first, and
where the others are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from common.core.shell import shell_word
from common.reports.screen.columns import Column, wrapped
from common.reports.screen.results import PUBLISHED_ON
from common.reports.table import Note, NoteKind, Table
from common.reports.text.flag_words import FLAG_WORDS, in_words

MOST_LINES = 8
# A longer note is said in a shorter form.
_LINES_OF_A_NOTE = 2
# Said as sentences, after the warnings, whatever else there is.
_FIRST: tuple[NoteKind, ...] = ("unverified", "smoke_scale")
# Their sentences begin with the data.
_OF_DATA: tuple[NoteKind, ...] = ("synthetic", "excerpts")
# Words for warnings.
_WORDS_OF_WARNINGS: dict[NoteKind, str] = {
    "contaminated": "CONTAMINATED",
    "diverged": "DIVERGED",
    "clipped_loss": "CLIPPED LOSS",
    "missing_genres": "genres without a test clip",
    "other_clips": "other test clips in some rows",
    "above_ceiling": "clip accuracy too high to be real",
    "unverified": "UNVERIFIED published numbers",
    "smoke_scale": "SMOKE SCALE",
}


@dataclass(frozen=True)
class Line:
    """One line on the screen.

    Args:
        style: of `rich`; empty for plain text.
    """

    text: str
    style: str = ""


def with_origin(title: str, origin: str) -> str:
    """A title that says whose runs a table is of."""
    return f"{title} ({origin})" if origin else title


def note_lines(
    table: Table,
    keys: Sequence[str],
    left_out: Sequence[Column],
    width: int,
    *,
    mark: str = "",
    needed_keys: int = 0,
    page: Path | None = None,
    said: Collection[Note] = (),
) -> list[Line]:
    """What is said below a short table.

    Args:
        keys: what its columns and marks mean.
        left_out: columns that the width does not hold.
        width: of the screen, in columns.
        mark: what the mark at a row means, on a line of its own; empty for nothing.
        needed_keys: how many of the first keys are said whatever else there is.
        page: the Markdown file with all notes; None where the table has none.
        said: notes that were shown, or left out, with a table before it.

    Returns:
        What a mark means, then warnings, then what columns mean, then what was reduced, and at last where all notes
        are, if any were left out or shortened. Only whole sentences, and no more than `MOST_LINES` lines, unless what
        is never left out takes more.
    """
    notes = [note for note in table.notes if note not in said and note.text not in keys]
    first = sorted((note for note in notes if note.kind in _FIRST), key=lambda note: _FIRST.index(note.kind))
    warnings = [_Warning.of(note, width, "warning: ") for note in table.warnings if note not in said]
    warnings += [_Warning.of(note, width) for note in first]
    flags = [_flag(note) for note in notes if note.kind in FLAG_WORDS and note.kind not in _FIRST]
    # Files of earlier versions state flags without the sentences that belong to them.
    flags += [Note(flag, "") for flag in table.stated_flags if flag in FLAG_WORDS]
    is_synthetic = any(note.kind == "synthetic" for note in flags)
    said_otherwise = {"other_data"} if any(key.startswith(PUBLISHED_ON) for key in keys) else set()
    if is_synthetic and "synthetic" in str(table.values.get("data")):
        # The name of the data above the table says so; published numbers are in tables of results and audits only.
        has_published = table.values.get("kind") in (None, "audit")
        said_otherwise |= {"synthetic"} if has_published else {"synthetic", "other_data"}
    flags = [note for note in flags if note.kind not in said_otherwise]
    flags.sort(key=lambda note: list(FLAG_WORDS).index(note.kind))
    has_more = (
        bool(table.stated_flags) or len(flags) + len(first) < len(notes) or not all(one.is_whole for one in warnings)
    )
    # Of a table without rows there is nothing that notes could explain.
    end = [Line(f"All notes: {shell_word(page) if page else 'add --wide'}")] if table.values.get("rows", True) else []
    mark_lines = [Line(mark)] if mark else []
    warning_lines = [line for one in warnings for line in one.lines]
    for number in range(len(keys), min(needed_keys, len(keys)) - 1, -1):
        heads = [*mark_lines, *warning_lines, *_key_lines(keys[:number], left_out, width)]
        is_whole = not has_more and number == len(keys)
        for sentences in range(len(flags), -1, -1):
            found, all_said = _flag_lines(flags, sentences, width)
            lines = [*heads, *found, *([] if is_whole and all_said else end)]
            if len(lines) <= MOST_LINES:
                return lines
    # With the fewest keys, and what was reduced in words.
    return lines


def _flag(note: Note) -> Note:
    """A note as it is said below a table whose data stand above it: without the sentence that names them again."""
    return Note(note.kind, "", note.short) if note.kind in _OF_DATA else note


@dataclass(frozen=True)
class _Warning:
    """A warning, or another note that is never left out.

    Args:
        is_whole: whether the lines hold all of it.
    """

    lines: tuple[Line, ...]
    is_whole: bool

    @classmethod
    def of(cls, note: Note, width: int, mark: str = "") -> Self:
        """Of a note: its short form; without one, its text, or only its words where that is too long."""
        found = wrapped(f"{mark}{note.short or note.text}", width)
        is_long = len(found) > _LINES_OF_A_NOTE and not note.short
        if is_long:
            words = _WORDS_OF_WARNINGS.get(note.kind) or FLAG_WORDS.get(note.kind) or note.kind.replace("_", " ")
            found = wrapped(f"{mark}{words}, see all notes.", width)
        lines = tuple(Line(text, "yellow") for text in found)
        return cls(lines, not is_long and note.short in ("", note.text))


def _key_lines(keys: Sequence[str], left_out: Sequence[Column], width: int) -> list[Line]:
    return list(map(Line, [*wrapped(" ".join(keys), width), *left_out_lines(left_out, width)]))


def left_out_lines(left_out: Sequence[Column], width: int) -> list[str]:
    """Which columns the width does not hold; nothing where it holds all."""
    heads = ", ".join(column.name for column in left_out if not column.is_spare)
    if not heads:
        return []
    return wrapped(f"No room for: {heads}. --wide shows all columns.", width)


def _flag_lines(flags: Sequence[Note], sentences: int, width: int) -> tuple[list[Line], bool]:
    """The first notes as sentences, where these are short enough, and the others in words; and whether all are
    sentences."""
    lines: list[str] = []
    others: list[str] = []
    for place, note in enumerate(flags):
        found = wrapped(note.text, width)
        if note.text and place < sentences and len(found) <= _LINES_OF_A_NOTE:
            lines += found
        else:
            others.append(in_words(note))
    if others:
        also = "Also reduced or different" if lines else "Reduced or different"
        lines += wrapped(f"{also}: {', '.join(dict.fromkeys(others))}.", width)
    return list(map(Line, lines)), not others
