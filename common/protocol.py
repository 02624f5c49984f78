"""Splits: pure functions of ids, labels and a seed. The order in which ids are given never matters."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from common.errors import DataError, SpecError
from common.files import sha256_of_json
from common.spec import Protocol

PARTS = ("train", "valid", "test")


@dataclass(frozen=True)
class Split:
    """One way to deal out items: sorted ids of each part."""

    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Names the split by its ids."""
        return sha256_of_json({part: getattr(self, part) for part in PARTS})


def split_ids(
    protocol: Protocol, ids: list[str], labels: list[str], predefined: dict[str, dict[str, str]] | None = None
) -> list[Split]:
    """Deal out ids as the protocol says.

    Args:
        ids: unique names of the items (clips, or windows when the unit is `segment`).
        labels: genre of each.
        predefined: the dataset's own splits, name -> id -> part.

    Returns:
        One split for each fold; parts are disjoint.

    Raises:
        DataError: too few items of a genre for a stratified split, or a part would be empty.
        SpecError: the dataset has no predefined split of that name, or it is asked for single windows.
    """
    order = np.argsort(np.asarray(ids))
    items = np.asarray(ids)[order]
    genres = np.asarray(labels)[order]
    if protocol.split == "holdout":
        splits = [_holdout(protocol, items, genres)]
    elif protocol.split == "kfold":
        splits = _kfold(protocol, items, genres)
    elif protocol.split == "rotating":
        splits = _rotating(protocol, items, genres)
    else:
        splits = [_predefined(protocol, items, predefined or {})]
    for split in splits:
        _require_disjoint(split)
    return splits


def _holdout(protocol: Protocol, items: np.ndarray, genres: np.ndarray) -> Split:
    _, valid_share, test_share = protocol.fractions
    n_test, n_valid = round(test_share * len(items)), round(valid_share * len(items))
    _require_parts(protocol, len(items) - n_test - n_valid, n_valid, n_test, len(items))
    try:
        rest, test, rest_genres, _ = train_test_split(
            items,
            genres,
            test_size=n_test,
            random_state=protocol.seed,
            stratify=genres if protocol.stratified else None,
        )
        train, valid = train_test_split(
            rest, test_size=n_valid, random_state=protocol.seed, stratify=rest_genres if protocol.stratified else None
        )
    except ValueError as error:
        raise _too_few(protocol, genres, error) from error
    return _split(train, valid, test)


def _kfold(protocol: Protocol, items: np.ndarray, genres: np.ndarray) -> list[Split]:
    kind = StratifiedKFold if protocol.stratified else KFold
    smallest = np.unique(genres, return_counts=True)[1].min() if protocol.stratified else len(items)
    if smallest < protocol.folds:
        raise _too_few(protocol, genres, f"{protocol.folds} folds need {protocol.folds} items of each genre")
    dealer = kind(n_splits=protocol.folds, shuffle=True, random_state=protocol.seed)
    parts = [held_out for _, held_out in dealer.split(items, genres)]
    splits = []
    for number, test in enumerate(parts):
        valid = parts[(number + 1) % protocol.folds]
        train = np.setdiff1d(np.arange(len(items)), np.concatenate((test, valid)))
        splits.append(_split(items[train], items[valid], items[test]))
    return splits


def _rotating(protocol: Protocol, items: np.ndarray, genres: np.ndarray) -> list[Split]:
    """Round k trains on partition k, validates on k + 1 and tests on k + 2, counted around the end."""
    partitions = _partitions(protocol, items, genres)
    count = protocol.partitions
    return [_split(*(partitions[(k + step) % count] for step in range(len(PARTS)))) for k in range(count)]


def _partitions(protocol: Protocol, items: np.ndarray, genres: np.ndarray) -> list[np.ndarray]:
    """Shuffle each genre and cut it into equal pieces; where it does not come out even, the first pieces are one item
    larger, or the surplus is left out."""
    count = protocol.partitions
    groups = [items[genres == genre] for genre in np.unique(genres)] if protocol.stratified else [items]
    if not protocol.stratified and len(items) < count:
        raise DataError(
            f"split {protocol.name}: {len(items)} items are too few for {count} partitions. Use more clips."
        )
    if min(len(group) for group in groups) < count:
        raise _too_few(protocol, genres, f"{count} partitions need {count} items of each genre")
    dealer = np.random.default_rng(protocol.seed)
    pieces = []
    for group in groups:
        shuffled = dealer.permutation(group)
        kept = len(group) // count * count if protocol.equal_partitions else len(group)
        pieces.append(np.array_split(shuffled[:kept], count))
    return [np.concatenate(piece) for piece in zip(*pieces, strict=True)]


def _predefined(protocol: Protocol, items: np.ndarray, predefined: dict[str, dict[str, str]]) -> Split:
    if protocol.split not in predefined:
        known = ", ".join(sorted(predefined)) or "none"
        raise SpecError(f"--split {protocol.split}: this dataset has no such predefined split (it has: {known}).")
    if protocol.unit == "segment":
        raise SpecError(f"--split {protocol.split} lists clips and cannot be dealt out by --unit segment.")
    part_of = predefined[protocol.split]
    parts = [np.array([item for item in items if part_of.get(item) == part], dtype=items.dtype) for part in PARTS]
    _require_parts(protocol, *(len(part) for part in parts), len(items))
    return _split(*parts)


def _split(train: np.ndarray, valid: np.ndarray, test: np.ndarray) -> Split:
    return Split(*(tuple(sorted(part.tolist())) for part in (train, valid, test)))


def _require_parts(protocol: Protocol, n_train: int, n_valid: int, n_test: int, total: int) -> None:
    if min(n_train, n_valid, n_test) < 1:
        raise DataError(
            f"split {protocol.name}: {total} items would give {n_train} to train, {n_valid} to valid, {n_test} to "
            "test; each part needs at least one. Use more clips, or another --split."
        )


def _too_few(protocol: Protocol, genres: np.ndarray, cause: object) -> DataError:
    names, counts = np.unique(genres, return_counts=True)
    rarest = np.argmin(counts)
    return DataError(
        f"split {protocol.name}: too few items for a stratified split of {len(genres)} over {len(names)} genres; "
        f"the rarest, {names[rarest]}, has {counts[rarest]} ({cause}). Use more clips, --unit segment, or "
        "--allow-incomplete (which deals without regard to genre)."
    )


def _require_disjoint(split: Split) -> None:
    """Asserted at every start: a split that shares an item between parts is a defect of ours, never a result."""
    dealt = split.train + split.valid + split.test
    if len(set(dealt)) != len(dealt):
        raise AssertionError(f"parts of a split overlap in {len(dealt) - len(set(dealt))} items")


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


def folds_of_windows(
    protocol: Protocol,
    *,
    track_ids: list[str],
    track_labels: list[str],
    window_tracks: np.ndarray,
    window_starts: np.ndarray,
    predefined: dict[str, dict[str, str]] | None = None,
) -> list[Fold]:
    """Split tracks (unit `clip`) or windows (unit `segment`) and give the windows of each part.

    Args:
        track_ids, track_labels: of each track; one without a window takes its place in the split, and adds nothing.
        window_tracks: int64 (windows,): track position of each window.
        window_starts: int64 (windows,): first frame of each window.

    Raises:
        DataError, SpecError: see `split_ids`; or a part has no window.
        AssertionError: windows of one clip stand on both sides although the unit is `clip`.
    """
    names = np.asarray(track_ids)
    if protocol.unit == "segment":
        # Zero-padded, so that sorting by name is sorting by time.
        window_ids = [f"{names[t]}@{s:08d}" for t, s in zip(window_tracks, window_starts, strict=True)]
        window_labels = np.asarray(track_labels)[window_tracks].tolist()
        splits = split_ids(protocol, window_ids, window_labels, predefined)
        position = {name: number for number, name in enumerate(window_ids)}
        dealt = [
            [np.array([position[name] for name in getattr(split, part)], np.int64) for part in PARTS]
            for split in splits
        ]
    else:
        # Tracks without a window are dealt out too: rows with longer windows then meet the same test clips, as far as
        # they have windows in them.
        splits = split_ids(protocol, list(track_ids), list(track_labels), predefined)
        window_names = names[window_tracks]
        dealt = [[np.flatnonzero(np.isin(window_names, getattr(split, part))) for part in PARTS] for split in splits]
    folds = []
    met = np.empty(0, np.int64)
    for number, (split, (train, valid, test)) in enumerate(zip(splits, dealt, strict=True)):
        if not (len(train) and len(valid) and len(test)):
            raise DataError(
                f"split {protocol.name}: {len(train)} windows to train on, {len(valid)} to validate and {len(test)} to "
                "test; each part needs at least one. Use more or longer clips."
            )
        seen = np.unique(window_tracks[np.concatenate((train, valid))])
        tested = np.unique(window_tracks[test])
        shared = np.intersect1d(seen, tested)
        if protocol.unit == "clip" and (shared.size or np.intersect1d(window_tracks[train], window_tracks[valid]).size):
            raise AssertionError(f"fold {number}: {shared.size} clips stand on both sides of a split by clip")
        met = np.union1d(met, seen) if protocol.carry_weights else seen
        folds.append(Fold(number, train, valid, test, split.digest, len(np.intersect1d(met, tested))))
    return folds
