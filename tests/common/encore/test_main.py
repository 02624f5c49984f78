"""The command `encore`: every part is found from any folder, and what needs no network starts without Keras."""

import json
import os
import subprocess
import sys

import pytest

from common.cli.app import run_app
from common.encore.main import make_command
from common.launch import load_paper, paper_keys
from common.records.source import encore_version
from tests.helpers.papers import ROOT

# Each alone takes over half a second to import, or belongs to a part that these commands do not use.
HEAVY = (
    *("keras", "tensorflow", "keras_tuner", "librosa", "numba"),
    *("jax", "torch", "sklearn", "matplotlib", "distributed"),
)
# Commands that need no network, with their exit codes.
LIGHT = {
    "--help": 0,
    "": 2,
    "--version": 0,
    "nosuch": 2,
    "list": 0,
    "list --json": 0,
    "list se_cnn": 0,
    "list nosuch": 2,
    "run": 2,
    "run se_cnn --help": 0,
    "run se_cnn --list": 0,
    "run crnn --list --json": 0,
    "run se_cnn --sources": 0,
    "run se_cnn --nosuch": 2,
    "run se_cnn --table 9.9": 2,
    "run se_cnn --row nosuch": 2,
    "run se_cnn --set model.nosuch=1": 2,
    "run se_cnn --devices two": 2,
    "run se_cnn --list --epochs 3": 2,
    "run se_cnn --dataset gtzan": 2,
    "audit se_cnn --help": 0,
    "audit se_cnn --split kfold": 2,
    "tune se_cnn --help": 0,
    "tune se_cnn --nosuch": 2,
    "duplicates --help": 0,
    "data --help": 0,
    "verify --help": 0,
}
CHILD = """
import contextlib, io, json, shlex, sys
from common.cli.app import run_app
from common.encore.main import make_command
found = {}
for line in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()):
        code = run_app(make_command(), shlex.split(line))
    found[line] = [code, [name for name in json.loads(sys.argv[2]) if name in sys.modules]]
print(json.dumps(found))
"""


def run(*arguments: str) -> int:
    return run_app(make_command(), list(arguments))


@pytest.fixture(scope="module")
def light_commands(tmp_path_factory) -> dict[str, list]:
    """Command -> its exit code, and which heavy packages this process had imported by its end."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(list(LIGHT)), json.dumps(HEAVY)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path_factory.mktemp("elsewhere"),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("line", LIGHT)
def test_what_needs_no_network_imports_neither_keras_nor_other_heavy_packages(light_commands, line):
    code, imported = light_commands[line]
    assert code == LIGHT[line]
    assert imported == []


def test_version(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out == f"encore {encore_version()}\n"


def test_help_lists_every_command_with_its_purpose(capsys):
    assert run("--help") == 0
    text = capsys.readouterr().out
    for name in ("list", "run", "tune", "audit", "duplicates", "data", "verify"):
        assert f"│ {name} " in text
    assert "Train a paper's networks and make its tables." in text


def test_list_shows_every_paper(capsys):
    assert run("list") == 0
    shown = capsys.readouterr().out
    assert run("list", "--json") == 0
    printed = json.loads(capsys.readouterr().out)["papers"]
    assert [one["key"] for one in printed] == paper_keys()
    for one in printed:
        assert f"│ {one['key']} " in shown
        assert one["tables"] == load_paper(one["key"]).table_ids
    assert {one["key"] for one in printed if one["searches"]} == {"crnn", "resnet1d", "se_cnn"}


def test_list_of_a_paper_is_the_list_of_its_run_command(capsys):
    assert run("list", "nnet", "--json") == 0
    listed = capsys.readouterr().out
    assert run("run", "nnet", "--list", "--json") == 0
    assert capsys.readouterr().out == listed


@pytest.mark.parametrize("command", ["run", "audit", "tune"])
def test_a_mistyped_paper_is_answered_with_the_nearest(capsys, command):
    assert run(command, "se_cnm") == 2
    assert capsys.readouterr().err == "error: No such command 'se_cnm'. Did you mean 'se_cnn'? See --help.\n"


def test_a_command_that_needs_a_paper_lists_them(capsys):
    assert run("run") == 2
    captured = capsys.readouterr()
    assert all(key in captured.out for key in paper_keys())
    assert captured.err == ""


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("encore ver", ["verify"]),
        ("encore run se", ["se_cnn"]),
        ("encore run se_cnn --uni", ["--unit"]),
        ("encore audit se_cnn --scale ", ["smoke", "paper"]),
    ],
)
def test_the_shell_completes_commands_papers_flags_and_values(monkeypatch, capsys, typed, expected):
    words = typed.split(" ")
    monkeypatch.setenv("_ENCORE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    with pytest.raises(SystemExit):
        make_command().main(args=[], prog_name="encore")
    assert capsys.readouterr().out.split() == expected
