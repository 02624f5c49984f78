"""Features and windows of any folder of audio files as a data set of TensorFlow."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from data_pipeline.audio.decode import Decoder
from data_pipeline.cache import DEFAULT_CACHE
from data_pipeline.cache.extraction import prepare
from data_pipeline.datasets.folder import load_folder
from data_pipeline.features import Feature
from data_pipeline.windows.index import WindowSpec
from data_pipeline.windows.layout import Layout
from data_pipeline.windows.opening import open_windows
from data_pipeline.windows.tf_dataset import as_tf_dataset, epoch_order

if TYPE_CHECKING:
    import tensorflow as tf


class FolderWindows(NamedTuple):
    """The windows of a folder.

    Args:
        dataset: batches of (windows, genres): float32 (batch, ...) and int32 (batch,), the place in `genres`.
        genres: names of the subfolders that hold audio files, in alphabetical order.
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
        folder: its subfolders are the genres.
        feature: e.g. `common.paper.LogMel(...)`.
        windows: e.g. `common.paper.WindowSpec(seconds=3, hop_seconds=3)`.
        cache: folder for extracted features; the one that commands use.
        batch_windows: windows of a batch; the last batch may be smaller.
        layout: of spectrograms: `bins_frames_channel` gives (batch, bins, frames, channels), `frames_bins` (batch,
            frames, bins). Samples are (batch, samples, 1) in both.
        shuffle_seed: an exact shuffle of all windows, the same in every pass; None for the order of clips and time.
        memory_limit_bytes: most memory for batches in flight; None for a fixed small number of batches.
        skip_bad: leave out files that cannot be used, instead of refusing the folder.
        decoder: of the audio files.

    Raises:
        DataError: the folder does not exist, holds fewer than two audio files, or a file cannot be used or is shorter
            than one window.
        BudgetError: the memory limit is smaller than one batch needs.
    """
    index = prepare(load_folder(Path(folder)), feature, Path(cache), skip_bad=skip_bad, decoder=decoder)
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
