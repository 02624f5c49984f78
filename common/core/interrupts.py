"""Ctrl-C that Python alone would lose."""

import _thread
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Raised at once, it would be lost in the same place.
_RAISED_AGAIN_AFTER_SECONDS = 0.02


@contextmanager
def kept_interrupts() -> Iterator[None]:
    """While the block runs, an interrupt that arrives in the freeing of an object is raised again after it.

    There, Python can only print "Exception ignored in ..." and go on, as if nobody had pressed Ctrl-C: TensorFlow frees
    its functions in Python code, so an interrupt in the midst of training sometimes arrives in it.
    """
    others = sys.unraisablehook

    def raise_again(unraisable: "sys.UnraisableHookArgs") -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            timer = threading.Timer(_RAISED_AGAIN_AFTER_SECONDS, _thread.interrupt_main)
            timer.daemon = True  # a command that ends meanwhile does not wait for it
            timer.start()
        else:
            others(unraisable)

    sys.unraisablehook = raise_again
    try:
        yield
    finally:
        sys.unraisablehook = others
