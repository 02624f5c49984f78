"""How many clips a data set and its parts have of each genre: what a figure shows of it, and the table beside it."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.core.files import write_text
from common.paper.protocol import Protocol, fold_name
from common.reports.escapes import markdown_cell, markdown_text
from common.reports.figures.distribution import GenreCount
from common.splits.clips import PART_NAMES, PARTS, split_ids
from data_pipeline.datasets.catalog import Catalog, Track


@dataclass(frozen=True)
class GenreCounts:
    """Clips of each genre in a data set and in the parts of a split.

    Args:
        genres: by size, the largest first; of equal ones by name.
        split: name of the split, with the number of the fold where there are several.
        notes: what the numbers do not say, as sentences.
    """

    genres: tuple[GenreCount, ...]
    split: str
    notes: tuple[str, ...]

    @property
    def parts(self) -> list[str]:
        """Names of the parts; none where only the whole data set is counted."""
        return list(dict.fromkeys(part for count in self.genres for part in count.parts))


def sizes_of_genres(
    clips_of_genres: Mapping[str, int], used: Sequence[str], published: Mapping[str, int]
) -> GenreCounts:
    """Clips of each genre of a data set, of those that are left out, too.

    Args:
        clips_of_genres: genre -> clips found.
        used: genres that are not left out.
        published: genre -> clips of the published data set; may be empty.
    """
    stated = _of_same_names(published, clips_of_genres)
    counts = [
        GenreCount(genre, found, {}, genre not in used, stated.pop(genre, None))
        for genre, found in clips_of_genres.items()
    ]
    lacking, notes = _lacking(stated)
    return GenreCounts(_by_size([*counts, *lacking]), "", (*_left_out(counts), *notes))


def clips_in_parts(
    clips_of_genres: Mapping[str, int],
    catalog: Catalog,
    tracks: Sequence[Track],
    protocol: Protocol,
    published: Mapping[str, int],
) -> GenreCounts:
    """Clips of each genre in a data set and in the parts of a split by clip; of several folds, in the first.

    Args:
        clips_of_genres: genre -> clips found, also of genres that are left out.
        catalog: its genres are those that are not left out; its splits are those that come with the data.
        tracks: clips that are divided.
        published: genre -> clips of the published data set; may be empty.

    Raises:
        DataError, SpecError: the clips cannot be divided so, see `common.splits.clips.split_ids`.
    """
    splits = split_ids(
        protocol,
        [track.id for track in tracks],
        [track.label for track in tracks],
        catalog.splits,
        [track.artist for track in tracks],
    )
    genre_of = {track.id: track.label for track in tracks}
    in_parts = {part: Counter(genre_of[clip] for clip in getattr(splits[0], part)) for part in PARTS}
    stated = _of_same_names(published, clips_of_genres)
    counts = [
        GenreCount(
            genre,
            found,
            {PART_NAMES[part]: in_parts[part][genre] for part in PARTS} if genre in catalog.genres else {},
            genre not in catalog.genres,
            stated.pop(genre, None),
        )
        for genre, found in clips_of_genres.items()
    ]
    several = f", {fold_name(protocol.split)} 1 of {len(splits)}" if len(splits) > 1 else ""
    divided = sum(sum(part.values()) for part in in_parts.values())
    found = sum(count.found for count in counts if not count.left_out)
    notes = _left_out(counts)
    if divided < found:
        of = " of the other genres" if notes else ""
        notes += (f"In no part: {found - divided:,} of the {found:,} clips{of}.",)
    lacking, notes_on_them = _lacking(stated)
    return GenreCounts(_by_size([*counts, *lacking]), f"{protocol.name}{several}", (*notes, *notes_on_them))


def _of_same_names(published: Mapping[str, int], there: Iterable[str]) -> dict[str, int]:
    """Published numbers by the names that the data have for the genres, which may differ in upper and lower case."""
    names = {name.casefold(): name for name in there}
    return {names.get(genre.casefold(), genre): count for genre, count in published.items()}


def _lacking(published: Mapping[str, int]) -> tuple[list[GenreCount], tuple[str, ...]]:
    """Published genres that the data lack, with a note on them."""
    counts = [GenreCount(genre, 0, {}, False, count) for genre, count in published.items()]
    return counts, (f"Not in these data: {', '.join(published)}.",) if published else ()


def _by_size(counts: Sequence[GenreCount]) -> tuple[GenreCount, ...]:
    return tuple(sorted(counts, key=lambda count: (-count.found, count.genre)))


def _left_out(counts: Sequence[GenreCount]) -> tuple[str, ...]:
    names = [count.genre for count in counts if count.left_out]
    return (f"Left out: {', '.join(names)}.",) if names else ()


def write_counts(counts: GenreCounts, stem: Path, title: str) -> Path:
    """Write the numbers beside a figure as Markdown, with the SHA-256 of the text in its last line; returns the file.

    Args:
        stem: path of the file without suffix.
    """
    path = stem.with_name(f"{stem.name}.md")
    text = _as_markdown(counts, title)
    write_text(path, f"{text}\n{_last_line(text)}\n")
    return path


def counts_are_intact(path: Path) -> bool:
    """Whether a file holds what `write_counts` wrote."""
    text, separator, last = path.read_text(encoding="utf-8", errors="replace").rpartition("\n<!-- ")
    return f"{separator}{last}" == f"\n{_last_line(text)}\n"


def _last_line(text: str) -> str:
    return f"<!-- sha256: {hashlib.sha256(text.encode()).hexdigest()} -->"


def _as_markdown(counts: GenreCounts, title: str) -> str:
    has_published = any(count.published is not None for count in counts.genres)

    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(map(markdown_cell, cells)) + " |"

    def number(value: int | None) -> str:
        return "" if value is None else f"{value:,}"

    heads = ["Genre", *(["Published"] if has_published else []), "Clips", *(part.capitalize() for part in counts.parts)]
    lines = [
        row(
            [
                f"{count.genre} (left out)" if count.left_out else count.genre,
                *([number(count.published)] if has_published else []),
                number(count.found),
                *(number(count.parts.get(part)) for part in counts.parts),
            ]
        )
        for count in counts.genres
    ]
    used = [count for count in counts.genres if not count.left_out]
    published = [count.published for count in used if count.published is not None]
    total = ["all that are used" if len(used) < len(counts.genres) else "all"]
    total += [number(sum(published))] if has_published else []
    total += [number(sum(count.found for count in used))]
    total += [number(sum(count.parts.get(part, 0) for count in used)) for part in counts.parts]
    notes = [f"Split: {counts.split}."] if counts.split else []
    notes += counts.notes
    return "\n".join(
        [
            f"# {markdown_text(title)}",
            "",
            row(heads),
            "|" + "|".join(["---"] + ["---:"] * (len(heads) - 1)) + "|",
            *lines,
            row(total),
            "",
            *(f"- {markdown_text(note)}" for note in notes),
            "",
        ]
    )
