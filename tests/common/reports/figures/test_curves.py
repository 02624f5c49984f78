"""Learning curves: what each panel shows, of which values of the records, and what the legend says."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from common.paper.figures import Level
from common.reports.figures.curves import draw_compared_curves, draw_curves
from tests.helpers.se_cnn_records import record

HISTORY = (
    {"epoch": 1, "loss": 2.0, "accuracy": 0.25, "val_loss": 1.5, "val_accuracy": 0.375, "learning_rate": 0.1},
    {"epoch": 2, "loss": 1.0, "accuracy": 0.5, "val_loss": 1.25, "val_accuracy": 0.625, "learning_rate": 0.01},
    {"epoch": 3, "loss": 0.5, "accuracy": 0.75, "val_loss": 1.75, "val_accuracy": 0.5, "learning_rate": 0.001},
)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def run(**changes):
    return record(history=HISTORY, best_epoch=2, **changes)


def with_training(**values):
    """A run whose experiment has other values of its training."""
    one = run()
    training = one.experiment["training"] | values
    return one.replace(experiment=one.experiment | {"training": training})


def lines_of(axes) -> dict[str, list[float]]:
    return {line.get_label(): list(line.get_ydata()) for line in axes.lines}


def legend_of(figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_each_row_has_a_column_of_panels_with_a_line_for_each_quantity():
    figure = draw_curves([("A", [run()]), ("B", [run(seed=1)])], ("loss", "accuracy"), title="t\nsubtitle")
    assert len(figure.axes) == 4
    assert [axes.get_title() for axes in figure.axes] == ["A", "B", "A", "B"]
    assert [axes.get_ylabel() for axes in figure.axes] == ["cross-entropy loss", "", "window accuracy (%)", ""]
    for axes in figure.axes[:2]:
        assert lines_of(axes) == {
            "training": [2.0, 1.0, 0.5],
            "validation": [1.5, 1.25, 1.75],
            "kept weights": [0, 1],
        }
    assert lines_of(figure.axes[2])["validation"] == [37.5, 62.5, 50.0]
    assert figure.axes[2].get_ylim() == (0, 100)
    assert figure.get_suptitle() == "t\nsubtitle"
    assert legend_of(figure) == ["training", "validation", "kept weights"]


def test_the_quantities_of_a_single_row_are_side_by_side_each_with_its_own_axis():
    figure = draw_curves([("A", [run()])], ("loss", "accuracy"), title="t", names_rows=False)
    places = [axes.get_subplotspec() for axes in figure.axes]
    assert [(place.rowspan.start, place.colspan.start) for place in places] == [(0, 0), (0, 1)]
    assert [axes.get_ylabel() for axes in figure.axes] == ["cross-entropy loss", "window accuracy (%)"]
    assert [axes.get_title() for axes in figure.axes] == ["", ""]
    assert figure.axes[0].get_ylim()[1] < 3


def test_the_learning_rate_is_one_stepped_line_on_an_axis_that_shows_it():
    figure = draw_curves([("A", [run()])], ("learning_rate",), title="t")
    (axes,) = figure.axes
    assert lines_of(axes) == {"learning rate": [0.1, 0.01, 0.001], "kept weights": [0, 1]}
    assert axes.lines[0].get_drawstyle() == "steps-mid"
    # It falls by a factor of 100.
    assert axes.get_yscale() == "log"
    halved = tuple(entry | {"learning_rate": rate} for entry, rate in zip(HISTORY, (0.4, 0.2, 0.1), strict=True))
    figure = draw_curves([("A", [record(history=halved)])], ("learning_rate",), title="t")
    assert figure.axes[0].get_yscale() == "linear"
    assert figure.axes[0].get_ylim() == pytest.approx((0, 0.44))


def test_levels_are_in_the_panels_of_their_rows_and_in_the_legend():
    levels = (
        Level(60, "of A", rows=("A",)),
        Level(60, "of B", rows=("B",)),
        Level(40, "band of all", upper=50),
    )
    figure = draw_curves([("A", [run()]), ("B", [run()])], ("accuracy", "loss"), title="t", levels=levels)
    first, second = figure.axes[:2]
    assert lines_of(first)["of A"] == [60, 60]
    assert "of B" not in lines_of(first)
    assert lines_of(second)["of B"] == [60, 60]
    # They can be told apart in the common legend.
    styles = [next(line for line in axes.lines if line.get_label().startswith("of")) for axes in (first, second)]
    assert len({line.get_linestyle() for line in styles}) == 2
    for axes in (first, second):
        (band,) = axes.patches
        assert (band.get_y(), band.get_height(), band.get_label()) == (40, 10, "band of all")
    assert all(len(axes.lines) == 3 and not axes.patches for axes in figure.axes[2:])
    assert sorted(legend_of(figure)[3:]) == ["band of all", "of A", "of B"]


@pytest.mark.parametrize(
    ("training", "words"),
    [
        ({}, ""),
        ({"l2": 0.01}, "with L2 penalty"),
        ({"l2": 0.01, "watch": "cross_entropy"}, "training loss with L2 penalty, validation loss without"),
        # Shrinks the weights beside the loss.
        ({"l2": 0.01, "l2_form": "decoupled"}, ""),
    ],
)
def test_a_panel_of_losses_says_which_of_them_hold_a_penalty(training, words):
    rows = [("A", [with_training(**training)])]
    figure = draw_curves(rows, ("loss", "accuracy"), title="t", names_rows=False)
    assert [axes.get_title() for axes in figure.axes] == [words, ""]


def test_epochs_of_earlier_versions_leave_gaps():
    later = tuple(entry | {"val_f1_macro": 0.5} for entry in HISTORY[1:])
    figure = draw_compared_curves([("A", [record(history=(HISTORY[0], *later))])], ("loss", "f1_macro"), title="t")
    np.testing.assert_array_equal(figure.axes[1].lines[0].get_ydata(), [np.nan, 50, 50])


def test_compared_rows_have_a_colour_each_and_a_dot_at_the_kept_epoch():
    rows = [("A", [run(), run(seed=1)]), ("B", [run()])]
    figure = draw_compared_curves(rows, ("loss", "accuracy"), title="t")
    loss, accuracy = figure.axes
    assert [axes.get_ylabel() for axes in figure.axes] == [
        "cross-entropy loss, validation",
        "window accuracy (%), validation",
    ]
    curves = [line for line in loss.lines if line.get_marker() != "o"]
    assert [list(line.get_ydata()) for line in curves] == [[1.5, 1.25, 1.75]] * 3
    assert len({line.get_color() for line in curves[:2]}) == 1
    assert len({line.get_color() for line in curves}) == 2
    dots = [line for line in accuracy.lines if line.get_marker() == "o"]
    assert [line.get_xydata().tolist() for line in dots] == [[[2, 62.5]]] * 3
    assert legend_of(figure) == ["A", "B", "kept weights"]
