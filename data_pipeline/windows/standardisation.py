"""One mean and one standard deviation for all values of a network's input, computed from training windows only."""

from dataclasses import dataclass

import numpy as np

from data_pipeline.windows.reader import WindowReader

# Evenly spaced over the training windows; 2,048 windows of 128 x 39 determine the mean to four digits.
MAX_WINDOWS = 2048
_BATCH_WINDOWS = 64


@dataclass(frozen=True)
class Standardisation:
    """`(value - mean) / deviation`; the default changes nothing."""

    mean: float = 0.0
    deviation: float = 1.0


AS_STORED = Standardisation()


def fit_standardisation(reader: WindowReader, positions: np.ndarray) -> Standardisation:
    """Mean and standard deviation over the windows at `positions`, computed from at most 2,048 of them.

    Depends only on the windows (no seed), so that a resumed run and every run seed use the same numbers. Values that
    are all equal are only centred.
    """
    spaced = np.unique(np.linspace(0, len(positions) - 1, min(len(positions), MAX_WINDOWS)).astype(np.int64))
    chosen = np.sort(positions)[spaced]
    count, total, squares = 0, 0.0, 0.0
    for first in range(0, len(chosen), _BATCH_WINDOWS):
        values = reader.index.feature.storage.decode(reader.read(chosen[first : first + _BATCH_WINDOWS]))
        count += values.size
        total += float(values.sum(dtype=np.float64))
        squares += float(np.square(values, dtype=np.float64).sum())
    mean = total / count
    deviation = float(np.sqrt(max(0.0, squares / count - mean * mean)))
    return Standardisation(mean, deviation if deviation > 1e-6 else 1.0)
