"""Messages: collected instead of printed, where a command makes something again that it only compares."""

import io
import sys

import pytest
from rich.console import Console

from common.core import console
from common.core.console import collected, progress, say, set_verbosity, show_step, warn
from common.core.tf_logging import quiet_start


@pytest.fixture
def terminal(monkeypatch) -> io.StringIO:
    """What is printed to a terminal of 120 columns."""
    screen = io.StringIO()
    monkeypatch.setattr(console, "messages", Console(file=screen, force_terminal=True, width=120))
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
