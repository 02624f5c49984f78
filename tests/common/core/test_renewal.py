"""A process whose program is replaced by the same command."""

import subprocess
import sys
from pathlib import Path

import pytest

from common.core.renewal import can_renew
from tests.helpers.loopback import ROOT

PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from common.core.interrupts import end_on_signals, stop_if_asked
from common.core.renewal import can_renew, is_renewed, renew
end_on_signals()
assert can_renew()
file = Path(sys.argv[1])
assert is_renewed() == file.exists()
begun = file.read_text().splitlines() if file.exists() else []
file.write_text("\\n".join([*begun, f"{os.getpid()} {' '.join(sys.argv[2:])} {os.getcwd()}"]))
if begun and "signalled" in sys.argv:
    time.sleep(30)
if len(begun) < 2:
    print("printed by", len(begun))
    if "signalled" in sys.argv:
        replace = os.execv
        os.execv = lambda *program: (os.kill(os.getpid(), signal.SIGINT), replace(*program))
    renew()
stop_if_asked()
print("whole")
"""


def carried_out(folder: Path, *arguments: str) -> tuple[subprocess.CompletedProcess, list[str]]:
    file = folder / "begun.txt"
    command = [sys.executable, "-c", PROGRAM, str(file), *arguments]
    ended = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60
    )
    return ended, file.read_text().splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="a program cannot be replaced there")
def test_the_same_command_goes_on_in_the_same_process(tmp_path):
    ended, begun = carried_out(tmp_path, "--fresh", "a b")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == ["printed by 0", "printed by 1", "whole"]
    process = begun[0].split()[0]
    assert begun == [f"{process} --fresh a b {tmp_path}"] * 3


@pytest.mark.skipif(sys.platform == "win32", reason="a program cannot be replaced there")
def test_a_program_that_is_read_from_standard_input_is_not_renewed():
    code = "from common.core.interrupts import end_on_signals; end_on_signals()\n"
    code += "from common.core.renewal import can_renew; print(can_renew())"
    ended = subprocess.run(
        [sys.executable, "-"], input=code, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60
    )
    assert ended.stdout == "False\n"


@pytest.mark.skipif(sys.platform == "win32", reason="a program cannot be replaced there")
def test_a_signal_that_arrives_meanwhile_reaches_the_new_program(tmp_path):
    ended, begun = carried_out(tmp_path, "signalled")
    assert (ended.returncode, ended.stderr) == (130, "interrupted\n")
    assert len(begun) == 2


def test_a_process_that_is_no_command_of_its_own_is_not_renewed():
    assert not can_renew()
