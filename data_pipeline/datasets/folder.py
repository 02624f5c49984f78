"""Any folder of audio files. Its subfolders are the genres; artists come from tags, from folders or from a table.

Licence: whatever the files' owner states.
"""

import os
import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import soundfile

from common.core.console import say, warn
from common.core.errors import DataError, SpecError
from common.core.shell import shell_word
from common.core.words import counted, listed, printable, stored_name
from data_pipeline.audio.sound_file import declared_seconds
from data_pipeline.datasets.about import own_folder_key
from data_pipeline.datasets.artists import known_artist
from data_pipeline.datasets.catalog import BadTrack, Catalog, Track
from data_pipeline.datasets.files import files_below, is_ignored
from data_pipeline.datasets.genre_names import warn_of_alike
from data_pipeline.datasets.labels import LabelRow, Labels, read_labels
from data_pipeline.datasets.packed import advice_on
from data_pipeline.datasets.tags import read_artists

# What titles of these data sets begin with, before the name of the folder.
OWN_FOLDER = "own folder "
# Without RAW: files without a header state neither sample rate nor channels.
SUFFIXES = frozenset(
    {f".{name.lower()}" for name in soundfile.available_formats() if name != "RAW"} | {".aif", ".aifc", ".opus", ".oga"}
)
# Audio, or videos with sound, that libsndfile does not read.
UNREAD_SUFFIXES = frozenset(
    {
        *(".m4a", ".m4b", ".m4p", ".aac", ".mp4", ".alac", ".wma", ".asf", ".ape", ".wv", ".mpc", ".tta", ".tak"),
        *(".shn", ".dsf", ".dff", ".ac3", ".amr", ".3gp", ".ra", ".rm", ".mka", ".mkv", ".webm", ".spx", ".mp2"),
    }
)
_NAMED = 5
# A clip that is longer than this many medians is one whose header is wrong, or no clip: a mix of hours among songs.
_MOST_MEDIANS = 100
# Among very short clips, too, whole songs are clips.
_ANY_CLIP_SECONDS = 3600
_BAD_ADVICE = "Convert or remove them"
_LABELS = "or give --labels FILE.csv, a table with the columns path and genre"


@dataclass(frozen=True)
class _Files:
    """What lies below a folder, each file under its path below it.

    Args:
        folder: that was given.
        inner: path below it of the folder of the genres, with a slash at its end; empty where it is that folder itself.
        audio: files of a format that is read.
        bad: path -> why it cannot be read.
        others: files that are no audio.
    """

    folder: Path
    inner: str
    audio: dict[str, Path]
    bad: dict[str, BadTrack]
    others: tuple[str, ...]

    def levels(self, name: str) -> list[str]:
        """Names of the folders that a file lies in, from that of its genre on."""
        return name.removeprefix(self.inner).split("/")[:-1]


@dataclass(frozen=True)
class _Artists:
    """Artists of clips.

    Args:
        of: path -> artist; None where unknown.
        source: where they are from, in captions.
        remark: what else has to be said of them; may be empty.
    """

    of: dict[str, str | None]
    source: str
    remark: str = ""


def load(
    folder: Path,
    *,
    labels: Path | None = None,
    artist_level: int | None = None,
    needs_genres: bool = True,
    memory_left_bytes: int | None = None,
    flag: str = "--data",
) -> Catalog:
    """Find every audio file below `folder`.

    A clip's genre is the first folder below `folder`, or below the one folder in it that holds folders of audio only.
    Its artist is the one in its tags, see `data_pipeline.datasets.tags`. Files of formats that are not read, and broken
    links to audio, are bad tracks.

    Args:
        labels: a table of clips, see `data_pipeline.datasets.labels`: what it gives replaces genres and artists, and
            clips that it does not list are left out. Its column `split` becomes the split `labels`.
        artist_level: take artists from the folders at this level, 1 below the genres, instead of from tags.
        needs_genres: False takes files directly in `folder`, too; their genre is its name.
        memory_left_bytes: what the process may still take while the table is read; None for no limit.
        flag: of the folder in messages: the option or the argument that it was given as.

    Returns:
        The catalog; an id is the file's path below `folder`.

    Raises:
        DataError: the folder does not exist or holds no audio, files have no genre, or the table cannot be used.
        SpecError: no file lies as deep as `artist_level`, or the table gives artists, too.
        BudgetError: the table takes more memory than is left.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        kind = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"{flag} {folder}: {kind}; expected a folder of audio files, e.g. with rock/song.mp3 in it.")
    table = None if labels is None else read_labels(labels, memory_left_bytes=memory_left_bytes)
    found = _find(folder, flag)
    rows: dict[str, LabelRow] = {}
    missing: tuple[LabelRow, ...] = ()
    not_listed = 0
    if table is not None:
        rows, missing, not_listed = _matched(table, found)
        found = _only_listed(found, rows)
    genres = _genres(found, rows, flag=flag, needs_genres=needs_genres)
    artists = _artists(found, rows, table, artist_level)
    ids = _unique_ids([*found.audio, *found.bad])
    tracks = tuple(
        Track(id=ids[name], label=genres[name], path=path, artist=artists.of[name] and stored_name(artists.of[name]))
        for name, path in found.audio.items()
    )
    bad = tuple(entry.replace(id=ids[name]) for name, entry in found.bad.items())
    if not tracks:
        raise DataError(f"{flag} {folder}: {_without_audio(found)}")
    if table is not None and not_listed:
        files = counted(not_listed, "audio file")
        warn(f"{folder}: left out, because --labels {table.file} does not list them: {files}")
    warn_of_alike(folder, [track.label for track in tracks])
    splits = {}
    if table is not None and "split" in table.columns:
        splits["labels"] = {ids[name]: row.part for name, row in rows.items() if row.part is not None}
        if without_part := sum(row.part is None for row in rows.values()):
            clips = counted(without_part, "clip")
            warn(f"--labels {table.file}: column split is empty for {clips}: --split labels leaves them out")
    seconds = _declared_seconds(track.path for track in tracks)
    return Catalog(
        dataset=own_folder_key(folder),
        # The name of `.` is empty, and that of `..` says nothing.
        title=f"{OWN_FOLDER}{stored_name(folder.resolve().name)}",
        genres=tuple(sorted({track.label for track in tracks})),
        tracks=tuple(sorted(tracks, key=lambda track: track.id)),
        expected=len(tracks) + len(bad) + len(missing) if missing else None,
        missing=tuple(row.path for row in missing),
        extra=tuple(map(printable, found.others)),
        bad=tuple(sorted(bad, key=lambda entry: entry.id)),
        bad_advice=_BAD_ADVICE,
        splits=splits,
        genre_of={ids[name]: genre for name, genre in genres.items()} | _genres_of_missing(missing, found),
        caption=_caption(tracks, artists, seconds),
        most_seconds=max(_MOST_MEDIANS * statistics.median(seconds), _ANY_CLIP_SECONDS) if seconds else None,
    )


def _find(folder: Path, flag: str) -> _Files:
    below = files_below(folder)
    inner = _inner(folder, [path for path in below.files if path.suffix.lower() in SUFFIXES | UNREAD_SUFFIXES])
    audio: dict[str, Path] = {}
    bad: dict[str, BadTrack] = {}
    others = []
    for path in below.files:
        suffix = path.suffix.lower()
        name = path.relative_to(folder).as_posix()
        if suffix in SUFFIXES:
            audio[name] = path
        elif suffix in UNREAD_SUFFIXES:
            bad[name] = BadTrack(id=name, path=path, reason=_unread(path))
        else:
            others.append(name)
    for path in below.broken_links:
        if path.suffix.lower() in SUFFIXES | UNREAD_SUFFIXES:
            name = path.relative_to(folder).as_posix()
            bad[name] = BadTrack(id=name, path=path, reason=f"{path}: a link to a file that does not exist")
    if not audio and not bad:
        advice = advice_on(folder, where="Expected audio files in folders that are named as their genres")
        raise DataError(f"{flag} {folder}: no audio file in it. {advice}.")
    return _Files(folder, inner, audio, bad, tuple(others))


def _inner(folder: Path, audio: list[Path]) -> str:
    """The only folder in `folder`, with a slash at its end, where that holds several folders of audio, as archives
    unpack (`genres/rock/song.mp3`): those are the genres; empty where the folders in `folder` itself are."""
    parts = [path.relative_to(folder).parts for path in audio]
    names = _subfolders(folder)
    is_wrapper = len(names) == 1 and all(len(of_file) > 2 for of_file in parts)
    if not is_wrapper or len({of_file[1] for of_file in parts}) < 2:
        return ""
    say(f"{folder}: its only folder is {names[0]}; the folders in that are the genres")
    return f"{names[0]}/"


def _subfolders(folder: Path) -> list[str]:
    """Names of the folders in a folder, but for hidden ones and what systems add."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if not is_ignored(entry.name) and entry.is_dir())


def _unread(path: Path) -> str:
    # ffmpeg takes a name that begins with a dash for an option.
    folder = "./" if path.name.startswith("-") else ""
    source, target = shell_word(f"{folder}{path.name}"), shell_word(f"{folder}{path.stem}.flac")
    return f"{path}: Encore does not read {path.suffix.lower()}: convert it, e.g. with ffmpeg -i {source} {target}"


def _genres_of_missing(missing: tuple[LabelRow, ...], found: _Files) -> dict[str, str]:
    """Path -> genre of the files that the table lists and the folder lacks, as far as it is known."""
    genres = {row.path: row.genre or next(iter(found.levels(row.path)), None) for row in missing}
    return {path: genre for path, genre in genres.items() if genre is not None}


def _matched(table: Labels, found: _Files) -> tuple[dict[str, LabelRow], tuple[LabelRow, ...], int]:
    """Path of each listed file -> its row; rows of files that the folder lacks; number of audio files that
    the table does not list.

    Raises:
        DataError: the table lists none of the files, one of them twice, or one that is no audio.
    """
    # Paths below the folder of the genres are known, too.
    names: dict[str, str] = {}
    for name in [*found.audio, *found.bad]:
        for spelled in (name, name.removeprefix(found.inner)):
            # Names from macOS hold accents as characters of their own.
            names.setdefault(unicodedata.normalize("NFC", spelled), name)
            names[spelled] = name
    others = {spelled for name in found.others for spelled in (name, name.removeprefix(found.inner))}
    rows: dict[str, LabelRow] = {}
    missing = []
    for row in table.rows:
        name = names.get(row.path) or names.get(unicodedata.normalize("NFC", row.path))
        where = f"--labels {table.file}, line {row.line}"
        if name is None and row.path in others:
            raise DataError(f"{where}: {row.path} is not an audio file. Remove the line.")
        if name is None:
            missing.append(row)
        elif name in rows:
            raise DataError(f"{where}: {row.path} is the file of line {rows[name].line}. Keep one of them.")
        else:
            rows[name] = row
    if not rows:
        first, file = table.rows[0].path, next(iter(names.values()))
        raise DataError(
            f"--labels {table.file}: none of its {counted(len(table.rows), 'path')} is that of a file below "
            f"{found.folder}; the first is {first}, and the first file {printable(file)}. Give paths below that "
            "folder, with / between folders."
        )
    return rows, tuple(missing), sum(name not in rows for name in found.audio)


def _only_listed(found: _Files, rows: dict[str, LabelRow]) -> _Files:
    return replace(
        found,
        audio={name: path for name, path in found.audio.items() if name in rows},
        bad={name: entry for name, entry in found.bad.items() if name in rows},
    )


def _genres(found: _Files, rows: dict[str, LabelRow], *, flag: str, needs_genres: bool) -> dict[str, str]:
    """Genre of each audio file, and of the bad ones that have one.

    Raises:
        DataError: files lie directly in the folder, and the table gives them no genre.
    """
    genres: dict[str, str] = {}
    without = []
    for name in [*found.audio, *found.bad]:
        row = rows.get(name)
        levels = found.levels(name)
        if row is not None and row.genre:
            genres[name] = row.genre
        elif levels:
            genres[name] = stored_name(levels[0])
        elif not needs_genres:
            genres[name] = stored_name(found.folder.resolve().name)
        elif name in found.audio:
            without.append(printable(name))
    if without:
        named = ", ".join(without[:_NAMED]) + (f" and {len(without) - _NAMED} more" if len(without) > _NAMED else "")
        lie = "lies" if len(without) == 1 else "lie"
        raise DataError(
            f"{flag} {found.folder}: {counted(len(without), 'audio file')} without a genre {lie} directly in this "
            f"folder: {named}. Move such files to folders that are named as their genres, {_LABELS}."
        )
    used = {levels[0] for name in [*found.audio, *found.bad] if (levels := found.levels(name))}
    root = found.folder / found.inner
    empty = [] if rows or not needs_genres else [name for name in _subfolders(root) if name not in used]
    if empty:
        what = "folder" if len(empty) == 1 else "folders"
        warn(f"{root}: {what} without audio, not used as a genre: {listed(list(map(printable, empty)))}")
    return genres


def _artists(found: _Files, rows: dict[str, LabelRow], table: Labels | None, level: int | None) -> _Artists:
    """The artist of each audio file, from the table, from folders, or from tags.

    Raises:
        SpecError: the table gives artists, too, or no file lies that deep.
    """
    if table is not None and "artist" in table.columns:
        if level is not None:
            raise SpecError(
                f"--artist-level {level}, --labels {table.file}: the table has a column artist; leave one of them out."
            )
        return _Artists({name: known_artist(rows[name].artist) for name in found.audio}, "table")
    if level is not None:
        folders = {name: found.levels(name)[1:] for name in found.audio}
        deepest = max(map(len, folders.values()), default=0)
        if deepest < level:
            levels = f"they have at most {counted(deepest, 'level')} of folders" if deepest else "they have no folders"
            raise SpecError(
                f"--artist-level {level}: no file of {found.folder} lies in a folder of that level: below the genres, "
                f"{levels}. Expected e.g. {'/'.join(['rock', *['...'] * (level - 1), 'ABBA', 'song.mp3'])}."
            )
        return _Artists(
            {name: known_artist(of[level - 1]) if len(of) >= level else None for name, of in folders.items()}, "folders"
        )
    tags = read_artists(found.audio.values())
    unreadable = f"tags of {counted(len(tags.unreadable), 'clip')} not readable" if tags.unreadable else ""
    return _Artists({name: known_artist(tags.artists[path]) for name, path in found.audio.items()}, "tags", unreadable)


def _caption(tracks: tuple[Track, ...], artists: _Artists, seconds: list[float]) -> str:
    """Formats, genres, lengths and artists: `MP3, 4 genres, 26 to 60 s, artists of 397 of 400 clips known (tags)`."""
    formats = [name for name, _ in Counter(track.path.suffix[1:].upper() for track in tracks).most_common()]
    known = sum(track.artist is not None for track in tracks)
    parts = [
        " and ".join(filter(None, [", ".join(formats[:-1]), formats[-1]])),
        counted(len({track.label for track in tracks}), "genre"),
        *_lengths(seconds),
        f"artists of {known:,} of {counted(len(tracks), 'clip')} known ({artists.source})",
        *([artists.remark] if artists.remark else []),
    ]
    return ", ".join(parts)


def _declared_seconds(paths: Iterable[Path]) -> list[float]:
    """Lengths of the clips whose headers state one, and not 0."""
    seconds = []
    for path in paths:
        try:
            seconds.append(declared_seconds(path))
        except (soundfile.SoundFileError, OSError):
            continue  # a broken file is reported where it is decoded
    return [length for length in seconds if length]


def _lengths(seconds: list[float]) -> list[str]:
    """Shortest and longest clip; empty where no header states a length."""
    if not seconds:
        return []
    shortest, longest = (f"{value:.0f}" if value >= 10 else f"{value:.1f}" for value in (min(seconds), max(seconds)))
    return [f"{longest} s" if shortest == longest else f"{shortest} to {longest} s"]


def _without_audio(found: _Files) -> str:
    if not found.bad:
        return "no audio file in it that --labels lists."
    first = next(iter(found.bad.values())).reason
    return f"none of its {counted(len(found.bad), 'audio file')} can be read; first: {first}."


def _unique_ids(names: list[str]) -> dict[str, str]:
    """Each path -> its id: the path, with bytes that are no UTF-8 written as `\\xe9`."""
    ids: dict[str, str] = {}
    taken: set[str] = set()
    # Paths that need no change keep it.
    for name in sorted(names, key=lambda name: (stored_name(name) != name, name)):
        made = stored_name(name)
        while made in taken:
            made += "_"
        taken.add(made)
        ids[name] = made
    return ids
