"""From window probabilities to clip decisions and accuracies.

Three accuracies are kept apart (they are never the same number): *window* is the share of windows that are right;
*clip (mean softmax)* decides a clip by the largest average probability; *clip (majority vote)* by the most frequent
window decision, ties to the lowest class index.
"""

import numpy as np

from common.core.spec import Spec

METRIC_NAMES = {
    "window_accuracy": "window accuracy",
    "clip_accuracy_mean_softmax": "clip accuracy (mean softmax)",
    "clip_accuracy_majority_vote": "clip accuracy (majority vote)",
}
# What rows and splits are compared by.
MAIN_METRICS = "window_accuracy", "clip_accuracy_mean_softmax"
# For published numbers of other parts than test: weights are chosen on validation and fitted to training, so these are
# optimistic.
OTHER_PART_METRIC_NAMES = {
    "train_window_accuracy": "window accuracy while training",
    "valid_window_accuracy": "window accuracy on the validation part",
    "valid_highest_window_accuracy": "highest window accuracy of all epochs on the validation part",
}
F1_METRIC_NAMES = {
    "clip_f1_weighted": "F1 weighted, clip (mean softmax)",
    "clip_f1_macro": "F1 macro, clip (mean softmax)",
}
# What a published number can be held against.
PART_OF_METRIC = {name: name.partition("_")[0] for name in OTHER_PART_METRIC_NAMES}
ALL_METRIC_NAMES = METRIC_NAMES | OTHER_PART_METRIC_NAMES | F1_METRIC_NAMES


class ClipResult(Spec):
    """What the network said of one clip.

    Args:
        id: of the track.
        label: true class index.
        windows: how many of its windows were judged.
        windows_correct: how many of those were right.
        votes: windows that voted for each class.
        mean_softmax: average probability of each class, rounded to six decimals.
        artist: as the data spell it; None where unknown.
    """

    id: str
    label: int
    windows: int
    windows_correct: int
    votes: tuple[int, ...]
    mean_softmax: tuple[float, ...]
    artist: str | None = None

    @property
    def by_mean_softmax(self) -> int:
        return int(np.argmax(self.mean_softmax))

    @property
    def by_majority_vote(self) -> int:
        return int(np.argmax(self.votes))

    def correct(self, metric: str) -> float:
        """Share of the clip that is right, between 0 and 1; `metric` is one of `METRIC_NAMES`."""
        if metric == "window_accuracy":
            return self.windows_correct / self.windows
        decided = self.by_mean_softmax if metric == "clip_accuracy_mean_softmax" else self.by_majority_vote
        return float(decided == self.label)


def aggregate_windows(
    probabilities: np.ndarray,
    window_labels: np.ndarray,
    window_tracks: np.ndarray,
    track_ids: list[str],
    track_artists: list[str | None],
) -> list[ClipResult]:
    """Collect the windows of each clip.

    Args:
        probabilities: (windows, classes).
        window_labels: (windows,) class index.
        window_tracks: (windows,) position in `track_ids` and `track_artists`.

    Returns:
        One result for each clip that has a window, in track order.
    """
    classes = probabilities.shape[1]
    decisions = probabilities.argmax(axis=1)
    results = []
    for position in np.unique(window_tracks):
        mine = window_tracks == position
        label = int(window_labels[mine][0])
        mean = probabilities[mine].mean(axis=0, dtype=np.float64)
        results.append(
            ClipResult(
                id=track_ids[position],
                label=label,
                windows=int(mine.sum()),
                windows_correct=int((decisions[mine] == label).sum()),
                votes=tuple(np.bincount(decisions[mine], minlength=classes).tolist()),
                mean_softmax=tuple(round(float(value), 6) for value in mean),
                artist=track_artists[position],
            )
        )
    return results


def accuracies(clips: list[ClipResult] | tuple[ClipResult, ...]) -> dict[str, float]:
    """The three accuracies, as shares between 0 and 1."""
    return {
        "window_accuracy": sum(clip.windows_correct for clip in clips) / sum(clip.windows for clip in clips),
        "clip_accuracy_mean_softmax": sum(clip.by_mean_softmax == clip.label for clip in clips) / len(clips),
        "clip_accuracy_majority_vote": sum(clip.by_majority_vote == clip.label for clip in clips) / len(clips),
    }
