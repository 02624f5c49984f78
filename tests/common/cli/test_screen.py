"""How much a command prints, and tables as JSON."""

import io
import json
import sys
from dataclasses import replace

import pytest
from rich.console import Console

from common.cli.screen import ScreenOptions, Shown, print_tables, wide_console
from common.core import console
from common.core.errors import SpecError
from common.reports.table import Note, Table


@pytest.fixture
def printed(monkeypatch):
    """What is printed while a command's verbosity is in effect: line, detail, warning."""
    monkeypatch.setattr(console._State, "verbosity", "normal")

    def with_options(options: ScreenOptions) -> list[str]:
        out = io.StringIO()
        monkeypatch.setattr(console, "messages", Console(file=out, soft_wrap=True))
        options.apply()
        console.say("a line")
        console.detail("a detail")
        console.warn("a warning")
        with console.progress("counting", 2, unit="clips") as advance:
            advance(1)
        return out.getvalue().splitlines()

    return with_options


def test_by_default_details_are_left_out(printed):
    expected = ["a line", "warning: a warning", "counting: 2 clips ...", "counting: done"]
    assert printed(ScreenOptions()) == expected


def test_quiet_leaves_warnings_only(printed):
    assert printed(ScreenOptions(quiet=True)) == ["warning: a warning"]


def test_verbose_adds_details(printed):
    assert printed(ScreenOptions(verbose=True))[:3] == ["a line", "a detail", "warning: a warning"]


def test_the_next_command_of_a_process_prints_as_it_is_asked_to(printed):
    printed(ScreenOptions(quiet=True))
    assert "a line" in printed(ScreenOptions())


def test_quiet_and_verbose_contradict_each_other(printed):
    with pytest.raises(SpecError, match="--quiet, --verbose: contradict each other"):
        ScreenOptions(quiet=True, verbose=True).apply()


def test_tables_as_json_hold_notes_and_paths_and_nothing_else_is_printed(capsys, tmp_path):
    values = {"paper": "p", "table": "1", "title": "Title", "dataset": "demo", "rows": []}
    table = Table(values, ("a", "b"), (("x", "1"),), (Note("data", "a note"),), (Note("diverged", "beware"),))
    path = tmp_path / "table_1.md"
    tables = [Shown(table), Shown(replace(table, values=values | {"table": "2"}))]
    print_tables(tables, [path, path], ScreenOptions(json=True))
    printed = json.loads(capsys.readouterr().out)
    assert [one["table"] for one in printed["tables"]] == ["1", "2"]
    assert printed["tables"][0] == json.loads(json.dumps(table.as_json()))
    assert printed["written"] == [str(path)]


@pytest.mark.parametrize(
    ("is_terminal", "widest", "columns"), [(True, None, 130), (True, 100, 100), (True, 150, 130), (False, 100, 80)]
)
def test_the_console_is_as_wide_as_text_is_easy_to_read(monkeypatch, is_terminal, widest, columns):
    monkeypatch.setenv("COLUMNS", "130")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal, raising=False)
    assert wide_console(80, widest).width == columns
