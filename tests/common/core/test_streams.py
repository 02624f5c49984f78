"""Commands whose parent process has closed standard input, output or error."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# What would be written into the next file by mistake goes to descriptor 1 or 2, as a library in C prints.
_COMMAND = """
import os, sys
from common.core.interrupts import end_on_signals
end_on_signals()
with open(sys.argv[1], "wb") as file:
    for descriptor in (1, 2):
        os.write(descriptor, b"printed")
    print("text", flush=True)
    print("text", file=sys.stderr, flush=True)
    assert sys.stdin.read() == ""
    file.write(b"kept")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a parent closes descriptors on POSIX")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_nothing_is_printed_into_a_file_in_place_of_a_closed_stream(tmp_path, closed):
    file, script = tmp_path / "file", tmp_path / "script.py"
    script.write_text(_COMMAND)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    shell = f'exec "$0" "$@" {closed}'
    done = subprocess.run(["sh", "-c", shell, sys.executable, script, file], env=environment, stdin=subprocess.DEVNULL)
    assert (done.returncode, file.read_bytes()) == (0, b"kept")


@pytest.mark.skipif(sys.platform == "win32", reason="a parent closes descriptors on POSIX")
def test_a_command_without_standard_output_ends_as_it_would_with_one():
    shell = 'exec "$0" -m common.encore list se_cnn >&-'
    done = subprocess.run(["sh", "-c", shell, sys.executable], stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
