"""Code that runs as another user of the machine, who shares folders with this one."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common.core import locks

# A user and a group that own nothing; no account is needed for them.
USER, GROUP = 61234, 61234
# The administrator, whom permissions do not bind, can become another user; anyone else stays who they are.
CAN_CHANGE_USER = hasattr(os, "geteuid") and os.geteuid() == 0
_ROOT = Path(locks.__file__).parents[2]
# Modules are loaded before: the interpreter may lie in a folder that the other user cannot enter.
_CHILD = """
import encodings.idna, os, pathlib, sys, tempfile
sys.path.insert(0, {root!r})
{imports}
from common.core.locks import lock
with tempfile.TemporaryDirectory() as scratch, lock(pathlib.Path(scratch, "a.lock"), flag="--cache"):
    pass
from common.core.errors import EncoreError
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({group})
    os.setuid({user})
os.umask({umask})
folder = pathlib.Path(sys.argv[1])
try:
{code}
except EncoreError as error:
    print("refused:", error)
"""


@contextmanager
def shared_folder(mode: int) -> Iterator[Path]:
    """An empty folder that other users reach, unlike pytest's own; its group is `GROUP` where that is possible."""
    folder = Path(tempfile.mkdtemp(prefix="encore-shared-", dir=tempfile.gettempdir()))
    try:
        if CAN_CHANGE_USER:
            os.chown(folder, -1, GROUP)
        folder.chmod(mode)
        yield folder
    finally:
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir():
                path.chmod(0o700)
        shutil.rmtree(folder)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Another umask during the block."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def as_other_user(code: str, folder: Path, *, imports: str = "", mask: int = 0o022) -> str:
    """What code prints that runs as another user, in the group `GROUP`; as this user where that is not possible.

    Args:
        code: it finds the folder as `folder`; an `EncoreError` is printed as one line that begins with `refused:`.
        imports: lines that load what the code needs.
        mask: umask of the other user.
    """
    indented = "\n".join(f"    {line}" for line in code.strip().splitlines())
    script = _CHILD.format(root=str(_ROOT), imports=imports, user=USER, group=GROUP, umask=mask, code=indented)
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# Drops the capabilities with which Linux's administrator reads and writes every file.
_BIND = """
import ctypes, os, sys
if os.geteuid() == 0:
    for capability in (1, 2):
        if ctypes.CDLL(None, use_errno=True).prctl(24, capability, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "a capability cannot be dropped")
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def run_bound(arguments: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess:
    """Run Python with these arguments in a folder, as this user, whom permissions bind even where it is the
    administrator."""
    return subprocess.run(
        [sys.executable, "-c", _BIND, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=os.environ | {"PYTHONPATH": str(_ROOT)} | environment,
    )


@contextmanager
def only_readable(folder: Path) -> Iterator[None]:
    """Take the right to write away from everything in a folder during the block."""
    found = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode & 0o777 for path in found}
    for path in reversed(found):
        path.chmod(modes[path] & 0o555)
    try:
        yield
    finally:
        for path in found:
            path.chmod(modes[path])
