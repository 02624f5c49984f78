"""tf.data over windows, within a memory budget, and the stream for each backend. The only module that uses tf.data."""

import math
from collections.abc import Iterator

import keras
import numpy as np

from common.core.errors import BudgetError
from data_pipeline.windows.keras_dataset import WindowBatches
from data_pipeline.windows.layout import InputTransform, Layout, Reader, input_transforms
from data_pipeline.windows.reader import WindowReader
from data_pipeline.windows.standardisation import AS_STORED, Standardisation

# Deeper prefetching never helped: reading is 20 times faster than training.
_MAX_BATCHES_AHEAD = 4


def epoch_order(positions: np.ndarray, *, seed: int, epoch: int, limit: int | None = None) -> np.ndarray:
    """An exact shuffle of all positions that depends only on (seed, epoch).

    Args:
        limit: keep only this many of the shuffled positions (smoke scale).
    """
    order = np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(positions)
    return order[:limit]


def batches(reader: WindowReader, order: np.ndarray, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Stored batches in the given order: ((windows, frames, bins), labels int32). No TensorFlow needed."""
    for first in range(0, len(order), batch_size):
        positions = order[first : first + batch_size]
        yield reader.read(positions), reader.labels[positions]


def batches_ahead(reader: Reader, batch_size: int, memory_left_bytes: int | None) -> int:
    """Number of batches that may wait in memory within the budget.

    Raises:
        BudgetError: not even the batch being read and the one being trained on fit.
    """
    if memory_left_bytes is None:
        return _MAX_BATCHES_AHEAD
    values = [batch_size * int(np.prod(part.window_shape)) for part in reader.parts]
    # The batch being decoded exists as stored values and as float32, twice while its axes are swapped.
    working_bytes = sum(count * (part.dtype.itemsize + 2 * 4) for count, part in zip(values, reader.parts, strict=True))
    waiting_bytes = sum(values) * 4
    ahead = (memory_left_bytes - working_bytes) // waiting_bytes
    if ahead < 1:
        needed_bytes = working_bytes + waiting_bytes
        raise BudgetError(
            f"the memory limit leaves {max(0, memory_left_bytes) / 2**20:.0f} MB for batches, but one batch of "
            f"{batch_size} windows needs {needed_bytes / 2**20:.0f} MB. Raise --memory-limit (memory_limit_bytes) "
            f"by at least {math.ceil((needed_bytes - memory_left_bytes) / 2**20)} MB."
        )
    return int(min(ahead, _MAX_BATCHES_AHEAD))


def keras_batches(reader: Reader, order: np.ndarray, *, batch_size: int, memory_left_bytes: int | None = None, **how):
    """The data stream for Keras' `fit`, `evaluate` and `predict`: `as_tf_dataset` on TensorFlow, `WindowBatches` with
    the same windows in the same order on any other backend. Arguments and errors are those of `as_tf_dataset`."""
    if keras.backend.backend() == "tensorflow":
        return as_tf_dataset(reader, order, batch_size=batch_size, memory_left_bytes=memory_left_bytes, **how)
    _require_readable(reader, order)
    batches_ahead(reader, batch_size, memory_left_bytes)
    return WindowBatches(reader, order, batch_size=batch_size, **how)


def _require_readable(reader: Reader, order: np.ndarray) -> None:
    for part in reader.parts:
        part.require_readable(order)


def as_tf_dataset(
    reader: Reader,
    order: np.ndarray,
    *,
    batch_size: int,
    layout: Layout = "bins_frames_channel",
    standardisation: Standardisation | tuple[Standardisation, ...] = AS_STORED,
    memory_left_bytes: int | None = None,
):
    """A `tf.data.Dataset` of (windows float32, labels int32) in exactly the given order.

    Args:
        order: positions of windows in `reader.windows`, see `epoch_order`.
        layout: `frames_bins` -> (batch, frames, bins); `bins_frames_channel` -> (batch, bins, frames, channels).
            Samples come as (batch, samples, 1) in both.
        standardisation: applied to the decoded values; one for each part of a paired reader, whose windows are
            tuples.
        memory_left_bytes: most memory for batches in flight; None for a fixed small number of batches.

    Raises:
        BudgetError: the budget is smaller than one batch needs.
        RunError: a window is withheld from this reader.
    """
    import tensorflow as tf

    parts = reader.parts
    _require_readable(reader, order)
    decoders = [_as_tensors(decoding) for decoding in input_transforms(reader, layout, standardisation)]
    ahead = batches_ahead(reader, batch_size, memory_left_bytes)
    labels = reader.labels
    types = [tf.as_dtype(part.dtype) for part in parts]

    def read(step: np.int64) -> list[np.ndarray]:
        positions = order[step * batch_size : (step + 1) * batch_size]
        return [*(part.read(positions) for part in parts), labels[positions]]

    # AutoGraph has nothing to convert, and a killed process would leave the converted source in the temporary folder.
    @tf.autograph.experimental.do_not_convert
    def load(step):
        *stored, label = tf.numpy_function(read, [step], [*types, tf.int32], stateful=False)
        for values, part in zip(stored, parts, strict=True):
            values.set_shape((None, *part.window_shape))
        label.set_shape((None,))
        return tuple(stored), label

    @tf.autograph.experimental.do_not_convert
    def decode(stored, label):
        values = tuple(decoder(each) for decoder, each in zip(decoders, stored, strict=True))
        return values[0] if len(values) == 1 else values, label

    steps = -(-len(order) // batch_size)
    dataset = tf.data.Dataset.range(steps).map(load).map(decode)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(ahead)
    options = tf.data.Options()
    # Autotuned buffers would use memory outside the budget.
    options.autotune.enabled = False
    # Where several devices share a batch, each takes its part of every batch: no window may be dropped by sharding.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return dataset.with_options(options)


def _as_tensors(decoding: InputTransform):
    """The same decoding within TensorFlow."""
    import tensorflow as tf

    def decode(stored):
        values = tf.cast(stored, tf.float32) * decoding.scale + decoding.offset
        if decoding.picture is None:
            return values
        return tf.transpose(tf.reshape(values, (-1, *decoding.picture)), (0, 3, 1, 2))

    return decode
