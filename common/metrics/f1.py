"""F1 of decisions: over windows while a network trains, and over test clips with intervals.

Definitions as in scikit-learn's `f1_score`: of each genre, 2 x precision x recall / (precision + recall), 0 where both
are 0; *macro* is the plain mean over genres, *weighted* the mean by true clips. Genres that are neither true nor
decided anywhere are left out of the macro mean; one that is decided but never true counts as 0.
"""

import keras
import numpy as np
from keras import ops

from common.metrics.clips import F1_METRIC_NAMES
from data_pipeline.datasets.artists import in_order_of_appearance

# Resampled sets of artists behind an interval; their seed is fixed, so that a table is a function of its records.
RESAMPLES = 1000
_BOOTSTRAP_SEED = 0


class MacroF1(keras.metrics.Metric):
    """Macro F1 of windows, from labels (batch,) and probabilities (batch, classes)."""

    def __init__(self, classes: int, name: str = "f1_macro", **arguments):
        super().__init__(name=name, **arguments)
        self.classes = classes
        self.counts = self.add_variable(shape=(classes, classes), initializer="zeros", name="counts")

    def update_state(self, y_true, y_pred, sample_weight=None):
        # Weights of classes are a matter of the loss.
        true = ops.one_hot(ops.reshape(ops.cast(y_true, "int32"), (-1,)), self.classes)
        decided = ops.one_hot(ops.argmax(y_pred, axis=-1), self.classes)
        self.counts.assign_add(ops.cast(ops.matmul(ops.transpose(true), decided), self.counts.dtype))

    def result(self):
        right = ops.diagonal(self.counts)
        either = ops.sum(self.counts, axis=0) + ops.sum(self.counts, axis=1)
        f1 = ops.where(either > 0, 2 * right / ops.maximum(either, 1.0), 0.0)
        return ops.sum(f1) / ops.maximum(ops.sum(ops.cast(either > 0, f1.dtype)), 1.0)

    def get_config(self):
        return super().get_config() | {"classes": self.classes}


def f1_of_counts(counts: np.ndarray) -> dict[str, np.ndarray]:
    """F1 scores of confusion matrices.

    Args:
        counts: (..., true class, decided class).

    Returns:
        `clip_f1_weighted` and `clip_f1_macro`, each of shape (...); NaN for a matrix without any clip.
    """
    right = np.diagonal(counts, axis1=-2, axis2=-1).astype(np.float64)
    true, decided = counts.sum(axis=-1), counts.sum(axis=-2)
    either = true + decided
    f1 = np.divide(2 * right, either, out=np.zeros_like(right), where=either > 0)
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
    """F1 scores of runs, and percentile-bootstrap intervals of their mean over the artists of the test clips.

    Artists are drawn with replacement, each with all of its clips and their decisions in all runs, so that runs which
    tested the same clips do not count as more clips.

    Args:
        runs: (ids of the clips, true classes, decided classes) of each run.
        owners: whose each clip is, by id, see `data_pipeline.datasets.artists.artist_keys`.

    Returns:
        Metric -> (value of each run, low and high end of the 95 % interval of the mean), as shares.
    """
    ids = sorted({name for names, _, _ in runs for name in names})
    artist = dict(zip(ids, in_order_of_appearance(owners[name] for name in ids), strict=True))
    artists = len(set(artist.values()))
    drawn = np.random.default_rng(_BOOTSTRAP_SEED).multinomial(artists, np.full(artists, 1 / artists), size=RESAMPLES)
    values: dict[str, list[float]] = {name: [] for name in F1_METRIC_NAMES}
    resampled: dict[str, list[np.ndarray]] = {name: [] for name in F1_METRIC_NAMES}
    for names, true, decided in runs:
        cells = np.zeros((len(names), classes * classes), np.float32)
        cells[np.arange(len(names)), true * classes + decided] = 1
        whole = f1_of_counts(cells.sum(axis=0).reshape(classes, classes))
        weights = drawn[:, [artist[name] for name in names]].astype(np.float32)
        counts = (weights @ cells).reshape(-1, classes, classes)
        for name, each in f1_of_counts(counts).items():
            values[name].append(float(whole[name]))
            resampled[name].append(each)
    found = {}
    for name in F1_METRIC_NAMES:
        # A fold of a few clips (or artists) may be left out of a resample altogether; the mean is then over the others.
        low, high = np.percentile(np.nanmean(resampled[name], axis=0), [2.5, 97.5])
        found[name] = values[name], float(low), float(high)
    return found
