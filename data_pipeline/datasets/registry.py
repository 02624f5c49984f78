"""Datasets by the name that `--dataset` takes."""

from pathlib import Path

from common.core.errors import SpecError
from data_pipeline.datasets import arrays, fma, gtzan
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.datasets.demo import corpus
from data_pipeline.features.precomputed import Precomputed

NAMES = ("demo", "gtzan", "fma_small", "fma_large", "arrays")
_WANTED = {
    "gtzan": gtzan.WHERE,
    **dict.fromkeys(fma.SUBSETS, fma.WHERE),
    "arrays": "give an .npz with X, name and genre with --data",
}


def load(
    dataset: str, data: Path | None, cache: Path, *, seconds_per_column: float | None = None
) -> tuple[Catalog, Precomputed | None]:
    """Open a dataset.

    Args:
        data: what the user gave with `--data`; the demo corpus takes none.
        cache: where the demo corpus is written.

    Returns:
        The catalog, and the feature where the data are features already.

    Raises:
        SpecError: an unknown dataset, or `--data` is missing or not wanted.
        DataError: the data cannot be used.
    """
    if dataset not in NAMES:
        raise SpecError(f"--dataset {dataset}: unknown, expected one of: {', '.join(NAMES)}.")
    if dataset == "demo":
        if data is not None:
            raise SpecError(
                f"--data {data}: the demo corpus is generated and takes no --data. Name a --dataset with it."
            )
        return corpus.load(cache / "demo"), None
    if data is None:
        raise SpecError(f"--dataset {dataset} needs --data: {_WANTED[dataset]}.")
    if dataset == "gtzan":
        return gtzan.load(data), None
    if dataset in fma.SUBSETS:
        return fma.load(data, dataset), None
    return arrays.load(data, seconds_per_column=seconds_per_column)
