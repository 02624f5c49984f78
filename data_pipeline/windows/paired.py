"""Two features of the same windows, e.g. samples and spectrogram of the same five seconds, from two shard indices."""

import numpy as np

from common.core.errors import DataError
from data_pipeline.cache.shards import ShardIndex
from data_pipeline.windows.index import WindowIndex
from data_pipeline.windows.reader import WindowReader


class PairedReader:
    """Two readers whose windows belong together: position p of one shows what position p of the other does.

    Args:
        first: gives labels, tracks and the window index.
        second: has as many windows, of the same tracks.

    Raises:
        DataError: the windows are not of the same tracks.
    """

    def __init__(self, first: WindowReader, second: WindowReader):
        if _tracks_of_windows(first) != _tracks_of_windows(second):
            raise DataError(
                f"{first.index.folder} and {second.index.folder}: their windows are of different tracks. Delete both "
                "folders to have them made again."
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
    """Keep the windows that both have: the k-th of a track goes with the k-th of the same track; or each of a track's
    windows with the whole track, where the second feature has one frame for each.

    A track that one of the two lacks, or a last window that only one of them has room for, is left out of both.

    Raises:
        DataError: they have no window in common.
    """
    numbered = [_numbered(index, windows) for index, windows in (first, second)]
    if getattr(second[0].feature, "pooled", False):
        whole = {name: place for (name, _), place in numbered[1].items()}
        numbered[1] = {key: whole[key[0]] for key in numbered[0] if key[0] in whole}
    common = numbered[0].keys() & numbered[1].keys()
    if not common:
        raise DataError(f"{first[0].folder} and {second[0].folder}: no window is in both. Use longer tracks.")
    kept = []
    for (_, windows), places in zip((first, second), numbered, strict=True):
        # In the first one's order, which is that of its tracks and of time.
        chosen = np.array([places[name] for name in numbered[0] if name in common], np.int64)
        kept.append(WindowIndex(windows.tracks[chosen], windows.starts[chosen], windows.frames))
    return kept[0], kept[1]


def _numbered(index: ShardIndex, windows: WindowIndex) -> dict[tuple[str, int], int]:
    """(track id, number of the window within its track) -> position."""
    ids = [track.id for track in index.tracks]
    seen: dict[int, int] = {}
    places = {}
    for position, track in enumerate(windows.tracks.tolist()):
        number = seen.get(track, 0)
        seen[track] = number + 1
        places[ids[track], number] = position
    return places


def _tracks_of_windows(reader: WindowReader) -> list[str]:
    ids = [track.id for track in reader.index.tracks]
    return [ids[track] for track in reader.windows.tracks.tolist()]
