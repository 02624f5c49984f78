"""Which cache a dataset and feature get, and what the data are called on every machine."""

import os
from pathlib import Path

from data_pipeline.cache.extraction import prepare
from data_pipeline.features.spectrograms import LogMel, StftDb

FEATURE = LogMel(n_fft=512, hop_samples=512, n_mels=16)


def folders(cache: Path) -> set[str]:
    return {path.name for path in (cache / "shards").iterdir()}


def test_another_source_or_feature_gets_another_folder(own_corpus, tmp_path):
    cache, catalog = tmp_path / "cache", own_corpus.catalog
    first = prepare(catalog, FEATURE, cache)
    assert len(folders(cache)) == 1
    assert first.folder.name.startswith("tiny-")

    # A file of the same size with another sample in it.
    path = own_corpus.path("classical", 2)
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    changed = prepare(own_corpus.catalog, FEATURE, cache)
    assert len(folders(cache)) == 2
    assert changed.data_digest != first.data_digest

    fewer = catalog.replace(tracks=catalog.tracks[:-1])
    other_artist = catalog.replace(tracks=(catalog.tracks[0].replace(artist="somebody else"), *catalog.tracks[1:]))
    for number, (variant, feature) in enumerate(
        [(fewer, FEATURE), (other_artist, FEATURE), (catalog, FEATURE.replace(n_mels=8)), (catalog, StftDb(n_fft=64))]
    ):
        index = prepare(variant, feature, cache)
        assert len(folders(cache)) == 3 + number
        assert index.feature == feature
    # All of them stay; going back costs nothing.
    assert prepare(own_corpus.catalog, FEATURE, cache) == changed
    assert len(folders(cache)) == 6


def test_the_data_digest_is_that_of_the_music_not_of_the_machine(tiny_corpus, own_corpus, tmp_path):
    for number, track in enumerate(own_corpus.catalog.tracks):
        os.utime(track.path, (10**9 + number, 10**9 + number))
    here = prepare(tiny_corpus.catalog, FEATURE, tmp_path / "here")
    there = prepare(own_corpus.catalog, FEATURE.replace(n_mels=8), tmp_path / "there")
    assert here.folder.name != there.folder.name
    assert here.data_digest == there.data_digest
