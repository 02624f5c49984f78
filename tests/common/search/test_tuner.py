"""The lock of a search, and what killed processes left in its folder."""

import os
from pathlib import Path

import pytest

from common.core.errors import ResumeError
from common.core.leftovers import temporary_path
from common.records.paths import SearchPaths
from common.search.folder import SearchFolder
from common.search.tuner import search_lock


@pytest.fixture
def folder(tmp_path: Path) -> SearchFolder:
    return SearchFolder(SearchPaths(tmp_path / "searches" / "tiny"))


def test_a_search_that_another_command_runs_is_refused_until_that_ends(folder):
    with (
        search_lock(folder),
        pytest.raises(ResumeError, match=r"tiny: another command is running this search\. Wait for it"),
        search_lock(folder),
    ):
        pytest.fail("two commands have the lock")
    with search_lock(folder):
        pass


def test_old_temporary_notes_of_killed_workers_are_removed_and_new_ones_are_not(folder):
    paths = folder.paths
    old = [temporary_path(path) for path in (paths.trial("0001"), paths.record("a"), paths.state)]
    new = temporary_path(paths.trial("0002"))
    for file in (*old, new):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("half")
    for file in old:
        os.utime(file, (1, 1))
    with search_lock(folder):
        assert [file.exists() for file in (*old, new)] == [False, False, False, True]
