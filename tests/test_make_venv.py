""".ci/make-venv, with a stand-in for uv that notes what it is asked to install."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UV = """#!/bin/sh
case "$1" in
--version) ;;
venv) mkdir -p .venv/bin && ln -s {python} .venv/bin/python && echo venv >>{log} ;;
pip) shift 5 && echo "$*" >>{log} && [ ! -e {log}.fail ] ;;
esac
"""
RUN, ALL = "-e .[tune,cluster]", "-r requirements.txt"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a shell script")


class Clone:
    """A clone in which `make-venv` runs."""

    def __init__(self, folder: Path):
        self.folder, self.log = folder / "clone", folder / "log"
        (self.folder / ".ci").mkdir(parents=True)
        for name in (".ci/make-venv", "requirements.txt", "pyproject.toml"):
            shutil.copy(ROOT / name, self.folder / name)
        self.uv = folder / "uv"
        # The interpreter that this environment was made from: the one in it would answer for another place.
        self.uv.write_text(UV.format(python=Path(sys.base_prefix) / "bin" / "python3", log=self.log))
        self.uv.chmod(0o755)

    def make(self, *arguments: str) -> subprocess.CompletedProcess:
        environment = os.environ | {"UV": str(self.uv), "PYTHON": str(Path(sys.base_prefix) / "bin" / "python3")}
        return subprocess.run(
            ["sh", ".ci/make-venv", *arguments], cwd=self.folder, env=environment, capture_output=True, text=True
        )

    def did(self, *arguments: str) -> list[str]:
        """What uv was asked to do by one call of the script."""
        self.log.write_text("")
        completed = self.make(*arguments)
        assert completed.returncode == 0, completed.stderr
        return [line.removeprefix("--quiet --python .venv/bin/python ") for line in self.log.read_text().splitlines()]


@pytest.fixture
def clone(tmp_path):
    return Clone(tmp_path)


def test_the_environment_of_runs_is_completed_for_the_tests_and_never_made_again(clone):
    assert clone.did("run") == ["venv", RUN]
    assert clone.did("run") == []
    assert clone.did("all") == [ALL]
    assert clone.did("all") == clone.did("run") == []


def test_the_environment_of_the_tests_serves_runs(clone):
    assert clone.did("all") == ["venv", ALL]
    assert clone.did("run") == []


@pytest.mark.parametrize("changed", ["requirements.txt", "pyproject.toml"])
def test_changed_requirements_are_installed_into_the_same_environment(clone, changed):
    clone.did("all")
    with open(clone.folder / changed, "a") as file:
        file.write("# more\n")
    assert clone.did("run") == [RUN]
    assert clone.did("all") == [ALL]


def test_an_installation_that_was_cut_off_is_made_anew(clone):
    clone.did("run")
    fail = Path(f"{clone.log}.fail")
    fail.touch()
    failed = clone.make("all")
    assert (failed.returncode, failed.stderr) == (1, "error: uv could not install requirements.txt\n")
    fail.unlink()
    assert clone.did("run") == ["venv", RUN]


def test_an_environment_of_another_folder_is_made_anew(clone):
    clone.did("all")
    clone.folder = clone.folder.rename(clone.folder.with_name("moved"))
    assert clone.did("run") == ["venv", RUN]


def test_it_says_what_it_installs(clone):
    said = clone.make("run").stdout.splitlines()
    assert said[0].startswith("Making .venv with CPython 3.")
    assert said[1] == (
        "Installing what runs and searches need (core, tune and cluster of requirements.txt) into .venv with "
        f"{clone.uv}; the first time takes minutes"
    )
    assert clone.make("run").stdout == ""


@pytest.mark.parametrize("arguments", [(), ("demo",), ("run", "all")])
def test_other_arguments_are_refused(clone, arguments):
    refused = clone.make(*arguments)
    assert refused.returncode == 1
    assert refused.stderr == f"error: make-venv {' '.join(arguments)}: expected one of: run, all\n"
