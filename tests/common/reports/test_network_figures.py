"""Figures of networks are drawn again only where the network or the code changed, and Keras is imported only then."""

from dataclasses import replace

import pytest

from common.core.errors import SpecError
from common.paper import Figure
from common.paper.network_graph import row_layers
from common.records.paths import ResultPaths
from common.reports import network_figures
from common.reports.network_figures import write_network_figures
from reproductions.se_cnn.paper import PAPER
from tests.helpers.imports import modules_after

IDS = ["3.1", "4.1"]
BLOCK = next(figure for figure in PAPER.figures if figure.id == "3.1")


def write(tmp_path, paper=PAPER, ids=IDS) -> dict:
    return write_network_figures(paper, ResultPaths.of(tmp_path, "se_cnn", "gtzan"), ids)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Both figures of SE-CNN, to be read only."""
    return write(tmp_path_factory.mktemp("written"))


@pytest.fixture
def built(monkeypatch):
    """The experiments whose networks were built."""
    found = []

    def layers(paper, experiment):
        found.append(experiment)
        return row_layers(paper, experiment)

    monkeypatch.setattr(network_figures, "row_layers", layers)
    return found


def test_figures_have_a_picture_of_each_form(written):
    assert list(written) == IDS
    assert [path.name for paths in written.values() for path in paths] == [
        *("figure_3.1.png", "figure_3.1.svg", "figure_4.1.png", "figure_4.1.svg"),
    ]


def test_a_figure_is_drawn_once_and_again_where_the_network_or_its_code_changed(tmp_path, built, monkeypatch):
    second = replace(BLOCK, id="3.2", layers=("se2_",))
    paper, ids = replace(PAPER, figures=(BLOCK, second)), ["3.1", "3.2"]
    paths = write(tmp_path, paper, ids)
    assert built == [PAPER.default_experiment]  # once for both
    first = {path: path.read_bytes() for path in (*paths["3.1"], *paths["3.2"])}
    assert write(tmp_path, paper, ids) == paths
    assert len(built) == 1
    other_row = replace(PAPER, figures=(BLOCK, replace(second, rows=(("5.2", "8"),))))
    write(tmp_path, other_row, ids)
    assert built[1:] == [PAPER.row("5.2", "8").experiment]
    assert {path for path, before in first.items() if path.read_bytes() != before} == set(paths["3.2"])
    monkeypatch.setattr(network_figures, "code_digest", lambda paper: "other")
    write(tmp_path, paper, ["3.1"])
    assert len(built) == 3


def test_figures_of_other_kinds_and_those_that_are_not_asked_for_are_left_out(tmp_path, built):
    assert write(tmp_path, ids=["2.1", "5.1"]) == {}
    assert (built, list(tmp_path.iterdir())) == ([], [])


def test_the_caption_names_the_row_and_its_parameters(written):
    svg = written["3.1"][1].read_text(encoding="utf-8")
    assert "se_cnn, Figure 3.1: Computational process of SE-Block" in svg
    assert "Table 5.1, row 1,2,3,4,5: 162 of 778,384 trainable parameters" in svg
    svg = written["4.1"][1].read_text(encoding="utf-8")
    assert "Table 5.1, row 1,2,3,4,5: 778,384 trainable parameters" in svg
    assert "logits" in svg


def test_a_figure_of_layers_that_the_network_does_not_have_is_named(tmp_path):
    wrong = Figure("3.2", "block", "SE block", layers=("se6_",))
    with pytest.raises(SpecError, match=r"figure 3\.2: layers se6_: the network has no layer whose name begins so"):
        write(tmp_path, replace(PAPER, figures=(wrong,)), ids=["3.2"])


def test_keras_is_imported_only_where_a_network_is_drawn(written):
    out = str(written["3.1"][0].parents[3])
    program = (
        "from pathlib import Path\n"
        "from common.records.paths import ResultPaths\n"
        "from common.reports.network_figures import write_network_figures\n"
        "from reproductions.se_cnn.paper import PAPER\n"
        f"results = ResultPaths.of(Path({out!r}), 'se_cnn', 'gtzan')\n"
        f"assert list(write_network_figures(PAPER, results, {IDS})) == {IDS}\n"
    )
    assert not {"keras", "tensorflow"} & modules_after(program)
