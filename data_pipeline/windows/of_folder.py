"""Features and windows of any folder of audio files as a data set of TensorFlow."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, get_args

import numpy as np

from common.core.console import warn
from common.core.errors import SpecError
from common.core.words import counted
from data_pipeline.audio.decode import Decoder
from data_pipeline.cache import DEFAULT_CACHE
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import ShardIndex
from data_pipeline.datasets import folder as own_folder
from data_pipeline.datasets.catalog import BadTrack, Catalog
from data_pipeline.datasets.usable import require_usable
from data_pipeline.features import Feature
from data_pipeline.windows.index import WindowSpec
from data_pipeline.windows.layout import Layout
from data_pipeline.windows.opening import open_windows
from data_pipeline.windows.tf_dataset import as_tf_dataset, epoch_order

if TYPE_CHECKING:
    import tensorflow as tf


_MOST_NAMED = 5


class FolderWindows(NamedTuple):
    """The windows of a folder.

    Args:
        dataset: batches of (windows, genres): float32 (batch, ...) and int32 (batch,), the place in `genres`.
        genres: names of the folders directly below the folder, or below the only one in it, that hold audio files, in
            alphabetical order.
        clips: path below the folder of each window's clip, in the order of the windows.
        starts_seconds: start of each window in its clip, float64 (windows,).
    """

    dataset: "tf.data.Dataset"
    genres: tuple[str, ...]
    clips: tuple[str, ...]
    starts_seconds: np.ndarray


def folder_windows(
    folder: Path | str,
    feature: Feature,
    windows: WindowSpec,
    *,
    cache: Path | str = DEFAULT_CACHE,
    batch_windows: int = 32,
    layout: Layout = "bins_frames_channel",
    shuffle_seed: int | None = None,
    memory_limit_bytes: int | None = None,
    skip_bad: bool = False,
    decoder: Decoder = "soundfile",
) -> FolderWindows:
    """Extract a feature from every audio file below a folder, and read its windows.

    Features are extracted once, in parallel, and kept in the cache; windows are read from there while the data set is
    used, so that memory stays small however large the folder is. Values are those of the feature, not standardised.

    Args:
        folder: the folders directly below it are the genres.
        feature: e.g. `common.paper.LogMel(...)`.
        windows: e.g. `common.paper.WindowSpec(seconds=3, hop_seconds=3)`.
        cache: folder for extracted features; the one that commands use.
        batch_windows: windows of a batch; the last batch may be smaller.
        layout: of spectrograms: `bins_frames_channel` gives (batch, bins, frames, channels), `frames_bins` (batch,
            frames, bins). Samples are (batch, samples, 1) in both.
        shuffle_seed: an exact shuffle of all windows, the same in every pass; None for the order of clips and time.
        memory_limit_bytes: most memory for batches in flight; None for a fixed small number of batches.
        skip_bad: leave out files that cannot be used or are shorter than one window, instead of refusing the folder; a
            warning names them.
        decoder: of the audio files.

    Raises:
        DataError: the folder does not exist or holds no audio files, or a file cannot be used, is of a format that is
            not read or is shorter than one window; with `skip_bad`, if this is so for all files.
        BudgetError: the memory limit is smaller than one batch needs.
        SpecError: `batch_windows` or `layout` is not valid.
    """
    if batch_windows < 1:
        raise SpecError(f"batch_windows={batch_windows}: expected a number of windows, 1 or more.")
    if layout not in get_args(Layout):
        raise SpecError(f"layout={layout!r}: no such layout. Expected one of: {', '.join(get_args(Layout))}.")
    catalog = own_folder.load(Path(folder), needs_genres=False, flag="folder")
    require_usable(catalog, skip_bad=skip_bad)
    index = prepare(catalog, feature, Path(cache), skip_bad=skip_bad, decoder=decoder)
    if skip_bad:
        index = _without_short(index, windows, catalog)
        if index.skipped:
            listed = ", ".join(bad.id for bad in index.skipped[:_MOST_NAMED])
            more = ", ..." if len(index.skipped) > _MOST_NAMED else ""
            warn(f"left out: {counted(len(index.skipped), 'unusable clip')}: {listed}{more}")
    reader = open_windows([(index, windows)])
    order = np.arange(len(reader.windows))
    if shuffle_seed is not None:
        order = epoch_order(order, seed=shuffle_seed, epoch=0)
    ids = [track.id for track in index.tracks]
    return FolderWindows(
        as_tf_dataset(reader, order, batch_size=batch_windows, layout=layout, memory_left_bytes=memory_limit_bytes),
        index.genres,
        tuple(ids[track] for track in reader.windows.tracks[order]),
        reader.windows.starts[order] / feature.frames_per_second,
    )


def _without_short(index: ShardIndex, windows: WindowSpec, catalog: Catalog) -> ShardIndex:
    """The index without the clips that are shorter than one window; unchanged where no clip would be left."""
    path_of = {track.id: track.path for track in catalog.tracks}
    frames = windows.window_frames(index.feature.frames_per_second)
    short = {
        track.id: BadTrack(
            id=track.id,
            path=path_of[track.id],
            reason=f"{track.id}: shorter than a window of {windows.seconds:g} s",
        )
        for track in index.tracks
        if track.frames < frames
    }
    return index.without(short) if len(short) < len(index.tracks) else index
