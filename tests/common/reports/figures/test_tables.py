"""Pictures of whole tables, and what they show for cells that were not run."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from matplotlib import pyplot as plt

from common.reports.figures.tables import draw_heat_maps, draw_scaling
from common.reports.tables.results import results_table
from reproductions.soundfusion import published as p
from reproductions.soundfusion.paper import PAPER, SPECAUGMENT_1, WIDTH
from tests.helpers.soundfusion_records import SETTING, record


def test_a_heat_map_has_every_published_cell_and_marks_those_not_run():
    label = "p 1, 30 %, 2 masks"
    table = results_table(PAPER, SPECAUGMENT_1, SETTING, [record("specaugment1", label, [(0, 0)])])
    places = next(figure.places for figure in PAPER.figures if figure.id == "specaugment1")
    figure = draw_heat_maps(table.values, places, subtitle="")
    published, ours = figure.axes[:2]
    assert sorted(float(text.get_text()) for text in published.texts) == sorted(
        float(Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP))
        for values in p.GRID_1.values()
        for value in values
    )
    assert [text.get_text() for text in ours.texts].count("not run") == 23
    # The highest validation accuracy of all epochs, not that of the kept one.
    assert [text.get_text() for text in ours.texts if text.get_text() != "not run"] == ["40.0"]
    assert [text.get_text() for text in published.get_yticklabels()] == ["p 0.7", "p 0.8", "p 0.9", "p 1"]
    plt.close(figure)


def test_scaling_draws_a_panel_for_each_family_and_names_what_was_not_run():
    table = results_table(PAPER, WIDTH, SETTING, [record("width", "ResNet2D-s", [(0, 0), (1, 0)])])
    figure = next(figure for figure in PAPER.figures if figure.id == "width")
    drawn = draw_scaling(table.values, figure.places, figure.sizes, subtitle="")
    assert [axes.get_title() for axes in drawn.axes] == ["ResNet1D", "ResNet2D"]
    one, two = ([text.get_text() for text in axes.texts] for axes in drawn.axes)
    assert one == ["not run: s, m, l"]
    assert two == ["not run: m, l"]
    np.testing.assert_array_equal(drawn.axes[1].lines[0].get_xdata(), [445_176, 1_724_392, 6_784_968])
    plt.close(drawn)
