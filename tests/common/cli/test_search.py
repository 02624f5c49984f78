"""The report of an existing search, found by the data set that was asked for."""

import json

import pytest

from common.cli.app import run_app
from common.cli.run import make_app as make_run_app
from common.cli.search import _data_searched
from common.cli.tune import make_app
from common.records.paths import ResultPaths
from common.runs.options import Options
from reproductions.se_cnn.paper import PAPER
from tests.helpers.tiny_search import TINY


@pytest.fixture
def out(tmp_path):
    """Searches `ratio` on two own folders, and `other` on one of them."""
    for key, name in (("folder_music", "ratio"), ("folder_songs", "ratio"), ("folder_songs", "other")):
        search = ResultPaths.of(tmp_path, "se_cnn", key).search(name)
        search.folder.mkdir(parents=True)
        search.identity.write_text("{}")
    return tmp_path


def test_a_search_on_an_own_folder_is_found_by_its_name_or_by_the_key(out):
    assert _data_searched(PAPER, Options(dataset="folder", out=out), "other") == "folder_songs"
    assert _data_searched(PAPER, Options(dataset="folder_music", out=out), "ratio") == "folder_music"
    assert _data_searched(PAPER, Options(dataset="gtzan", out=out), "ratio") == "gtzan"


def test_searches_of_one_name_on_several_own_folders_are_chosen_between_with_the_key(out, capsys):
    arguments = ["--from-records", "--dataset", "folder", "--name", "ratio", "--out", str(out)]
    assert run_app(make_app(PAPER, (TINY,)), arguments) == 2
    assert (
        "--dataset folder: several own folders have a search ratio. Give one of: --dataset folder_music, "
        "--dataset folder_songs." in " ".join(capsys.readouterr().err.split())
    )


@pytest.mark.parametrize(("folder", "says"), [("music", "does not exist"), ("songs", "--table top_ratio: ")])
def test_rows_that_a_search_found_on_an_own_folder_are_rows_of_that_folder_only(out, capsys, folder, says):
    rows = [{"label": "first", "values": {"model.ratio": 3}}]
    values = {"format": 1, "title": "Best", "row": ["5.1", "1,2,3,4,5"], "rows": rows, "notes": []}
    ResultPaths.of(out, "se_cnn", "folder_music").search("ratio").rows.write_text(json.dumps(values))
    places = ["--out", str(out), "--cache", str(out / "cache")]
    arguments = ["--dataset", "folder", "--data", str(out / "x" / folder), "--table", "top_ratio", *places]
    assert run_app(make_run_app(PAPER), arguments) == 2
    assert says in " ".join(capsys.readouterr().err.split())
