"""Temporary folders: private, removed, and one line where none can be made."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from common.core.console import set_verbosity
from common.core.errors import DataError
from common.core.locks import lock
from common.core.temporary import require_temporary_files, temporary_folder, temporary_root
from common.core.tf_logging import quiet_start
from tests.helpers.other_user import CAN_CHANGE_USER, USER


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_only_the_user_can_enter_a_temporary_folder_and_it_is_removed(root):
    with temporary_folder("song") as folder:
        assert folder.parent == root
        assert re.fullmatch(r"encore-song-\w{8}", folder.name)
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "a" / "b").mkdir(parents=True)
        (folder / "a").chmod(0o500)  # as the copy of a folder that can only be read
    assert list(root.iterdir()) == []


_KILLED = """
import os, signal, sys, tempfile
tempfile.tempdir = sys.argv[1]
from common.core.temporary import temporary_folder
with temporary_folder("verify") as folder:
    (folder / "records").write_bytes(b"x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_folder_of_a_killed_process_is_removed_by_the_next_of_its_purpose(root):
    subprocess.run([sys.executable, "-c", _KILLED, str(root)], check=False, env={**os.environ, "PYTHONPATH": _ROOT})
    (left,) = root.iterdir()
    with temporary_folder("verify"):
        assert left.exists(), "it may be new, and without its lock yet"
    os.utime(left, (1, 1))
    with temporary_folder("song"):
        assert left.exists()
    with lock(left / ".lock", flag="TMPDIR"), temporary_folder("verify"):
        os.utime(left, (1, 1))
        assert (left / "records").exists(), "its process is alive"
    os.utime(left, (1, 1))
    with temporary_folder("verify"):
        assert not left.exists()


_ROOT = str(Path(__file__).parents[3])


@pytest.mark.skipif(not CAN_CHANGE_USER, reason="needs a folder of another user")
def test_folders_of_other_users_and_links_stay(root):
    other, target = root / "encore-verify-abcdefgh", root / "elsewhere"
    for folder in (other, target):
        folder.mkdir()
        os.utime(folder, (1, 1))
    os.chown(other, USER, -1)
    link = root / "encore-verify-ijklmnop"
    link.symlink_to(target)
    with temporary_folder("verify"):
        pass
    assert sorted(path.name for path in root.iterdir()) == sorted([target.name, link.name, other.name])


def test_where_no_temporary_file_can_be_written_one_line_names_the_variable(root, monkeypatch):
    gone = root / "gone"
    monkeypatch.setattr(tempfile, "tempdir", str(gone))
    line = rf"^{gone}: temporary files cannot be written \(No such file or directory\)\. Set TMPDIR to a writable"
    with pytest.raises(DataError, match=line):
        require_temporary_files()
    with pytest.raises(DataError, match=line), temporary_folder("song"):
        pytest.fail("there is no folder")
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(gone)])
    for call in (temporary_root, require_temporary_files):
        with pytest.raises(DataError, match=r"^TMPDIR: temporary files cannot be written \(No usable temporary dir"):
            call()


def test_a_full_disk_is_noticed_before_libraries_do(monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(DataError, match=r"temporary files cannot be written \(No space left on device\)\. Set TMPDIR"):
        require_temporary_files()


def test_start_up_messages_are_held_back_without_a_temporary_file_where_the_system_can(root, capfd):
    set_verbosity("normal")  # whatever a test before has set
    # pytest itself needs temporary files between the two blocks.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(root / "gone"))
        with quiet_start():
            os.write(2, b"I tensorflow: oneDNN custom operations are on\nour own line\n")
    assert capfd.readouterr().err == "our own line\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(root / "gone"))
        patch.delattr(os, "memfd_create")
        with pytest.raises(DataError, match="Set TMPDIR"), quiet_start():
            pytest.fail("nothing can hold the messages back")
