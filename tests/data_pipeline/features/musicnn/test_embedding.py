"""Embeddings of musicnn as features."""

import numpy as np
import pytest

from common.core.errors import DataError, SpecError
from common.core.spec import build as spec_of
from data_pipeline.cache import extraction
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_track
from data_pipeline.features.musicnn.config import LAYERS
from data_pipeline.features.musicnn.embedding import MusicnnEmbedding
from data_pipeline.features.musicnn.network import patches_of


@pytest.mark.parametrize("layer", LAYERS)
def test_embeddings_of_a_track_are_those_of_its_patches(network, tmp_path, layer):
    feature = MusicnnEmbedding(layer=layer)
    feature.make_ready(tmp_path)
    samples = np.random.default_rng(0).normal(0, 0.1, 16000 * 7).astype(np.float32)
    found = feature.extract(samples)
    assert found.shape == (feature.frames(len(samples)), feature.bins) == (2, LAYERS[layer])
    np.testing.assert_allclose(found, network(patches_of(samples), training=False)[layer], atol=1e-6)
    assert feature.frames_per_second == pytest.approx(1 / 2.992)
    # Thirty seconds are ten patches.
    assert feature.frames(480_000) == round(30 * feature.frames_per_second) == 10


def test_a_version_of_the_extraction_gives_the_same_values(network, tmp_path):
    """Where other values are meant: raise `MusicnnEmbedding.extraction_version`, and put the new ones here."""
    time = np.arange(16000 * 4) / 16000
    samples = (0.3 * np.sin(2 * np.pi * 440 * time) + np.random.default_rng(0).normal(0, 0.1, time.size)).astype("f4")
    assert MusicnnEmbedding.extraction_version == 1
    expected = {
        "max_pool": [1.35453, 2.76405, 0.28323],
        "penultimate": [-0.09496, -0.09461, 13.53569],
        "taggram": [0.78426, 0.11571, 0.13854],
    }
    for layer, values in expected.items():
        feature = MusicnnEmbedding(layer=layer)
        feature.make_ready(tmp_path)
        np.testing.assert_allclose(feature.extract(samples)[0, [0, 10, 40]], values, rtol=1e-3, atol=1e-3)


def test_a_track_shorter_than_a_patch_is_refused_or_repeated(network, tmp_path):
    samples = np.random.default_rng(0).normal(0, 0.1, 16000 * 2).astype(np.float32)
    feature = MusicnnEmbedding()
    feature.make_ready(tmp_path)
    with pytest.raises(DataError, match=r"lasts 2\.00 s, expected at least one patch of musicnn of 2\.98 s"):
        feature.extract(samples)
    repeating = MusicnnEmbedding(repeat_short=True)
    found = repeating.extract(samples)
    assert found.shape == (repeating.frames(len(samples)), 753) == (1, 753)
    np.testing.assert_array_equal(found, feature.extract(np.concatenate([samples, samples])[: 186 * 256]))


@pytest.mark.parametrize(
    ("most", "kept"), [(1, [2]), (3, [0, 2, 4]), (4, [0, 1, 3, 4]), (9, range(5)), (None, range(5))]
)
def test_a_mean_can_be_of_fewer_patches_spread_over_the_track(network, tmp_path, most, kept):
    samples = np.random.default_rng(0).normal(0, 0.1, 16000 * 15).astype(np.float32)
    single = MusicnnEmbedding()
    single.make_ready(tmp_path)
    feature = MusicnnEmbedding(pooled=True, pooled_patches=most)
    found = feature.extract(samples)
    assert found.shape == (feature.frames(len(samples)), feature.bins) == (1, 753)
    np.testing.assert_allclose(found[0], single.extract(samples)[list(kept)].mean(axis=0), rtol=1e-5)


def test_caches_of_before_there_were_fewer_patches_are_found(tiny_corpus):
    catalog = tiny_corpus.catalog.replace(tracks=())
    key = {
        name: extraction._cache_key(catalog, feature, "soundfile")
        for name, feature in (
            ("all", MusicnnEmbedding(pooled=True)),
            ("two", MusicnnEmbedding(pooled=True, pooled_patches=2)),
        )
    }
    without = MusicnnEmbedding(pooled=True).as_json()
    del without["pooled_patches"]
    assert extraction._values_of(MusicnnEmbedding(pooled=True)) == without
    assert key["all"] != key["two"]


def test_fewer_patches_without_a_mean_are_refused():
    with pytest.raises(SpecError, match="pooled_patches 3 has no effect without pooled"):
        spec_of(MusicnnEmbedding, {"pooled_patches": 3})


def test_embeddings_are_cached_in_shards(network, tiny_corpus, tmp_path):
    feature = MusicnnEmbedding(layer="penultimate")
    index = prepare(tiny_corpus.catalog, feature, tmp_path)
    assert {track.frames for track in index.tracks} == {1}
    assert read_track(index, index.tracks[0]).shape == (1, 200)
    assert np.isfinite(read_track(index, index.tracks[0])).all()


def test_other_layers_and_models_do_not_exist():
    for changes in ({"layer": "mean_pool"}, {"model": "VGG"}, {"sample_rate": 22050}):
        with pytest.raises(Exception, match="MusicnnEmbedding"):
            spec_of(MusicnnEmbedding, changes)
