"""The folder of all caches where there is no home folder, or none that can be written to."""

import os
import pwd
import tempfile
from pathlib import Path

import pytest

import data_pipeline.cache
from common.cli.app import run_app
from common.core.console import collected
from common.core.errors import DataError
from common.encore.main import make_command
from data_pipeline.cache import DEFAULT_CACHE, cache_folder


@pytest.fixture
def homeless(monkeypatch, tmp_path):
    """No HOME and no account, as for any user in a container; temporary files are in a folder of the test."""

    def no_account(user):
        raise KeyError(f"getpwuid(): uid not found: {user}")

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", no_account)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    data_pipeline.cache._without_home.cache_clear()
    yield tmp_path / "temporary"
    data_pipeline.cache._without_home.cache_clear()


def test_without_a_home_folder_caches_are_in_one_of_the_users_own_among_temporary_files(homeless):
    with collected() as lines:
        found = [cache_folder(), cache_folder(DEFAULT_CACHE)]
    assert found == [homeless / f"encore-cache-{os.getuid()}"] * 2
    (line,) = lines
    assert "warning: there is no home folder (HOME is not set), so features are kept in" in line
    assert line.endswith("choose another folder with --cache")


def test_without_a_home_folder_the_folder_of_caches_is_used_where_one_is_set(homeless, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert cache_folder() == tmp_path / "caches" / "encore"
    # A folder that was asked for is taken.
    assert cache_folder(tmp_path) == tmp_path
    with pytest.raises(DataError, match="the home folder that its ~ stands for is not known"):
        cache_folder("~/other")


def test_a_home_folder_that_cannot_be_written_to_is_not_used(homeless, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "encore"
    # Not by permissions, which do not bind the administrator.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with collected() as lines:
        assert cache_folder().parent == homeless
    assert f"{tmp_path} cannot be written to" in lines[0]


def test_somebody_elses_home_folder_is_not_used(homeless, monkeypatch, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    exists = Path.exists

    def only_outside(path):
        if home in path.parents:
            raise PermissionError(13, "Permission denied")
        return exists(path)

    monkeypatch.setattr(Path, "exists", only_outside)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != home)
    assert cache_folder().parent == homeless


def test_somebody_elses_folder_among_temporary_files_is_not_used(homeless, tmp_path):
    (homeless / f"encore-cache-{os.getuid()}").symlink_to(tmp_path)
    with pytest.raises(DataError, match="is not a folder of this user"):
        cache_folder()


@pytest.mark.parametrize("line", ["list", "run nnet --list", "data", "show nnet", "duplicates --help"])
def test_commands_run_without_a_home_folder(homeless, line, capsys):
    assert run_app(make_command(), line.split()) == 0
    assert "error" not in capsys.readouterr().err
