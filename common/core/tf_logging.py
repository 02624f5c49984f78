"""Hides TensorFlow's start-up messages; everything else that is written to the console still appears."""

import importlib
import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import BinaryIO

from common.core.console import PlainConsole, detail, is_verbose, progress, say, shows_progress
from common.core.interrupts import ending_at_once
from common.core.temporary import require_temporary_files
from common.core.words import ESCAPED

# Printed from C++ before any log level is read, so no setting silences them.
_STARTUP_MESSAGES = re.compile(
    r"All log messages before absl::InitializeLog|oneDNN custom operations are on|Could not find cuda drivers"
)
# Expected: a command that trains many networks traces a training step for each.
_RETRACING = "triggered tf.function retracing"
# Values of KERAS_BACKEND -> names of the backends besides TensorFlow.
_BACKENDS = {"jax": "JAX", "torch": "PyTorch"}


def _backend() -> str:
    """What is started: TensorFlow reads the data on every backend of Keras."""
    backend = _BACKENDS.get(os.environ.get("KERAS_BACKEND", ""))
    return f"TensorFlow and {backend}" if backend else "TensorFlow"


def _is_not_retracing(record: logging.LogRecord) -> bool:
    return _RETRACING not in record.getMessage()


@contextmanager
def _announcement(standard_error: int, what: str) -> Iterator[None]:
    """Say that something is being started; on a terminal with a bar that moves until it is.

    Args:
        standard_error: a descriptor of it, which is not held back meanwhile.
        what: is started.
    """
    what = f"starting {what}"
    if not shows_progress():
        say(f"{what} ...")
        yield
        return
    with (
        open(os.dup(standard_error), "w", encoding=sys.stderr.encoding or "utf-8", errors=ESCAPED) as file,
        progress(what, console=PlainConsole(file=file, force_terminal=True)),
    ):
        yield


def _held_output() -> BinaryIO:
    """A file that holds back what is written to standard error: in memory where the system has such files, so that a
    full disk does not matter."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("encore-messages"), "w+b", buffering=0)
    require_temporary_files()
    return tempfile.TemporaryFile(buffering=0)


@contextmanager
def quiet_start(*, announced: bool = False, what: str = "") -> Iterator[None]:
    """Hold back standard error while the block imports Keras, and TensorFlow after it, then print what is not a
    start-up message of TensorFlow; print all of it where details are asked for.

    Args:
        announced: whether a line says that Keras is being started, because that takes seconds; where Keras is imported
            already, there is none.
        what: is started, where it is not Keras; it is then announced in any case.
    """
    began, is_new = time.perf_counter(), "keras" not in sys.modules
    logging.getLogger("tensorflow").addFilter(_is_not_retracing)
    if not is_verbose():
        # Read when gRPC is imported: its messages on ports stand beside those of Encore otherwise.
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    sys.stderr.flush()
    original = os.dup(2)
    is_said = announced and (is_new or bool(what))
    with (
        _announcement(original, what or _backend()) if is_said else nullcontext(),
        _held_output() as held,
        ending_at_once(),
    ):
        os.dup2(held.fileno(), 2)
        try:
            yield
            if is_new and "keras" in sys.modules:
                # On other backends Keras loads it with the first network, and then it would print its messages.
                with suppress(ImportError):
                    importlib.import_module("tensorflow")
        finally:
            sys.stderr.flush()
            os.dup2(original, 2)
            os.close(original)
            held.seek(0)
            for line in held.read().decode("utf-8", errors="replace").splitlines():
                if is_verbose() or not _STARTUP_MESSAGES.search(line):
                    print(line, file=sys.stderr)
            if is_new and "keras" in sys.modules:
                detail(f"loaded Keras and its backend in {time.perf_counter() - began:.1f} s")
