"""Rows compared on the same clips, and the variation over folds against that over seeds."""

import pytest

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
    # 2 and 8 of 44 clips.
    assert (row["only_this"], row["only_reference"], row["p_value"]) == (2, 8, 0.1094)
    difference = row["difference"]["clip_accuracy_mean_softmax"]
    assert difference["mean"] == pytest.approx(-100 * 6 / 44, abs=0.01)
    assert difference["ci95"][0] < difference["mean"] < difference["ci95"][1]
    assert len(found.header) == len(found.rows[0])
    assert f"Only {RECOMMENDED} correct" in found.header


def test_the_variation_over_seeds_is_named_beside_intervals_over_clips():
    references = [
        record("performance", RECOMMENDED, decisions([True] * right + [False] * 4), seed=right) for right in (4, 6)
    ]
    other = record("performance", OTHER_ROWS[0], decisions(FIRST[:8]), seed=4)
    caption = caption_of(pairs([*references, other]))
    assert f"not the variation between seeds (window accuracy of each seed of {RECOMMENDED}: " in caption
    shown = [100 * one.metrics["test"]["window_accuracy"] for one in references]
    assert f"{shown[0]:.1f}, {shown[1]:.1f} %)" in caption
    assert "not the variation between seeds." in caption_of(pairs([references[0], other]))


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
    # The test is of the first seed only, in which both decide alike.
    assert (row["only_this"], row["only_reference"], row["p_value"]) == (0, 0, 1.0)


def test_variation_over_folds_and_over_seeds_is_separated():
    runs = [run_of_fold(fold, seed, 20 + 5 * fold + seed) for fold in range(3) for seed in range(2)]
    (note,) = variance_notes({"x": runs})
    # Seeds are 1 of 40 apart: 2.5 / sqrt(2) points. Folds 12.5 apart, less what seeds add to a mean of two.
    assert "12.4 points between folds" in note.text
    assert "of 1.8 between seeds of one fold" in note.text
    assert variance_notes({"x": runs[:1]}) == []
