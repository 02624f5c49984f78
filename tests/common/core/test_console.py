"""Messages: collected instead of printed, where a command makes something again that it only compares."""

import io
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from common.cli.app import run_app
from common.cli.screen import print_json, print_lines
from common.core import console, interrupts
from common.core.console import (
    PlainConsole,
    clock,
    collected,
    each_warning_once,
    print_message,
    progress,
    say,
    set_verbosity,
    show_step,
    times_text,
    warn,
)
from common.core.errors import SpecError
from common.core.interrupts import Interrupted
from common.core.tf_logging import quiet_start
from common.core.words import printable
from common.reports.screen.notes import Line

ROOT = Path(__file__).parents[3]


def _terminal(screen: io.StringIO, width: int) -> Console:
    return Console(file=screen, force_terminal=True, width=width, no_color=True, highlight=False, soft_wrap=True)


@pytest.fixture
def terminal(monkeypatch) -> io.StringIO:
    """What is printed to a terminal of 120 columns."""
    screen = io.StringIO()
    monkeypatch.setattr(console, "messages", Console(file=screen, force_terminal=True, width=120))
    return screen


@pytest.fixture
def narrow(monkeypatch) -> io.StringIO:
    """What is printed to a terminal of 40 columns."""
    screen = io.StringIO()
    monkeypatch.setattr(console, "messages", _terminal(screen, 40))
    return screen


def test_lines_are_collected_instead_of_printed(capsys):
    with collected() as lines:
        say("one [bracket]")
        warn("two")
        with collected() as inner:
            warn("three")
    warn("four")
    assert (lines, inner) == (["one [bracket]", "warning: two"], ["warning: three"])
    assert capsys.readouterr().err == "warning: four\n"


def test_without_a_terminal_work_is_named_when_it_begins(capsys):
    with progress("making tables"):
        assert capsys.readouterr().err == "making tables ...\n"
        show_step("table 5.1")
    with progress("reading", 1, unit="clips") as advance:
        assert capsys.readouterr().err == "reading: 1 clip ...\n"
        advance(1)
    assert capsys.readouterr().err == "reading: done\n"


def test_on_a_terminal_a_bar_names_what_is_being_done(terminal):
    with progress("making tables"):
        show_step("table [5.1]")
    with progress("reading", 2, unit="clips") as advance:
        advance(2)
    assert "making tables" in terminal.getvalue()
    assert "table [5.1]" in terminal.getvalue()
    assert "2/2" in terminal.getvalue()
    seen = len(terminal.getvalue())
    show_step("no bar is open")
    assert len(terminal.getvalue()) == seen


def test_quiet_commands_name_nothing(terminal, capsys):
    set_verbosity("quiet")
    try:
        with progress("making tables"), progress("reading", 1, unit="clips"):
            show_step("table 5.1")
        say("one")
    finally:
        set_verbosity("normal")
    assert (terminal.getvalue(), capsys.readouterr().err) == ("", "")


@pytest.mark.parametrize(("backend", "what"), [("", "TensorFlow"), ("jax", "TensorFlow and JAX")])
def test_the_start_of_keras_is_announced_once(capsys, monkeypatch, backend, what):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    with quiet_start(announced=True):
        assert capsys.readouterr().err == f"starting {what} ...\n"
        monkeypatch.setitem(sys.modules, "keras", sys)
    with quiet_start(announced=True):
        pass
    assert capsys.readouterr().err == ""


MESSAGE = "of the windows of the demo, in total 25 % are in /a/path/that-is-longer/than-the-screen/of-40-columns"


def test_on_a_terminal_a_command_at_the_end_can_be_copied_as_one_line(narrow):
    command = "encore run se_cnn --table 5.1 --row se-0,se-5 --split holdout"
    console.say(f"table 5.1, rows not run yet: {command}")
    console.warn(f"a\n  no numbers yet; this makes them: {command}")
    lines = narrow.getvalue().splitlines()
    assert [line for line in lines if line.startswith("encore")] == [command] * 2
    assert lines[0] == "table 5.1, rows not run yet:"


def test_on_a_terminal_messages_are_broken_between_words_and_paths_stay_whole(narrow):
    say(MESSAGE)
    assert narrow.getvalue().splitlines() == [
        "of the windows of the demo, in total",
        "  25 % are in",
        "  /a/path/that-is-longer/than-the-screen/of-40-columns",
    ]


def test_indented_lines_of_a_message_stay_lines(narrow):
    say("one\n    two\n  three")
    assert narrow.getvalue() == "one\n    two\n  three\n"


# A file may be named like this: a line break and a message, an escape that hides what was printed, a link, an order of
# characters that hides its suffix; markup and an emoji of the library that prints.
NASTY = "a\nerror: b\x1b[2J\x1b]8;;http://c\x07\u202egpj.\u200b[red]d[/red][link=http://e]:smile:\x9b\r"
SHOWN = r"a\nerror: b\x1b[2J\x1b]8;;http://c\x07\u202egpj.\u200b[red]d[/red][link=http://e]:smile:\x9b\r"


@pytest.mark.parametrize("put", [say, warn, print_message, console.say_unbroken])
def test_names_in_messages_neither_begin_a_line_nor_steer_the_terminal(put, capsys):
    put(NASTY)
    assert capsys.readouterr().err.removeprefix("warning: ") == f"{SHOWN}\n"


def test_a_traceback_among_the_details_has_its_lines(capsys, monkeypatch):
    monkeypatch.setattr(console._State, "verbosity", "verbose")
    console.detail("Traceback:\n  File a\nValueError: b\n")
    assert capsys.readouterr().err == "Traceback:\n    File a\n  ValueError: b\n"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_whatever_a_console_prints_is_text(is_terminal):
    screen = io.StringIO()
    plain = PlainConsole(file=screen, width=200, force_terminal=is_terminal, no_color=True)
    table = RichTable("name")
    for cell in (NASTY, Text(NASTY)):
        table.add_row(cell)
    for what in (NASTY, Text(NASTY), table):
        plain.print(what)
    printed = screen.getvalue()
    # Of the library itself, where the screen is a terminal: nothing but styles.
    printed = re.sub(r"\x1b\[[0-9;]*m", "", printed) if is_terminal else printed
    assert not [one for one in printed if one != "\n" and printable(one) != one]
    # Rich itself leaves out a bell and a carriage return, and begins a line; the table cuts what is too long.
    shown = r" b\x1b[2J\x1b]8;;http://c\u202egpj.\u200b[red]d[/red][link=http://e]:smile:\x9b"
    assert printed.count(f"error:{shown}") == 2


def test_bars_show_names_as_they_are(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(console, "messages", PlainConsole(file=screen, width=200, force_terminal=True, no_color=True))
    with progress("reading", 2) as advance:
        show_step("[red]a[/red]\x1b]0;b\u202e:smile:")
        advance(1)
    assert r"reading: [red]a[/red]\x1b]0;b\u202e:smile:" in screen.getvalue()
    assert "\x1b]" not in screen.getvalue()


def test_errors_show_names_as_they_are(capsys):
    app = typer.Typer()

    @app.command()
    def fail() -> None:
        raise SpecError(f"{NASTY}: no such folder.")

    assert run_app(app, []) == 2
    assert capsys.readouterr().err == f"error: {SHOWN}: no such folder.\n"


def test_errors_are_broken_between_words_too(narrow):
    def fail():
        raise SpecError(MESSAGE)

    app = typer.Typer()
    app.command()(fail)
    assert run_app(app, []) == 2
    assert max(map(len, narrow.getvalue().splitlines()[:-1])) <= 60
    assert "  /a/path/that-is-longer/than-the-screen/of-40-columns" in narrow.getvalue()


def test_in_a_log_a_message_is_one_line(capsys):
    say(MESSAGE)
    assert capsys.readouterr().err == f"{MESSAGE}\n"


WHAT = "extracting log-mel spectrograms of the demo corpus (128 mel bands, hop of 512 samples)"


def last_bar(screen: io.StringIO, words: str) -> str:
    """The last line that was drawn with these words."""
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.getvalue())
    return [line for line in re.split(r"[\r\n]", plain) if words in line][-1].rstrip()


def test_no_number_of_a_bar_is_cut_at_80_columns(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(console, "messages", _terminal(screen, 80))
    with progress(WHAT, 25000, unit="clips") as advance:
        advance(24999)
    last = last_bar(screen, "24999")
    assert "24999/25000 clips, 0:0" in last
    assert last.startswith("extracting log-mel")
    assert "…" in last


def test_characters_that_the_output_cannot_show_are_escaped_everywhere(monkeypatch):
    written = {name: io.BytesIO() for name in ("stdout", "stderr")}
    for name, stream in written.items():
        monkeypatch.setattr(sys, name, io.TextIOWrapper(stream, encoding="ascii", write_through=True))
    app = typer.Typer()

    @app.command()
    def show() -> None:
        # Also where the bar itself consists of characters that the encoding lacks.
        monkeypatch.setattr(console, "messages", Console(stderr=True, force_terminal=True, width=120))
        with progress("reading \u65e5\u672c", 2, unit="clips") as advance:
            advance(2)
        warn("\u00b1 caf\udce9")
        print_lines([Line("16.3 \u00b1 0.2", "bold")])
        print_json({"\u65e5": "\udce9"})

    assert run_app(app, []) == 0
    assert rb"reading \u65e5\u672c" in written["stderr"].getvalue()
    assert rb"warning: \xb1 caf\xe9" in written["stderr"].getvalue()
    shown = written["stdout"].getvalue().decode("ascii")
    assert shown.startswith("16.3 \\xb1 0.2\n")
    assert json.loads(shown.partition("\n")[2]) == {"\u65e5": "\udce9"}


def test_a_reader_that_stops_reading_ends_a_command_quietly():
    """As `| head -1` does."""
    command = [sys.executable, "-m", "common.encore", "list", "--json"]
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    started.stdout.close()
    assert started.stderr.read() == b""
    started.stderr.close()
    assert started.wait() == 1


def test_a_short_name_of_a_bar_has_the_whole_one_above_and_an_ended_bar_no_time_left(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(console, "messages", _terminal(screen, 80))
    with progress(WHAT, 96, unit="clips", short="features") as advance:
        advance(96)
    assert screen.getvalue().startswith("extracting log-mel spectrograms of the demo corpus (128 mel bands")
    assert re.search(r"features 96/96 clips, 0:00 ━{40,}$", last_bar(screen, "96/96"))


def test_a_bar_that_tells_nothing_afterwards_is_removed(monkeypatch):
    ended = {}
    for transient in (False, True):
        screen = io.StringIO()
        monkeypatch.setattr(console, "messages", _terminal(screen, 80))
        with progress("checking", 2, unit="files", transient=transient) as advance:
            advance(2)
        ended[transient] = screen.getvalue()
    assert ended[True].endswith("\x1b[1A\x1b[2K")
    assert not ended[False].endswith("\x1b[2K")


def test_the_time_left_follows_the_time_passed_until_the_end():
    task = SimpleNamespace(finished=False, elapsed=13.4, time_remaining=8.9)
    assert times_text(task) == "0:13, 0:08 left"
    assert times_text(SimpleNamespace(**vars(task) | {"time_remaining": None})) == "0:13"
    assert times_text(SimpleNamespace(**vars(task) | {"finished": True})) == "0:13"


@pytest.mark.parametrize(("seconds", "text"), [(8.9, "0:08"), (73, "1:13"), (3608, "1:00:08")])
def test_times_have_hours_only_from_one_hour_on(seconds, text):
    assert clock(seconds) == text


def test_a_bar_of_nothing_is_not_shown(terminal, capsys):
    with progress("comparing clips", 0, unit="blocks"):
        pass
    assert (terminal.getvalue(), capsys.readouterr().err) == ("", "")


def test_the_start_of_keras_moves_a_bar_on_a_terminal_while_standard_error_is_held_back(monkeypatch, capfd):
    monkeypatch.setattr(console, "messages", Console(file=io.StringIO(), force_terminal=True))
    monkeypatch.setenv("KERAS_BACKEND", "")
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    with quiet_start(announced=True):
        time.sleep(0.3)
        shown = capfd.readouterr().err
        monkeypatch.setitem(sys.modules, "keras", sys)
    assert shown.count("starting TensorFlow") >= 2


def test_each_warning_is_printed_once_in_a_block_and_again_after_it(capsys):
    for _ in range(2):
        with each_warning_once():
            for _ in range(2):
                warn("a file is torn")
                say("a step")
                with each_warning_once():
                    warn("a file is torn")
            warn("another file is torn")
    said = capsys.readouterr().err
    assert (said.count("a file is torn"), said.count("another file is torn"), said.count("a step")) == (2, 2, 4)
    warn("a file is torn")
    warn("a file is torn")
    assert capsys.readouterr().err.count("a file is torn") == 2


@pytest.mark.parametrize("total", [0, None, 3])
def test_progress_stops_a_command_that_was_asked_to(terminal, monkeypatch, total):
    with progress("reading", total) as advance:
        advance(1)
        monkeypatch.setattr(interrupts._State, "asked", signal.SIGINT)
        with pytest.raises(Interrupted):
            advance(1)
        with pytest.raises(Interrupted):
            show_step("a table")
