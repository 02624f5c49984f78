"""Standard input, output and error that a parent process has closed."""

import os
import sys


def open_closed_streams() -> None:
    """Open those of standard input, output and error that are closed on the null device.

    Otherwise the next file that is opened would take the descriptor of a closed one, and what libraries print would be
    written into it; and Python's own stream would be None.
    """
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest descriptor that is free: those below are open by now.
            os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(descriptor, True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
