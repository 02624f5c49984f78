"""The command `encore`: every part is found from any folder, and what needs no network starts without Keras."""

import dataclasses
import json
import os
import re
import runpy
import subprocess
import sys
import types
from pathlib import Path

import pytest

from common.cli.app import run_app
from common.encore.main import make_command
from common.launch import load_paper, paper_keys
from common.records.paths import ResultPaths
from common.records.record import write_record
from common.records.source import encore_version
from tests.helpers.papers import ROOT
from tests.helpers.se_cnn_records import record

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
    "show": 2,
    "show se_cnn --help": 0,
    "show se_cnn --table 5.1": 0,
    "show se_cnn --table 5.1 --unit window --unit clip": 0,
    "show se_cnn --nosuch": 2,
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


def in_a_new_process(lines: list[str], heavy: tuple[str, ...], folder: Path) -> dict[str, list]:
    """Command -> its exit code, and which heavy packages the process had imported by its end."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(lines), json.dumps(heavy)],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def light_commands(tmp_path_factory) -> dict[str, list]:
    """Exit code and imports of each light command, run one after the other."""
    return in_a_new_process(list(LIGHT), HEAVY, tmp_path_factory.mktemp("elsewhere"))


@pytest.mark.parametrize("line", LIGHT)
def test_what_needs_no_network_imports_neither_keras_nor_other_heavy_packages(light_commands, line):
    code, imported = light_commands[line]
    assert code == LIGHT[line]
    assert imported == []


def test_a_help_text_of_duplicates_needs_no_statistics(tmp_path):
    line = "duplicates --help"
    assert in_a_new_process([line], ("scipy",), tmp_path) == {line: [0, []]}


def test_tables_are_made_from_records_without_keras(tmp_path):
    write_record(ResultPaths.of(tmp_path / "results", "se_cnn", "gtzan"), record())
    line = "run se_cnn --from-records"
    found = in_a_new_process([line], ("keras", "tensorflow", "keras_tuner", "librosa"), tmp_path)
    assert found == {line: [0, []]}
    # Without --out, those in `results`.
    assert (tmp_path / "results" / "se_cnn" / "gtzan" / "table_5.1.md").is_file()


def test_a_folder_with_packages_of_the_same_names_changes_nothing(tmp_path):
    """Like the installed script, which Python starts without the current folder on its path."""
    script = tmp_path / "bin" / "encore"
    script.parent.mkdir()
    script.write_text("from common.encore.main import main\n\nmain()\n")
    for package in ("common", "data_pipeline", "reproductions"):
        (tmp_path / "own" / package).mkdir(parents=True)
        (tmp_path / "own" / package / "__init__.py").write_text("raise RuntimeError('another package')")
    done = subprocess.run(
        [sys.executable, str(script), "audit", "se_cnn", "--help"],
        cwd=tmp_path / "own",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "encore audit se_cnn" in done.stdout


def test_the_package_is_a_command_too(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["encore", "--version"])
    monkeypatch.setattr("common.encore.start.end_on_signals", lambda: None)  # it would change this process
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("common.encore", run_name="__main__")
    assert (ended.value.code, capsys.readouterr().out) == (0, f"encore {encore_version()}\n")


def test_version(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out == f"encore {encore_version()}\n"


def test_help_lists_every_command_with_its_purpose(capsys):
    assert run("--help") == 0
    text = capsys.readouterr().out
    for name in ("list", "run", "show", "tune", "audit", "duplicates", "data", "verify"):
        assert f"\n  {name} " in text
    assert "Train a paper's networks and make its tables." in text


def test_list_shows_every_paper(capsys):
    assert run("list", "--wide") == 0
    shown = capsys.readouterr().out
    assert run("list", "--json") == 0
    printed = json.loads(capsys.readouterr().out)["papers"]
    assert [one["key"] for one in printed] == paper_keys()
    assert "nnet, W. Zhang et al., 2016" in " ".join(shown.split())
    for one in printed:
        assert f"\n{one['key']} " in shown
        assert one["tables"] == load_paper(one["key"]).table_ids
    assert {one["key"] for one in printed if one["searches"]} == {"crnn", "resnet1d", "se_cnn"}


def test_list_of_a_paper_is_the_list_of_its_run_command(capsys):
    assert run("list", "nnet", "--json") == 0
    listed = capsys.readouterr().out
    assert run("run", "nnet", "--list", "--json") == 0
    assert capsys.readouterr().out == listed


@pytest.mark.parametrize("command", ["run", "show", "audit", "tune"])
def test_a_mistyped_paper_is_answered_with_the_nearest(capsys, command):
    assert run(command, "se_cnm") == 2
    said = capsys.readouterr().err
    assert said.startswith("error: se_cnm: no such paper; did you mean se_cnn? Expected one of: "), said
    assert said.count("\n") == 1


def test_a_mistyped_command_is_answered_with_the_nearest(capsys):
    assert run("duplicate") == 2
    listed = "list, run, show, report, tune, audit, duplicates, data, board, verify"
    assert capsys.readouterr().err == (
        f"error: duplicate: no such command; did you mean duplicates? Expected one of: {listed}.\n"
    )


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
        ("encore show se", ["se_cnn"]),
        ("encore show se_cnn --spl", ["--split"]),
        ("encore show se_cnn --unit w", ["window"]),
        ("encore show se_cnn --dataset gt", ["gtzan"]),
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


def test_counting_parameters_needs_a_backend_that_is_installed(monkeypatch, capsys):
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    assert run("list", "_template", "--update-counts") == 2
    assert "KERAS_BACKEND=theano: is none of Keras' backends" in capsys.readouterr().err


@pytest.fixture
def mistaken(monkeypatch) -> str:
    """A paper, one of whose values has no source; returns what is said of it."""
    module = types.ModuleType("reproductions.nnet.paper")
    module.PAPER = dataclasses.replace(load_paper("nnet"), sources={})
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return "reproductions/nnet/paper.py: sources: no source for"


def test_a_mistake_in_one_paper_leaves_the_others_in_the_list(mistaken, capsys):
    assert run("list") == 0
    captured = capsys.readouterr()
    assert captured.err.startswith(f"warning: {mistaken}")
    assert all(f"\n{key} " in captured.out for key in paper_keys() if key != "nnet")
    # The warning says it, whole and once.
    assert "\nnnet " not in captured.out
    assert run("list", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert [one["key"] for one in printed["papers"]] == [key for key in paper_keys() if key != "nnet"]
    assert list(printed["mistakes"]) == ["nnet"]
    assert printed["mistakes"]["nnet"].startswith(mistaken)


@pytest.mark.parametrize("command", ["run", "audit"])
def test_a_mistake_in_one_paper_leaves_the_others_in_the_help(mistaken, capsys, command):
    assert run(command, "--help") == 0
    shown = " ".join(capsys.readouterr().out.replace("│", "").split())
    assert f"nnet cannot be used: {mistaken}" in shown
    assert f"se_cnn {load_paper('se_cnn').title}" in shown
    assert run(command, "nnet") == 2
    assert capsys.readouterr().err.startswith(f"error: {mistaken}")


@pytest.mark.parametrize("width", [100, 80, 60])
def test_the_list_of_papers_fits_the_screen(monkeypatch, capsys, width):
    monkeypatch.setenv("COLUMNS", str(width))
    assert run("list") == 0
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= width
    for key in paper_keys():
        assert all(table in re.split(r"[\s,]+", printed) for table in load_paper(key).table_ids)


def test_a_paper_without_searches_is_told_from_no_paper(capsys):
    assert run_app(make_command(), ["tune", "embeddings"]) == 2
    says = "error: embeddings: has no search space. Papers with one: crnn, resnet1d, se_cnn."
    assert says in " ".join(capsys.readouterr().err.split())
    assert run_app(make_command(), ["tune", "nosuch"]) == 2
    assert "nosuch: no such paper" in capsys.readouterr().err
