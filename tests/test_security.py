"""SECURITY.md names options, commands, files and limits that exist."""

import re
from pathlib import Path

import pytest
import typer

from common.cli import run, tune
from common.duplicates import make_app as duplicates_app
from common.encore import board, data, list_papers, show, verify
from common.encore.main import make_command
from data_pipeline.audio.sound_file import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE
from reproductions.se_cnn.paper import PAPER
from reproductions.se_cnn.spaces import SPACES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def options() -> set[str]:
    """Every option of every command."""
    of_papers = [run.make_app(PAPER), run.make_audit_app(PAPER), tune.make_app(PAPER, SPACES), show.make_app(PAPER)]
    others = [duplicates_app(), *(module.make_app() for module in (board, data, list_papers, verify))]
    commands = [make_command(), *map(typer.main.get_command, (*of_papers, *others))]
    return {name for command in commands for param in command.params for name in param.opts}


def test_every_option_exists(options):
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", PAGE))
    assert named >= {"--memory-limit", "--jobs", "--cluster", "--labels", "--from-records"}
    assert named - options == set()


def test_every_command_exists():
    named = set(re.findall(r"`encore ([a-z]+)`", PAGE))
    assert named >= {"verify", "show", "data"}
    assert named - set(make_command().commands) == set()


def test_every_file_exists():
    named = {*re.findall(r"`([\w.]+/[\w./]*)`", PAGE), *re.findall(r"\]\(([^)]+)\)", PAGE)}
    assert "common/reports/escapes.py" in named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_limits_are_those_of_the_code():
    assert f"from {MIN_SAMPLE_RATE // 1000} to {MAX_SAMPLE_RATE // 1000} kHz" in PAGE


def test_the_readme_points_to_it():
    assert "](SECURITY.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
