"""Data sets by name."""

import pytest

from common.core.errors import DataError, SpecError
from data_pipeline.datasets import registry
from data_pipeline.datasets.request import DataRequest


def test_the_registry_opens_datasets_by_name(tiny_corpus, save, tmp_path):
    catalog, feature = registry.load(DataRequest("gtzan", tiny_corpus.folder, tmp_path))
    assert (catalog.dataset, len(catalog.tracks), feature) == ("gtzan", 12, None)
    catalog, feature = registry.load(DataRequest("arrays", save(n_samples=None), tmp_path, seconds_per_column=0.1))
    assert (catalog.dataset, len(catalog.tracks), feature.columns_per_second) == ("arrays", 4, 10.0)


def test_the_registry_requires_data_except_for_the_demo_corpus(tmp_path):
    with pytest.raises(SpecError, match=r"--data .*: the demo corpus is generated"):
        registry.load(DataRequest("demo", tmp_path, tmp_path))
    with pytest.raises(SpecError, match=r"--dataset gtzan needs --data: GTZAN is not part of Encore"):
        registry.load(DataRequest("gtzan", None, tmp_path))
    with pytest.raises(SpecError, match=r"--dataset arrays needs --data: give an \.npz"):
        registry.load(DataRequest("arrays", None, tmp_path))
    with pytest.raises(SpecError, match=r"--genre-names: goes with --dataset arrays, received --dataset gtzan"):
        registry.load(DataRequest("gtzan", tmp_path, tmp_path, genre_names="a,b"))
    with pytest.raises(
        SpecError, match=r"^--dataset folder_music: names the results .* --dataset folder --data DIR\.$"
    ):
        registry.load(DataRequest("folder_music", tmp_path, tmp_path))
    with pytest.raises(SpecError, match=r"--dataset fma: no such value; did you mean fma_small or fma_large"):
        registry.load(DataRequest("fma", tmp_path, tmp_path))


def test_data_and_tables_that_cannot_be_looked_up_are_errors(tmp_path):
    unreachable = tmp_path / ("x" * 300)
    with pytest.raises(DataError, match=r"--data .*xx: cannot be read \(File name too long\)"):
        registry.load(DataRequest("folder", unreachable, tmp_path))
    with pytest.raises(DataError, match=r"--labels .*xx: cannot be read \(File name too long\)"):
        registry.load(DataRequest("folder", tmp_path, tmp_path, labels=unreachable))
