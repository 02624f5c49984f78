"""Figures of what a paper declares about its training."""

from dataclasses import replace

import pytest
from matplotlib import pyplot as plt

from common.core.errors import SpecError
from common.paper.tables import result_table
from common.records.paths import ResultPaths
from common.reports.figures.protocol import draw_accumulation, draw_rotation
from common.reports.protocol_figures import rotation_as_text, write_protocol_figures
from common.splits.clips import rotation
from reproductions.resnet1d.figures import ROTATION
from reproductions.resnet1d.paper import BASE, PAPER
from reproductions.se_cnn.paper import PAPER as SE_CNN


@pytest.fixture
def drawings(monkeypatch):
    """Id of each figure -> its drawing, instead of files."""
    found = {}

    def keep(drawing, stem):
        found[stem.name.removeprefix("figure_")] = drawing()
        return [stem]

    monkeypatch.setattr("common.reports.protocol_figures.save_figure", keep)
    yield found
    for figure in found.values():
        plt.close(figure)


def cells(figure) -> dict[tuple[int, int], str]:
    """(round, partition) -> text."""
    axes = figure.axes[0]
    return {(int(text.get_position()[1]), int(text.get_position()[0])): text.get_text() for text in axes.texts}


def test_the_partitions_of_the_six_rounds_are_those_of_the_report(drawings, tmp_path):
    written = write_protocol_figures(PAPER, ResultPaths.of(tmp_path, "resnet1d", "gtzan"))
    assert set(written) == {"rotation", "accumulation"}
    assert rotation_as_text(rotation(6)) == ROTATION
    expected = {}
    for number in range(6):
        expected |= {(number, number): "train", (number, (number + 1) % 6): "valid", (number, (number + 2) % 6): "test"}
    assert cells(drawings["rotation"]) == expected
    below = drawings["rotation"].axes[0].get_xlabel().splitlines()
    assert below == [f"published: {ROTATION}", f"ours: {ROTATION} (the same)"]


def test_other_partitions_are_not_called_the_same_and_tested_ones_that_were_trained_on_are_marked(drawings, tmp_path):
    carried = BASE.replace(protocol=BASE.protocol.replace(partitions=4, carry_weights=True))
    table = result_table(
        carried, id="7", title="t", row_header="r", compared_with={"w": "window_accuracy"}, rows={"Normal": (1.0, {})}
    )
    paper = replace(PAPER, tables=(table,))
    write_protocol_figures(paper, ResultPaths.of(tmp_path, "resnet1d", "gtzan"), ["rotation"])
    assert list(drawings) == ["rotation"]
    shown = cells(drawings["rotation"])
    # Round 3 tests on partition 0, on which round 1 was trained; round 4 on partition 1.
    assert [shown[number, (number + 2) % 4] for number in range(4)] == ["test", "test", "test, seen", "test, seen"]
    assert drawings["rotation"].axes[0].get_xlabel().splitlines()[1] == (
        "ours: [0 train - 1 valid - 2 test] -> [1 train - 2 valid - 3 test] -> ... -> [3 train - 0 valid - 1 test] "
        "(different)"
    )


def test_accumulation_has_as_many_batches_as_the_row(drawings, tmp_path):
    write_protocol_figures(PAPER, ResultPaths.of(tmp_path, "resnet1d", "gtzan"), ["accumulation"])
    texts = [text.get_text() for text in drawings["accumulation"].axes[0].texts]
    assert [text for text in texts if text.startswith("batch")] == [f"batch {n}\n10 windows" for n in range(1, 9)]
    assert "8 gradients: mean over all their windows" in texts
    assert "one update of the weights: 80 windows" in texts
    many = draw_accumulation(64, 2, "sum", title="", below=())
    texts = [text.get_text() for text in many.axes[0].texts if text.get_text()]
    assert texts[:6] == [
        *(f"batch {n}\n2 windows" for n in (1, 2, 3)),
        "...",
        *(f"batch {n}\n2 windows" for n in (63, 64)),
    ]
    assert "64 gradients: sum of their gradients" in texts
    plt.close(many)


def test_a_row_without_partitions_or_accumulation_is_refused(tmp_path):
    results = ResultPaths.of(tmp_path, "se_cnn", "gtzan")
    figures = {figure.id: replace(figure, rows=()) for figure in PAPER.figures}
    for name, message in (("rotation", "expected rotating"), ("accumulation", "expected accumulation")):
        with pytest.raises(SpecError, match=message):
            write_protocol_figures(replace(SE_CNN, figures=(figures[name],)), results)


def test_the_grid_holds_what_it_is_given():
    figure = draw_rotation([(0, 1, 2), (1, 2, 0), (2, 0, 1)], title="t", seen=[False] * 3, below=())
    assert len(figure.axes[0].patches) == 9
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["round 1", "round 2", "round 3"]
    plt.close(figure)
