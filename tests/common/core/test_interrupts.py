"""How SIGINT and SIGTERM end a command, in processes of their own."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from common.core import interrupts
from common.core.interrupts import Interrupted, raise_if_interrupted, stop_if_asked

_ROOT = Path(__file__).resolve().parents[3]
_START = """
import gc, os, signal, subprocess, sys, threading, time
from pathlib import Path
from common.core import interrupts
from common.core.interrupts import *

def ready():
    print("ready", flush=True)

def wait_for_the_signal():
    until = time.monotonic() + 20
    while interrupts.asked_to_stop() is None and time.monotonic() < until:
        pass

end_on_signals()
"""
# Longer than a test may take: what ends the process is not the time that it has.
_PATIENT = "interrupts._PATIENCE_SECONDS = 60\n"
_IMPATIENT = "interrupts._PATIENCE_SECONDS = 0.2\n"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of other systems")


class Command:
    """A process that runs code of a command, after `end_on_signals`."""

    def __init__(self, code: str, **options):
        self.process = subprocess.Popen(
            [sys.executable, "-c", _START + code],
            env=os.environ | {"PYTHONPATH": str(_ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def send(self, *numbers: int) -> "Command":
        """Send signals once it prints that it is ready."""
        assert self.process.stdout.readline() == "ready\n"
        for number in numbers:
            self.process.send_signal(number)
        return self

    def ended(self) -> tuple[int, str, str]:
        """Exit code, what it printed after it was ready, and its messages."""
        try:
            printed, said = self.process.communicate(timeout=30)
        finally:
            self.process.kill()
        return self.process.returncode, printed, said


def test_before_the_work_a_signal_ends_the_command_at_once():
    assert Command(_PATIENT + "ready(); time.sleep(60)").send(signal.SIGINT).ended() == (130, "", "interrupted\n")


def test_a_signal_is_raised_at_the_next_step():
    code = """
with ending_at_once(False):
    ready()
    wait_for_the_signal()
    print("still working")
    try:
        stop_if_asked()
    except Interrupted:
        print("stopped")
        with_code = exit_code_of(asked_to_stop())
        print(take_line())
        sys.exit(with_code)
"""
    assert Command(_PATIENT + code).send(signal.SIGINT).ended() == (130, "still working\nstopped\ninterrupted\n", "")


def test_a_signal_in_the_freeing_of_an_object_is_not_lost():
    code = """
class Freed:
    def __del__(self):
        ready()
        wait_for_the_signal()

with ending_at_once(False):
    Freed()
    try:
        stop_if_asked()
    except Interrupted:
        print("stopped")
"""
    assert Command(_PATIENT + code).send(signal.SIGINT).ended() == (0, "stopped\n", "")


@pytest.mark.parametrize(
    ("sent", "code", "line"),
    [(signal.SIGINT, 130, "interrupted: runs are kept\n"), (signal.SIGTERM, 143, "ended by SIGTERM: runs are kept\n")],
)
def test_where_nothing_reads_the_signal_the_process_is_ended_with_its_children_and_temporary_files(
    tmp_path, sent, code, line
):
    script = """
from common.core.files import write_atomically
keeps("runs are kept")

def write(file):
    file.write(b"begun")
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path("child").write_text(str(child.pid))
    ready()
    time.sleep(60)

with ending_at_once(False):
    write_atomically(Path("written"), write)
"""
    assert Command(_IMPATIENT + script, cwd=tmp_path).send(sent).ended() == (code, "", line)
    assert [path.name for path in tmp_path.iterdir()] == ["child"]
    child = int((tmp_path / "child").read_text())
    if psutil.pid_exists(child):
        psutil.Process(child).wait(10)


def test_a_process_is_ended_within_five_seconds_of_a_signal():
    assert interrupts._PATIENCE_SECONDS + sum(interrupts._LAST_STEPS.values()) < 5


def test_a_second_signal_ends_the_process_at_once_with_the_code_of_the_first():
    code = """
with ending_at_once(False):
    ready()
    wait_for_the_signal()
    ready()
    time.sleep(60)
"""
    command = Command(_PATIENT + code).send(signal.SIGTERM).send(signal.SIGINT)
    assert command.ended() == (143, "", "ended by SIGTERM\n")


def test_a_signal_is_raised_where_the_main_thread_only_waits():
    code = """
with ending_at_once(False):
    try:
        with waiting():
            ready()
            time.sleep(60)
    except Interrupted:
        print("stopped")
"""
    assert Command(_PATIENT + code).send(signal.SIGINT).ended() == (0, "stopped\n", "")


def test_the_line_is_shown_where_standard_error_is_held_back(tmp_path):
    code = f"""
with open({str(tmp_path / "held")!r}, "wb") as held:
    os.dup2(held.fileno(), 2)
ready()
time.sleep(60)
"""
    assert Command(_PATIENT + code).send(signal.SIGINT).ended() == (130, "", "interrupted\n")


def test_a_block_that_leaves_nothing_unfinished_is_ended_at_once_and_not_what_follows():
    code = """
with ending_at_once(False):
    with ending_at_once():
        pass
    ready()
    wait_for_the_signal()
    time.sleep(0.5)
    print("went on", flush=True)
    with ending_at_once():
        time.sleep(60)
"""
    assert Command(_PATIENT + code).send(signal.SIGINT).ended() == (130, "went on\n", "interrupted\n")


def test_a_signal_that_is_set_aside_does_not_end_the_process():
    code = """
with ending_at_once(False):
    try:
        with waiting():
            ready()
            time.sleep(60)
    except Interrupted:
        set_aside()
    time.sleep(1)
    stop_if_asked()
    print("went on")
"""
    assert Command(_IMPATIENT + code).send(signal.SIGINT).ended() == (0, "went on\n", "")


def test_a_signal_that_the_parent_lets_the_command_ignore_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        command = Command("print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)")
    finally:
        signal.signal(signal.SIGINT, before)
    assert command.ended() == (0, "True\n", "")


def test_processes_that_are_started_without_interrupts_receive_none():
    code = """
with no_interrupts_in_children():
    thread = threading.Thread(target=lambda: time.sleep(0.2) or start())

def start():
    print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout.strip(), flush=True)

child = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
with no_interrupts_in_children():
    thread.start()
start()
thread.join()
"""
    code_, printed, said = Command(code).ended()
    assert (code_, sorted(printed.split()), said) == (0, ["False", "True"], "")


def test_modules_that_are_imported_leave_the_handlers_of_python():
    code = "import signal, common.launch, common.cli.app, common.audit, common.duplicates, common.encore.start\n"
    code += "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
    code += "print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(_ROOT)}, capture_output=True, text=True
    )
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_only_the_main_thread_stops(monkeypatch):
    monkeypatch.setattr(interrupts._State, "asked", signal.SIGINT)
    ended = []
    thread = threading.Thread(target=lambda: stop_if_asked() or ended.append(True))
    thread.start()
    thread.join()
    assert ended == [True]
    with pytest.raises(Interrupted):
        stop_if_asked()


def test_an_interrupt_that_caused_an_error_is_found():
    interrupt = KeyboardInterrupt()
    error = SystemError("returned a result with an exception set")
    error.__cause__ = RuntimeError("while it was traced")
    error.__cause__.__context__ = interrupt
    with pytest.raises(KeyboardInterrupt) as raised:
        raise_if_interrupted(error)
    assert raised.value is interrupt


def test_an_error_without_an_interrupt_is_left_alone():
    error = ValueError("its own")
    error.__context__ = error.__cause__ = RuntimeError("another")
    error.__cause__.__context__ = error
    raise_if_interrupted(error)


def test_after_the_command_its_last_functions_are_called_and_a_signal_ends_them():
    code = """
import atexit

@atexit.register
def last():
    ready()
    time.sleep(60)

interrupts.end_with(0)
"""
    assert Command(_PATIENT + code).send(signal.SIGINT).ended() == (130, "", "interrupted\n")


def test_after_its_last_functions_nothing_is_left_in_which_a_signal_is_lost():
    code = """
import atexit

class Slow:
    def __del__(self):
        print("taken apart")

atexit.slow = Slow()  # freed where Python takes its modules apart
atexit.register(print, "last")
ready()
print("x" * 100_000)
interrupts.end_with(3)
"""
    code, printed, said = Command(_PATIENT + code).ended()
    assert (code, printed.splitlines(), said) == (3, ["ready", "x" * 100_000, "last"], "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_output_that_cannot_be_written_at_the_end_is_said():
    with open("/dev/full", "w") as full:
        code = "import sys; from common.core.interrupts import end_on_signals, end_with; end_on_signals()\n"
        ended = subprocess.run(
            [sys.executable, "-c", code + "print('lost'); end_with(0)"],
            env=os.environ | {"PYTHONPATH": str(_ROOT), "PYTHONUNBUFFERED": ""},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )
    assert ended.returncode == 120
    assert "No space left on device" in ended.stderr
