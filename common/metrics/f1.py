"""F1 scores of test clips, with confidence intervals.

Definitions as in scikit-learn's `f1_score`: for each genre, 2 x precision x recall / (precision + recall), 0 where both
are 0; *macro* is the plain mean over genres, *weighted* the mean weighted by true clips. Genres that are neither
true nor predicted anywhere are not part of the macro mean; one that is predicted but never true counts as 0.
"""

import numpy as np

from common.metrics.clips import F1_METRIC_NAMES
from data_pipeline.datasets.artists import in_order_of_appearance

# Bootstrap resamples of the artists for an interval; the seed is fixed, so that a table depends only on its records.
RESAMPLES = 1000
_BOOTSTRAP_SEED = 0


def f1_of_counts(counts: np.ndarray) -> dict[str, np.ndarray]:
    """F1 scores of confusion matrices.

    Args:
        counts: (..., true class, predicted class), in clips.

    Returns:
        `clip_f1_weighted` and `clip_f1_macro`, each of shape (...); NaN for a matrix without any clip.
    """
    hits = np.diagonal(counts, axis1=-2, axis2=-1).astype(np.float64)
    true, predicted = counts.sum(axis=-1), counts.sum(axis=-2)
    either = true + predicted
    f1 = np.divide(2 * hits, either, out=np.zeros_like(hits), where=either > 0)
    clips, genres = true.sum(axis=-1), (either > 0).sum(axis=-1)

    def mean(total: np.ndarray, count: np.ndarray) -> np.ndarray:
        return np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)

    return {
        "clip_f1_weighted": mean((f1 * true).sum(axis=-1), clips),
        "clip_f1_macro": mean(f1.sum(axis=-1), genres),
    }


def f1_with_interval(
    runs: list[tuple[list[str], np.ndarray, np.ndarray]], classes: int, owners: dict[str, str]
) -> dict[str, tuple[list[float], float, float]]:
    """F1 scores of runs, and intervals of their mean from a percentile cluster bootstrap over the test clips' artists.

    Artists are drawn with replacement, each with all of its clips and their decisions in all runs, so that runs on
    the same test clips do not count as more clips.

    Args:
        runs: (ids of the clips, true classes, predicted classes) of each run.
        classes: number of genres.
        owners: artist of each clip, by id, see `data_pipeline.datasets.artists.artist_keys`.

    Returns:
        Metric -> (value of each run, low and high end of the 95 % interval of the mean), as shares.
    """
    ids = sorted({name for names, _, _ in runs for name in names})
    artist = dict(zip(ids, in_order_of_appearance(owners[name] for name in ids), strict=True))
    artists = len(set(artist.values()))
    drawn = np.random.default_rng(_BOOTSTRAP_SEED).multinomial(artists, np.full(artists, 1 / artists), size=RESAMPLES)
    values: dict[str, list[float]] = {name: [] for name in F1_METRIC_NAMES}
    resampled: dict[str, list[np.ndarray]] = {name: [] for name in F1_METRIC_NAMES}
    for names, true, predicted in runs:
        cells = np.zeros((len(names), classes * classes), np.float32)
        cells[np.arange(len(names)), true * classes + predicted] = 1
        whole = f1_of_counts(cells.sum(axis=0).reshape(classes, classes))
        weights = drawn[:, [artist[name] for name in names]].astype(np.float32)
        counts = (weights @ cells).reshape(-1, classes, classes)
        for name, each in f1_of_counts(counts).items():
            values[name].append(float(whole[name]))
            resampled[name].append(each)
    found = {}
    for name in F1_METRIC_NAMES:
        # A resample may contain no clip of a fold with few clips (or artists); the mean is then over the other folds.
        low, high = np.percentile(np.nanmean(resampled[name], axis=0), [2.5, 97.5])
        found[name] = values[name], float(low), float(high)
    return found
