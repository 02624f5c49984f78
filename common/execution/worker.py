"""What is sent to a Dask worker. Importing this starts no TensorFlow: that is done quietly, with the first errand."""

import os
import pickle
import platform
import signal
import threading
from typing import Any

from common.core.errors import DataError, EncoreError
from common.core.tf_logging import quiet_start

# TensorFlow uses all cores for one run, and a network that is used again serves one run at a time.
_one_run = threading.Lock()
_starting = threading.Lock()
# How many threads numerical libraries use, where they do not use all cores: sums differ by it in the last digit.
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def dask_setup(_worker: Any) -> None:
    """Dask calls this in each local worker. Ctrl-C reaches all processes of a terminal, but the one that was given the
    command ends its workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def thread_settings() -> dict[str, str | None]:
    """What the environment of this process says of threads."""
    return {name: os.environ.get(name) for name in _THREADS}


def do_runs(
    errand: bytes, run_ids: tuple[str, ...], threads: dict[str, str | None]
) -> tuple[list[Any], EncoreError | None]:
    """Carry out runs of one command, one after another.

    Args:
        errand: a pickled `common.execution.session.WorkerCommand`.
        threads: `thread_settings` of the process that gave the command.

    Returns:
        Results of the runs, and the error that stops the command, if there was one.
    """
    with _one_run:
        with _starting, quiet_start():
            from common.execution.session import session_of

            _calculate_alike(threads)
        return session_of(errand).do(run_ids)


def apply_to_all(function: bytes, items: list[Any], neighbours: int, threads: dict[str, str | None]) -> list[Any]:
    """Apply a pickled function to items, in threads.

    Args:
        neighbours: worker processes on this machine, this one counted; they share its cores.
        threads: `thread_settings` of the process that gave the command.

    Raises:
        DataError: of the function, with this machine's name.
    """
    with _starting, quiet_start():
        from joblib import Parallel, cpu_count, delayed

        called = pickle.loads(function)
        _calculate_alike(threads)
    at_once = max(1, cpu_count() // neighbours)
    try:
        return Parallel(n_jobs=at_once, prefer="threads")(delayed(called)(item) for item in items)
    except DataError as error:
        raise DataError(f"worker on {platform.node()}: {error}") from error


def _calculate_alike(threads: dict[str, str | None]) -> None:
    """Let numerical libraries use as many threads as for the command itself: Dask's nanny tells them to use one."""
    if threads == thread_settings():
        return
    for name, value in threads.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    from threadpoolctl import threadpool_limits

    # Those that are loaded have read the environment already.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    openmp = threads["OMP_NUM_THREADS"]
    blas = threads["OPENBLAS_NUM_THREADS"] or openmp
    threadpool_limits({"openmp": int(openmp or cores), "blas": int(blas or cores)})
