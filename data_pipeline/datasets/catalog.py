"""Catalog of a dataset's tracks, the common form of all datasets."""

from collections import Counter
from collections.abc import Collection
from pathlib import Path

from pydantic import PositiveFloat, model_validator

from common.core.errors import DataError, SpecError
from common.core.files import sha256_of_json
from common.core.spec import Spec
from common.core.words import counted
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.datasets.files import encodable

COPY_SUFFIX = "+copy"


class Track(Spec):
    """One clip of a dataset.

    Args:
        id: name that is unique within the dataset, e.g. `blues.00007`.
        label: genre name.
        path: the audio file, or the `.npz` file that holds the track's array.
        row: row of the track in the `.npz` file; None for audio.
        artist: None where unknown.
        copy_of: id of the clip that this is an altered copy of; None for a clip itself.
    """

    id: str
    label: str
    path: Path
    row: int | None = None
    artist: str | None = None
    copy_of: str | None = None


class BadTrack(Spec):
    """A track that cannot be used, and why."""

    id: str
    path: Path
    reason: str


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
        copies: how altered copies among the tracks are made; None where there are none.
        caption: note for every table made from it (synthetic, reduced features, ...).
        clip_accuracy_ceiling_percent: highest accuracy that faulty labels allow; a result above it is suspicious.
    """

    dataset: str
    title: str
    genres: tuple[str, ...]
    tracks: tuple[Track, ...]
    expected: int | None = None
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    known_bad: tuple[BadTrack, ...] = ()
    bad: tuple[BadTrack, ...] = ()
    bad_advice: str = "Unpack the official metadata again"
    splits: dict[str, dict[str, str]] = {}
    genre_of: dict[str, str] = {}
    clip_seconds: PositiveFloat | None = None
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
            raise ValueError(f"labels outside the genres {list(self.genres)}: {unknown}")
        return self

    def with_copies(self, copies: OfflineAugmentation) -> "Catalog":
        """The same catalog with an altered copy of every track."""
        made = [track.replace(id=f"{track.id}{COPY_SUFFIX}", copy_of=track.id) for track in self.tracks]
        return self.replace(tracks=tuple(sorted((*self.tracks, *made), key=lambda track: track.id)), copies=copies)

    def first_of_each_genre(self, count: int) -> "Catalog":
        """The same catalog with the first `count` tracks of each genre, by id."""
        kept = [t for genre in self.genres for t in [t for t in self.tracks if t.label == genre][:count]]
        return self.replace(tracks=tuple(sorted(kept, key=lambda track: track.id)))

    def of_clips(self, ids: Collection[str]) -> "Catalog":
        """The same catalog with these tracks only."""
        return self.replace(tracks=tuple(track for track in self.tracks if track.id in ids))

    def only(self, genres: tuple[str, ...]) -> "Catalog":
        """The same catalog with the tracks, found, missing or bad, of these genres only.

        Raises:
            SpecError: there is no such genre, or fewer than two remain.
        """
        unknown = [genre for genre in genres if genre not in self.genres]
        if unknown:
            raise SpecError(
                f"--genres: {self.title} has no genre {', '.join(unknown)}; it has: {', '.join(self.genres)}."
            )
        kept = tuple(genre for genre in self.genres if genre in genres)
        tracks = tuple(track for track in self.tracks if track.label in kept)
        remaining = len({track.label for track in tracks})
        if remaining < 2:
            raise SpecError(
                f"{self.title}: with only the genres {', '.join(genres) or 'that are left'}, "
                f"{counted(len(tracks), 'clip')} of {counted(remaining, 'genre')} remain, and a classifier needs at "
                f"least two. Name others of {', '.join(self.genres)} with --genres, or give --genres all."
            )

        is_complete_known = self.expected is not None and bool(self.genre_of)

        def belongs(clip: str) -> bool:
            return self.genre_of.get(clip, kept[0]) in kept

        return self.replace(
            genres=kept,
            tracks=tracks,
            expected=sum(genre in kept for genre in self.genre_of.values()) if is_complete_known else None,
            missing=tuple(clip for clip in self.missing if belongs(clip)),
            known_bad=tuple(bad for bad in self.known_bad if belongs(bad.id)),
            bad=tuple(bad for bad in self.bad if belongs(bad.id)),
            genre_of={clip: genre for clip, genre in self.genre_of.items() if genre in kept},
        )

    def with_clip_seconds(self, seconds: float) -> "Catalog":
        """The same catalog, of which only the middle of each clip is used."""
        used = f"of each clip the middle {seconds:g} s"
        return self.replace(clip_seconds=seconds, caption=f"{self.caption}; {used}" if self.caption else used)

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
        """Digest of the files as they are now (ids, sizes, times): a changed folder gets a new cache."""
        paths = {track.path for track in self.tracks}
        # File names only, where they are unique: a folder that was moved keeps its cache.
        unique = len({path.name for path in paths}) == len(paths)
        files = {}
        for path in paths:
            status = path.stat()
            files[encodable(path.name if unique else path.as_posix())] = (status.st_size, status.st_mtime_ns)
        return sha256_of_json(
            {
                "dataset": self.dataset,
                "tracks": [(t.id, t.label, t.artist, encodable(t.path.name), t.row) for t in self.tracks],
                "files": sorted(files.items()),
                **({"copies": self.copies.digest} if self.copies else {}),
                **({"clip_seconds": self.clip_seconds} if self.clip_seconds else {}),
            }
        )
