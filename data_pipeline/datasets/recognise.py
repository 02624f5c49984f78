"""Which well-known data set clips are from, also where they came as arrays without a name."""

from collections.abc import Iterable

from data_pipeline.datasets import fma, gtzan
from data_pipeline.datasets.about import mirdata_name


def known_dataset(dataset: str, genres: Iterable[str], clip_ids: Iterable[str]) -> str | None:
    """Title of the well-known data set that clips are from: `GTZAN`, `FMA-small` or `FMA-large`; None where unknown.

    Args:
        dataset: key of the dataset as in `--dataset`.
        genres: of the clips.
        clip_ids: ids of the clips, or of some of them.
    """
    if dataset == "gtzan":
        return "GTZAN"
    if dataset in fma.SUBSETS:
        return fma.SUBSETS[dataset].title
    if dataset != "arrays" and mirdata_name(dataset) is None:
        return None
    ids = list(clip_ids)
    if are_gtzan(ids):
        return "GTZAN"
    return "FMA-small" if ids and set(genres) <= set(fma.SMALL_GENRES) and all(map(str.isdigit, ids)) else None


def are_gtzan(clip_ids: Iterable[str]) -> bool:
    """Whether there are clips and all have names of GTZAN's clips."""
    ids, facts = list(clip_ids), gtzan.facts()
    return bool(ids) and all(name in facts for name in ids)
