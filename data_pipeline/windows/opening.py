"""From the shards of one feature, or of two, to a reader of their windows."""

from collections.abc import Sequence

from data_pipeline.cache.shards import ShardIndex
from data_pipeline.windows.index import WindowSpec, index_windows
from data_pipeline.windows.layout import Reader
from data_pipeline.windows.paired import PairedReader, pair_windows
from data_pipeline.windows.reader import WindowReader


def open_windows(inputs: Sequence[tuple[ShardIndex, WindowSpec]]) -> Reader:
    """All windows of all tracks, in track order.

    Args:
        inputs: shards and windows of a network's one or two inputs; of two, the windows that both have are paired.

    Raises:
        DataError: a track is shorter than one window, a shard cannot be used, or two inputs have no window in common.
    """
    opened = [
        (
            index,
            index_windows(
                windows,
                [track.frames for track in index.tracks],
                [track.id for track in index.tracks],
                index.feature.frames_per_second,
            ),
        )
        for index, windows in inputs
    ]
    if len(opened) == 1:
        return WindowReader(*opened[0])
    first, second = pair_windows(*opened)
    return PairedReader(WindowReader(opened[0][0], first), WindowReader(opened[1][0], second))
