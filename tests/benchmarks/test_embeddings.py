"""The benchmark of extracting embeddings."""

import numpy as np
import pytest

from benchmarks.embeddings import compare, measure
from common.core.errors import DataError


def test_the_benchmark_of_speed_and_agreement(network, tiny_corpus, tmp_path):
    result = measure(tiny_corpus.catalog, tmp_path, tracks=2, rounds=2, differences={"MSD max_pool": 0.5}, seconds=5.0)
    assert len(result.ratios["music / extraction"]) == 2
    assert [requirement.holds for requirement in result.requirements][1:] == [False]
    samples = np.random.default_rng(0).normal(0, 0.1, (1, 10)).astype(np.float32)
    np.savez(tmp_path / "reference.npz", name=np.array(["nothing.wav"]), MSD_musicnn_taggram=samples)
    with pytest.raises(DataError, match=r"lacks nothing\.wav"):
        compare(tmp_path / "reference.npz", tiny_corpus.folder, tmp_path)
