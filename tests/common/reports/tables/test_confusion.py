"""Confusion matrices: what they count, and what they say of other genres."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib import pyplot as plt

from common.reports.figures.tables import draw_confusion
from common.reports.tables.confusion import confusion_table
from reproductions.soundfusion import published as p
from reproductions.soundfusion.paper import PAPER
from tests.helpers.soundfusion_records import SETTING, record

PUBLISHED = PAPER.confusions[0]


def test_a_confusion_matrix_holds_percent_of_majority_votes_and_clips_per_seed():
    runs = [record(*PUBLISHED.row, [(0, 0), (0, 7), (3, 3)], seed=0), record(*PUBLISHED.row, [(0, 7), (5, 1)], seed=1)]
    table = confusion_table(PAPER, PUBLISHED, SETTING, runs)
    found = table.values
    counts = np.array(found["measured_matrix"]["counts"])
    # Five decisions of two seeds.
    assert counts.sum() == 2.5
    assert (counts[0, 0], counts[0, 7], counts[3, 3], counts[5, 1]) == (0.5, 1, 0.5, 0.5)
    assert found["measured_matrix"]["accuracy"] == 40.0
    assert found["published_matrix"]["accuracy"] == 57.125
    assert table.header == ("True genre (published)", *p.GENRES)
    assert table.rows[0][:2] == ("Electronic", "33 (77)")
    assert table.rows[0][8] == "67 (0)"
    assert "mean over seeds" in table.notes[0].text


def test_published_clips_are_shown_in_percent_like_ours():
    counts = tuple(tuple(3 * value for value in line) for line in PUBLISHED.counts)
    threefold = replace(PUBLISHED, counts=counts)
    runs = [record(*PUBLISHED.row, [(0, 0), (0, 7)])]
    once, thrice = (confusion_table(PAPER, published, SETTING, runs) for published in (PUBLISHED, threefold))
    assert once.rows == thrice.rows
    assert thrice.values["published_matrix"]["counts"][0][0] == 3 * PUBLISHED.counts[0][0]
    for row in once.values["rows"]:
        assert sum(row["published"].values()) == pytest.approx(100, abs=3)


def test_folds_of_a_seed_are_added_up_and_not_averaged():
    folds = [
        record(*PUBLISHED.row, [(0, 0), (1, 1)], seed=0).replace(run_id=f"fold{fold}", fold=fold, folds=2)
        for fold in range(2)
    ]
    found = confusion_table(PAPER, PUBLISHED, SETTING, folds).values["measured_matrix"]["counts"]
    assert (found[0][0], found[1][1]) == (2, 2)
    assert all(isinstance(value, int) for line in found for value in line)


def test_a_confusion_matrix_leaves_out_runs_that_started_from_other_weights():
    older = record(*PUBLISHED.row, [(0, 0), (1, 1)], seed=0).replace(weights="imagenet=a")
    newer = record(*PUBLISHED.row, [(0, 7)], seed=1).replace(
        weights="imagenet=b", finished_at="2026-01-02T00:00:00+00:00"
    )
    counts = np.array(confusion_table(PAPER, PUBLISHED, SETTING, [older, newer]).values["measured_matrix"]["counts"])
    assert counts.sum() == counts[0, 7] == 1


def test_genres_of_other_data_are_not_compared_with_the_published_ones():
    runs = [record(*PUBLISHED.row, [(0, 0), (1, 2)], genres=("a", "b", "c"))]
    found = confusion_table(PAPER, PUBLISHED, SETTING, runs)
    assert found.header == ("True genre", "a", "b", "c")
    assert found.rows == (("a", "100", "0", "0"), ("b", "0", "0", "100"), ("c", "0", "0", "0"))
    assert any("other genres" in note.text for note in found.notes)
    assert confusion_table(PAPER, PUBLISHED, SETTING, []) is None
    figure = draw_confusion(found.values, subtitle="")
    assert [text.get_text() for text in figure.axes[1].get_xticklabels()] == ["a", "b", "c"]
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == list(p.GENRES)
    plt.close(figure)
