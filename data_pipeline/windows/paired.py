"""Two features of the same windows, e.g. samples and spectrogram of the same five seconds, from two shard indices."""

import numpy as np

from common.core.errors import DataError
from data_pipeline.cache.shards import ShardIndex
from data_pipeline.windows.index import WindowIndex
from data_pipeline.windows.reader import WindowReader


class PairedReader:
    """Two readers with matching windows: position p of one is the same excerpt as position p of the other.

    Args:
        first: provides labels, tracks and the window index.
        second: has as many windows, of the same tracks.

    Raises:
        DataError: the windows are not of the same tracks.
    """

    def __init__(self, first: WindowReader, second: WindowReader):
        if _tracks_of_windows(first) != _tracks_of_windows(second):
            raise DataError(
                f"{first.index.folder} and {second.index.folder}: their windows are of different clips. Delete both "
                "folders to extract them again."
            )
        self.parts = (first, second)
        self.index = first.index
        self.windows = first.windows
        self.labels = first.labels

    def withhold_all_but(self, positions: np.ndarray) -> None:
        """From now on only the windows at `positions` can be read, of both parts."""
        for part in self.parts:
            part.withhold_all_but(positions)
        self.labels = self.parts[0].labels

    def close(self) -> None:
        """Close all files."""
        for part in self.parts:
            part.close()

    def __enter__(self) -> "PairedReader":
        return self

    def __exit__(self, *exception) -> None:
        self.close()


def pair_windows(
    first: tuple[ShardIndex, WindowIndex], second: tuple[ShardIndex, WindowIndex]
) -> tuple[WindowIndex, WindowIndex]:
    """Keep the windows that both features have.

    The k-th window of a track is paired with the k-th of the same track; where the second feature is pooled to one
    frame per track, each of a track's windows is paired with that frame. A track that one of the two lacks, or a last
    window that fits into only one of them, is left out of both.

    Raises:
        DataError: they have no window in common.
    """
    numbered = [_numbered(index, windows) for index, windows in (first, second)]
    if getattr(second[0].feature, "pooled", False):
        position_of_track = {name: position for (name, _), position in numbered[1].items()}
        numbered[1] = {key: position_of_track[key[0]] for key in numbered[0] if key[0] in position_of_track}
    common = numbered[0].keys() & numbered[1].keys()
    if not common:
        raise DataError(f"{first[0].folder} and {second[0].folder}: no window is in both. Use longer clips.")
    kept = []
    for (_, windows), positions in zip((first, second), numbered, strict=True):
        # In the order of the first feature: by track, then by time.
        chosen = np.array([positions[name] for name in numbered[0] if name in common], np.int64)
        kept.append(WindowIndex(windows.tracks[chosen], windows.starts[chosen], windows.frames))
    return kept[0], kept[1]


def _numbered(index: ShardIndex, windows: WindowIndex) -> dict[tuple[str, int], int]:
    """(track id, number of the window within its track) -> position."""
    ids = [track.id for track in index.tracks]
    seen: dict[int, int] = {}
    positions = {}
    for position, track in enumerate(windows.tracks.tolist()):
        number = seen.get(track, 0)
        seen[track] = number + 1
        positions[ids[track], number] = position
    return positions


def _tracks_of_windows(reader: WindowReader) -> list[str]:
    ids = [track.id for track in reader.index.tracks]
    return [ids[track] for track in reader.windows.tracks.tolist()]
