"""Confusion matrices and pictures of whole tables: what they count, and what they say of cells that were not run."""

import json

import numpy as np
import pytest
from matplotlib import pyplot as plt

from common.records.paths import runs_folder
from common.records.record import write_record
from common.reports.figures.tables import draw_confusion, draw_heat_maps, draw_scaling
from common.reports.formats import cells
from common.reports.tables.confusion import confusion_table
from common.reports.tables.results import results_table
from common.reports.text.rows import by_row_lines
from common.reports.write import regenerate_tables
from reproductions.soundfusion import published as p
from reproductions.soundfusion.paper import PAPER, SPECAUGMENT_1, WIDTH
from tests.helpers.soundfusion_records import SETTING, record

PUBLISHED = PAPER.confusions[0]


def test_a_confusion_matrix_counts_majority_votes_over_all_runs():
    runs = [record(*PUBLISHED.row, [(0, 0), (0, 7), (3, 3)], seed=0), record(*PUBLISHED.row, [(0, 7), (5, 1)], seed=1)]
    found = confusion_table(PAPER, PUBLISHED, SETTING, runs)
    counts = np.array(found["measured_matrix"]["counts"])
    assert counts.sum() == 5
    assert (counts[0, 0], counts[0, 7], counts[3, 3], counts[5, 1]) == (1, 2, 1, 1)
    assert found["measured_matrix"]["accuracy"] == 40.0
    assert found["published_matrix"]["accuracy"] == 57.12
    header, rows = cells(found)
    assert header == ["True genre (published)", *p.GENRES]
    assert rows[0][:2] == ["Electronic", "1 (77)"]
    assert rows[0][8] == "2 (0)"


def test_a_confusion_matrix_leaves_out_runs_that_started_from_other_weights():
    older = record(*PUBLISHED.row, [(0, 0), (1, 1)], seed=0).replace(weights="imagenet=a")
    newer = record(*PUBLISHED.row, [(0, 7)], seed=1).replace(
        weights="imagenet=b", finished_at="2026-01-02T00:00:00+00:00"
    )
    counts = np.array(confusion_table(PAPER, PUBLISHED, SETTING, [older, newer])["measured_matrix"]["counts"])
    assert counts.sum() == counts[0, 7] == 1


def test_genres_of_other_data_are_not_held_against_the_published_ones():
    runs = [record(*PUBLISHED.row, [(0, 0), (1, 2)], genres=("a", "b", "c"))]
    found = confusion_table(PAPER, PUBLISHED, SETTING, runs)
    assert cells(found) == (
        ["True genre", "a", "b", "c"],
        [["a", "1", "0", "0"], ["b", "0", "0", "1"], ["c", "0", "0", "0"]],
    )
    assert any("other genres" in line for line in found["caption"])
    assert confusion_table(PAPER, PUBLISHED, SETTING, []) is None
    figure = draw_confusion(found | {"caption": []}, subtitle="")
    assert [text.get_text() for text in figure.axes[1].get_xticklabels()] == ["a", "b", "c"]
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == list(p.GENRES)
    plt.close(figure)


def test_a_heat_map_has_every_published_cell_and_marks_those_not_run():
    label = "p 1, 30 %, 2 masks"
    values = results_table(PAPER, SPECAUGMENT_1, SETTING, [record("specaugment1", label, [(0, 0)])])
    places = next(figure.places for figure in PAPER.figures if figure.id == "specaugment1")
    figure = draw_heat_maps(values, places, subtitle="")
    published, ours = figure.axes[:2]
    assert sorted(float(text.get_text()) for text in published.texts) == sorted(
        float(f"{value:.1f}") for values in p.GRID_1.values() for value in values
    )
    assert [text.get_text() for text in ours.texts].count("not run") == 23
    # The highest validation accuracy of all epochs, not that of the kept one.
    assert [text.get_text() for text in ours.texts if text.get_text() != "not run"] == ["40.0"]
    assert [text.get_text() for text in published.get_yticklabels()] == ["p 0.7", "p 0.8", "p 0.9", "p 1"]
    plt.close(figure)


def test_scaling_draws_a_panel_for_each_family_and_names_what_was_not_run():
    values = results_table(PAPER, WIDTH, SETTING, [record("width", "ResNet2D-s", [(0, 0), (1, 0)])])
    figure = next(figure for figure in PAPER.figures if figure.id == "width")
    drawn = draw_scaling(values, figure.places, figure.sizes, subtitle="")
    assert [axes.get_title() for axes in drawn.axes] == ["ResNet1D", "ResNet2D"]
    one, two = ([text.get_text() for text in axes.texts] for axes in drawn.axes)
    assert one == ["not run: s, m, l"]
    assert two == ["not run: m, l"]
    np.testing.assert_array_equal(drawn.axes[1].lines[0].get_xdata(), [445_176, 1_724_392, 6_784_968])
    plt.close(drawn)


@pytest.mark.parametrize(("metric", "mean"), [("validation", 25.0), ("test", 50.0)])
def test_validation_is_held_against_validation(metric, mean):
    runs = [record("regularisation", "ResNet2D: dropout", [(0, 0), (1, 2), (2, 2), (3, 3)])]
    values = results_table(PAPER, PAPER.table("regularisation"), SETTING, runs)
    row = next(row for row in values["rows"] if row["measured"])
    assert row["measured"][metric]["mean"] == mean
    assert row["measured"]["validation"]["clips"] == 50
    header, lines = cells(values)
    line = next(line for line in lines if line[0] == "ResNet2D: dropout")
    assert line[header.index("Test clips")] == "4"
    assert "of numbers of the other parts, counting their clips" in values["caption"][-1]
    assert row["measured"]["test"]["clips"] == 4


def test_a_group_writes_confusions_curves_and_whole_tables(tmp_path):
    folder = runs_folder(tmp_path, "soundfusion", "fma_small")
    for table, label in (PUBLISHED.row, ("specaugment1", "p 1, 30 %, 2 masks"), ("nnet2", "without regularisation")):
        found = record(table, label, [(0, 0), (1, 2)])
        write_record(folder, found)
    (report,) = regenerate_tables(PAPER, tmp_path)
    assert {"performance", "specaugment1", "nnet2", "confusion_1"} <= set(report.tables)
    place = tmp_path / "soundfusion" / "fma_small"
    for name in ("figure_specaugment1", "figure_nnet2_loss", "table_confusion_1"):
        assert (place / "figures" / f"{name}.png").stat().st_size > 10_000
    written = json.loads((place / "table_confusion_1.json").read_text())
    assert "Data: FMA-small, 100 clips." in written["caption"]
    assert "alphabetical order" in " ".join(written["caption"])


def test_what_rows_share_is_said_once():
    rows = {"a": None, "b": None, "c": None}
    assert by_row_lines("X", {"a": "one", "b": "one", "c": "one"}, rows) == ["X: one."]
    assert by_row_lines("X", {"a": "one", "b": "two", "c": "one"}, rows) == ["X: a, c: one; b: two."]
    assert by_row_lines("X", {"a": "one"}, rows) == ["X: a: one."]
    assert by_row_lines("X", {}, rows) == []
