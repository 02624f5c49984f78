"""Small shards, and what is decoded for them."""

import pytest

from data_pipeline.audio.decode import read_audio
from data_pipeline.cache import extraction as prepare_module
from data_pipeline.cache import track_extraction as track_module
from data_pipeline.cache.extraction import prepare
from tests.helpers.small_caches import FEATURE, SMALL_SHARD_BYTES, cache_folder, contents


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr(prepare_module, "_TARGET_SHARD_BYTES", SMALL_SHARD_BYTES)


@pytest.fixture
def decoded(monkeypatch) -> list[str]:
    """Names of the files that are decoded, in order."""
    names = []

    def read(path, **options):
        names.append(path.stem)
        return read_audio(path, **options)

    monkeypatch.setattr(track_module, "read_audio", read)
    return names


@pytest.fixture(scope="module")
def undisturbed(tiny_corpus, tmp_path_factory) -> dict[str, bytes]:
    """The cache of the tiny corpus as an uninterrupted preparation makes it."""
    cache = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare_module, "_TARGET_SHARD_BYTES", SMALL_SHARD_BYTES)
        prepare(tiny_corpus.catalog, FEATURE, cache)
    return contents(cache_folder(cache))
