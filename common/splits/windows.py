"""Turns a split of clips into the windows of each part of each fold."""

from dataclasses import dataclass, replace

import numpy as np

from common.core.errors import DataError, SpecError
from common.paper.protocol import Protocol
from common.splits.clips import PARTS, split_ids


@dataclass(frozen=True)
class Fold:
    """One fold of a split, as positions of windows.

    Args:
        number: of the fold, counted from 0.
        train, valid, test: int64 positions in the window index.
        split_digest: digest of the ids of the split.
        shared_tracks: number of test clips whose windows the weights have seen before: in train or valid of this fold
            (where windows are split only), or of an earlier round where weights are carried over.
    """

    number: int
    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    split_digest: str
    shared_tracks: int

    def without_test(self) -> "Fold":
        """A copy of this fold without its test windows."""
        return replace(self, test=self.test[:0])


def folds_of_windows(
    protocol: Protocol,
    *,
    track_ids: list[str],
    track_labels: list[str],
    window_tracks: np.ndarray,
    window_starts: np.ndarray,
    predefined: dict[str, dict[str, str]] | None = None,
    track_artists: list[str | None] | None = None,
    copies_of: list[str | None] | None = None,
    first_of_source: dict[str, str] | None = None,
) -> list[Fold]:
    """Split tracks (unit `clip`) or windows (unit `segment`) and return the windows of each part.

    Args:
        track_ids, track_labels: id and genre of each track; a track without a window counts in the split, but adds no
            window to a part.
        window_tracks: int64 (windows,): track position of each window.
        window_starts: int64 (windows,): first frame of each window.
        copies_of: for each track the id of the clip that it is an altered copy of; None for original clips. Copies go
            into the part of their clip, but none into test.
        first_of_source: id of each clip -> id of the first clip with the same bytes; used only where
            `protocol.duplicates` is `drop`.

    Returns:
        One fold for each split of the protocol.

    Raises:
        DataError, SpecError: see `split_ids`; or a part has no window.
        AssertionError: windows of one clip are in several parts although the unit is `clip`.
    """
    names = np.asarray(track_ids)
    is_copy = np.array([clip is not None for clip in copies_of or [None] * len(names)], bool)
    clips = np.where(is_copy, [clip or "" for clip in copies_of or [""] * len(names)], names)
    kept = np.ones(len(names), bool)
    if protocol.duplicates == "drop":
        kept = np.array([(first_of_source or {}).get(clip, clip) == clip for clip in clips], bool)
    if protocol.unit == "segment" and is_copy.any():
        raise SpecError(
            "--unit window: rows with altered copies of clips have to be split by clip. Ask for other rows with --row."
        )
    if protocol.unit == "segment":
        positions = np.flatnonzero(kept[window_tracks])
        # Zero-padded, so that sorting by name is sorting by time.
        window_ids = [f"{names[window_tracks[w]]}@{window_starts[w]:08d}" for w in positions]
        window_labels = np.asarray(track_labels)[window_tracks[positions]].tolist()
        splits = split_ids(protocol, window_ids, window_labels, predefined)
        position_of = dict(zip(window_ids, positions, strict=True))
        parts_of_splits = [
            [np.array([position_of[name] for name in getattr(split, part)], np.int64) for part in PARTS]
            for split in splits
        ]
    else:
        # Tracks without a window are split too, so that rows with longer windows have the same test clips, as far as
        # these have windows.
        originals = np.flatnonzero(~is_copy & kept)
        artists = None if track_artists is None else [track_artists[position] for position in originals]
        labels = [track_labels[position] for position in originals]
        splits = split_ids(protocol, names[originals].tolist(), labels, predefined, artists)
        of_window = clips[window_tracks]
        may_test = ~is_copy[window_tracks]
        parts_of_splits = [
            [np.flatnonzero(np.isin(of_window, getattr(split, part)) & (may_test | (part != "test"))) for part in PARTS]
            for split in splits
        ]
    folds = []
    # A clip and its copies share a number.
    numbers = np.unique(clips, return_inverse=True)[1]
    seen_so_far = np.empty(0, np.int64)
    for number, (split, (train, valid, test)) in enumerate(zip(splits, parts_of_splits, strict=True)):
        if not (len(train) and len(valid) and len(test)):
            raise DataError(
                f"split {protocol.name}: {len(train)} training, {len(valid)} validation and {len(test)} test windows; "
                "each part needs at least one. Use more or longer clips."
            )
        seen = np.unique(numbers[window_tracks[np.concatenate((train, valid))]])
        tested = np.unique(numbers[window_tracks[test]])
        shared = np.intersect1d(seen, tested)
        if protocol.unit == "clip" and (
            shared.size or np.intersect1d(numbers[window_tracks[train]], numbers[window_tracks[valid]]).size
        ):
            raise AssertionError(
                f"fold {number}: clips have windows in several parts of a split by clip ({shared.size} of them in test)"
            )
        seen_so_far = np.union1d(seen_so_far, seen) if protocol.carry_weights else seen
        folds.append(Fold(number, train, valid, test, split.digest, len(np.intersect1d(seen_so_far, tested))))
    return folds


def missing_genres(fold: Fold, window_labels: np.ndarray, genres: tuple[str, ...]) -> dict[str, list[str]]:
    """Genres without a window in a part: part -> names, for the parts that lack one.

    Args:
        window_labels: class index of each window of the index.
    """
    lacking = {part: np.setdiff1d(np.arange(len(genres)), window_labels[getattr(fold, part)]) for part in PARTS}
    return {part: [genres[label] for label in labels] for part, labels in lacking.items() if len(labels)}


def uneven_parts(
    protocol: Protocol, fold: Fold, window_tracks: np.ndarray, is_copy: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Parts with less than half or more than one and a half times their share of the clips.

    Artists with very many clips cause this under an artist filter.

    Returns:
        Part -> (its share of the clips, share that the protocol asks for).
    """
    clips = {}
    for part in PARTS:
        tracks = np.unique(window_tracks[getattr(fold, part)])
        clips[part] = int((~is_copy[tracks]).sum())
    shares = {part: count / sum(clips.values()) for part, count in clips.items()}
    asked = dict(zip(PARTS, protocol.fractions, strict=True))
    return {part: (shares[part], asked[part]) for part in PARTS if not 0.5 <= shares[part] / asked[part] <= 1.5}
