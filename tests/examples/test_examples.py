"""The examples for use from Python: each runs as it is printed, and the notebook holds the same ones."""

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from common.cli.app import run_app
from common.cli.run import make_app
from reproductions.se_cnn.paper import PAPER
from tests.helpers.papers import ROOT

EXAMPLES = ROOT / "examples"
NOTEBOOK = EXAMPLES / "quickstart.ipynb"
# Runs a notebook in the current folder, and prints the texts that its cells give as JSON.
RUN_NOTEBOOK = """
import json, sys
import nbclient, nbformat
notebook = nbformat.read(sys.argv[1], 4)
nbformat.validate(notebook)
nbclient.NotebookClient(notebook, timeout=900).execute()
results = [
    [one["data"]["text/plain"] for one in cell.get("outputs", ()) if one["output_type"] == "execute_result"]
    for cell in notebook.cells
]
print(json.dumps(["".join(text) for text in results]))
"""


def blocks(language: str) -> list[str]:
    """The examples of the page in a language; commands have none."""
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)\n```$", page, flags=re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == language]


def cells() -> list[dict[str, Any]]:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def value_of(block: str, names: dict[str, Any]) -> Any:
    """Run an example; returns the value of its last line, as a notebook would show it."""
    *before, last = ast.parse(block).body
    exec(compile(ast.Module(before, []), "<example>", "exec"), names)
    assert isinstance(last, ast.Expr)
    return eval(compile(ast.Expression(last.value), "<example>", "eval"), names)


def test_the_notebook_holds_the_examples_of_the_page():
    (command,) = blocks("")
    code = ["".join(cell["source"]) for cell in cells() if cell["cell_type"] == "code"]
    assert code == [f"!{command}", *blocks("python")]


def test_the_notebook_says_that_its_music_is_synthetic_and_holds_no_output():
    assert "**synthetic** music" in "".join(cells()[0]["source"])
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells() if "outputs" in cell)
    assert len({cell["id"] for cell in cells()}) == len(cells())


@pytest.mark.usefixtures("kept_models")
def test_every_example_of_the_page_runs(tiny_corpus, tmp_path, monkeypatch, capsys):
    """In their order, in an empty folder, on twelve clips in the place of the demo data set."""
    corpus = tiny_corpus.copy_to(tmp_path / "cache" / "demo")
    catalog = corpus.catalog.replace(dataset="demo")
    monkeypatch.setattr("data_pipeline.datasets.registry.corpus.load", lambda folder: catalog)
    monkeypatch.setattr("common.core.console._State.verbosity", "normal")
    monkeypatch.chdir(tmp_path)
    (command,) = blocks("")
    program, run, paper, *arguments = shlex.split(command)
    assert (program, run, paper) == ("encore", "run", PAPER.key)
    # Four clips of a genre are too few for its parts in proportion.
    assert run_app(make_app(PAPER), [*arguments, "--allow-incomplete"]) == 0
    names: dict[str, Any] = {}
    table, runs, by_genre, song, windows, batch = (value_of(block, names) for block in blocks("python"))
    record = names["trained"].record
    assert len(table) == len(runs) == 1
    assert runs["window_accuracy_percent"].item() == pytest.approx(table["window_accuracy_percent"].item(), abs=0.006)
    assert runs["window_accuracy_percent"].item() == pytest.approx(100 * record.metrics["test"]["window_accuracy"])
    assert set(by_genre.index) <= set(corpus.GENRES) == set(song)
    pd.testing.assert_series_equal(windows.mean(), pd.Series(song)[list(windows)], rtol=0, atol=2e-6, check_dtype=False)
    shape, genres = batch
    assert shape == (12, 32, 129, 1)
    assert set(genres) <= set(corpus.GENRES)


@pytest.mark.slow
def test_the_notebook_runs(tmp_path):
    """From the first cell to the last, in a kernel of Jupyter, on the demo data set."""
    scripts = Path(sys.executable).parent
    places = {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "IPYTHONDIR": str(tmp_path / "ipython")}
    ran = subprocess.run(
        [sys.executable, "-c", RUN_NOTEBOOK, str(NOTEBOOK)],
        cwd=tmp_path,
        env=os.environ | places,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    shown = json.loads(ran.stdout.splitlines()[-1])
    (song,) = [text for text in shown if text.startswith("{")]
    assert len(ast.literal_eval(song)) == 10
    assert "TensorShape([32, 32, 129, 1])" in shown[-1]
