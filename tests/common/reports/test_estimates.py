"""The numbers that tables show."""

import math

import pytest

from common.metrics.intervals import wilson_interval
from common.records.record import PartCounts
from common.reports.estimates import accuracy_estimate, distinct_clips
from tests.helpers.soundfusion_records import record, run_of_fold


def test_tables_take_their_interval_from_artists():
    plain = record("performance", "nnet2", [(1, 0)] * 4 + [(1, 3)] * 4)
    named = plain.replace(
        clips=tuple(clip.replace(artist="abcd"[number // 2]) for number, clip in enumerate(plain.clips))
    )
    found, clips = accuracy_estimate([named], "clip_accuracy_mean_softmax")
    assert clips == pytest.approx(3)
    assert (found.clips.low, found.clips.high) == pytest.approx(wilson_interval(0.5, 3))
    assert (found.both, found.runs) == (found.clips, None)
    assert accuracy_estimate([plain], "clip_accuracy_mean_softmax")[1] == 8


def test_folds_are_corrected_by_test_clips_per_training_clip():
    parts = {"train": PartCounts(clips=400, windows=10), "valid": PartCounts(clips=40, windows=10)}
    parts["test"] = PartCounts(clips=40, windows=20)
    folds = [run_of_fold(fold, 0, 24 + fold).replace(parts=parts) for fold in range(3)]

    def half_width(runs) -> float:
        found = accuracy_estimate(runs, "window_accuracy")[0].runs
        return found.high - found.mean

    # Folds at 60, 62.5 and 65 %: t of two degrees of freedom 4.3027, variance 0.025^2 times 1/3 + 40/400.
    assert half_width(folds) == pytest.approx(4.302653 * 0.025 * math.sqrt(1 / 3 + 1 / 10), abs=1e-6)
    # Windows, where these are split: 20/10.
    segments = [run.replace(setting=run.setting.replace(unit="segment")) for run in folds]
    assert half_width(segments) == pytest.approx(4.302653 * 0.025 * math.sqrt(1 / 3 + 2), abs=1e-6)
    # Rounds of rotating partitions have no training clip in common: Student's t.
    rotating = [run.replace(setting=run.setting.replace(split="rotating")) for run in folds]
    assert half_width(rotating) == pytest.approx(4.302653 * 0.025 * math.sqrt(1 / 3), abs=1e-6)
    # Carried weights: rounds are no repetitions.
    carried = {"split": "rotating", "carry_weights": True}
    rounds = [run.replace(experiment=run.experiment | {"protocol": carried}) for run in folds]
    found = accuracy_estimate(rounds, "window_accuracy")[0]
    assert (found.both, found.runs, found.over) == (found.clips, None, None)


def k_folds(sizes: list[int], which: list[int]):
    """Runs of some folds of k-fold over clips; fold k is tested in run k, and fold k + 1 is for validation."""
    found = []
    for fold in which:
        valid = sizes[(fold + 1) % len(sizes)]
        clips = {"train": sum(sizes) - valid - sizes[fold], "valid": valid, "test": sizes[fold]}
        one = run_of_fold(fold, 0, 20)
        found.append(
            one.replace(
                folds=len(sizes),
                setting=one.setting.replace(split="kfold"),
                parts={part: PartCounts(clips=count, windows=count) for part, count in clips.items()},
            )
        )
    return found


@pytest.mark.parametrize(
    ("which", "trained"),
    [
        ([0, 1, 2, 3, 4], 100),
        ([1], 100 - 19 - 20),  # its test fold and its validation fold
        ([1, 2], 100 - 20),  # fold 2 validates run 1 and is tested in run 2
        ([4, 0], 100 - 18),  # fold 0, likewise, after the last fold
        ([0, 2], 100),  # what one run leaves out, the other trains on
        ([0, 1, 2], 100),
    ],
)
def test_training_clips_of_folds_are_counted_once(which, trained):
    runs = k_folds([18, 19, 20, 21, 22], which)
    assert distinct_clips(runs, "train") == trained
    assert distinct_clips(runs * 2, "train") == trained


def test_other_parts_and_splits_count_distinct_clips():
    runs = k_folds([18, 19, 20, 21, 22], [0, 1, 3])
    assert distinct_clips(runs, "valid") == 19 + 20 + 22
    assert distinct_clips(runs, "test") == 40
    # Each round of rotating partitions trains on one partition of its own.
    rotating = [run.replace(setting=run.setting.replace(split="rotating")) for run in runs]
    parts = {part: PartCounts(clips=20, windows=20) for part in ("train", "valid", "test")}
    assert distinct_clips([run.replace(parts=parts) for run in rotating], "train") == 60
    # Windows of one clip are in several parts: there are 100 clips in all.
    segments = [run.replace(setting=run.setting.replace(unit="segment")) for run in runs]
    whole = {part: PartCounts(clips=97, windows=200) for part in ("train", "valid", "test")}
    assert distinct_clips([run.replace(parts=whole) for run in segments], "train") == 100
