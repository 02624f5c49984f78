"""Tables genre by genre."""

import pytest
from sklearn.metrics import precision_recall_fscore_support

from common.reports.tables.genres import decision_counts, genre_scores, per_genre_table
from reproductions.soundfusion.paper import PAPER
from reproductions.soundfusion.published import GENRES
from tests.helpers.soundfusion_records import PERFORMANCE, SETTING, record


def test_scores_of_single_genres_are_those_of_scikit_learn():
    true, decided = [0, 0, 1, 1, 2, 4], [0, 1, 1, 1, 3, 4]
    # `record` lets the mean softmax decide for the genre after the given one.
    runs = [record("performance", "nnet2", [(t, (d - 1) % 8) for t, d in zip(true, decided, strict=True)])]
    found = genre_scores(decision_counts(runs, 5))
    precision, recall, f1, _ = precision_recall_fscore_support(true, decided, labels=range(5), zero_division=0)
    for place in range(5):
        for name, score in (("precision", precision), ("recall", recall), ("f1", f1)):
            value = found[place][name]
            assert (0 if value is None else value) == pytest.approx(100 * score[place], abs=0.005)
    # Never predicted, and never true: not 0, but undefined.
    assert found[2]["precision"] is None
    assert found[3]["recall"] is None


def test_cells_of_undefined_scores_are_dashes():
    # Of three clips of genre 1, one is decided correctly, and two are decided for genre 3.
    runs = [record("performance", "nnet2", [(1, 0), (1, 2), (1, 2)])]
    published = PERFORMANCE.replace(compared_with=PERFORMANCE.compared_with | {"test": "clip_f1_macro"})
    table = per_genre_table(PAPER, published, SETTING, runs)
    assert per_genre_table(PAPER, PERFORMANCE, SETTING, runs) is None
    assert table.header[:5] == (
        "Genre",
        "Test clips",
        *(f"nnet2: {score} (%)" for score in ("precision", "recall", "F1")),
    )
    assert table.rows[0] == (GENRES[0], "0", "-", "-", "-")
    assert table.rows[1] == (GENRES[1], "3", "100.0", "33.3", "50.0")
    assert table.rows[3] == (GENRES[3], "0", "0.0", "-", "0.0")
