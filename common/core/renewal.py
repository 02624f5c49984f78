"""A command that goes on in a new process, where its own would hold more and more memory."""

import os
import signal
import sys
from typing import NoReturn

from common.core.interrupts import hold_signals, is_command

_FRESH = "--fresh"


def can_renew() -> bool:
    """Whether `renew` can be called: this process is a command, and the system can replace its program."""
    return is_command() and hasattr(signal, "pthread_sigmask")


def renew() -> NoReturn:
    """Replace this process by one with the same command, without `--fresh`, so that it continues. It keeps the process
    id, the terminal and the working folder; nothing of its memory is left. Signals that arrive meanwhile reach it.

    Call it where every file is closed and every lock free.
    """
    arguments = [argument for argument in sys.orig_argv[1:] if argument != _FRESH]
    sys.stdout.flush()
    sys.stderr.flush()
    hold_signals()
    os.execv(sys.executable, [sys.executable, *arguments])
