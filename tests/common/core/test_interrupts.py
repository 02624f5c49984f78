"""Ctrl-C that arrives while Python frees an object."""

import sys
import time

import pytest
import typer

from common.cli.app import run_app
from common.core.interrupts import kept_interrupts


class _Freed:
    """Its freeing is interrupted."""

    def __init__(self, error: type[BaseException]):
        self._error = error

    def __del__(self):
        raise self._error


def _free(error: type[BaseException]) -> None:
    _Freed(error)
    # Time for what is raised again to arrive.
    until = time.monotonic() + 2
    while time.monotonic() < until:
        pass


def test_an_interrupt_in_the_freeing_of_an_object_ends_a_command(capsys):
    app, went_on = typer.Typer(), []

    @app.command()
    def train() -> None:
        _free(KeyboardInterrupt)
        went_on.append(True)

    assert run_app(app, []) == 130
    assert went_on == []
    said = capsys.readouterr().err
    assert said.startswith("interrupted: finished runs and epochs are kept")
    assert "Exception ignored" not in said


def test_other_errors_in_the_freeing_of_an_object_are_reported_as_before(monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: seen.append(unraisable.exc_type))
    before = sys.unraisablehook
    with kept_interrupts():
        _Freed(ValueError)
        with pytest.raises(KeyboardInterrupt):
            _free(KeyboardInterrupt)
    assert seen == [ValueError]
    assert sys.unraisablehook is before
