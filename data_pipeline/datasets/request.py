"""What a command asks a data set for: its name, the user's files, and how they are to be read."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DataRequest:
    """Options that say which data are read, under the names of their options.

    Args:
        dataset: name in `--dataset`.
        data: the user's folder or file; None where the data set takes none.
        cache: folder of all caches, where the demo corpus is written.
        seconds_per_column: time step of arrays; None where the file states it.
        genre_names: names of genres that arrays hold as numbers: names with commas between them, or a text file.
        labels: table of an own folder's clips; None for none.
        artist_level: level of an own folder's subfolders that names artists, 1 below the genres; None for the tags.
        clip_seconds: length that is taken from the middle of each clip of audio; None for whole clips.
        data_flag: option that `data` was given with, for messages.
        memory_left_bytes: what the process may still take while the data set is opened; None for no limit.
        needs_genres: False where clips are compared only: an own folder may then hold files without a genre.
    """

    dataset: str
    data: Path | None
    cache: Path
    seconds_per_column: float | None = None
    genre_names: str | None = None
    labels: Path | None = None
    artist_level: int | None = None
    clip_seconds: float | None = None
    data_flag: str = "--data"
    needs_genres: bool = True
    memory_left_bytes: int | None = None
