"""Arrays that were extracted elsewhere: kept as they are, refused where they cannot be used."""

from pathlib import Path

import numpy as np
import pytest

from common.core.errors import DataError
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_track
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.storage import StorageFormat


def arrays_catalog(path: Path, spectrograms: np.ndarray) -> tuple[Catalog, Precomputed]:
    """A catalog of arrays that were extracted elsewhere."""
    np.savez(path, X=spectrograms)
    tracks = tuple(Track(id=f"t{row}", label="a", path=path, row=row) for row in range(len(spectrograms)))
    dtype = "float32" if spectrograms.dtype == np.float64 else spectrograms.dtype.name
    feature = Precomputed(bins=spectrograms.shape[1], columns_per_second=10.0, storage=StorageFormat(dtype=dtype))
    return Catalog(dataset="arrays", title="given.npz", genres=("a",), tracks=tracks), feature


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float16", "float32", "float64"])
def test_given_arrays_keep_their_values_time_first(tmp_path, dtype):
    spectrograms = np.random.default_rng(0).integers(0, 200, (5, 4, 30)).astype(dtype)
    catalog, feature = arrays_catalog(tmp_path / "given.npz", spectrograms)
    index = prepare(catalog, feature, tmp_path / "cache")
    for row, track in enumerate(index.tracks):
        stored = read_track(index, track)
        assert stored.dtype == feature.storage.dtype
        np.testing.assert_array_equal(stored, spectrograms[row].T)


@pytest.mark.parametrize(("dtype", "value"), [("float32", np.nan), ("float16", np.inf), ("float64", 1e300)])
def test_given_arrays_that_are_not_finite_are_named(tmp_path, dtype, value):
    spectrograms = np.ones((3, 4, 30), dtype)
    spectrograms[1, 2, 7] = value
    catalog, feature = arrays_catalog(tmp_path / "given.npz", spectrograms)
    with pytest.raises(DataError, match=r"X\[1\] \(t1\) holds values that are not finite") as caught:
        prepare(catalog, feature, tmp_path / "cache")
    assert str(caught.value).startswith(str(tmp_path / "given.npz"))
    assert [t.id for t in prepare(catalog, feature, tmp_path / "cache", skip_bad=True).tracks] == ["t0", "t2"]


def test_given_arrays_of_zeros_are_named(tmp_path):
    spectrograms = np.ones((3, 4, 30), np.uint8)
    spectrograms[2] = 0
    catalog, feature = arrays_catalog(tmp_path / "given.npz", spectrograms)
    with pytest.raises(DataError, match=r"X\[2\] \(t2\) is all zero"):
        prepare(catalog, feature, tmp_path / "cache")
