"""Confusion matrices: what they count, and what they say of other genres."""

import numpy as np
from matplotlib import pyplot as plt

from common.reports.figures.tables import draw_confusion
from common.reports.tables.confusion import confusion_table
from reproductions.soundfusion import published as p
from reproductions.soundfusion.paper import PAPER
from tests.helpers.soundfusion_records import SETTING, record

PUBLISHED = PAPER.confusions[0]


def test_a_confusion_matrix_counts_majority_votes_over_all_runs():
    runs = [record(*PUBLISHED.row, [(0, 0), (0, 7), (3, 3)], seed=0), record(*PUBLISHED.row, [(0, 7), (5, 1)], seed=1)]
    table = confusion_table(PAPER, PUBLISHED, SETTING, runs)
    found = table.values
    counts = np.array(found["measured_matrix"]["counts"])
    assert counts.sum() == 5
    assert (counts[0, 0], counts[0, 7], counts[3, 3], counts[5, 1]) == (1, 2, 1, 1)
    assert found["measured_matrix"]["accuracy"] == 40.0
    assert found["published_matrix"]["accuracy"] == 57.12
    assert table.header == ("True genre (published)", *p.GENRES)
    assert table.rows[0][:2] == ("Electronic", "1 (77)")
    assert table.rows[0][8] == "2 (0)"


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
    assert found.rows == (("a", "1", "0", "0"), ("b", "0", "0", "1"), ("c", "0", "0", "0"))
    assert any("other genres" in note.text for note in found.notes)
    assert confusion_table(PAPER, PUBLISHED, SETTING, []) is None
    figure = draw_confusion(found.values, subtitle="")
    assert [text.get_text() for text in figure.axes[1].get_xticklabels()] == ["a", "b", "c"]
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == list(p.GENRES)
    plt.close(figure)
