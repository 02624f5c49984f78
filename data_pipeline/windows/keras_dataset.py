"""The data stream for Keras on JAX or PyTorch, without TensorFlow: the same batches as those of `tf_dataset.py`."""

import keras
import numpy as np

from data_pipeline.windows.layout import Layout, Reader, input_transforms
from data_pipeline.windows.standardisation import AS_STORED, Standardisation


class WindowBatches(keras.utils.PyDataset):
    """Batches of (windows float32, labels int32) in exactly the given order, read on request.

    No thread reads ahead: reading is far faster than training, and a single thread is deterministic.

    Args:
        order: positions of windows in `reader.windows`.
        standardisation: applied to the decoded values; one for all parts of the reader, or one for each.
    """

    def __init__(
        self,
        reader: Reader,
        order: np.ndarray,
        *,
        batch_size: int,
        layout: Layout = "bins_frames_channel",
        standardisation: Standardisation | tuple[Standardisation, ...] = AS_STORED,
    ):
        super().__init__(workers=1)
        self._reader, self._order, self._batch_size = reader, order, batch_size
        self._decodings = input_transforms(reader, layout, standardisation)

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size)

    def __getitem__(self, step: int):
        """Batch number `step`: windows (a tuple of two for a paired reader) and labels."""
        positions = self._order[step * self._batch_size : (step + 1) * self._batch_size]
        windows = tuple(
            decode(part.read(positions)) for decode, part in zip(self._decodings, self._reader.parts, strict=True)
        )
        return windows[0] if len(windows) == 1 else windows, self._reader.labels[positions]
