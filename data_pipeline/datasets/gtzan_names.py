"""Which files are clips of GTZAN, by their names alone: in folders, archives and tables.

A clip is named `blues.00007.wav`. Copies differ in upper and lower case, in the separator (`blues_00007`), in leading
zeros (`blues.7`), in a suffix that is there twice (`blues.00007.wav.wav`) and in the spelling of hiphop; all of these
name one clip. A copy that counts from 1 would get the artists and the splits of other clips. So numbers of
five digits are not taken where a genre has 100 and no 0, and numbers of fewer digits only where it has 0 and not 100.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Generic, TypeVar

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
CLIPS_PER_GENRE = 100
# As GTZAN is published (.au), as most people have it (.wav), and without loss.
LOSSLESS = (".wav", ".au", ".flac")
LOSSY = (".mp3", ".ogg")
SUFFIXES = (*LOSSLESS, *LOSSY)

_GENRE = r"(blues|classical|country|disco|hip[-_ ]?hop|jazz|metal|pop|reggae|rock)"
_CLIP = re.compile(rf"{_GENRE}[._ -]?(\d{{1,5}})")
_PIECE = re.compile(rf"{_GENRE}[._ -]?\d{{5}}[._ -].+")
_DIGITS = 5

AnyPath = TypeVar("AnyPath", bound=PurePath)


@dataclass(frozen=True)
class NamedClips(Generic[AnyPath]):
    """Files sorted into clips and others.

    Args:
        clips: clip id -> file.
        pieces: audio files named after a clip and a part of it, e.g. `blues.00000.3.wav`.
        uncertain: audio files whose numbers do not count from 0 in their genre, e.g. `blues.100.wav`.
        others: all other files, among them further copies of a clip.
    """

    clips: dict[str, AnyPath]
    pieces: tuple[AnyPath, ...]
    uncertain: tuple[AnyPath, ...]
    others: tuple[AnyPath, ...]

    @property
    def extra(self) -> tuple[AnyPath, ...]:
        """All files that are not taken, in sorted order."""
        return tuple(sorted((*self.pieces, *self.uncertain, *self.others)))


def genre_in(name: str) -> str | None:
    """The genre that a folder is named after, in any spelling; None where it is named after none."""
    match = re.fullmatch(_GENRE, name.lower())
    return None if match is None else _spelled(match[1])


def named_clips(paths: Iterable[AnyPath]) -> NamedClips[AnyPath]:
    """Sort files into clips and others by their names.

    A file in the folder of another genre is no clip. Of several files of one clip, that with GTZAN's own name is taken,
    then one without loss, then the first in sorted order.

    Args:
        paths: with the folders that they lie in.
    """
    exact: dict[str, list[tuple[int, AnyPath]]] = defaultdict(list)
    loose: dict[str, list[tuple[int, AnyPath]]] = defaultdict(list)
    pieces, others = [], []
    for path in paths:
        stem = _stem(path.name)
        match = None if stem is None else _CLIP.fullmatch(stem)
        if stem is not None and match is None and _PIECE.fullmatch(stem):
            pieces.append(path)
            continue
        genre = match and _spelled(match[1])
        if match is None or (genre_in(path.parent.name) or genre) != genre:
            others.append(path)
        elif len(match[2]) == _DIGITS:
            exact[genre].append((int(match[2]), path))
        else:
            loose[genre].append((int(match[2]), path))
    certain: list[tuple[int, AnyPath, str]] = []
    uncertain = []
    for genre, numbered in (*exact.items(), *loose.items()):
        numbers = {number for number, _ in numbered}
        counts_from_0 = 0 in numbers and max(numbers) < CLIPS_PER_GENRE
        counts_from_1 = 0 not in numbers and CLIPS_PER_GENRE in numbers
        if counts_from_0 or (numbered is exact.get(genre) and not counts_from_1):
            certain += [(number, path, genre) for number, path in numbered]
        else:
            uncertain += [path for _, path in numbered]
    clips: dict[str, AnyPath] = {}
    for number, path, genre in sorted(certain, key=_preference):
        clip = f"{genre}.{number:05d}"
        if number >= CLIPS_PER_GENRE or clip in clips:
            others.append(path)
        else:
            clips[clip] = path
    return NamedClips(dict(sorted(clips.items())), tuple(sorted(pieces)), tuple(sorted(uncertain)), tuple(others))


def _preference(found: tuple[int, PurePath, str]) -> tuple[bool, bool, PurePath]:
    number, path, genre = found
    has_own_name = path.name.lower().removesuffix(path.suffix.lower()) == f"{genre}.{number:05d}"
    return not has_own_name, path.suffix.lower() in LOSSY, path


def _stem(name: str) -> str | None:
    """Name without its audio suffixes, in lower case; None for a file of no audio format."""
    stem = name.lower()
    while stem.endswith(SUFFIXES):
        stem = stem[: stem.rindex(".")]
    return None if stem == name.lower() else stem


def _spelled(genre: str) -> str:
    return genre if genre in GENRES else "hiphop"
