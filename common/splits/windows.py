"""From dealt-out clips to the windows that train, choose and test."""

from dataclasses import dataclass, replace

import numpy as np

from common.core.errors import DataError, SpecError
from common.paper.protocol import Protocol
from common.splits.clips import PARTS, split_ids


@dataclass(frozen=True)
class Fold:
    """One split, as positions of windows.

    Args:
        number: which fold of the protocol.
        train, valid, test: int64 positions in the window index.
        split_digest: of the ids that were dealt out.
        shared_tracks: clips in test whose windows the weights have met before: in train or valid of this fold (the unit
            `segment` alone does that), or of an earlier round where weights are carried.
    """

    number: int
    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    split_digest: str
    shared_tracks: int

    def without_test(self) -> "Fold":
        """The same split, of which nobody is to see the test windows."""
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
    """Split tracks (unit `clip`) or windows (unit `segment`) and give the windows of each part.

    Args:
        track_ids, track_labels: of each track; one without a window takes its place in the split, and adds nothing.
        window_tracks: int64 (windows,): track position of each window.
        window_starts: int64 (windows,): first frame of each window.
        copies_of: of each track the id of the clip that it is an altered copy of; None for clips themselves. Copies go
            where their clips go, and none into test.
        first_of_source: id of each clip -> id of the first clip with the same bytes; for `protocol.duplicates` alone.

    Raises:
        DataError, SpecError: see `split_ids`; or a part has no window.
        AssertionError: windows of one clip stand on both sides although the unit is `clip`.
    """
    names = np.asarray(track_ids)
    is_copy = np.array([clip is not None for clip in copies_of or [None] * len(names)], bool)
    clips = np.where(is_copy, [clip or "" for clip in copies_of or [""] * len(names)], names)
    kept = np.ones(len(names), bool)
    if protocol.duplicates == "drop":
        kept = np.array([(first_of_source or {}).get(clip, clip) == clip for clip in clips], bool)
    if protocol.unit == "segment" and is_copy.any():
        raise SpecError("--unit segment: rows with altered copies of clips deal out whole clips. Leave them out.")
    if protocol.unit == "segment":
        dealt_out = np.flatnonzero(kept[window_tracks])
        # Zero-padded, so that sorting by name is sorting by time.
        window_ids = [f"{names[window_tracks[w]]}@{window_starts[w]:08d}" for w in dealt_out]
        window_labels = np.asarray(track_labels)[window_tracks[dealt_out]].tolist()
        splits = split_ids(protocol, window_ids, window_labels, predefined)
        position = dict(zip(window_ids, dealt_out, strict=True))
        dealt = [
            [np.array([position[name] for name in getattr(split, part)], np.int64) for part in PARTS]
            for split in splits
        ]
    else:
        # Tracks without a window are dealt out too: rows with longer windows then meet the same test clips, as far as
        # they have windows in them.
        own = np.flatnonzero(~is_copy & kept)
        artists = None if track_artists is None else [track_artists[place] for place in own]
        splits = split_ids(protocol, names[own].tolist(), [track_labels[place] for place in own], predefined, artists)
        of_window = clips[window_tracks]
        may_test = ~is_copy[window_tracks]
        dealt = [
            [np.flatnonzero(np.isin(of_window, getattr(split, part)) & (may_test | (part != "test"))) for part in PARTS]
            for split in splits
        ]
    folds = []
    # A clip and its copy are one here.
    numbers = np.unique(clips, return_inverse=True)[1]
    met = np.empty(0, np.int64)
    for number, (split, (train, valid, test)) in enumerate(zip(splits, dealt, strict=True)):
        if not (len(train) and len(valid) and len(test)):
            raise DataError(
                f"split {protocol.name}: {len(train)} windows to train on, {len(valid)} to validate and {len(test)} to "
                "test; each part needs at least one. Use more or longer clips."
            )
        seen = np.unique(numbers[window_tracks[np.concatenate((train, valid))]])
        tested = np.unique(numbers[window_tracks[test]])
        shared = np.intersect1d(seen, tested)
        if protocol.unit == "clip" and (
            shared.size or np.intersect1d(numbers[window_tracks[train]], numbers[window_tracks[valid]]).size
        ):
            raise AssertionError(f"fold {number}: {shared.size} clips stand on both sides of a split by clip")
        met = np.union1d(met, seen) if protocol.carry_weights else seen
        folds.append(Fold(number, train, valid, test, split.digest, len(np.intersect1d(met, tested))))
    return folds


def missing_genres(fold: Fold, window_labels: np.ndarray, genres: tuple[str, ...]) -> dict[str, list[str]]:
    """Genres without a window in a part, for the parts that lack one.

    Args:
        window_labels: class of each window.
    """
    lacking = {part: np.setdiff1d(np.arange(len(genres)), window_labels[getattr(fold, part)]) for part in PARTS}
    return {part: [genres[label] for label in labels] for part, labels in lacking.items() if len(labels)}


def uneven_parts(
    protocol: Protocol, fold: Fold, window_tracks: np.ndarray, is_copy: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Parts that hold less than half or more than one and a half times their share of the clips, as artists with very
    many clips make them: part -> (share of the clips, share asked for)."""
    clips = {}
    for part in PARTS:
        tracks = np.unique(window_tracks[getattr(fold, part)])
        clips[part] = int((~is_copy[tracks]).sum())
    shares = {part: count / sum(clips.values()) for part, count in clips.items()}
    asked = dict(zip(PARTS, protocol.fractions, strict=True))
    return {part: (shares[part], asked[part]) for part in PARTS if not 0.5 <= shares[part] / asked[part] <= 1.5}
