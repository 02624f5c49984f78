"""Temporary files that killed processes left: which are removed, and which never."""

import os
import time

import pytest

from common.core.console import set_verbosity
from common.core.files import write_by_path, write_bytes
from common.core.leftovers import is_temporary, remove_leftovers, temporary_path


def names_in(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def changed(path, seconds_ago: float) -> None:
    then = time.time() - seconds_ago
    os.utime(path, (then, then))


def left_in(folder) -> tuple[str, str]:
    """Leave two temporary files in a folder, as writers do that are killed before they rename them."""
    temporary = []

    def is_killed(path, write):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                os, "replace", lambda source, _: temporary.append(source) or os.link(source, f"{source}.kept")
            )
            write(path)
        os.rename(f"{temporary[-1]}.kept", temporary[-1])

    is_killed(folder / "checkpoint.npz", lambda path: write_bytes(path, b"half"))
    is_killed(
        folder / "best.weights.h5",
        lambda path: write_by_path(path, lambda place: place.write_bytes(b"half"), suffix=".weights.h5"),
    )
    return tuple(path.name for path in temporary)


def test_what_writers_leave_is_recognised_by_its_name(tmp_path):
    of_checkpoint, of_weights = left_in(tmp_path)
    assert names_in(tmp_path) == sorted([of_checkpoint, of_weights])
    assert is_temporary(of_checkpoint)
    assert is_temporary(of_weights)
    assert of_weights.endswith(".weights.h5")
    # As earlier versions named them.
    assert is_temporary(".checkpoint.npz.k3_x0abz.tmp")
    for name in ("checkpoint.npz", ".lock", ".hidden.tmp", "notes.abcdefgh.tmp", ".a.ABCDEFGH.tmp", ".x-1.part"):
        assert not is_temporary(name)


def test_the_holder_of_the_lock_removes_all_of_them_and_nothing_else(tmp_path):
    left_in(tmp_path)
    kept = ["..tmp", ".lock", "checkpoint.npz", "later"]
    for name in kept[:3]:
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "later").mkdir()
    left_in(tmp_path / "later")
    remove_leftovers(tmp_path, tmp_path / "is not there", unchanged_seconds=0)
    assert names_in(tmp_path) == kept
    assert len(names_in(tmp_path / "later")) == 2


def test_without_the_lock_only_files_are_removed_that_nobody_changed_for_an_hour(tmp_path):
    new, old = temporary_path(tmp_path / "a.json"), temporary_path(tmp_path / "b.json")
    for path, minutes in ((new, 59), (old, 61)):
        path.write_bytes(b"half")
        changed(path, minutes * 60)
    remove_leftovers(tmp_path)
    assert names_in(tmp_path) == [new.name]


def test_verbose_commands_say_how_many_were_removed(tmp_path, capsys):
    left_in(tmp_path)
    set_verbosity("verbose")
    try:
        remove_leftovers(tmp_path, unchanged_seconds=0)
        remove_leftovers(tmp_path, unchanged_seconds=0)
    finally:
        set_verbosity("normal")
    assert capsys.readouterr().err.count("removed 2 temporary files of processes that were killed") == 1
