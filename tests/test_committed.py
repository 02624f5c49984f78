"""Tests of the committed results read them as git has them, whatever was run since."""

import shutil
import subprocess

import pytest

from tests.helpers.committed import copy_committed_results
from tests.helpers.papers import ROOT

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(root, *arguments: str) -> None:
    subprocess.run(("git", "-C", str(root), *arguments), check=True)


def status(root) -> list[str]:
    command = ("git", "-C", str(root), "status", "--porcelain", "-uall")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def write(root, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def read(folder) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


@needs_git
def test_git_ignores_own_runs_and_nothing_else_below_the_results(tmp_path):
    git(tmp_path, "init", "-q")
    shutil.copy(ROOT / ".gitignore", tmp_path)
    git(tmp_path, "add", ".gitignore")
    write(tmp_path, {"results/local/se_cnn/gtzan/runs/x.json": "{}", "results/local/README.md": ""})
    assert status(tmp_path) == ["A  .gitignore"]
    write(tmp_path, {"results/se_cnn/local/runs/x.json": "{}"})
    assert status(tmp_path) == ["A  .gitignore", "?? results/se_cnn/local/runs/x.json"]


@needs_git
def test_own_runs_among_the_committed_results_do_not_count(tmp_path):
    root = tmp_path / "clone"
    write(root, {"results/README.md": "list", "results/se_cnn/table.md": "committed", "other.md": "other"})
    git(root.parent, "init", "-q", str(root))
    git(root, "add", ".")
    write(root, {"results/README.md": "longer list", "results/se_cnn/own.md": "own", "results/local/x.md": "own"})
    (root / "results" / "se_cnn" / "table.md").unlink()
    (tmp_path / "copy").mkdir()
    assert copy_committed_results(tmp_path / "copy", root) == tmp_path / "copy" / "results"
    assert read(tmp_path / "copy") == {"results/README.md": "list", "results/se_cnn/table.md": "committed"}
    # What is staged counts.
    git(root, "add", "results/se_cnn/own.md")
    (tmp_path / "later").mkdir()
    copy_committed_results(tmp_path / "later", root)
    assert read(tmp_path / "later")["results/se_cnn/own.md"] == "own"


def test_without_git_the_results_are_taken_as_they_are_but_for_what_is_never_committed(tmp_path):
    root = tmp_path / "archive"
    write(root, {"results/README.md": "list", "results/local/x.md": "own", "results/se_cnn/gtzan/work/x": "log"})
    (tmp_path / "copy").mkdir()
    copy_committed_results(tmp_path / "copy", root)
    assert read(tmp_path / "copy") == {"results/README.md": "list"}
