"""Stored parameter counts and layers: found again by experiment, else built; a damaged file is refused."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from common.cli.app import run_app
from common.cli.listing import listing
from common.cli.run import make_app
from common.core.errors import DataError, SpecError
from common.paper import parameters
from common.paper.parameters import BuiltLayers, StoredNetworks
from common.paper.tables import TOTAL, LayerColumn
from reproductions.embeddings.paper import PAPER as EMBEDDINGS
from reproductions.se_cnn.paper import PAPER
from tests.helpers.papers import ROOT

ROW = PAPER.table("5.2").rows[0].experiment


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """The file of SE-CNN, empty at first."""
    path = tmp_path / "parameters.json"
    monkeypatch.setattr(parameters, "stored_file", lambda paper: path)
    return path


def test_what_is_stored_is_listed_without_building_a_network(stored, monkeypatch):
    StoredNetworks.read(PAPER)
    monkeypatch.undo()
    paper = replace(PAPER, build=None)
    assert listing(paper) == listing(PAPER)


def test_what_is_not_stored_is_built_at_once_and_said_in_one_place(stored, capsys):
    networks = StoredNetworks.read(PAPER)
    assert networks == StoredNetworks(PAPER)
    assert networks.parameters_of(ROW) == networks.parameters_of(ROW) == 791_350
    assert networks.completed() == StoredNetworks.built(PAPER)
    said = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("starting ")]
    assert said[:3] == [
        "building the networks of se_cnn: 12 networks ...",
        "building the networks of se_cnn: done",
        "parameters of these networks are not stored for this code; to store them: encore list se_cnn --update-counts",
    ]
    assert said[3:] == said[:2]  # of `built`


def test_only_what_is_not_known_is_built(stored, capsys):
    known = StoredNetworks.built(PAPER)
    del known.parameters[ROW.digest]
    capsys.readouterr()
    assert known.completed().parameters_of(ROW) == 791_350
    assert capsys.readouterr().err.startswith("building the networks of se_cnn: 1 network ...\n")


@pytest.mark.parametrize(
    "arguments", [pytest.param(["list", "my_paper"], marks=pytest.mark.slow), ["list", "my_paper", "--update-counts"]]
)
def test_networks_are_built_without_messages_of_tensorflow(tmp_path, arguments):
    """As for a paper that is being written, which has no stored counts yet; its modules have any encoding."""
    mine = tmp_path / "reproductions" / "my_paper"
    shutil.copytree(ROOT / "reproductions" / "_template", mine, ignore=shutil.ignore_patterns("*.json"))
    for path in mine.glob("*.py"):
        path.write_text(path.read_text(encoding="utf-8").replace("_template", "my_paper"), encoding="utf-8")
    (mine / "notes.py").write_bytes("# coding: latin-1\n# Café\n".encode("latin-1"))
    code = (
        f"import sys, reproductions; reproductions.__path__.append({str(mine.parent)!r})\n"
        "from common.encore.main import main\n"
        f"sys.argv = ['encore', *{arguments!r}]\n"
        "main()"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240, check=False)
    said = ended.stderr.splitlines()
    assert said[:3] == [
        "starting TensorFlow ...",
        "building the networks of my_paper: 2 networks ...",
        "building the networks of my_paper: done",
    ]
    assert (len(said), ended.returncode) == (4, 0)


def test_what_is_built_is_read_again_as_it_was(stored):
    built = StoredNetworks(PAPER, {ROW.digest: 5}, {"4.1": BuiltLayers.built(PAPER, PAPER.table("4.1"))})
    assert built.store() == stored
    assert StoredNetworks.read(PAPER) == built


def test_layers_of_another_network_are_built_again(stored, capsys):
    table = PAPER.table("4.1")
    of_another = replace(BuiltLayers.built(PAPER, table), experiment="0" * 64, parameters=5)
    networks = StoredNetworks(PAPER, {}, {"4.1": of_another})
    assert networks.layers_of(table).parameters == 778_384
    assert "building the network of table 4.1" in capsys.readouterr().err


def test_layers_with_other_columns_are_built_again(stored, capsys):
    table = PAPER.table("4.1")
    built = BuiltLayers.built(PAPER, table)
    assert built.are_of(table)
    renamed = LayerColumn("rate", table.columns[0].measure)
    rows = tuple(replace(row, published={"rate": row.published["filter_shape"]}) for row in table.rows)
    other = replace(table, columns=(renamed,), rows=rows)
    assert not built.are_of(other)
    assert StoredNetworks(PAPER, {}, {"4.1": built}).layers_of(other).rows["Dropout 1"].values == {"rate": "rate: 0.25"}
    assert "building the network of table 4.1" in capsys.readouterr().err


def test_cells_and_a_total_that_differ_are_named():
    table = PAPER.table("4.1")
    built = BuiltLayers.built(PAPER, table)
    softmax = ("Dense softmax", "filter_shape")
    assert built.differing_from(table) == [softmax]
    assert built.differing_from(replace(table, total=778_384)) == [softmax]
    wrong = replace(table.rows[2], published={"filter_shape": "rate: 0.3"})
    changed = replace(table, rows=(*table.rows[:2], wrong, *table.rows[3:]), total=778_383)
    assert built.differing_from(changed) == [("Dropout 1", "filter_shape"), softmax, (TOTAL, "parameters")]


@pytest.mark.parametrize(
    "values", [[], {}, {"parameters": 5, "layers": {}}, {"parameters": {}, "layers": {"4.1": {"rows": {}}}}]
)
def test_a_file_of_another_form_is_refused(stored, values):
    stored.write_text(json.dumps(values))
    with pytest.raises(DataError, match=r"does not hold parameter counts. Make it again: encore list se_cnn --update"):
        StoredNetworks.read(PAPER)


@pytest.mark.parametrize("changed", [{"published_classes": 8}, {"layout": "frames_bins"}])
def test_what_was_stored_for_other_code_or_another_declaration_does_not_count(stored, monkeypatch, changed):
    StoredNetworks(PAPER, {ROW.digest: 5}).store()
    assert StoredNetworks.read(PAPER).parameters == {ROW.digest: 5}
    assert StoredNetworks.read(replace(PAPER, **changed)).parameters == {}
    monkeypatch.setattr(parameters, "_WITHOUT_NETWORKS", (*parameters._WITHOUT_NETWORKS, "model.py"))
    assert StoredNetworks.read(PAPER).parameters == {}


def test_what_measures_layers_counts_as_code_of_papers_with_tables_of_layers(monkeypatch):
    before = [parameters.code_digest(paper) for paper in (PAPER, EMBEDDINGS)]
    monkeypatch.setattr(parameters, "_SIZES", "figures.py")
    after = [parameters.code_digest(paper) for paper in (PAPER, EMBEDDINGS)]
    assert before[0] != after[0]
    assert before[1] == after[1]


@pytest.mark.parametrize("arguments", [["--list"], ["--table", "4.1"]])
def test_a_layer_that_is_gone_ends_the_command_with_one_line(stored, monkeypatch, capsys, tmp_path, arguments):
    monkeypatch.undo()
    table = PAPER.table("4.1")
    renamed = replace(table.rows[1], layers=("pool_1",))
    paper = replace(PAPER, architecture=(replace(table, rows=(table.rows[0], renamed, *table.rows[2:])),))
    places = [] if arguments == ["--list"] else ["--out", str(tmp_path), "--cache", str(tmp_path)]
    assert run_app(make_app(paper), [*places, *arguments]) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if "building the network" not in line]
    assert len(said) == 1
    begin = "error: table 4.1, row MaxPooling 1: the network has no layer pool_1; did you mean pool1? Its layers: "
    assert said[0].startswith(begin), said
    assert said[0].endswith(f"genre. Mend the row's layers in {ROOT / 'reproductions/se_cnn/paper.py'}."), said


def test_a_paper_without_a_folder_is_named_for_a_layer_that_is_gone():
    table = PAPER.table("4.1")
    row = replace(table.rows[0], layers=("gone",))
    paper = replace(PAPER, key="elsewhere")
    with pytest.raises(SpecError, match=r"no layer gone\. Its layers: .* in the declaration of elsewhere\.$"):
        BuiltLayers.built(paper, replace(table, rows=(row,)))
