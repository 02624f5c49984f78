"""Stored parameter counts and layers: found again by experiment, else built; a damaged file is refused."""

import json
from dataclasses import replace

import pytest

from common.cli.listing import listing
from common.core.errors import DataError
from common.paper import parameters
from common.paper.parameters import BuiltLayers, StoredNetworks
from reproductions.se_cnn.paper import PAPER

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


def test_what_is_not_stored_is_built_and_said(stored, capsys):
    networks = StoredNetworks.read(PAPER)
    assert networks == StoredNetworks(PAPER)
    assert networks.parameters_of(ROW) == networks.parameters_of(ROW) == 791_350
    (said,) = capsys.readouterr().err.splitlines()
    assert said == (
        "building a network of se_cnn, whose parameters are not stored for this code; to store them: encore list "
        "se_cnn --update-counts"
    )


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
