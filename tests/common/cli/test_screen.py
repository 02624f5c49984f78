"""How much a command prints, and tables as JSON."""

import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from common.cli.screen import (
    ScreenOptions,
    Shown,
    print_lines,
    print_sentence,
    print_tables,
    screen_width,
    wide_console,
)
from common.core import console
from common.core.errors import SpecError
from common.core.shell import shell_word
from common.reports.screen.notes import Line
from common.reports.table import Note, Table
from tests.helpers.se_cnn_records import record, table_of


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


def test_lines_of_tables_are_lines_whatever_names_they_hold(capsys):
    print_lines([Line("a\nwarning: b\x1b[2J [red]c[/red] :smile:", "bold")])
    assert capsys.readouterr().out == "a\\nwarning: b\\x1b[2J [red]c[/red] :smile:\n"


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


@pytest.mark.parametrize(
    ("is_terminal", "columns", "width"), [(True, "130", 130), (False, "", 100), (False, "80", 80), (False, "0", 100)]
)
def test_tables_are_as_wide_as_the_terminal_and_in_a_log_as_a_hundred_columns(monkeypatch, is_terminal, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal, raising=False)
    assert screen_width() == width


@pytest.fixture
def printed_tables(monkeypatch, capsys, tmp_path):
    """Show a table of results, the same as a part of itself and once more without a file, on 80 columns: returns the
    lines that are printed, and the paths of its files."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(console._State, "verbosity", "normal")
    folder = tmp_path / ("long folder name " * 6)
    paths = [folder / name for name in ("table_5.1.csv", "table_5.1.md", "figures/table_5.1.png")]
    paths.append(folder.parent / "README.md")

    def with_options(options: ScreenOptions) -> tuple[list[str], list[str]]:
        options.apply()
        table = table_of(record(), record(0, correct=100))
        shown = [Shown(table, paths[1]), Shown(table, paths[1], whole=table), Shown(table)]
        print_tables(shown, [*paths, paths[1]], options)
        return capsys.readouterr().out.splitlines(), list(map(str, paths))

    return with_options


def test_where_files_are_takes_two_lines_and_paths_are_not_folded(printed_tables):
    lines, paths = printed_tables(ScreenOptions())
    # As words of a shell, because the name of the folder has blanks.
    assert lines[-2:] == [f"written to: {shell_word(Path(paths[3]).parent)} (4 files)", f"open first: '{paths[1]}'"]
    named = [f"  {shell_word(path)}" for path in paths]
    assert printed_tables(ScreenOptions(verbose=True))[0][-6:] == [*lines[-2:], *named]


def test_without_files_nothing_is_said_of_them(capsys):
    print_tables([], [], ScreenOptions())
    assert capsys.readouterr().out == ""


def test_notes_that_a_table_shares_with_the_one_that_it_belongs_to_are_said_once(printed_tables):
    lines, paths = printed_tables(ScreenOptions())
    titles = [place for place, line in enumerate(lines) if line.startswith("se_cnn, Table 5.1")]
    assert len(titles) == 3
    first, second, third = lines[titles[0] : titles[1]], lines[titles[1] : titles[2]], lines[titles[2] :]
    assert any(line.startswith("ONE SEED") for line in first)
    assert f"All notes: '{paths[1]}'" in first
    assert not any(line.startswith(("ONE SEED", "All notes")) for line in second)
    assert any(line.startswith("ONE SEED") for line in third)
    assert "All notes: add --wide" in third
    assert all(len(line) <= 80 or "folder name" in line or line.startswith("written to") for line in lines)


def test_wide_shows_every_column_and_note(printed_tables):
    lines, _ = printed_tables(ScreenOptions(wide=True))
    table = table_of(record(), record(0, correct=100))
    text = " ".join(" ".join(lines).split())
    assert {word for name in ("row", *table.header[1:]) for word in name.split()} <= set(text.split())
    assert all(note.text in text for note in table.notes)
    assert "778,384" in text
    # Of three tables, the second belongs to the first, which has said the notes.
    assert [text.count(note.text) for note in table.notes] == [2] * len(table.notes)
    assert lines[:2] == [table.title, "GTZAN, 1,000 clips, holdout 60/10/30, by clip"]
    assert text.count("*: the paper's recommended network") == 3
    assert any(line.startswith("se-12345 *  1,2,3,4,5 ") for line in lines)


def test_wide_calls_the_numbers_of_the_user_yours(capsys):
    table = table_of(record())
    for is_own, heads in ((True, ("Your window", "Yours - published")), (False, ("Our window", "Ours - published"))):
        print_tables([Shown(table, is_own=is_own)], [], ScreenOptions(wide=True))
        text = " ".join(capsys.readouterr().out.split())
        assert all(head in text for head in heads)


def test_a_sentence_is_wrapped_on_a_terminal_and_one_line_in_a_log(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "20")
    text = f"fault (tables): {'x' * 30} is not there"
    print_sentence(text)
    assert capsys.readouterr().out == f"{text}\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    print_sentence(text)
    assert capsys.readouterr().out.splitlines() == ["fault (tables):", f"  {'x' * 30}", "  is not there"]
    print_sentence("Make it again: encore run se_cnn --from-records.")
    assert capsys.readouterr().out.splitlines() == ["Make it again:", "encore run se_cnn --from-records"]
