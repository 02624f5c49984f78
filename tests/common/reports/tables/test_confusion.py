"""Confusion matrices: what they count, and what they say of other genres."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib import pyplot as plt

from common.reports.figures.tables import draw_confusion
from common.reports.plain import plain_table
from common.reports.screen.breakdowns import confusion_on_screen
from common.reports.tables.confusion import confusion_table
from reproductions.embeddings.paper import PAPER as EMBEDDINGS
from reproductions.soundfusion import published as p
from reproductions.soundfusion.paper import PAPER
from tests.helpers.soundfusion_records import SETTING, as_row_of, record

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


def test_a_matrix_published_in_mean_clips_is_compared_in_mean_clips():
    (matrix,) = EMBEDDINGS.confusions
    # All three runs find the classical clip; two of them find the one of country, and one takes it for pop.
    decided = [[(0, 0), (1, 1)], [(0, 0), (1, 1)], [(0, 0), (1, 6)]]
    runs = [
        as_row_of(EMBEDDINGS, *matrix.row, record(*PUBLISHED.row, decisions, seed=seed, genres=matrix.genres))
        for seed, decisions in enumerate(decided)
    ]
    table = confusion_table(EMBEDDINGS, matrix, SETTING, runs)
    assert table.title == "embeddings, Table 3: Confusion matrix of ResNet34+MSD"
    # Published thirds are those of the document, which truncates them; whole numbers have no decimals.
    assert table.rows[0][:3] == ("classical", "1 (20)", "0 (0)")
    assert table.rows[1][:5] == ("country", "0 (0)", "0.7 (13.3)", "0 (1)", "0 (0)")
    assert table.rows[1][5:] == ("0 (2)", "0 (0.3)", "0.3 (6.3)", "0 (0)")
    assert "Mean number of test clips of ResNet34+MSD" in table.notes[0].text
    assert "Ours: mean of 3 runs. Accuracy: published 86.0 %, ours 83.3 %." in table.notes[0].text
    assert "mean clips" in confusion_title(table)
    cells = frame_row(table, "country", "pop")
    assert cells == {"clips": 0.33, "published_clips": 6.3}
    assert "Mean clips over the runs" in " ".join(confusion_on_screen(table).keys)
    assert confusion_on_screen(table).columns[2].cells[1] == "0.7"


def confusion_title(table) -> str:
    figure = draw_confusion(table.values, subtitle="")
    titles = [axes.get_title() for axes in figure.axes[:2]]
    shown = [text.get_text() for text in figure.axes[0].texts]
    plt.close(figure)
    assert shown[9] == "13.3"
    assert titles == ["published: 86.0 %, mean clips", "ours: 83.3 %, mean clips"]
    return titles[0]


def frame_row(table, true: str, predicted: str) -> dict:
    plain = plain_table(table.values)
    rows = [dict(zip(plain.columns, row, strict=True)) for row in plain.rows]
    (found,) = [row for row in rows if (row.pop("true_genre"), row.pop("predicted_genre")) == (true, predicted)]
    return found
