"""Datasets by their name in `--dataset`."""

from common.core.console import say
from common.core.errors import SpecError
from data_pipeline.datasets import arrays, fma, gtzan, mirdata
from data_pipeline.datasets.about import ABOUT, mirdata_name, require_known
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.datasets.demo import corpus
from data_pipeline.datasets.request import DataRequest
from data_pipeline.features.precomputed import Precomputed

NAMES = tuple(ABOUT)


def load(request: DataRequest) -> tuple[Catalog, Precomputed | None]:
    """Open a dataset.

    Returns:
        The catalog, and the feature where the data are precomputed features, else None.

    Raises:
        SpecError: an unknown dataset, or `--data` is missing or not allowed.
        DataError: the data cannot be used.
    """
    dataset, data = require_known(request.dataset), request.data
    if dataset == "demo":
        if data is not None:
            raise SpecError(
                f"--data {data}: the demo corpus is generated and takes no --data. Name the data with --dataset."
            )
        return corpus.load(request.cache / "demo"), None
    if (of_mirdata := mirdata_name(dataset)) is not None:
        return mirdata.load(of_mirdata, data), None
    if data is None:
        about = ABOUT[dataset]
        missing = about.where if about.sources else f"give {about.takes} with --data"
        raise SpecError(f"--dataset {dataset} needs --data: {missing}.")
    if data.expanduser().exists():
        say(f"reading {data} ...")
    if dataset == "gtzan":
        return gtzan.load(data, cache=request.cache), None
    if dataset in fma.SUBSETS:
        return fma.load(data, dataset), None
    return arrays.load(data, seconds_per_column=request.seconds_per_column)
