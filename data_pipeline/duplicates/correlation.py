"""Correlation of fingerprints at every shift: how similar two clips are, and where they are aligned."""

import numpy as np
import scipy.fft


def similarities(
    ones: list[np.ndarray], others: list[np.ndarray], least_overlap: float
) -> tuple[np.ndarray, np.ndarray]:
    """Highest normalised correlation of each of `ones` with each of `others`, and the shift at which it occurs.

    Args:
        ones, others: fingerprints, float32 (bands, columns) each; columns may differ.
        least_overlap: in columns; at least half of the shorter one has to overlap in any case.

    Returns:
        float32 and int64 (ones, others); the similarity is at most 1, and 0 for silence.
    """
    longest = max(one.shape[1] for one in (*ones, *others))
    # Circular correlation: at every shift that counts, whatever wraps around falls on padding.
    size = scipy.fft.next_fast_len(2 * longest, real=True)
    first, first_energy, first_length = _padded(ones, longest, size)
    second, second_energy, second_length = _padded(others, longest, size)
    spectra = np.matmul(first.transpose(2, 0, 1), second.transpose(2, 1, 0).conj())
    shortest = min(first_length.min(), second_length.min())
    max_shift = min(longest - 1, int(longest - max(least_overlap, shortest / 2)))
    shifts = np.arange(-max(0, max_shift), max(0, max_shift) + 1)[:, None, None]
    products = scipy.fft.irfft(spectra, n=size, axis=0, overwrite_x=True)[shifts[:, 0, 0]]
    # At a shift, first[begin:end] is aligned with second[begin - shift:end - shift].
    begin = np.maximum(0, shifts)
    end = np.maximum(begin, np.minimum(first_length[None, :, None], second_length[None, None, :] + shifts))
    energy = _energy_between(first_energy[:, None], begin, end) * _energy_between(
        second_energy[None], begin - shifts, end - shifts
    )
    needed = np.maximum(least_overlap, np.minimum(first_length[:, None], second_length[None]) / 2)
    counts = (end - begin >= needed) & (energy > 0)
    correlation = products * np.where(counts, 1 / np.sqrt(np.where(counts, energy, 1)), 0).astype(np.float32)
    best = correlation.argmax(axis=0)
    return np.minimum(np.take_along_axis(correlation, best[None], 0)[0], 1), shifts[:, 0, 0][best]


def _padded(prints: list[np.ndarray], longest: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spectra (prints, bands, frequencies), energy before each column (prints, columns + 1), and lengths in columns
    (prints,), or (1,) where all are equal."""
    padded = np.zeros((len(prints), prints[0].shape[0], longest), np.float32)
    for values, one in zip(padded, prints, strict=True):
        values[:, : one.shape[1]] = one
    # In double precision, because differences of cumulative sums are taken.
    energy = np.zeros((len(prints), longest + 1))
    np.cumsum((padded**2).sum(axis=1, dtype=np.float64), axis=1, out=energy[:, 1:])
    lengths = np.array([one.shape[1] for one in prints])
    # In most datasets all clips have the same length; keeping it once saves most of the work.
    return scipy.fft.rfft(padded, n=size, axis=2), energy, np.unique(lengths) if np.ptp(lengths) == 0 else lengths


def _energy_between(energy: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Energy of columns [begin, end), for every shift."""
    whole = np.broadcast_shapes(energy.shape[:2], end.shape[1:])
    spread = np.broadcast_to(energy, (*whole, energy.shape[-1]))

    def energy_before(column: np.ndarray) -> np.ndarray:
        at = np.broadcast_to(column, (column.shape[0], *whole))
        return np.take_along_axis(spread, np.moveaxis(at, 0, -1), axis=-1)

    return np.moveaxis(energy_before(end) - energy_before(begin), -1, 0)
