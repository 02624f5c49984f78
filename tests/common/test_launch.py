"""Starting a paper by name: a mistake in its declaration is one line on the console, and exit code 2."""

import dataclasses
import sys
import types

import pytest

from common import launch
from common.core.errors import SpecError
from common.core.spec import build
from common.launch import is_paper, load_paper, paper_keys, run_paper
from common.paper.protocol import Protocol
from tests.helpers.papers import KEYS, paper_of


def declared(monkeypatch, **changes) -> None:
    """Let the module of the template hold a changed declaration."""
    module = types.ModuleType("reproductions._template.paper")
    module.PAPER = dataclasses.replace(paper_of("_template"), **changes)
    monkeypatch.setitem(sys.modules, module.__name__, module)


def test_a_paper_is_found_by_its_folder():
    assert is_paper("_template")
    assert load_paper("_template").key == "_template"


def test_all_papers_are_found_and_the_template_is_none_of_them():
    assert paper_keys() == [key for key in KEYS if key != "_template"]


@pytest.mark.parametrize("name", ["no_such_paper", "../se_cnn", "SE_CNN", ""])
def test_a_paper_that_does_not_exist_is_refused(name):
    assert not is_paper(name)
    with pytest.raises(SpecError, match=r"no such paper.* Expected one of: crnn, embeddings, nnet"):
        load_paper(name)


def test_a_value_without_a_source_ends_the_command_with_2(monkeypatch, capsys):
    sources = {path: source for path, source in paper_of("_template").sources.items() if path != "windows"}
    declared(monkeypatch, sources=sources)
    with pytest.raises(SystemExit) as ended:
        run_paper("_template")
    assert ended.value.code == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert line.startswith("error: reproductions/_template/paper.py: sources: no source for windows.seconds")
    assert '"windows.seconds": stated("section ...") or assumed("why")' in line


def test_a_declaration_that_is_not_valid_is_named_with_its_file(monkeypatch):
    def declared(name: str):
        return build(Protocol, {"folds": 0, "seed": "x"}) if name.endswith(".paper") else None

    monkeypatch.setattr(launch.importlib, "import_module", declared)
    with pytest.raises(SpecError, match=r"^reproductions/_template/paper\.py: Protocol: folds: .*; seed: "):
        load_paper("_template")
    monkeypatch.setattr(launch.importlib, "import_module", lambda name: Protocol(folds=0))
    with pytest.raises(SpecError, match=r"^reproductions/_template/paper\.py: 1 validation error for Protocol folds"):
        load_paper("_template")
