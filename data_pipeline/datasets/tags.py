"""Artists as the tags of audio files name them."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tinytag import ParseError, TinyTag, TinyTagException

from common.core.console import progress

# Reading tags takes about 0.1 ms a file on a local disk: below this number of files a bar is not worth its line.
_SILENT_FILES = 5_000
# A tag can be as long as the file; no artist's name is.
_MOST_CHARACTERS = 1_000


class _WithinFile(io.BufferedReader):
    """Takes no memory for bytes that a tag claims and the file does not hold: `read` takes as much as it is asked for
    before it reads."""

    def __init__(self, raw: io.FileIO):
        super().__init__(raw)
        self._size = self.seek(0, io.SEEK_END)
        self.seek(0)

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` bytes; all that are left for -1."""
        left = max(0, self._size - self.tell())
        return super().read(left if size is None or size < 0 else min(size, left))


@dataclass(frozen=True)
class ArtistTags:
    """What the tags of files say.

    Args:
        artists: file -> artist, else the artist of its album; None where there is neither.
        unreadable: files whose tags cannot be read.
    """

    artists: dict[Path, str | None]
    unreadable: tuple[Path, ...]


def read_artists(paths: Iterable[Path]) -> ArtistTags:
    """Read the artist in the tags of each file. Tags that cannot be read are no error: whether the file itself is whole
    is found when it is decoded."""
    paths = list(paths)
    artists: dict[Path, str | None] = {}
    unreadable = []
    with progress("reading tags", len(paths) if len(paths) >= _SILENT_FILES else 0, unit="files") as advance:
        for path in paths:
            try:
                artists[path] = artist_in_tags(path)
            except (TinyTagException, OSError):
                artists[path] = None
                unreadable.append(path)
            advance(1)
    return ArtistTags(artists, tuple(unreadable))


def artist_in_tags(path: Path) -> str | None:
    """The artist in a file's tags, several separated by semicolons; else that of the album; None where there is
    neither.

    Raises:
        TinyTagException: the tags cannot be read, or name an artist with more than 1,000 characters.
        OSError: the file cannot be read.
    """
    with _WithinFile(io.FileIO(path)) as file:
        tag = TinyTag.get(path, file, duration=False)
    for first, field in ((tag.artist, "artist"), (tag.albumartist, "albumartist")):
        names = [name.strip() for name in (first, *tag.other.get(field, ())) if name and name.strip()]
        if names:
            artist = "; ".join(dict.fromkeys(names))
            if len(artist) > _MOST_CHARACTERS:
                raise ParseError(f"the artist has {len(artist):,} characters")
            return artist
    return None
