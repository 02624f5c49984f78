"""What a check of a data set found."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """A clip and what is wrong with it.

    Args:
        file: its path below what was checked; for arrays, its row.
    """

    clip: str
    file: str
    reason: str


@dataclass(frozen=True)
class GenreCount:
    """Clips of one genre that can be used, and those of the complete data set (None where there is no such number)."""

    usable: int
    expected: int | None


@dataclass(frozen=True)
class GenreSummary:
    """The usable clips of one genre of a user's own folder.

    Args:
        artists: number of different artists, of the clips whose artist is known.
        unknown_artist: number of clips whose artist is not known.
        seconds: shortest, median and longest clip.
    """

    clips: int
    artists: int
    unknown_artist: int
    seconds: tuple[float, float, float]


@dataclass(frozen=True)
class CopyComparison:
    """Clips whose bytes were compared with known checksums.

    Args:
        reference: whose checksums these are.
        same: number of clips with the same bytes.
        other: clips with other bytes.
        without_checksum: number of clips that have no checksum to compare with, e.g. GTZAN as AU files.
    """

    reference: str
    same: int
    other: tuple[str, ...]
    without_checksum: int


@dataclass(frozen=True)
class ArrayFacts:
    """The array X, or the arrays of all clips.

    Args:
        columns: of every clip; of the shortest where they differ.
        most_columns: of the longest clip; None where all have the same number.
    """

    tracks: int
    bins: int
    columns: int
    dtype: str
    seconds_per_column: float
    most_columns: int | None = None


@dataclass(frozen=True)
class DataReport:
    """What a check found. Clips are named by their ids.

    Args:
        dataset: name in `--dataset`.
        known_as: title of the well-known data set that the clips are from; None where they are from none.
        data: what was checked.
        read_with: further options that it was read with, as they are typed.
        clips_in: folder below it that holds the clips, `.` for itself; empty for arrays.
        quick: whether only names, sizes and headers were read.
        usable: number of clips that can be used.
        expected: clips of the complete data set that can be used; None where there is no such number.
        missing: clips that the complete data set has; they stop a run unless `--allow-incomplete` is given.
        extra: files that are not clips, by path below `data` or below the folder of clips; they are ignored.
        broken: clips that stop a run unless `--skip-bad` is given.
        known_broken: clips that are known to be broken, are so here, and are skipped without a flag.
        unlike: clips that can be used, but have another length, sample rate or number of channels than the data set.
        formats: e.g. `22,050 Hz, mono` -> number of clips.
        seconds: length of each usable clip.
        copy: comparison with known checksums; None where there are none, or with `quick`.
        same_bytes: groups of clips with the same bytes; None with `quick`.
        same_bytes_known: those groups that are known faults of the data set.
        with_artist: number of usable clips whose artist is known.
        by_genre: genre -> its usable clips, of a user's own folder; empty for other data sets.
        splits: predefined split -> part -> number of usable clips in it.
        arrays: facts about the array; None for audio.
        notes: further remarks, each a sentence without a full stop.
    """

    dataset: str
    title: str
    known_as: str | None
    data: str
    clips_in: str
    quick: bool
    usable: int
    expected: int | None
    genres: dict[str, GenreCount]
    read_with: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    broken: tuple[Finding, ...] = ()
    known_broken: tuple[Finding, ...] = ()
    unlike: tuple[Finding, ...] = ()
    formats: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    copy: CopyComparison | None = None
    same_bytes: tuple[tuple[str, ...], ...] | None = None
    same_bytes_known: tuple[tuple[str, ...], ...] = ()
    with_artist: int = 0
    by_genre: dict[str, GenreSummary] = field(default_factory=dict)
    splits: dict[str, dict[str, int]] = field(default_factory=dict)
    arrays: ArrayFacts | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether a run takes it without `--allow-incomplete` and `--skip-bad`."""
        return not self.missing and not self.broken

    @property
    def genres_with_clips(self) -> int:
        """Number of genres with usable clips."""
        return sum(count.usable > 0 for count in self.genres.values())

    @property
    def flags(self) -> tuple[str, ...]:
        """Flags that a run on it needs."""
        return tuple(
            flag for flag, needed in (("--allow-incomplete", self.missing), ("--skip-bad", self.broken)) if needed
        )

    def as_json(self) -> dict[str, Any]:
        """All fields, and whether it can be used as it is."""
        return asdict(self) | {"is_complete": self.is_complete, "flags": self.flags}


def part_sizes(parts: dict[str, str], usable: set[str]) -> dict[str, int]:
    """Part of a predefined split -> number of the usable clips in it."""
    sizes = Counter(parts[clip] for clip in usable if clip in parts)
    return {part: sizes[part] for part in ("train", "valid", "test", "removed") if sizes[part]}
