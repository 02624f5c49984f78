"""One track that belongs to no data set, in a shard of its own, so that its windows are read as in training."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from common.core.errors import DataError
from data_pipeline.audio.decode import Decoder
from data_pipeline.cache import DEFAULT_CACHE
from data_pipeline.cache.shards import Extracted, ShardIndex, write_shard
from data_pipeline.cache.track_extraction import extract_audio
from data_pipeline.datasets.catalog import Track
from data_pipeline.features import Feature
from data_pipeline.features.precomputed import Precomputed


def shards_of_audio(
    path: Path,
    feature: Feature,
    genres: tuple[str, ...],
    folder: Path,
    *,
    cache: Path = DEFAULT_CACHE,
    decoder: Decoder = "soundfile",
) -> ShardIndex:
    """Extract a feature from one audio file.

    Args:
        genres: class names in label order. The genre of the file is not known; it is stored with the first label.
        folder: where the shard is written; an empty folder.
        cache: folder of all caches, which holds pretrained weights.

    Raises:
        DataError: the file does not exist or cannot be used.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        kind = "is a folder" if path.is_dir() else "does not exist"
        raise DataError(f"{path}: {kind}; expected an audio file.")
    track = Track(id=path.name, label=genres[0], path=path)
    return _write(track, extract_audio(track, feature, cache=cache, decoder=decoder), feature, genres, folder)


def shards_of_array(values: ArrayLike, feature: Precomputed, genres: tuple[str, ...], folder: Path) -> ShardIndex:
    """Store one precomputed array.

    Args:
        values: (bins, columns), as one clip of the array X in an `.npz` file; of the type that the feature stores, or
            any floating type where it stores floating values. Lists of rows are taken as well.
        genres, folder: see `shards_of_audio`.

    Raises:
        DataError: shape or type do not fit the feature, a value is not finite, or all values are zero.
    """
    dtype = np.dtype(feature.storage.dtype)
    values = _as_array(values, dtype)
    both_floating = np.issubdtype(values.dtype, np.floating) and np.issubdtype(dtype, np.floating)
    if values.ndim != 2 or len(values) != feature.bins or not (values.dtype == dtype or both_floating):
        raise DataError(
            f"array of shape {values.shape} and type {values.dtype}: expected ({feature.bins}, columns) and {dtype}, "
            "as one clip of the data that the network was trained on."
        )
    with np.errstate(over="ignore"):
        stored = np.ascontiguousarray(values.T, dtype=dtype)
    if not np.isfinite(stored).all():
        raise DataError("array: holds values that are not finite (NaN or infinity). Fix the array.")
    if not stored.any():
        raise DataError("array: is all zero, which no clip of the training data is. Fix the array.")
    track = Track(id="array", label=genres[0], path=Path())
    return _write(track, (stored, hashlib.sha256(stored.tobytes()).hexdigest()), feature, genres, folder)


def _as_array(values: ArrayLike, dtype: np.dtype) -> np.ndarray:
    """Lists as an array, whose whole numbers become `dtype` where it holds them all; arrays as they are."""
    if isinstance(values, np.ndarray):
        return values
    try:
        read = np.asarray(values)
    except ValueError as error:
        raise DataError(f"array: cannot be read ({error}). Give rows of the same length.") from error
    cast = read.astype(dtype) if np.issubdtype(read.dtype, np.integer) else read
    return cast if np.array_equal(cast, read) else read


def _write(track: Track, extracted: Extracted, feature: Feature, genres: tuple[str, ...], folder: Path) -> ShardIndex:
    shard = write_shard(folder, 0, feature, [(track, extracted)])
    return ShardIndex(
        folder=folder,
        dataset="single",
        genres=genres,
        feature=feature,
        shards=(shard,),
        extraction_version=feature.extraction_version,
    )
