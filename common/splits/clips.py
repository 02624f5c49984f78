"""Splits: pure functions of ids, labels and a seed. The order of the given ids does not matter."""

import warnings
from dataclasses import dataclass

import numpy as np

from common.core.errors import DataError, SpecError
from common.core.files import sha256_of_json
from common.core.words import plural
from common.paper.protocol import GENERAL_SPLITS, SPLIT_OWNERS, Protocol
from data_pipeline.datasets.artists import artist_keys

PARTS = ("train", "valid", "test")
# What readers call them: the training part.
PART_NAMES = {"train": "training", "valid": "validation", "test": "test"}
_TENTHS = 10
# A share of a part is never so small that more are needed.
_MOST_OF_A_GENRE = 1_000


@dataclass(frozen=True)
class Split:
    """One split of the items: sorted ids of each part."""

    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the ids of all parts."""
        return sha256_of_json({part: getattr(self, part) for part in PARTS})


def split_ids(
    protocol: Protocol,
    ids: list[str],
    labels: list[str],
    predefined: dict[str, dict[str, str]] | None = None,
    artists: list[str | None] | None = None,
) -> list[Split]:
    """Split ids as the protocol says.

    Args:
        ids: unique names of the items (clips, or windows when these are split).
        labels: genre of each.
        predefined: the dataset's own splits, name -> id -> part.
        artists: artist of each item, None where unknown; for the split `artist`, see
            `data_pipeline.datasets.artists.artist_keys`.

    Returns:
        One split for each fold; parts are disjoint.

    Raises:
        DataError: too few items of a genre for a stratified split, too few artists, or a part would be empty.
        SpecError: the dataset has no predefined split of that name, or no artist names; or the split is of clips and
            `unit` is `segment`.
    """
    order = np.argsort(np.asarray(ids))
    items = np.asarray(ids)[order]
    genres = np.asarray(labels)[order]
    if protocol.split == "holdout":
        splits = [_holdout(protocol, items, genres)]
    elif protocol.split == "per_genre":
        splits = [_per_genre(protocol, items, genres)]
    elif protocol.split == "artist":
        named = [None] * len(ids) if artists is None else [artists[position] for position in order]
        splits = [_artist(protocol, items, genres, named)]
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
    from sklearn.model_selection import train_test_split  # here: loads scipy, which a help text does not need

    _, valid_share, test_share = protocol.fractions
    n_test, n_valid = round(test_share * len(items)), round(valid_share * len(items))
    enough = _enough_for_holdout(protocol, genres) if protocol.stratified else ""
    _require_parts(protocol, len(items) - n_test - n_valid, n_valid, n_test, len(items), enough)
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
        raise _too_few(protocol, genres, enough) from error
    return _split(train, valid, test)


def _enough_for_holdout(protocol: Protocol, genres: np.ndarray) -> str:
    """How many items of each genre are enough for a stratified split, whose parts hold at least one of each."""
    number, (_, valid_share, test_share) = len(np.unique(genres)), protocol.fractions
    for each in range(1, _MOST_OF_A_GENRE):
        n_test, n_valid = round(test_share * number * each), round(valid_share * number * each)
        if min(n_test, n_valid, number * each - n_test - n_valid) >= number:
            return f"{each} of each, {number * each} in all, are enough"
    return "more of each are needed"


def _per_genre(protocol: Protocol, items: np.ndarray, genres: np.ndarray) -> Split:
    """Shuffle one genre after the other with NumPy's legacy generator, and cut each at the fractions, rounded down."""
    rng = np.random.RandomState(protocol.seed)
    groups = [items[genres == genre] for genre in np.unique(genres)] if protocol.stratified else [items]
    parts: list[list[np.ndarray]] = [[], [], []]
    for group in groups:
        shuffled = group.copy()
        rng.shuffle(shuffled)
        # Floating-point error (0.29 x 100 is 28.999...) must not cost an item when the product is rounded down.
        n_train, n_valid = (int(share * len(group) + 1e-9) for share in protocol.fractions[:2])
        pieces = np.split(shuffled, [n_train, n_train + n_valid])
        if not all(len(piece) for piece in pieces):
            sizes = ", ".join(f"{len(piece)} for {PART_NAMES[part]}" for part, piece in zip(PARTS, pieces, strict=True))
            raise _too_few(protocol, genres, f"of {len(group)} the fractions give {sizes}")
        for part, piece in zip(parts, pieces, strict=True):
            part.append(piece)
    return _split(*(np.concatenate(part) for part in parts))


def _artist(protocol: Protocol, items: np.ndarray, genres: np.ndarray, artists: list[str | None]) -> Split:
    """Artist filter: split into ten groups of whole artists with about equal shares of every genre."""
    from sklearn.model_selection import StratifiedGroupKFold  # here: loads scipy, which a help text does not need

    if protocol.unit == "segment":
        raise SpecError(
            "--split artist keeps artists whole and does not go with --unit window. Use --unit clip, or another "
            "--split."
        )
    if not any(artists):
        raise SpecError("--split artist: this data set has no artist names. Use another --split.")
    item_artists = np.array(artist_keys(items.tolist(), artists))
    if len(set(item_artists)) < _TENTHS:
        raise DataError(
            f"split {protocol.name}: {len(set(item_artists))} artists are too few for {_TENTHS} groups of whole "
            "artists. Use more clips, or another --split."
        )
    splitter = StratifiedGroupKFold(n_splits=_TENTHS, shuffle=True, random_state=protocol.seed)
    with warnings.catch_warnings():
        # A genre with fewer than ten clips cannot be in every group; `missing_genres` reports the parts without it.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        try:
            # One class for all items where the split is not stratified.
            classes = genres if protocol.stratified else np.zeros(len(items), int)
            tenths = [held_out for _, held_out in splitter.split(items, classes, item_artists)]
        except ValueError as error:
            raise _too_few(protocol, genres, f"one genre needs {_TENTHS} or more") from error
    _, n_valid, n_test = (round(_TENTHS * share) for share in protocol.fractions)
    test, valid = np.concatenate(tenths[:n_test]), np.concatenate(tenths[n_test : n_test + n_valid])
    train = np.setdiff1d(np.arange(len(items)), np.concatenate((test, valid)))
    _require_parts(protocol, len(train), len(valid), len(test), len(items))
    return _split(items[train], items[valid], items[test])


def _kfold(protocol: Protocol, items: np.ndarray, genres: np.ndarray) -> list[Split]:
    from sklearn.model_selection import KFold, StratifiedKFold  # here: loads scipy, which a help text does not need

    kind = StratifiedKFold if protocol.stratified else KFold
    smallest = np.unique(genres, return_counts=True)[1].min() if protocol.stratified else len(items)
    if smallest < protocol.folds:
        raise _too_few(protocol, genres, f"{protocol.folds} folds need {protocol.folds} of each genre")
    splitter = kind(n_splits=protocol.folds, shuffle=True, random_state=protocol.seed)
    parts = [held_out for _, held_out in splitter.split(items, genres)]
    splits = []
    for number, test in enumerate(parts):
        valid = parts[(number + 1) % protocol.folds]
        train = np.setdiff1d(np.arange(len(items)), np.concatenate((test, valid)))
        splits.append(_split(items[train], items[valid], items[test]))
    return splits


def rotation(partitions: int) -> list[tuple[int, ...]]:
    """Numbers of the partitions for training, validation and test, of each round of the split `rotating`: round k
    trains on partition k, validates on k + 1 and tests on k + 2, modulo the number of partitions."""
    return [tuple((k + step) % partitions for step in range(len(PARTS))) for k in range(partitions)]


def _rotating(protocol: Protocol, items: np.ndarray, genres: np.ndarray) -> list[Split]:
    partitions = _partitions(protocol, items, genres)
    return [_split(*(partitions[number] for number in used)) for used in rotation(protocol.partitions)]


def _partitions(protocol: Protocol, items: np.ndarray, genres: np.ndarray) -> list[np.ndarray]:
    """Shuffle each genre and cut it into equal pieces; what does not divide evenly makes the first pieces one item
    larger, or is in no part."""
    count = protocol.partitions
    groups = [items[genres == genre] for genre in np.unique(genres)] if protocol.stratified else [items]
    if not protocol.stratified and len(items) < count:
        raise DataError(
            f"split {protocol.name}: {len(items)} {protocol.items} are too few for {count} partitions. Use more clips."
        )
    if min(len(group) for group in groups) < count:
        raise _too_few(protocol, genres, f"{count} partitions need {count} of each genre")
    rng = np.random.default_rng(protocol.seed)
    pieces = []
    for group in groups:
        shuffled = rng.permutation(group)
        kept = len(group) // count * count if protocol.equal_partitions else len(group)
        pieces.append(np.array_split(shuffled[:kept], count))
    return [np.concatenate(piece) for piece in zip(*pieces, strict=True)]


def _predefined(protocol: Protocol, items: np.ndarray, predefined: dict[str, dict[str, str]]) -> Split:
    if protocol.split not in predefined:
        splits = f"{plural(len(predefined), 'split')} {' and '.join(sorted(predefined))}"
        has = f"; this data set has the {splits}" if predefined else ""
        raise SpecError(f"--split {protocol.split}: only {SPLIT_OWNERS[protocol.split]} has this split{has}.")
    if protocol.unit == "segment":
        raise SpecError(
            f"--split {protocol.split} splits whole clips and does not go with --unit window. Use --unit clip, or "
            "another --split."
        )
    part_of = predefined[protocol.split]
    parts = [np.array([item for item in items if part_of.get(item) == part], dtype=items.dtype) for part in PARTS]
    _require_parts(protocol, *(len(part) for part in parts), len(items))
    return _split(*parts)


def _split(train: np.ndarray, valid: np.ndarray, test: np.ndarray) -> Split:
    return Split(*(tuple(sorted(part.tolist())) for part in (train, valid, test)))


def _require_parts(protocol: Protocol, n_train: int, n_valid: int, n_test: int, total: int, enough: str = "") -> None:
    if min(n_train, n_valid, n_test) < 1:
        raise DataError(
            f"split {protocol.name}: {total} {protocol.items} would give {n_train} for training, {n_valid} for "
            f"validation and {n_test} for testing; each part needs at least one{enough and f'; {enough}'}. Use more "
            "clips, or another --split."
        )


def _too_few(protocol: Protocol, genres: np.ndarray, cause: str) -> DataError:
    names, counts = np.unique(genres, return_counts=True)
    rarest = np.argmin(counts)
    regardless = ", or give --allow-incomplete (which splits without regard to genre)" if protocol.stratified else ""
    windows = " or, where clips have several windows, --unit window" if protocol.split in GENERAL_SPLITS else ""
    return DataError(
        f"split {protocol.name}: too few {protocol.items}, {len(genres)} of {len(names)} genres; "
        f"the rarest, {names[rarest]}, has {counts[rarest]}; {cause}. Use more clips, or exclude the genre "
        f"with --genres{regardless}{windows}."
    )


def _require_disjoint(split: Split) -> None:
    """Checked at every start: parts that share an item are a bug of Encore and must never produce a result."""
    items = split.train + split.valid + split.test
    if len(set(items)) != len(items):
        raise AssertionError(f"parts of a split overlap in {len(items) - len(set(items))} items")
