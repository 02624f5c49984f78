"""Rows compared on the same clips, and the variation over folds against that over seeds."""

import math

import pytest

from common.metrics.clips import accuracies
from common.reports.table import Table
from common.reports.tables.pairs import paired_table, variance_notes
from reproductions.soundfusion.paper import PAPER
from tests.helpers.soundfusion_records import (
    FIRST,
    OTHER_ROWS,
    PERFORMANCE,
    RECOMMENDED,
    SECOND,
    SETTING,
    decisions,
    record,
    run_of_fold,
)
from tests.helpers.tables import caption_of


def pairs(records) -> Table | None:
    return paired_table(PAPER, PERFORMANCE, SETTING, records)


def test_rows_are_compared_on_the_same_clips_with_the_recommended_one():
    found = pairs(
        [record("performance", OTHER_ROWS[0], decisions(FIRST)), record("performance", RECOMMENDED, decisions(SECOND))]
    )
    (row,) = found.values["rows"]
    assert (row["label"], found.values["reference"]) == (OTHER_ROWS[0], RECOMMENDED)
    # 2 and 8 of 44 clips: 2 (1 + 10 + 45) / 2^10. Artists are not known, so the permutation test counts the same.
    assert row["mcnemar"] == {"seed": 0, "only_this": 2, "only_reference": 8, "p_value": 0.1094}
    assert row["p_value"] == row["p_holm"] == pytest.approx(0.1094, abs=0.01)
    difference = row["difference"]["clip_accuracy_mean_softmax"]
    assert difference["mean"] == pytest.approx(-100 * 6 / 44, abs=0.01)
    assert difference["ci95"][0] < difference["mean"] < difference["ci95"][1]
    assert len(found.header) == len(found.rows[0])
    assert list(difference) == ["mean", "ci95", "ci95_clips"]
    assert difference["ci95"] == difference["ci95_clips"]
    caption = caption_of(found)
    assert (
        f"row {OTHER_ROWS[0].lower()} (seed 0): 2 clips only this row has right, 8 only the reference, p = 0.11."
        in caption
    )
    assert "account for test clips only, because one seed does not show the spread over seeds" in caption
    assert (
        "averaged over seeds; it does not account for the spread between seeds. p (Holm): corrected for the one row"
        in caption
    )


def test_the_permutation_test_swaps_artists_and_averages_seeds():
    # Three artists of two clips. Only the reference is correct: seed 0 on all clips of a and one of b, seed 1 on all
    # of c. Sums of differences over artists, times two seeds: 2, 1, 2; no other signs give as much: p = 2 / 2^3.
    # Each seed alone would have p = 1/2 and 1.
    reference = ([True, True, True, False, False, False], [False] * 4 + [True] * 2)
    records = []
    for seed, correct in enumerate(reference):
        records.append(record("performance", RECOMMENDED, decisions(correct), seed=seed))
        records.append(record("performance", OTHER_ROWS[0], decisions([False] * 6), seed=seed))
    named = [
        one.replace(clips=tuple(c.replace(artist="abc"[n // 2]) for n, c in enumerate(one.clips))) for one in records
    ]
    found = pairs(named)
    (row,) = found.values["rows"]
    assert row["p_value"] == 0.25
    assert row["mcnemar"] == {"seed": 0, "only_this": 0, "only_reference": 3, "p_value": 0.25}
    caption = caption_of(found)
    assert "permutation test over artists, each with all of its test clips, on clip accuracy" in caption
    assert "unlike the interval, it does not account for the spread between seeds" in caption


def test_p_is_corrected_for_the_number_of_rows():
    records = [record("performance", RECOMMENDED, decisions([True] * 8))]
    for label, wrong in zip(OTHER_ROWS[:3], (8, 6, 1), strict=True):
        records.append(record("performance", label, decisions([False] * wrong + [True] * (8 - wrong))))
    rows = pairs(records).values["rows"]
    # All signs of 8, 6 and 1 clips alike: 2 / 2^8, 2 / 2^6, 1; times 3, 2 and 1.
    by_label = {row["label"]: (row["p_value"], row["p_holm"]) for row in rows}
    expected = [(2 / 256, 6 / 256), (2 / 64, 4 / 64), (1.0, 1.0)]
    for label, (p_value, corrected) in zip(OTHER_ROWS[:3], expected, strict=True):
        assert by_label[label] == (pytest.approx(p_value, abs=1e-5), pytest.approx(corrected, abs=1e-5))
    header = pairs(records).header
    assert header[header.index("p") :] == ("p", "p (Holm)", "Runs", "Test clips")


def test_the_interval_of_a_difference_accounts_for_seeds_and_test_clips():
    records = []
    for seed, correct in enumerate((30, 36, 42)):
        records.append(
            record("performance", RECOMMENDED, decisions([True] * correct + [False] * (60 - correct)), seed=seed)
        )
        records.append(record("performance", OTHER_ROWS[0], decisions([True] * 30 + [False] * 30), seed=seed))
    found = pairs(records)
    (row,) = found.values["rows"]
    difference = row["difference"]["clip_accuracy_mean_softmax"]
    # Seeds differ by 0, -10 and -20 points: t of two degrees of freedom, 4.3027, times 10 / sqrt(3).
    assert difference["mean"] == -10
    assert difference["ci95_runs"] == pytest.approx([-10 - 24.84, -10 + 24.84], abs=0.01)
    low, high = difference["ci95_clips"]
    assert low < -10 < high < 0
    expected = [-10 - math.hypot(10 + low, 24.84), -10 + math.hypot(10 + high, 24.84)]
    assert difference["ci95"] == pytest.approx(expected, abs=0.02)
    place = found.header.index("Clip accuracy, mean softmax, difference")
    assert found.header[place + 1 : place + 4] == ("95 % interval", "interval, clips only", "interval, seeds only")
    assert found.rows[0][place + 3] == "-34.8 to +14.8"


def test_the_accuracy_of_each_seed_is_named():
    references = [
        record("performance", RECOMMENDED, decisions([True] * right + [False] * 4), seed=right) for right in (4, 6)
    ]
    other = record("performance", OTHER_ROWS[0], decisions(FIRST[:8]), seed=4)
    caption = caption_of(pairs([*references, other]))
    assert f"Window accuracy of each seed: {RECOMMENDED.lower()}: " in caption
    shown = [100 * one.metrics["test"]["window_accuracy"] for one in references]
    assert f"{shown[0]:.1f}, {shown[1]:.1f} %." in caption
    assert "of each seed" not in caption_of(pairs([references[0], other]))


def test_rows_on_other_clips_are_not_compared():
    one = record("performance", OTHER_ROWS[0], decisions(FIRST))
    other = record("performance", RECOMMENDED, decisions(SECOND))
    assert pairs([one]) is None
    assert pairs([one, other.replace(split_digest="another")]) is None
    assert pairs([one, record("performance", RECOMMENDED, decisions(SECOND[1:]))]) is None
    assert pairs([one, record("performance", RECOMMENDED, decisions(SECOND), seed=1)]) is None


def test_seeds_that_both_rows_have_are_averaged():
    records = [
        record("performance", OTHER_ROWS[0], decisions(FIRST)),
        record("performance", OTHER_ROWS[0], decisions([False] * 44), seed=1),
        record("performance", RECOMMENDED, decisions(FIRST)),
        record("performance", RECOMMENDED, decisions([True] * 44), seed=1),
        record("performance", RECOMMENDED, decisions([True] * 44), seed=2),
    ]
    (row,) = pairs(records).values["rows"]
    assert row["runs"] == 2
    assert row["difference"]["clip_accuracy_mean_softmax"]["mean"] == -50
    # The permutation test is over both seeds; McNemar's is of the first, in which both decide alike.
    assert row["p_value"] < 0.001
    assert row["mcnemar"] == {"seed": 0, "only_this": 0, "only_reference": 0, "p_value": 1.0}


def test_variation_over_folds_and_over_seeds_is_separated():
    runs = [run_of_fold(fold, seed, 20 + 5 * fold + seed) for fold in range(3) for seed in range(2)]
    (note,) = variance_notes({"x": runs})
    # Seeds are 1 of 40 apart: 2.5 / sqrt(2) points. Folds 12.5 apart, less what seeds add to a mean of two.
    assert "12.4 points between folds" in note.text
    assert "of 1.8 between seeds of one fold" in note.text
    assert variance_notes({"x": runs[:1]}) == []


def test_differences_of_window_accuracy_are_those_of_the_accuracies():
    """A clip counts by its windows, as in the accuracy itself."""

    def run(label: str, correct: tuple[int, ...]):
        one = record("performance", label, decisions(FIRST))
        windows = (2, 6, 4)
        clips = tuple(
            clip.replace(windows=of, windows_correct=right, votes=(right, of - right, *clip.votes[2:]))
            for clip, of, right in zip(one.clips[:3], windows, correct, strict=True)
        )
        return one.replace(clips=clips, metrics=one.metrics | {"test": accuracies(clips)})

    found = pairs([run(RECOMMENDED, (2, 0, 4)), run(OTHER_ROWS[0], (0, 6, 4))])
    (row,) = found.values["rows"]
    assert row["difference"]["window_accuracy"]["mean"] == pytest.approx(100 * (10 - 6) / 12, abs=0.01)
