"""Clips that are one recording: exact copies by their checksum, near ones by their sound.

Two clips are near duplicates where their fingerprints correlate above a threshold at a shift that leaves at least half
of the shorter one in common: re-encoded, louder, filtered, or cut elsewhere. All pairs are compared at a third of the
time resolution, those that come near at the full one: time grows with the square of the number of clips.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.fft

from common.core.console import progress
from data_pipeline.cache.shards import ShardIndex, ShardTrack
from data_pipeline.duplicates.fingerprints import columns_per_second, fingerprint

# Of 999 clips of GTZAN, 52 pairs reach 0.6, among them every exact copy, and the first pair of different songs is at
# 0.36; of 120 clips of the demo corpus, which share drum kits and patterns, none reaches 0.3.
SIMILARITY_THRESHOLD = 0.5
# Shorter pieces of different music are alike by chance.
LEAST_OVERLAP_SECONDS = 5.0
_COARSE_COLUMNS = 3
# Coarse columns of a shifted copy are other averages: what reaches the threshold may be this much below it there.
_COARSE_MARGIN = 0.2
# Clips are compared in blocks; so many correlations of a block are in memory at a time (some 20 bytes each).
_BLOCK_CLIPS = 32
_MOST_CORRELATIONS = 10_000_000


@dataclass(frozen=True)
class Pair:
    """Two clips that are one recording.

    Args:
        first, second: ids, in order.
        similarity: correlation of their fingerprints, 1 for exact copies.
        shift_seconds: by how much the second clip begins later in the recording: where it is positive, the second
            clip's beginning is the first clip's second `shift_seconds`.
        exact: same checksum.
    """

    first: str
    second: str
    similarity: float
    shift_seconds: float
    exact: bool


@dataclass(frozen=True)
class Scan:
    """What a search for duplicates found.

    Args:
        pairs: exact ones first, then the most similar.
        clips: that were looked at.
        too_short: that were compared by checksum alone.
        above: similarity from which on two clips count as one recording.
    """

    pairs: tuple[Pair, ...]
    clips: int
    too_short: int
    above: float

    @property
    def exact(self) -> int:
        """Number of exact pairs."""
        return sum(pair.exact for pair in self.pairs)


def first_of_source(tracks: Iterable[ShardTrack]) -> dict[str, str]:
    """Id of each clip -> id of the first clip, by id, that has the same checksum; itself where there is no other."""
    first: dict[str, str] = {}
    return {track.id: first.setdefault(track.source_sha256, track.id) for track in sorted(tracks, key=lambda t: t.id)}


def exact_pairs(tracks: Iterable[ShardTrack]) -> set[tuple[str, str]]:
    """Ids of every two clips with the same checksum."""
    of_source: dict[str, list[str]] = {}
    for track in sorted(tracks, key=lambda track: track.id):
        of_source.setdefault(track.source_sha256, []).append(track.id)
    return {(one, other) for ids in of_source.values() for place, one in enumerate(ids) for other in ids[place + 1 :]}


def find_duplicates(index: ShardIndex, *, above: float = SIMILARITY_THRESHOLD) -> Scan:
    """Find all pairs of clips that are one recording.

    Args:
        index: from `data_pipeline.duplicates.fingerprints.fingerprint_shards`; altered copies are left aside.
        above: least similarity, between 0 and 1.
    """
    clips = index.clips
    rate = columns_per_second(index)
    least = LEAST_OVERLAP_SECONDS * rate
    exact = exact_pairs(clips)
    prints = [fingerprint(index, track) for track in clips]
    # A correlation of a few columns says nothing, however long they last.
    needed = max(least, 3 * _COARSE_COLUMNS)
    long_enough = [place for place, one in enumerate(prints) if one.shape[0] and one.shape[1] >= needed]
    near = _near(prints, long_enough, least, above)
    pairs = [
        Pair(*_in_order(clips[one].id, clips[other].id, similarity, shift / rate), exact=False)
        for one, other, similarity, shift in near
        if tuple(sorted((clips[one].id, clips[other].id))) not in exact
    ]
    pairs.sort(key=lambda pair: (-pair.similarity, pair.first, pair.second))
    same = [Pair(one, other, 1.0, 0.0, exact=True) for one, other in sorted(exact)]
    return Scan((*same, *pairs), len(clips), len(clips) - len(long_enough), above)


def _in_order(one: str, other: str, similarity: float, shift: float) -> tuple[str, str, float, float]:
    first, second = sorted((one, other))
    return first, second, round(similarity, 4), round(shift if first == one else -shift, 2) + 0.0


def _near(prints: list[np.ndarray], chosen: list[int], least: float, above: float) -> list[tuple[int, int, float, int]]:
    """(place, place, similarity, shift in columns) of all pairs of the chosen that are alike."""
    # Of about one length in each block, because all are padded to the longest.
    chosen = sorted(chosen, key=lambda place: prints[place].shape[1])
    coarse = [_coarse(prints[place]) for place in chosen]
    candidates = []
    rows = range(0, len(chosen), _BLOCK_CLIPS)
    with progress("comparing clips", len(rows), unit="blocks") as advance:
        for row in rows:
            ones = coarse[row : row + _BLOCK_CLIPS]
            column = row
            while column < len(chosen):
                width = _fitting(len(ones), coarse[column].shape[1])
                width = _fitting(len(ones), coarse[min(column + width, len(coarse)) - 1].shape[1])
                others = coarse[column : column + width]
                similarity, _ = similarities(ones, others, least / _COARSE_COLUMNS)
                candidates += [
                    (chosen[row + one], chosen[column + other])
                    for one, other in np.argwhere(similarity >= above - _COARSE_MARGIN)
                    if row + one < column + other
                ]
                column += len(others)
            advance(1)
    found = []
    for one, other in candidates:
        similarity, shift = similarities([prints[one]], [prints[other]], least)
        if similarity[0, 0] >= above:
            found.append((one, other, float(similarity[0, 0]), int(shift[0, 0])))
    return found


def _fitting(rows: int, longest: int) -> int:
    """Clips that so many can be compared with at a time; correlations are twice as long as the longest, and padded."""
    return max(1, _MOST_CORRELATIONS // (rows * 4 * longest))


def _coarse(fingerprint: np.ndarray) -> np.ndarray:
    whole = fingerprint.shape[1] // _COARSE_COLUMNS * _COARSE_COLUMNS
    return fingerprint[:, :whole].reshape(len(fingerprint), -1, _COARSE_COLUMNS).mean(axis=2)


def similarities(
    ones: list[np.ndarray], others: list[np.ndarray], least_overlap: float
) -> tuple[np.ndarray, np.ndarray]:
    """Highest normalised correlation of each of some fingerprints with each of some others, and the shift that has it.

    Args:
        ones, others: float32 (bands, columns) each; columns may differ.
        least_overlap: columns; at least half of the shorter one has to overlap in any case.

    Returns:
        float32 and int64 (ones, others); the similarity is at most 1, and 0 for silence.
    """
    longest = max(one.shape[1] for one in (*ones, *others))
    # Circular: at every shift that counts, what would wrap around meets padding.
    size = scipy.fft.next_fast_len(2 * longest, real=True)
    first, first_energy, first_length = _padded(ones, longest, size)
    second, second_energy, second_length = _padded(others, longest, size)
    spectra = np.matmul(first.transpose(2, 0, 1), second.transpose(2, 1, 0).conj())
    shortest = min(first_length.min(), second_length.min())
    furthest = min(longest - 1, int(longest - max(least_overlap, shortest / 2)))
    shifts = np.arange(-max(0, furthest), max(0, furthest) + 1)[:, None, None]
    products = scipy.fft.irfft(spectra, n=size, axis=0, overwrite_x=True)[shifts[:, 0, 0]]
    # At a shift, first[begin:end] lies upon second[begin - shift:end - shift].
    begin = np.maximum(0, shifts)
    end = np.maximum(begin, np.minimum(first_length[None, :, None], second_length[None, None, :] + shifts))
    energy = _between(first_energy[:, None], begin, end) * _between(second_energy[None], begin - shifts, end - shifts)
    needed = np.maximum(least_overlap, np.minimum(first_length[:, None], second_length[None]) / 2)
    counts = (end - begin >= needed) & (energy > 0)
    correlation = products * np.where(counts, 1 / np.sqrt(np.where(counts, energy, 1)), 0).astype(np.float32)
    best = correlation.argmax(axis=0)
    return np.minimum(np.take_along_axis(correlation, best[None], 0)[0], 1), shifts[:, 0, 0][best]


def _padded(prints: list[np.ndarray], longest: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spectra (prints, bands, frequencies), energy before each column (prints, columns + 1), and columns of each, or of
    all."""
    padded = np.zeros((len(prints), prints[0].shape[0], longest), np.float32)
    for values, one in zip(padded, prints, strict=True):
        values[:, : one.shape[1]] = one
    # In double precision: differences of sums are taken.
    energy = np.zeros((len(prints), longest + 1))
    np.cumsum((padded**2).sum(axis=1, dtype=np.float64), axis=1, out=energy[:, 1:])
    lengths = np.array([one.shape[1] for one in prints])
    # One length for all, as most datasets have, is kept as one number, which saves most of the work.
    return scipy.fft.rfft(padded, n=size, axis=2), energy, np.unique(lengths) if np.ptp(lengths) == 0 else lengths


def _between(energy: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Energy of columns [begin, end), for every shift."""
    whole = np.broadcast_shapes(energy.shape[:2], end.shape[1:])
    spread = np.broadcast_to(energy, (*whole, energy.shape[-1]))

    def up_to(place: np.ndarray) -> np.ndarray:
        at = np.broadcast_to(place, (place.shape[0], *whole))
        return np.take_along_axis(spread, np.moveaxis(at, 0, -1), axis=-1)

    return np.moveaxis(up_to(end) - up_to(begin), -1, 0)
