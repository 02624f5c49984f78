"""tf.data over windows, within a memory budget. The only module that knows tf.data."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from common.errors import BudgetError
from data_pipeline.reader import WindowReader
from data_pipeline.standardisation import AS_STORED, Standardisation

Layout = Literal["frames_bins", "bins_frames_channel"]

# Deeper prefetching never helped here: reading is 20 times faster than training.
_MOST_BATCHES_AHEAD = 4


def shape_of_window(frames: int, bins: int, layout: Layout) -> tuple[int, ...]:
    """Shape of one window as a model takes it."""
    return (frames, bins) if layout == "frames_bins" else (bins, frames, 1)


def epoch_order(positions: np.ndarray, *, seed: int, epoch: int, limit: int | None = None) -> np.ndarray:
    """An exact shuffle of all positions that depends on nothing but (seed, epoch).

    Args:
        limit: keep only the first so many of the shuffled positions (smoke scale).
    """
    order = np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(positions)
    return order[:limit]


def batches(reader: WindowReader, order: np.ndarray, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Stored batches in the given order: ((windows, frames, bins), labels int32). No TensorFlow needed."""
    for first in range(0, len(order), batch_size):
        positions = order[first : first + batch_size]
        yield reader.read(positions), reader.labels[positions]


def batches_ahead(reader: WindowReader, batch_size: int, budget_bytes: int | None) -> int:
    """How many batches may wait in memory within the budget.

    Raises:
        BudgetError: not even the batch being read and the one being trained on fit.
    """
    if budget_bytes is None:
        return _MOST_BATCHES_AHEAD
    values = batch_size * int(np.prod(reader.window_shape))
    # The batch being decoded exists as stored values and as float32, twice while its axes are swapped.
    working_bytes = values * (reader.dtype.itemsize + 2 * 4)
    waiting_bytes = values * 4
    ahead = (budget_bytes - working_bytes) // waiting_bytes
    if ahead < 1:
        raise BudgetError(
            f"the memory limit leaves {max(0, budget_bytes) / 2**20:.0f} MB for batches, one batch of {batch_size} "
            f"windows needs {(working_bytes + waiting_bytes) / 2**20:.0f} MB. Raise --memory-limit."
        )
    return int(min(ahead, _MOST_BATCHES_AHEAD))


def as_dataset(
    reader: WindowReader,
    order: np.ndarray,
    *,
    batch_size: int,
    layout: Layout = "bins_frames_channel",
    standardisation: Standardisation = AS_STORED,
    budget_bytes: int | None = None,
):
    """A `tf.data.Dataset` of (windows float32, labels int32) in exactly the given order.

    Args:
        order: positions of windows in `reader.windows`, see `epoch_order`.
        layout: `frames_bins` -> (batch, frames, bins); `bins_frames_channel` -> (batch, bins, frames, 1).
        standardisation: applied to the decoded values.
        budget_bytes: most memory for batches in flight; None for a fixed small number of batches.

    Raises:
        BudgetError: the budget is smaller than one batch needs.
    """
    import tensorflow as tf

    storage = reader.index.feature.storage
    scale = storage.scale / standardisation.deviation
    offset = (storage.offset - standardisation.mean) / standardisation.deviation
    frames, bins = reader.window_shape
    ahead = batches_ahead(reader, batch_size, budget_bytes)
    labels = reader.labels

    def read(step: np.int64) -> tuple[np.ndarray, np.ndarray]:
        positions = order[step * batch_size : (step + 1) * batch_size]
        return reader.read(positions), labels[positions]

    # Nothing to convert, and a killed process would leave the converted source in the temporary folder.
    @tf.autograph.experimental.do_not_convert
    def load(step):
        stored, label = tf.numpy_function(read, [step], (tf.as_dtype(reader.dtype), tf.int32), stateful=False)
        stored.set_shape((None, frames, bins))
        label.set_shape((None,))
        return stored, label

    @tf.autograph.experimental.do_not_convert
    def decode(stored, label):
        values = tf.cast(stored, tf.float32) * scale + offset
        if layout == "bins_frames_channel":
            values = tf.expand_dims(tf.transpose(values, (0, 2, 1)), -1)
        return values, label

    steps = -(-len(order) // batch_size)
    dataset = tf.data.Dataset.range(steps).map(load).map(decode)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(ahead)
    options = tf.data.Options()
    # Automatic tuning of buffers would spend memory that the budget has not been asked for.
    options.autotune.enabled = False
    return dataset.with_options(options)
