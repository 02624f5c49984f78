"""Windows read directly from the shards: one positioned read per window into the batch, nothing is cached.

The files are read, not mapped: pages of a memory map count as the process's resident memory, and an epoch over 8 GB of
shards would make them all resident. Data read here stay in the operating system's page cache, which does not count.
"""

import io
import os
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np

from common.core.errors import DataError, RunError
from data_pipeline.cache.shards import ShardIndex, open_rows
from data_pipeline.windows.index import WindowIndex

_OPEN_FILES = 128


class WindowReader:
    """Reads batches of windows of one shard index. One thread at a time.

    Args:
        index: the shards.
        windows: the windows that positions refer to.

    Raises:
        DataError: a shard is not a plain array of the expected shape and type.
    """

    def __init__(self, index: ShardIndex, windows: WindowIndex):
        self.index = index
        self.windows = windows
        self.labels = index.labels()[windows.tracks]
        self.dtype = np.dtype(index.feature.storage.dtype)
        self._row_bytes = index.feature.bins * self.dtype.itemsize
        data_offsets = np.array([open_rows(index, number).offset for number in range(len(index.shards))], np.int64)
        tracks = index.tracks
        self._shards = np.array([t.shard for t in tracks], np.int64)[windows.tracks]
        rows = np.array([t.first_row for t in tracks], np.int64)[windows.tracks] + windows.starts
        self._offsets = data_offsets[self._shards] + rows * self._row_bytes
        self._files: OrderedDict[int, int] = OrderedDict()
        self._moving = threading.Lock()
        self._withheld: np.ndarray | None = None

    def withhold_all_but(self, positions: np.ndarray) -> None:
        """From now on only the windows at `positions` can be read; the labels of the others become -1."""
        self._withheld = np.ones(len(self.windows), bool)
        self._withheld[positions] = False
        self.labels = np.where(self._withheld, np.int32(-1), self.labels)

    def require_readable(self, positions: np.ndarray) -> None:
        """Raise RunError if a window at `positions` is withheld."""
        if self._withheld is not None and self._withheld[positions].any():
            raise RunError(
                f"{int(self._withheld[positions].sum())} of {len(positions)} windows asked for are withheld: a search "
                "reads only training and validation windows. Evaluate its best trials with run.py."
            )

    @property
    def parts(self) -> tuple["WindowReader", ...]:
        """Readers of the network's inputs: one here, two for a `PairedReader`."""
        return (self,)

    @property
    def window_shape(self) -> tuple[int, int]:
        """(frames, bins) of one window."""
        return self.windows.frames, self.index.feature.bins

    def read(self, positions: np.ndarray) -> np.ndarray:
        """Stored values of the windows at `positions`: (windows, frames, bins).

        Raises:
            DataError: a shard ended early or was removed since it was opened.
            RunError: a window is withheld.
        """
        self.require_readable(positions)
        batch = np.empty((len(positions), *self.window_shape), self.dtype)
        for slot, position in zip(batch, positions, strict=True):
            shard = int(self._shards[position])
            count = self._read_at(self._file(shard), slot, int(self._offsets[position]))
            if count != slot.nbytes:
                raise DataError(f"{self._path(shard)}: ended early ({count} of {slot.nbytes} bytes). Run again.")
        return batch

    def close(self) -> None:
        """Close all files."""
        while self._files:
            os.close(self._files.popitem()[1])

    def __enter__(self) -> "WindowReader":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def _path(self, shard: int) -> Path:
        return self.index.folder / f"{self.index.shards[shard].name}.npy"

    def _read_at(self, descriptor: int, slot: np.ndarray, offset: int) -> int:
        """Fill `slot` with the bytes from `offset` on; returns how many there were."""
        if hasattr(os, "preadv"):
            return os.preadv(descriptor, [slot], offset)
        # Windows has no positioned read. Moving the file's position and reading there are two steps that no other
        # thread may come between.
        with self._moving, io.FileIO(descriptor, closefd=False) as file:
            file.seek(offset)
            return file.readinto(slot)

    def _file(self, shard: int) -> int:
        if shard in self._files:
            self._files.move_to_end(shard)
            return self._files[shard]
        if len(self._files) >= _OPEN_FILES:
            os.close(self._files.popitem(last=False)[1])
        try:
            # Without O_BINARY, Windows would translate line ends.
            descriptor = os.open(self._path(shard), os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise DataError(f"{self._path(shard)}: cannot be opened ({error.strerror}). Run again.") from error
        self._files[shard] = descriptor
        return descriptor
