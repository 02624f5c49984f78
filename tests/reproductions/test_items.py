"""Every table, figure and listing of the papers' documents has a command that makes it again."""

import importlib
import importlib.util
import json
from pathlib import Path

import pytest

from common.paper.by_name import load_paper

# Paper -> headings, numbers and published values of its document -> titles of our items for each.
DOCUMENTS = json.loads((Path(__file__).parent / "document_items.json").read_text(encoding="utf-8"))


def of_document(key: str) -> dict[str, list[str]]:
    return DOCUMENTS[key]["headings"] | {f"value {name}": titles for name, titles in DOCUMENTS[key]["values"].items()}


def spaces_of(key: str) -> set[str]:
    if importlib.util.find_spec(f"reproductions.{key}.spaces") is None:
        return set()
    return {space.key for space in importlib.import_module(f"reproductions.{key}.spaces").SPACES}


@pytest.mark.parametrize("key", DOCUMENTS)
def test_every_item_of_a_document_has_a_command_and_no_item_is_of_none(key):
    items = {item.title: item for item in load_paper(key).items}
    assert len(items) == len(load_paper(key).items)
    listed = {title for titles in of_document(key).values() for title in titles}
    assert all(of_document(key).values())
    assert listed == items.keys()
    assert [title for title, item in items.items() if not item.commands(key)] == []


@pytest.mark.parametrize("key", DOCUMENTS)
def test_what_an_item_names_exists(key):
    for item in load_paper(key).items:
        paper = load_paper(key)
        for figure in item.figures:
            paper.figure(figure)
        for table in item.tables:
            assert paper.confusion(table) or paper.table(table)
        assert set(item.searches) <= spaces_of(paper.key)


@pytest.mark.parametrize("key", DOCUMENTS)
def test_every_figure_and_every_matrix_of_a_paper_is_of_an_item(key):
    paper = load_paper(key)
    figures = {figure for item in paper.items for figure in item.figures}
    assert figures >= {figure.id for figure in paper.figures} - _OURS.get(key, set())
    tables = {table for item in paper.items for table in item.tables}
    assert tables >= {matrix.id for matrix in paper.confusions}


# Figures that no document has.
_OURS = {"embeddings": {"accuracy"}}
