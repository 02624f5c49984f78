"""How SIGINT (Ctrl-C) and SIGTERM end a command.

Python raises KeyboardInterrupt wherever the main thread happens to be. Inside the freeing of an object, which
TensorFlow does in Python code, it is printed and lost; inside libraries it comes out as another error, and a run seems
to have failed. So a command has handlers of its own: they only take note of the signal, and the command stops at the
next `stop_if_asked`, which is called at each batch, clip, trial and table. Where nothing calls it in time, because the
command imports, compiles or waits, a thread ends the process.

Programs that import Encore, and notebooks, have no such handlers: Python's own KeyboardInterrupt stays.
"""

import atexit
import gc
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from common.core.streams import open_closed_streams

# Windows' SIGTERM cannot be caught.
_SIGNALS = (signal.SIGINT,) if sys.platform == "win32" else (signal.SIGINT, signal.SIGTERM)
# From the first signal until a process that has not ended by itself is ended.
_PATIENCE_SECONDS = 3.0
RUNS_ARE_KEPT = "finished runs and epochs are kept; the same command (without --fresh) continues from there"
CACHE_IS_KEPT = "finished parts of the cache are kept; the same command continues from there"


# In the environment of a process that was started with signals held back: the descriptor of those that came so far, see
# `hold_signals`.
_HELD = "ENCORE_HELD_SIGNALS"


class Interrupted(KeyboardInterrupt):
    """The command was asked to stop. Not an `Exception`, so that nothing takes it for a failed run."""


class _State:
    """Of this process."""

    installed = False
    # The signal that asked the command to stop; None so far.
    asked: int | None = None
    # What the line at the end says after the signal; empty where nothing is left to continue.
    kept = ""
    # Whether the line was printed.
    is_said = False
    # Blocks in which nothing has to be brought to an end.
    at_once = 0
    # Blocks in which the main thread does nothing but wait.
    waiting = 0
    # Standard error as it was at the start: what is written to descriptor 2 may be held back.
    standard_error = 2
    # Whether a signal was noted as `asked`, by the handler or by the thread that reads signals; the thread receives
    # all of them.
    is_noted = False
    is_received = False
    # Of a command that has ended; None before.
    exit_code: int | None = None
    # Files that are being written, and folders for such files.
    temporary: set[Path] = set()


# Its lock is one that a signal handler may take while the main thread holds it.
_changed = threading.Condition(threading.RLock())


def end_on_signals() -> None:
    """Let SIGINT and SIGTERM end this process, which is a command, as this module describes. Call it first, before
    imports that take long: until `run_app` begins the command, a signal ends the process at once.

    A signal that the parent process lets this process ignore, as `nohup` does, is ignored. Outside the main thread,
    which alone can have handlers, nothing is done.
    """
    if _State.installed or threading.current_thread() is not threading.main_thread():
        return
    _State.installed = True
    open_closed_streams()
    _State.at_once += 1
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _on_signal)
    _State.standard_error = os.dup(2)
    atexit.register(_end_last)  # the first that is registered is the last that is called
    # Not when a signal comes: a process that is about to end cannot start threads.
    threading.Thread(target=_end_when_late, name="end of the command", daemon=True).start()
    if sys.platform != "win32":
        # Python's own handlers wait for the main thread, which may be inside a library for long; bytes are written to
        # this pipe whatever the main thread does.
        read_end, write_end = os.pipe()
        os.set_blocking(write_end, False)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        threading.Thread(target=_read_signals, args=(read_end,), name="signals", daemon=True).start()
        if _State.asked is not None:
            _received(_State.asked)  # it came before there was a pipe
        if held := os.environ.pop(_HELD, None):
            _take_held(int(held))


def end_with(code: int) -> NoReturn:
    """End this process, in which a command has ended. Its threads and `atexit` functions come to their end, in which a
    signal still ends it as this module describes. Python is not taken apart after that: with TensorFlow in memory this
    takes a second or more, in which signals are lost and nothing is shown."""
    _State.exit_code = code
    gc.freeze()  # no search for unreachable objects either
    sys.exit(code)


def _end_last() -> None:
    if _State.exit_code is None:
        return
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return  # Python says so itself
    os._exit(_State.exit_code)


def is_command() -> bool:
    """Whether this process is a command whose signals are handled as this module describes."""
    return _State.installed


def hold_signals() -> None:
    """Hold signals back until the program that takes this process's place calls `end_on_signals`.

    Raises:
        Interrupted: one came before.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    # The threads of libraries receive signals until the program is replaced; this pipe keeps them.
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    stop_if_asked()
    os.set_inheritable(read_end, True)
    os.environ[_HELD] = str(read_end)


def _take_held(read_end: int) -> None:
    """Take note of the signals that were held back."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    for number in os.read(read_end, 64):
        if number in _SIGNALS:
            _received(number)
    os.close(read_end)


def asked_to_stop() -> int | None:
    """Number of the signal that asked this command to stop; None where none did."""
    return _State.asked


def stop_if_asked() -> None:
    """Stop the command where a signal asked for it. Called where a step of the work ends, in any thread; only the main
    thread stops.

    Raises:
        Interrupted: it was asked to stop.
    """
    if _State.asked is not None and threading.current_thread() is threading.main_thread():
        raise Interrupted


def raise_if_interrupted(error: BaseException) -> None:
    """Raise the interrupt that caused an error: libraries turn a KeyboardInterrupt into errors of their own, e.g. a
    SystemError.

    Raises:
        KeyboardInterrupt: it did.
    """
    stop_if_asked()
    seen: list[BaseException] = []
    causes: list[BaseException | None] = [error]
    while causes:
        cause = causes.pop()
        if isinstance(cause, KeyboardInterrupt):
            raise cause
        if cause is not None and not any(cause is one for one in seen):
            seen.append(cause)
            causes += [cause.__cause__, cause.__context__]


def keeps(what: str) -> None:
    """Say in the line at the end what an interrupted command keeps; without it the line says only that it ended."""
    _State.kept = what


def exit_code_of(number: int) -> int:
    """Exit code of a command that a signal ended."""
    return 128 + number


def take_line() -> str | None:
    """The line that says how the command ended; None where it was printed."""
    with _changed:
        if _State.is_said:
            return None
        _State.is_said = True
    began = "ended by SIGTERM" if _State.asked == signal.SIGTERM else "interrupted"
    return f"{began}: {_State.kept}" if _State.kept else began


def set_aside() -> None:
    """The command ends as it should with this signal, e.g. one that serves until Ctrl-C."""
    with _changed:
        _State.asked = None
        _changed.notify_all()


@contextmanager
def ending_at_once(at_once: bool = True) -> Iterator[None]:
    """In this block a signal ends the process at once, because it leaves nothing unfinished: imports, which may take
    longer than a command may take to end.

    Args:
        at_once: False to end with what is under way in a block inside such a block.
    """
    change = 1 if at_once else -_State.at_once
    _change_at_once(change)
    try:
        yield
    finally:
        _change_at_once(-change)


def _change_at_once(change: int) -> None:
    with _changed:
        _State.at_once += change
        _changed.notify_all()


@contextmanager
def waiting() -> Iterator[None]:
    """In this block the main thread does nothing but wait, e.g. for a lock: a signal is raised there.

    Raises:
        Interrupted: the command was asked to stop.
    """
    is_main = threading.current_thread() is threading.main_thread()
    _State.waiting += is_main
    try:
        stop_if_asked()
        yield
    finally:
        _State.waiting -= is_main


@contextmanager
def being_written(temporary: Path) -> Iterator[None]:
    """Remove this file or folder where a signal ends the process inside the block."""
    _State.temporary.add(temporary)
    try:
        yield
    finally:
        _State.temporary.discard(temporary)


@contextmanager
def no_interrupts_in_children() -> Iterator[None]:
    """Let processes that are started in this block, or later from threads that are started in it, never receive SIGINT:
    a terminal sends Ctrl-C to all processes of a command, but the first one ends the others itself."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    # Its start by `multiprocessing` would let the thread that starts it, and so the next processes, receive SIGINT.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _on_signal(number: int, frame: object) -> None:
    if sys.platform == "win32":
        _received(number)
    else:
        _note(number)
    if _State.waiting:
        raise Interrupted


def _note(number: int) -> None:
    with _changed:
        if not _State.is_noted:
            _State.is_noted, _State.asked = True, number


def _read_signals(read_end: int) -> None:
    while True:
        for number in os.read(read_end, 64):
            if number in _SIGNALS:
                _received(number)


def _received(number: int) -> None:
    """Take note of a signal: the first asks the command to stop, the second ends it."""
    if _State.is_received:
        _end_process()
    with _changed:
        _note(number)
        _State.is_received = True
        _changed.notify_all()


def _end_when_late() -> None:
    """Wait for a signal, then end a command that does not end by itself."""
    with _changed:
        _changed.wait_for(lambda: _State.is_received)
        _changed.wait_for(lambda: _State.at_once > 0 or _State.asked is None, _PATIENCE_SECONDS)
        if _State.asked is None:
            return
    _end_process()


def _end_process() -> NoReturn:
    """End the process wherever its main thread is. Files are complete or absent, so this loses only what is under
    way."""
    code = exit_code_of(_State.asked or signal.SIGINT)
    line = take_line()
    if line is not None:
        with suppress(OSError):
            os.write(_State.standard_error, _terminal_text(line).encode())
    for step, most_seconds in _LAST_STEPS.items():
        # In a thread of its own: whatever the other threads hold, the process ends.
        thread = threading.Thread(target=step, daemon=True)
        with suppress(RuntimeError):  # Python is about to end, and starts no threads any more
            thread.start()
            thread.join(most_seconds)
    os._exit(code)


def _terminal_text(line: str) -> str:
    """The line; on a terminal instead of a progress bar, whose cursor is hidden."""
    return f"\r\x1b[2K\x1b[?25h{line}\n" if os.isatty(_State.standard_error) else f"{line}\n"


def _remove_temporary_files() -> None:
    for temporary in tuple(_State.temporary):
        with suppress(OSError):
            if temporary.is_dir():
                shutil.rmtree(temporary, ignore_errors=True)
            else:
                temporary.unlink(missing_ok=True)


def _free_semaphores() -> None:
    """Free what processes share: otherwise a helper process of `multiprocessing` reports it as leaked."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util._run_finalizers(0)


def _end_children() -> None:
    # Late, because most commands are not interrupted.
    import psutil

    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            # The helper process of `multiprocessing` ends by itself, after it has freed what is left.
            if not any("resource_tracker" in part for part in child.cmdline()):
                child.kill()


# What is done before a process is ended, with the seconds that it may take.
_LAST_STEPS = {_free_semaphores: 0.3, _end_children: 1.0, _remove_temporary_files: 0.2}
