"""Catalog of a dataset's tracks, the common form of all datasets."""

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, PositiveFloat, model_validator

from common.core.errors import DataError, SpecError
from common.core.files import sha256_of_json
from common.core.shell import shell_word
from common.core.spec import Spec
from common.core.words import counted, listed, printable, stored_name
from data_pipeline.augmentation.offline import OfflineAugmentation

COPY_SUFFIX = "+copy"
# What errors of unusable tracks say after what is wrong.
_ADVICE = (" Replace the file", " Fix the array")
# Of an own folder, where each clip may have a genre of its own.
_MOST_GENRES = 100
# A name from a user's files, which is printed, written into tables, and compared with that of other places.
_Name = Annotated[str, AfterValidator(stored_name)]


class Track(Spec):
    """One clip of a dataset. Names that hold line breaks or bytes that are not valid UTF-8 get escapes for them, see
    `common.core.words.stored_name`.

    Args:
        id: name that is unique within the dataset, e.g. `blues.00007`.
        label: genre name.
        path: the audio file, or the file that holds the track's array, alone or with those of others.
        row: row of the track where the file holds those of others; None for a file of its own.
        artist: None where unknown.
        copy_of: id of the clip that this is an altered copy of; None for a clip itself.
    """

    id: _Name
    label: _Name
    path: Path
    row: int | None = None
    artist: _Name | None = None
    copy_of: _Name | None = None


def listed_genres(genres: tuple[str, ...]) -> str:
    """Names of genres as a list, those that hold a comma in quotation marks."""
    return listed([f'"{genre}"' if "," in genre else genre for genre in genres], _MOST_GENRES)


def commas_in_genres(genres: tuple[str, ...]) -> str:
    """How to name a genre with a comma in a command, as a sentence behind another; empty where there is none."""
    first = next((genre for genre in genres if "," in genre), None)
    if first is None:
        return ""
    other = next((genre for genre in genres if "," not in genre), first)
    names = " ".join(f"--genres {_in_quotes(genre)}" for genre in (first, other))
    return f" Repeat the flag for a name that holds a comma: {names}."


def _in_quotes(genre: str) -> str:
    """A genre as a word of a command, in double quotes unless the shell would read it there."""
    return shell_word(genre) if set(genre) & set('"$`\\!') else f'"{genre}"'


class BadTrack(Spec):
    """A track that cannot be used, and why."""

    id: _Name
    path: Path
    reason: _Name

    @property
    def fault(self) -> str:
        """The reason without the path and without advice for a run, as for a list of unusable files."""
        return fault_of(self.reason, self.path)


def fault_of(reason: str, path: Path) -> str:
    """What is wrong with a file, from the message of the error that was raised for it: without the path, and without
    advice for a run."""
    fault = printable(reason).removeprefix(f"{printable(str(path))}: ")
    for advice in _ADVICE:
        fault = fault.partition(advice)[0]
    return fault.rstrip(".")


class Catalog(Spec):
    """The tracks of one dataset as found on disk.

    Args:
        dataset: key of the dataset (`demo`, `gtzan`, `arrays`, ...).
        title: name of the dataset in tables.
        genres: all class names in label order (alphabetical), also of genres without a track.
        tracks: tracks that were found, sorted by id.
        expected: number of tracks of the complete dataset; None where there is no such number.
        missing: ids of the complete dataset that the folder lacks.
        extra: files in the folder that are not tracks of the dataset.
        known_bad: tracks skipped because they are known to be unusable.
        bad: tracks that were found but are unusable according to the dataset's own metadata; an error unless they are
            skipped.
        bad_advice: what to do about those instead of skipping them, without a full stop.
        splits: predefined splits, name -> track id -> `train`, `valid`, `test` or `removed`.
        genre_of: genre of every clip of the complete dataset, including those that are missing; empty where unknown.
        clip_seconds: only this length is used, from the middle of each clip of audio; None for whole clips.
        most_seconds: a longer clip is a bad track, because its header is wrong, or it is no clip; None for no limit.
        copies: how altered copies among the tracks are made; None where there are none.
        caption: note for every table made from it (synthetic, reduced features, ...).
        clip_accuracy_ceiling_percent: highest accuracy that faulty labels allow; a result above it is suspicious.
    """

    dataset: str
    title: _Name
    genres: tuple[_Name, ...]
    tracks: tuple[Track, ...]
    expected: int | None = None
    missing: tuple[_Name, ...] = ()
    extra: tuple[_Name, ...] = ()
    known_bad: tuple[BadTrack, ...] = ()
    bad: tuple[BadTrack, ...] = ()
    bad_advice: str = "Unpack the official metadata again"
    splits: dict[str, dict[_Name, str]] = {}
    genre_of: dict[_Name, _Name] = {}
    clip_seconds: PositiveFloat | None = None
    most_seconds: PositiveFloat | None = None
    copies: OfflineAugmentation | None = None
    caption: str = ""
    clip_accuracy_ceiling_percent: float | None = None

    @model_validator(mode="after")
    def _check(self) -> "Catalog":
        repeated = [name for name, count in Counter(track.id for track in self.tracks).items() if count > 1]
        if repeated:
            raise ValueError(f"track ids must be unique, repeated: {', '.join(repeated[:5])}")
        unknown = sorted({track.label for track in self.tracks} - set(self.genres))
        if unknown:
            raise ValueError(f"labels outside the genres {listed(self.genres)}: {listed(unknown)}")
        return self

    def with_copies(self, copies: OfflineAugmentation) -> "Catalog":
        """The same catalog with an altered copy of every track."""
        made = [track.replace(id=f"{track.id}{COPY_SUFFIX}", copy_of=track.id) for track in self.tracks]
        return self.replace(tracks=tuple(sorted((*self.tracks, *made), key=lambda track: track.id)), copies=copies)

    @property
    def without_copies(self) -> "Catalog":
        """The catalog that `with_copies` was called on, where its tracks were in the order of their ids."""
        return self.replace(tracks=tuple(track for track in self.tracks if track.copy_of is None), copies=None)

    def first_of_each_genre(self, count: int) -> "Catalog":
        """The same catalog with the first `count` tracks of each genre, by id."""
        seen = Counter[str]()
        kept = []
        for track in self.tracks:
            seen[track.label] += 1
            if seen[track.label] <= count:
                kept.append(track)
        return self.replace(tracks=tuple(sorted(kept, key=lambda track: track.id)))

    def of_clips(self, ids: Collection[str]) -> "Catalog":
        """The same catalog with these tracks only."""
        wanted = set(ids)
        return self.replace(tracks=tuple(track for track in self.tracks if track.id in wanted))

    def only(self, genres: tuple[str, ...], *, left_out_by: str = "") -> "Catalog":
        """The same catalog with the tracks, found, missing or bad, of these genres only.

        Args:
            left_out_by: key of the paper that leaves out the others; empty where the user named these.

        Raises:
            SpecError: there is no such genre, or fewer than two remain.
        """
        known = set(self.genres)
        unknown = [genre for genre in genres if genre not in known]
        if unknown:
            raise SpecError(
                f"--genres: {self.title} has no genre {listed(unknown)}; it has: {listed_genres(self.genres)}."
                f"{commas_in_genres(self.genres)}"
            )
        wanted = set(genres)
        kept = tuple(genre for genre in self.genres if genre in wanted)
        tracks = tuple(track for track in self.tracks if track.label in wanted)
        with_tracks = {track.label for track in tracks}
        remaining = tuple(genre for genre in kept if genre in with_tracks)
        if len(remaining) < 2:
            clips = counted(len(tracks), "clip")
            if left_out_by:
                left_out = " and ".join(genre for genre in self.genres if genre not in wanted)
                only = f"only {remaining[0]} remains ({clips})" if remaining else "no genre with clips remains"
                found = f"{left_out_by} leaves out {left_out}; {only}."
            else:
                found = f"--genres {listed_genres(genres)}: {clips} of {counted(len(remaining), 'genre')} remain."
            raise SpecError(
                f"{found} A classifier needs at least two genres: give --genres all, or name two or more of "
                f"{listed_genres(self.genres)} with --genres."
            )

        is_complete_known = self.expected is not None and bool(self.genre_of)

        def belongs(clip: str) -> bool:
            return self.genre_of.get(clip, kept[0]) in wanted

        return self.replace(
            genres=kept,
            tracks=tracks,
            expected=sum(genre in wanted for genre in self.genre_of.values()) if is_complete_known else None,
            missing=tuple(clip for clip in self.missing if belongs(clip)),
            known_bad=tuple(bad for bad in self.known_bad if belongs(bad.id)),
            bad=tuple(bad for bad in self.bad if belongs(bad.id)),
            genre_of={clip: genre for clip, genre in self.genre_of.items() if genre in wanted},
        )

    def with_clip_seconds(self, seconds: float) -> "Catalog":
        """The same catalog, of which only the middle of each clip is used, however long it is."""
        used = f"of each clip the middle {seconds:g} s"
        return self.replace(
            clip_seconds=seconds, most_seconds=None, caption=f"{self.caption}; {used}" if self.caption else used
        )

    def require_two_genres(self) -> None:
        """Refuse clips of one genre: a network that always answers with it would be right every time.

        Raises:
            DataError: all tracks have the same genre, or there are none.
        """
        genres = sorted({track.label for track in self.tracks})
        if len(genres) < 2:
            raise DataError(
                f"{self.title}: {counted(len(self.tracks), 'clip')} of {counted(len(genres), 'genre')}"
                f"{f' ({genres[0]})' if genres else ''}, and a classifier needs at least two genres. Give data with "
                "more genres."
            )

    @property
    def source_digest(self) -> str:
        """Digest of the files as they are now (ids, sizes, times): a changed folder gets a new cache.

        Raises:
            DataError: a file is gone since the folder was listed.
        """
        paths = {track.path for track in self.tracks}
        # File names only, where they are unique: a folder that was moved keeps its cache.
        unique = len({path.name for path in paths}) == len(paths)
        files = {}
        for path in paths:
            try:
                status = path.stat()
            except OSError as error:
                raise DataError(
                    f"{path}: was listed, but cannot be read now ({error.strerror or error}). "
                    "Start again when no other program changes the folder."
                ) from error
            files[stored_name(path.name if unique else path.as_posix())] = (status.st_size, status.st_mtime_ns)
        return sha256_of_json(
            {
                "dataset": self.dataset,
                "tracks": [(t.id, t.label, t.artist, stored_name(t.path.name), t.row) for t in self.tracks],
                "files": sorted(files.items()),
                **({"copies": self.copies.digest} if self.copies else {}),
                **({"clip_seconds": self.clip_seconds} if self.clip_seconds else {}),
            }
        )
