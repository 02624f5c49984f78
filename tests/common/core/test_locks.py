"""Locks between processes: who waits, who shares, and what is said where a lock cannot be taken."""

import errno
import fcntl
import getpass
import os
import re
import threading

import pytest

from common.core.errors import DataError
from common.core.locks import lock
from tests.helpers.other_user import CAN_CHANGE_USER, as_other_user, shared_folder, umask

TAKE = "with lock(folder / 'a.lock', flag='--cache') as is_mine:\n    print('held', is_mine)"


def test_a_lock_that_another_holds_is_refused_or_waited_for(tmp_path):
    path, order = tmp_path / "new" / "a.lock", []
    entered = threading.Event()

    def hold():
        with lock(path, flag="--out"):
            entered.set()
            with lock(path, flag="--out", wait=False) as again:
                order.append(f"second lock {again}")
            order.append("first ends")

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(10)
    with lock(path, flag="--out") as is_mine:
        order.append(f"after it {is_mine}")
    holder.join()
    assert order == ["second lock False", "first ends", "after it True"]
    with lock(path, flag="--out", wait=False) as is_mine:
        assert is_mine


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_lock_files_have_the_permissions_of_the_umask(tmp_path, mask, mode):
    with umask(mask), lock(tmp_path / "a.lock", flag="--out"):
        pass
    assert (tmp_path / "a.lock").stat().st_mode & 0o777 == mode


def test_a_lock_file_of_another_user_is_one_line_that_names_the_owner_and_the_flag():
    with shared_folder(0o777) as folder:
        with umask(0o022), lock(folder / "a.lock", flag="--cache"):
            pass
        if not CAN_CHANGE_USER:
            (folder / "a.lock").chmod(0o444)
        said = as_other_user(TAKE, folder)
    assert re.fullmatch(
        rf"refused: {re.escape(str(folder))}/a\.lock: belongs to {getpass.getuser()}, and cannot be opened for writing "
        r"\(Permission denied\)\. To share the folder, .*umask 002.*; or give another folder with --cache\.",
        said,
    )


def test_members_of_a_group_share_a_lock():
    with shared_folder(0o2775) as folder:
        with umask(0o002), lock(folder / "a.lock", flag="--cache"):
            pass
        assert as_other_user(TAKE, folder, mask=0o002) == "held True"


def test_a_folder_that_cannot_be_written_to_is_one_line():
    with shared_folder(0o555) as folder:
        said = as_other_user(TAKE, folder)
    assert said == (
        f"refused: {folder}/a.lock: cannot be created (Permission denied). Give a writable folder with free space with "
        "--cache."
    )


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_refused(tmp_path, monkeypatch, code):
    def without(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", without)
    with (
        pytest.raises(
            DataError, match=rf"a\.lock: its file system has no locks \({os.strerror(code)}\).* with --out\.$"
        ),
        lock(tmp_path / "a.lock", flag="--out"),
    ):
        pytest.fail("the block ran without the lock")
