"""The template of a paper: short, written with names of `common.paper` only, and ready to be copied."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.helpers.papers import ROOT, imports_of

FOLDER = ROOT / "reproductions" / "_template"
MAX_LINES = 95


def test_the_template_is_short():
    assert sum(len(path.read_text().splitlines()) for path in FOLDER.glob("*.py")) <= MAX_LINES


def test_the_template_imports_only_what_a_paper_needs():
    modules = {name for path in FOLDER.glob("*.py") for name in imports_of(path)}
    allowed = re.compile(r"(keras|sys|common\.paper|common\.launch|reproductions\._template\.specs)(\.\w+)?")
    assert not [name for name in modules if not allowed.fullmatch(name)]


def steps() -> list[str]:
    """The numbered steps of "Add a paper"."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## Add a paper")[1]
    return [" ".join(step.split()) for step in re.findall(r"(?ms)^\d+\. (.*?)(?=^\d+\. |\n\n)", text)]


@pytest.fixture
def copied(tmp_path):
    """The project with the commands of "Add a paper" that copy the template done; returns a function that runs one
    there."""
    for name in ("common", "data_pipeline", "reproductions"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))

    def run(command: str, *arguments: str) -> subprocess.CompletedProcess:
        command = re.sub("^encore ", f"{sys.executable} -m common.encore ", command)
        return subprocess.run(
            " ".join((command, *map(shlex.quote, arguments))),
            cwd=tmp_path, capture_output=True, text=True, shell=True,
            env={"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"]},
        )  # fmt: skip

    for step in steps()[:2]:
        assert run(step.strip("`")).returncode == 0
    return run


def test_a_paper_is_added_in_eight_steps_at_most():
    assert 0 < len(steps()) <= 8
    assert [step for step in steps() if step.startswith("`")][:2] == steps()[:2]


@pytest.mark.slow
def test_the_steps_of_the_readme_make_a_paper_that_trains(copied, tiny_arrays, tmp_path):
    show, make, store = re.findall(r"`(encore [^`]+)`", " ".join(steps()))
    shown = copied(show)
    assert shown.returncode == 0, shown.stderr
    assert "model.dropout" in shown.stdout
    stored = copied(store)
    assert stored.returncode == 0, stored.stderr
    assert "building" not in copied("encore list my_paper").stderr
    data = ("--dataset", "arrays", "--data", str(tiny_arrays), "--cache", str(tmp_path / "cache"))
    done = copied(make, *data, "--row", "3", "--seeds", "1", "--epochs", "1", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert "Effect of the depth" in done.stdout
    assert len(list((tmp_path / "out" / "my_paper" / "arrays" / "runs").glob("*.json"))) == 1
    assert "| `model.dropout` | 0.25 |" in (tmp_path / "out" / "my_paper" / "README.md").read_text()
