"""What workers report about their own machine."""

import pytest

from common.core.errors import DataError
from common.execution.pools import cluster_workers
from data_pipeline.cache.extraction import prepare
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.features.spectrograms import StftDb


def test_a_file_that_only_the_worker_lacks_is_an_error_and_not_a_bad_file(loopback, own_corpus, tmp_path, monkeypatch):
    catalog = own_corpus.catalog
    monkeypatch.setattr(Catalog, "source_digest", "as on the machine of the command")
    own_corpus.path("blues", 2).unlink()
    with (
        cluster_workers(loopback.address) as pool,
        pytest.raises(
            DataError, match=r"worker on .*blues\.00002\.wav: not found on this machine, .* under the same path"
        ),
    ):
        prepare(catalog, StftDb(), tmp_path, skip_bad=True, parallel_map=pool.parallel_map)
