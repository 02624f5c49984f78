"""Data sets by name."""

import numpy as np
import pytest

from common.core.errors import SpecError
from data_pipeline.datasets import registry

NAMES = ["blues.00003", "blues.00001", "rock.00000", "jazz.00054"]

COLUMNS = 387


def content(**changes) -> dict[str, np.ndarray]:
    """A valid file of four GTZAN clips, with changes; None leaves an array out."""
    rng = np.random.default_rng(0)
    values = {
        "X": rng.integers(1, 255, (4, 6, COLUMNS)).astype(np.uint8),
        "name": np.array(NAMES),
        "genre": np.array([name.split(".")[0] for name in NAMES]),
        "n_samples": np.array([661794, 661500, 661794, 661100]),
    }
    return {key: value for key, value in (values | changes).items() if value is not None}


@pytest.fixture
def save(tmp_path):
    """Write an `.npz` of `content` with changes and return its path."""

    def write(**changes):
        np.savez(tmp_path / "given.npz", **content(**changes))
        return tmp_path / "given.npz"

    return write


def test_the_registry_opens_datasets_by_name(tiny_corpus, save, tmp_path):
    catalog, feature = registry.load("gtzan", tiny_corpus.folder, tmp_path)
    assert (catalog.dataset, len(catalog.tracks), feature) == ("gtzan", 12, None)
    catalog, feature = registry.load("arrays", save(n_samples=None), tmp_path, seconds_per_column=0.1)
    assert (catalog.dataset, len(catalog.tracks), feature.columns_per_second) == ("arrays", 4, 10.0)


def test_the_registry_requires_data_except_for_the_demo_corpus(tmp_path):
    with pytest.raises(SpecError, match=r"--data .*: the demo corpus is generated"):
        registry.load("demo", tmp_path, tmp_path)
    with pytest.raises(SpecError, match=r"--dataset gtzan needs --data: GTZAN is not part of Encore"):
        registry.load("gtzan", None, tmp_path)
    with pytest.raises(SpecError, match=r"--dataset arrays needs --data: give an \.npz"):
        registry.load("arrays", None, tmp_path)
    with pytest.raises(SpecError, match=r"--dataset fma: unknown, expected one of: .* fma_small, fma_large"):
        registry.load("fma", tmp_path, tmp_path)
