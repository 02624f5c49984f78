"""Readers of one feature's windows, or of two features' common ones."""

import numpy as np
import pytest

from common.core.errors import DataError
from data_pipeline.windows.index import WindowSpec
from data_pipeline.windows.opening import open_windows

ARRAYS = [np.arange(2 * frames, dtype=np.float32).reshape(frames, 2) for frames in (50, 30)]


def test_one_feature_gives_all_windows_of_all_tracks(make_shards, tmp_path):
    index = make_shards(tmp_path / "one", [ARRAYS])  # 10 frames per second
    with open_windows([(index, WindowSpec(seconds=2, hop_seconds=1))]) as reader:
        assert reader.windows.tracks.tolist() == [0, 0, 0, 0, 1, 1]
        assert reader.windows.starts.tolist() == [0, 10, 20, 30, 0, 10]
        np.testing.assert_array_equal(reader.read(np.array([5]))[0], ARRAYS[1][10:30])
    with pytest.raises(DataError, match=r"1 of 2 clips are shorter than one window of 4 s"):
        open_windows([(index, WindowSpec(seconds=4, hop_seconds=1))])


def test_two_features_give_the_windows_that_both_have(make_shards, tmp_path):
    first, second = (make_shards(tmp_path / name, [arrays]) for name, arrays in (("a", ARRAYS), ("b", ARRAYS[::-1])))
    windows = WindowSpec(seconds=2, hop_seconds=1)
    with open_windows([(first, windows), (second, windows)]) as reader:
        one, other = reader.parts
        assert one.windows.tracks.tolist() == other.windows.tracks.tolist() == [0, 0, 1, 1]
        assert one.windows.starts.tolist() == [0, 10, 0, 10]
