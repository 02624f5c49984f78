"""From window probabilities to clip decisions and accuracies.

Three accuracies are reported separately: *window* is the share of correctly classified windows; *clip (mean softmax)*
classifies a clip by its largest mean probability; *clip (majority vote)* by majority voting over its windows, ties to
the lowest class index.
"""

import numpy as np

from common.core.spec import Spec

METRIC_NAMES = {
    "window_accuracy": "window accuracy",
    "clip_accuracy_mean_softmax": "clip accuracy (mean softmax)",
    "clip_accuracy_majority_vote": "clip accuracy (majority vote)",
}
# Rows and splits are compared by these.
MAIN_METRICS = "window_accuracy", "clip_accuracy_mean_softmax"
# For published numbers on other parts than test. They are optimistic: weights are fitted to the training part and
# selected on the validation part.
OTHER_PART_METRIC_NAMES = {
    "train_window_accuracy": "window accuracy while training",
    "valid_window_accuracy": "window accuracy on the validation part",
    "valid_highest_window_accuracy": "highest window accuracy of all epochs on the validation part",
}
F1_METRIC_NAMES = {
    "clip_f1_weighted": "F1 weighted, clip (mean softmax)",
    "clip_f1_macro": "F1 macro, clip (mean softmax)",
}
# Part of the data that a metric of another part than test is measured on.
PART_OF_METRIC = {name: name.partition("_")[0] for name in OTHER_PART_METRIC_NAMES}
ALL_METRIC_NAMES = METRIC_NAMES | OTHER_PART_METRIC_NAMES | F1_METRIC_NAMES


class ClipResult(Spec):
    """The decisions of a network on one clip.

    Args:
        id: of the track.
        label: true class index.
        windows: number of its windows that were evaluated.
        windows_correct: number of those that were classified correctly.
        votes: number of windows that voted for each class.
        mean_softmax: mean probability of each class, rounded to six decimals.
        artist: as spelled in the data; None where unknown.
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
        return self.mean_softmax.index(max(self.mean_softmax))

    @property
    def by_majority_vote(self) -> int:
        return self.votes.index(max(self.votes))

    def correct(self, metric: str) -> float:
        """Share of the clip that is classified correctly, between 0 and 1; `metric` is one of `METRIC_NAMES`."""
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
    """Combine the windows of each clip.

    Args:
        probabilities: (windows, classes).
        window_labels: (windows,) true class index.
        window_tracks: (windows,) position in `track_ids` and `track_artists`.
        track_ids, track_artists: id and artist of each track; None for an unknown artist.

    Returns:
        One result for each clip that has a window, in track order.
    """
    classes = probabilities.shape[1]
    decisions = probabilities.argmax(axis=1)
    results = []
    for position in np.unique(window_tracks):
        of_clip = window_tracks == position
        label = int(window_labels[of_clip][0])
        mean = probabilities[of_clip].mean(axis=0, dtype=np.float64)
        results.append(
            ClipResult(
                id=track_ids[position],
                label=label,
                windows=int(of_clip.sum()),
                windows_correct=int((decisions[of_clip] == label).sum()),
                votes=tuple(np.bincount(decisions[of_clip], minlength=classes).tolist()),
                mean_softmax=tuple(round(float(value), 6) for value in mean),
                artist=track_artists[position],
            )
        )
    return results


def accuracies(clips: list[ClipResult] | tuple[ClipResult, ...]) -> dict[str, float]:
    """The three accuracies of some clips, as shares between 0 and 1."""
    return {
        "window_accuracy": sum(clip.windows_correct for clip in clips) / sum(clip.windows for clip in clips),
        "clip_accuracy_mean_softmax": sum(clip.by_mean_softmax == clip.label for clip in clips) / len(clips),
        "clip_accuracy_majority_vote": sum(clip.by_majority_vote == clip.label for clip in clips) / len(clips),
    }
