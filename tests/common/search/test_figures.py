"""Figures of a search: lines of trials leave the values beside the axes readable."""

import pytest
from matplotlib import pyplot as plt

from common.search.figures import draw_parallel
from common.search.folder import identity_of
from common.search.journal import TrialState
from common.search.table import StoredSearch
from reproductions.se_cnn.spaces import SPACES


@pytest.fixture
def found() -> StoredSearch:
    (space,) = (space for space in SPACES if space.key == "documented")
    identity = identity_of(
        space, paper="se_cnn", experiment="x", setting={}, objective="val_accuracy", seed=0, runs_per_trial=1,
        initial=3, trials=4,
    )  # fmt: skip
    widths = space.parameters.every[1].labels
    trials = [
        TrialState(f"{number:03d}", {"r": 2.0**number * 4, "widths": widths[number]}, "COMPLETED", score=number / 8)
        for number in range(4)
    ]
    return StoredSearch(None, identity, trials, {}, {})


def test_lines_of_trials_do_not_run_through_the_values_beside_the_axes(found):
    figure = draw_parallel(found, marks="")
    (axes,) = figure.axes
    figure.canvas.draw()
    highest_line = max(line.get_zorder() for line in axes.lines)
    (first_axis, _), (_, _) = axes.transData.transform([(0, 0), (1, 0)])
    beside_first = [text for text in axes.texts if text.xy[0] == 0]
    assert [text.get_text() for text in beside_first] == ["2", "4.76", "11.3", "26.9", "64"]
    for text in beside_first:
        assert text.get_window_extent().x1 < first_axis
    for text in axes.texts:
        assert text.get_zorder() > highest_line
        assert text.get_bbox_patch().get_facecolor() == (1, 1, 1, 1)
    plt.close(figure)
