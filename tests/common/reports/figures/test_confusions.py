"""Confusion matrices beside each other: numbers of every cell, and what stands for a matrix that was not measured."""

import pytest
from matplotlib import pyplot as plt

from common.reports.figures.confusions import draw_confusions

COUNTS = {"genres": ["a", "b"], "counts": ((30, 10), (0, 60))}
# As it was printed, each number rounded.
PERCENT = {"genres": ["a", "b"], "counts": ((75, 26), (0, 100)), "percent": True}
OURS = {"genres": ["x", "y", "z"], "counts": [[2, 1, 0], [0, 0, 0], [1.5, 0, 1.5]], "accuracy": 58.333333}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def cells(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_published_above_ours_in_percent_of_the_true_genre():
    figure = draw_confusions([("A", COUNTS, OURS), ("B", PERCENT, OURS)], title="t\nsubtitle")
    above, beside, below, last = figure.axes[:4]
    assert cells(above) == ["75", "25", "0", "100"]
    assert cells(beside) == ["75", "26", "0", "100"]
    assert cells(below) == cells(last) == ["67", "33", "0", "0", "0", "0", "50", "0", "50"]
    assert above.get_title() == "A, published: 90.0 % of 100 decisions"
    # Percentages do not say of how many clips they are.
    assert beside.get_title() == "B, published"
    assert below.get_title() == "A, ours: 58.3 % of 6 decisions"
    assert [text.get_text() for text in last.get_yticklabels()] == ["x", "y", "z"]
    assert figure.get_suptitle() == "t\nsubtitle"


def test_the_place_of_a_matrix_that_was_not_measured_says_so():
    figure = draw_confusions([("A", COUNTS, None), ("B", COUNTS, OURS)], title="t")
    below = figure.axes[2]
    assert below.get_title() == "A, ours"
    assert cells(below) == ["not run"]
    assert not below.images
    assert len(figure.axes[3].texts) == 9
