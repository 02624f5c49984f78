"""One track in a shard of its own: the same values as in a data set."""

import numpy as np
import pytest

from common.core.errors import DataError
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_track
from data_pipeline.cache.single import shards_of_array, shards_of_audio
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.spectrograms import LogMel
from data_pipeline.features.storage import StorageFormat

GENRES = ("a", "b")


def test_a_file_alone_has_the_values_that_it_has_in_a_data_set(tiny_corpus, tmp_path):
    feature = LogMel(sample_rate=16000, n_fft=1024, hop_samples=512, n_mels=16)
    whole = prepare(tiny_corpus.catalog, feature, tmp_path / "cache")
    place = [track.id for track in whole.tracks].index("country.00002")
    alone = shards_of_audio(tiny_corpus.path("country", 2), feature, GENRES, tmp_path / "cache", cache=tmp_path)
    (track,) = alone.tracks
    np.testing.assert_array_equal(read_track(alone, track), read_track(whole, whole.tracks[place]))
    assert track.source_sha256 == whole.tracks[place].source_sha256
    assert (alone.genres, alone.extraction_version) == (GENRES, feature.extraction_version)


@pytest.mark.parametrize(("stored", "given"), [("uint8", "uint8"), ("float32", "float64"), ("float16", "float32")])
def test_an_array_is_stored_by_time(tmp_path, stored, given):
    feature = Precomputed(bins=3, columns_per_second=10, storage=StorageFormat(dtype=stored))
    values = np.arange(12, dtype=given).reshape(3, 4)
    index = shards_of_array(values, feature, GENRES, tmp_path)
    found = read_track(index, index.tracks[0])
    assert (found.tolist(), found.dtype) == (values.T.tolist(), np.dtype(stored))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e9])
def test_values_that_cannot_be_stored_are_refused(tmp_path, value):
    feature = Precomputed(bins=3, columns_per_second=10, storage=StorageFormat(dtype="float16"))
    with pytest.raises(DataError, match="holds values that are not finite"):
        shards_of_array(np.full((3, 4), value), feature, GENRES, tmp_path)


def test_lists_of_rows_are_taken_where_every_value_fits(tmp_path):
    feature = Precomputed(bins=2, columns_per_second=10, storage=StorageFormat(dtype="uint8"))
    index = shards_of_array([[1, 2, 3], [4, 5, 255]], feature, GENRES, tmp_path)
    assert read_track(index, index.tracks[0]).tolist() == [[1, 4], [2, 5], [3, 255]]
    for wrong in ([[1, 256], [0, 0]], [[1.5, 2.0], [0.0, 0.0]]):
        with pytest.raises(DataError, match=r"expected \(2, columns\) and uint8"):
            shards_of_array(wrong, feature, GENRES, tmp_path)
    with pytest.raises(DataError, match=r"^array: cannot be read \(.*Give rows of the same length\.$"):
        shards_of_array([[1, 2], [3]], feature, GENRES, tmp_path)


def test_an_array_of_zeros_is_refused_as_in_training(tmp_path):
    feature = Precomputed(bins=2, columns_per_second=10, storage=StorageFormat(dtype="float16"))
    # The smallest value that float16 holds is larger than the second one.
    for values in (np.zeros((2, 3)), np.full((2, 3), 1e-9)):
        with pytest.raises(DataError, match=r"^array: is all zero"):
            shards_of_array(values, feature, GENRES, tmp_path)
