"""Datasets by their name in `--dataset`."""

import math

from common.core.console import say
from common.core.errors import SpecError
from data_pipeline.datasets import arrays, fma, folder, gtzan, mirdata
from data_pipeline.datasets.about import ABOUT, OWN_FOLDER_VALUE, is_own_folder, mirdata_name, require_known
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.datasets.demo import corpus
from data_pipeline.datasets.files import require_reachable
from data_pipeline.datasets.request import DataRequest
from data_pipeline.features.precomputed import Precomputed

NAMES = tuple(ABOUT)
# Their clips are not cut to another length.
WITHOUT_FILES_OF_AUDIO = ("demo", "arrays")


def load(request: DataRequest) -> tuple[Catalog, Precomputed | None]:
    """Open a dataset.

    Returns:
        The catalog, and the feature where the data are precomputed features, else None.

    Raises:
        SpecError: an unknown dataset, or `--data` is missing or not allowed.
        DataError: the data cannot be used.
        BudgetError: opening it takes more memory than is left.
    """
    dataset, data = require_known(request.dataset), request.data
    if is_own_folder(dataset) and dataset != OWN_FOLDER_VALUE:
        raise SpecError(
            f"--dataset {dataset}: names the results on an own folder. To read a folder, give --dataset "
            f"{OWN_FOLDER_VALUE} --data DIR."
        )
    _require_fitting(request)
    if dataset == "demo":
        if data is not None:
            raise SpecError(
                f"--data {data}: the demo corpus is generated and takes no --data. Name the data with --dataset."
            )
        return corpus.load(request.cache / "demo"), None
    # mirdata itself knows where its data sets are.
    if data is None and mirdata_name(dataset) is None:
        about = ABOUT[dataset]
        missing = about.where if about.sources else f"give {about.takes} with --data"
        raise SpecError(f"--dataset {dataset} needs --data: {missing}.")
    if data is not None:
        require_reachable(data.expanduser(), flag=request.data_flag)
        if data.expanduser().exists():
            say(f"reading {data} ...")
    if dataset == "arrays":
        return arrays.load(
            data,
            seconds_per_column=request.seconds_per_column,
            genre_names=request.genre_names,
            memory_left_bytes=request.memory_left_bytes,
        )
    catalog = _of_audio(request)
    return catalog if request.clip_seconds is None else catalog.with_clip_seconds(request.clip_seconds), None


def _of_audio(request: DataRequest) -> Catalog:
    if (of_mirdata := mirdata_name(request.dataset)) is not None:
        return mirdata.load(of_mirdata, request.data)
    if request.dataset == "gtzan":
        return gtzan.load(request.data, cache=request.cache)
    if request.dataset in fma.SUBSETS:
        return fma.load(request.data, request.dataset)
    return folder.load(
        request.data,
        labels=request.labels,
        memory_left_bytes=request.memory_left_bytes,
        artist_level=request.artist_level,
        needs_genres=request.needs_genres,
        flag=request.data_flag,
    )


def _require_fitting(request: DataRequest) -> None:
    """Refuse options that the data set does not use.

    Raises:
        SpecError: naming the first of them.
    """
    for flag, value, used_by in (
        ("--seconds-per-column", request.seconds_per_column, "arrays"),
        ("--genre-names", request.genre_names, "arrays"),
        ("--labels", request.labels, OWN_FOLDER_VALUE),
        ("--artist-level", request.artist_level, OWN_FOLDER_VALUE),
    ):
        if value is not None and request.dataset != used_by:
            raise SpecError(f"{flag}: goes with --dataset {used_by}, received --dataset {request.dataset}.")
    if request.clip_seconds is not None and request.dataset in WITHOUT_FILES_OF_AUDIO:
        raise SpecError(f"--clip-seconds: goes with your own files of audio, received --dataset {request.dataset}.")
    if request.clip_seconds is not None and not 0 < request.clip_seconds < math.inf:
        raise SpecError(f"--clip-seconds {request.clip_seconds:g}: not a length, expected a number above 0, e.g. 30.")
    if request.artist_level is not None and request.artist_level < 1:
        raise SpecError(f"--artist-level {request.artist_level}: expected 1, the folders below the genres, or more.")
