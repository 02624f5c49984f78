"""Clips of the same recording: exact duplicates by checksum, near duplicates by fingerprint.

Two clips are near duplicates where their fingerprints correlate above a threshold at a shift at which they overlap by
at least half of the shorter one: re-encoded, louder, filtered, or cut elsewhere. All pairs are compared at a third of
the time resolution, and candidates at full resolution; the time grows with the square of the number of clips.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from common.core.console import progress
from data_pipeline.cache.shards import ShardIndex, ShardTrack
from data_pipeline.duplicates.fingerprints import columns_per_second, fingerprint

# Of 999 clips of GTZAN, 52 pairs reach 0.6, among them every exact copy, and the first pair of different songs is at
# 0.36; of 120 clips of the demo corpus, which share drum kits and patterns, none reaches 0.3.
SIMILARITY_THRESHOLD = 0.5
# Shorter excerpts of different music are similar by chance.
MIN_OVERLAP_SECONDS = 5.0
_COARSE_COLUMNS = 3
# Coarse columns of a shifted copy average other frames: a pair above the threshold may be this much below it there.
_COARSE_MARGIN = 0.2
# Clips are compared in blocks, with at most this many correlations in memory at a time (some 20 bytes each).
_BLOCK_CLIPS = 32
_MAX_CORRELATIONS = 10_000_000


@dataclass(frozen=True)
class Pair:
    """Two clips of the same recording.

    Args:
        first, second: ids, in sorted order.
        similarity: correlation of their fingerprints, 1 for exact copies.
        shift_seconds: how much later in the recording the second clip begins: where it is positive, the second clip
            begins `shift_seconds` into the first one.
        exact: same checksum.
    """

    first: str
    second: str
    similarity: float
    shift_seconds: float
    exact: bool


@dataclass(frozen=True)
class Scan:
    """Result of a search for duplicates.

    Args:
        pairs: exact ones first, then by decreasing similarity.
        clips: number of clips compared.
        short: ids of the clips that are too short to be compared but by checksum, in sorted order.
        same_bytes: ids of the clips of each file that is there more than twice, in sorted order. Their pairs are among
            the exact ones.
        above: similarity from which two clips count as the same recording.
    """

    pairs: tuple[Pair, ...]
    clips: int
    short: tuple[str, ...]
    same_bytes: tuple[tuple[str, ...], ...]
    above: float

    @property
    def too_short(self) -> int:
        """Number of clips compared by checksum only."""
        return len(self.short)

    @property
    def exact(self) -> int:
        """Number of exact pairs."""
        return sum(pair.exact for pair in self.pairs)


def first_of_source(tracks: Iterable[ShardTrack]) -> dict[str, str]:
    """Id of each clip -> the first id, in sorted order, with the same checksum; its own where there is no other."""
    first: dict[str, str] = {}
    return {track.id: first.setdefault(track.source_sha256, track.id) for track in sorted(tracks, key=lambda t: t.id)}


def exact_pairs(tracks: Iterable[ShardTrack]) -> set[tuple[str, str]]:
    """Ids of every pair of clips with the same checksum."""
    return {(one, other) for ids in _by_source(tracks) for clip, one in enumerate(ids) for other in ids[clip + 1 :]}


def _by_source(tracks: Iterable[ShardTrack]) -> list[tuple[str, ...]]:
    """Ids of the clips of each checksum, in sorted order."""
    of_source: dict[str, list[str]] = {}
    for track in sorted(tracks, key=lambda track: track.id):
        of_source.setdefault(track.source_sha256, []).append(track.id)
    return [tuple(ids) for ids in of_source.values()]


def find_duplicates(index: ShardIndex, *, above: float = SIMILARITY_THRESHOLD) -> Scan:
    """Find all pairs of clips of the same recording.

    Args:
        index: from `data_pipeline.duplicates.fingerprints.fingerprint_shards`; altered copies are ignored.
        above: minimum similarity, between 0 and 1.
    """
    clips = index.clips
    rate = columns_per_second(index)
    min_overlap = MIN_OVERLAP_SECONDS * rate
    exact = exact_pairs(clips)
    with progress("reading fingerprints", len(clips), unit="clips", transient=True) as advance:
        prints = []
        for track in clips:
            prints.append(fingerprint(index, track))
            advance(1)
    # A correlation over a few columns means nothing, however many seconds they last.
    needed = max(min_overlap, 3 * _COARSE_COLUMNS)
    long_enough = [clip for clip, one in enumerate(prints) if one.shape[0] and one.shape[1] >= needed]
    near = _near(prints, long_enough, min_overlap, above)
    pairs = [
        Pair(*_in_order(clips[one].id, clips[other].id, similarity, shift / rate), exact=False)
        for one, other, similarity, shift in near
        if tuple(sorted((clips[one].id, clips[other].id))) not in exact
    ]
    pairs.sort(key=lambda pair: (-pair.similarity, pair.first, pair.second))
    same = [Pair(one, other, 1.0, 0.0, exact=True) for one, other in sorted(exact)]
    short = {clip.id for clip in clips} - {clips[clip].id for clip in long_enough}
    groups = tuple(ids for ids in _by_source(clips) if len(ids) > 2)
    return Scan((*same, *pairs), len(clips), tuple(sorted(short)), groups, above)


def _in_order(one: str, other: str, similarity: float, shift: float) -> tuple[str, str, float, float]:
    first, second = sorted((one, other))
    return first, second, round(similarity, 4), round(shift if first == one else -shift, 2) + 0.0


def _near(
    prints: list[np.ndarray], chosen: list[int], min_overlap: float, above: float
) -> list[tuple[int, int, float, int]]:
    """(index, index, similarity, shift in columns) of all similar pairs among the chosen fingerprints."""
    from data_pipeline.duplicates.correlation import similarities  # here: loads scipy, which a help text does not need

    # Sorted by length, because all clips of a block are padded to the longest.
    chosen = sorted(chosen, key=lambda clip: prints[clip].shape[1])
    coarse = [_coarse(prints[clip]) for clip in chosen]
    candidates = []
    rows = range(0, len(chosen), _BLOCK_CLIPS)
    with progress("comparing clips", len(rows), unit="blocks", transient=True) as advance:
        for row in rows:
            ones = coarse[row : row + _BLOCK_CLIPS]
            column = row
            while column < len(chosen):
                width = _block_width(len(ones), coarse[column].shape[1])
                width = _block_width(len(ones), coarse[min(column + width, len(coarse)) - 1].shape[1])
                others = coarse[column : column + width]
                similarity, _ = similarities(ones, others, min_overlap / _COARSE_COLUMNS)
                candidates += [
                    (chosen[row + one], chosen[column + other])
                    for one, other in np.argwhere(similarity >= above - _COARSE_MARGIN)
                    if row + one < column + other
                ]
                column += len(others)
            advance(1)
    found = []
    if not candidates:
        return found
    with progress("comparing similar clips once more", len(candidates), unit="pairs", transient=True) as advance:
        for one, other in candidates:
            similarity, shift = similarities([prints[one]], [prints[other]], min_overlap)
            if similarity[0, 0] >= above:
                found.append((one, other, float(similarity[0, 0]), int(shift[0, 0])))
            advance(1)
    return found


def _block_width(rows: int, longest: int) -> int:
    """Clips that `rows` clips can be compared with at a time; a correlation is twice as long as a clip, and padded."""
    return max(1, _MAX_CORRELATIONS // (rows * 4 * longest))


def _coarse(fingerprint: np.ndarray) -> np.ndarray:
    whole = fingerprint.shape[1] // _COARSE_COLUMNS * _COARSE_COLUMNS
    return fingerprint[:, :whole].reshape(len(fingerprint), -1, _COARSE_COLUMNS).mean(axis=2)
