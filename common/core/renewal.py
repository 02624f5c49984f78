"""A command that goes on in a new process, where its own would hold more and more memory."""

import functools
import os
import signal
import sys
from typing import NoReturn

from common.core.interrupts import hold_signals, is_command

# In the environment of a process that continues a command.
_RENEWED = "ENCORE_RENEWED"


def can_renew() -> bool:
    """Whether `renew` can be called: this process is a command, the system can replace its program, and the program is
    in a file or on the command line: one that is read from standard input is used up."""
    has_program = os.path.exists(getattr(sys.modules["__main__"], "__file__", "")) or "-c" in sys.orig_argv
    return is_command() and hasattr(signal, "pthread_sigmask") and has_program


@functools.cache
def is_renewed() -> bool:
    """Whether this process continues a command, which then does not begin afresh."""
    # Processes that this one starts do not continue it.
    return os.environ.pop(_RENEWED, None) is not None


def renew() -> NoReturn:
    """Replace this process by one with the same command, for which `is_renewed` holds. It keeps the process id, the
    terminal and the working folder; nothing of its memory is left. Signals that arrive meanwhile reach it.

    Call it where every file is closed and every lock free.

    Raises:
        OSError: the system cannot start the program.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    hold_signals()
    os.environ[_RENEWED] = "1"
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
