"""Clips that are the same recording: by their bytes, and by the similarity of their spectra."""

import numpy as np
import pytest

from data_pipeline.cache.shards import ShardTrack
from data_pipeline.datasets import gtzan
from data_pipeline.duplicates.scan import SIMILARITY_THRESHOLD, exact_pairs, find_duplicates, first_of_source
from tests.helpers.imports import modules_after


def shard_track(name: str, source: str) -> ShardTrack:
    return ShardTrack(id=name, label="a", artist=None, shard=0, first_row=0, frames=1, source_sha256=source)


def test_the_exact_copies_of_gtzan():
    tracks = [shard_track(name, fact["wav_sha256"]) for name, fact in gtzan.facts().items()]
    pairs = exact_pairs(tracks)
    assert len(pairs) == 14
    assert ("metal.00058", "rock.00016") in pairs
    assert ("pop.00054", "pop.00060") in pairs
    first = first_of_source(tracks)
    assert sum(name != one for name, one in first.items()) == 14
    assert first["rock.00016"] == "metal.00058"


def test_three_copies_are_three_pairs_and_follow_the_first():
    tracks = [shard_track("c", "x"), shard_track("a", "x"), shard_track("b", "x"), shard_track("d", "y")]
    assert exact_pairs(tracks) == {("a", "b"), ("a", "c"), ("b", "c")}
    assert first_of_source(tracks) == {"a": "a", "b": "a", "c": "a", "d": "d"}


def test_silence_is_similar_to_no_clip(make_shards, tmp_path):
    rng = np.random.default_rng(0)
    loud = rng.random((80, 8), np.float32)
    index = make_shards(
        tmp_path / "shards", [[np.zeros((80, 8), np.float32), loud, np.ones((80, 8), np.float32), loud]]
    )
    found = find_duplicates(index)
    assert [(pair.first, pair.second) for pair in found.pairs] == [("t1", "t3")]
    assert found.pairs[0].similarity == pytest.approx(1, abs=1e-3)


def test_a_few_long_columns_are_not_compared(make_shards, tmp_path):
    rng = np.random.default_rng(0)
    index = make_shards(tmp_path / "shards", [[rng.random((2, 8), np.float32) for _ in range(3)]])
    slow = index.model_copy(update={"feature": index.feature.replace(columns_per_second=0.1)})
    assert find_duplicates(slow).too_short == 3


def test_short_clips_are_compared_only_by_their_bytes(make_shards, tmp_path):
    # At 10 frames a second.
    one = np.random.default_rng(0).random((40, 8), np.float32)
    long = np.random.default_rng(1).random((60, 8), np.float32)
    found = find_duplicates(make_shards(tmp_path / "shards", [[one, one, long, long]]))
    assert found.too_short == 2
    assert [(pair.first, pair.second) for pair in found.pairs] == [("t2", "t3")]
    assert found.above == SIMILARITY_THRESHOLD


def test_pairs_and_the_threshold_are_imported_without_scipy():
    assert not {"scipy", "sklearn", "matplotlib"} & modules_after("import data_pipeline.duplicates.scan")
