"""Functions that run on a Dask worker. Importing this module does not load TensorFlow; the first command does."""

import os
import pickle
import platform
import signal
import threading
from typing import Any

from common.core.errors import DataError, EncoreError
from common.core.tf_logging import quiet_start

# TensorFlow uses all cores for one run, and a compiled model from the cache can serve only one run at a time.
_one_run = threading.Lock()
_starting = threading.Lock()
# Limits on the threads of numerical libraries, because the last digit of sums depends on the number of threads.
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def dask_setup(_worker: Any) -> None:
    """Ignore Ctrl-C; Dask calls this in each local worker. The terminal sends Ctrl-C to all processes, but the main
    process ends its workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def thread_settings() -> dict[str, str | None]:
    """Thread limits in the environment of this process; None where a variable is not set."""
    return {name: os.environ.get(name) for name in _THREADS}


def do_runs(
    command: bytes, run_ids: tuple[str, ...], threads: dict[str, str | None]
) -> tuple[list[Any], EncoreError | None]:
    """Carry out runs of one command, one after another.

    Args:
        command: a pickled `common.execution.session.WorkerCommand`.
        run_ids: in the order in which to carry them out.
        threads: `thread_settings` of the process that sent the command.

    Returns:
        Results of the runs, and the error that stops the command, or None.
    """
    with _one_run:
        with _starting, quiet_start():
            from common.execution.session import session_of

            _set_threads(threads)
        return session_of(command).do(run_ids)


def apply_to_all(function: bytes, items: list[Any], neighbours: int, threads: dict[str, str | None]) -> list[Any]:
    """Apply a pickled function to items, in several threads.

    Args:
        neighbours: worker processes on this machine, including this one; they share its cores.
        threads: `thread_settings` of the process that sent the command.

    Raises:
        DataError: raised by the function; this machine's name is added.
    """
    with _starting, quiet_start():
        from joblib import Parallel, cpu_count, delayed

        called = pickle.loads(function)
        _set_threads(threads)
    thread_count = max(1, cpu_count() // neighbours)
    try:
        return Parallel(n_jobs=thread_count, prefer="threads")(delayed(called)(item) for item in items)
    except DataError as error:
        raise DataError(f"worker on {platform.node()}: {error}") from error


def _set_threads(threads: dict[str, str | None]) -> None:
    """Let numerical libraries use as many threads as in the main process; Dask's nanny limits them to one."""
    if threads == thread_settings():
        return
    for name, value in threads.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    from threadpoolctl import threadpool_limits

    # Libraries that are already loaded do not read the environment again.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    openmp = threads["OMP_NUM_THREADS"]
    blas = threads["OPENBLAS_NUM_THREADS"] or openmp
    threadpool_limits({"openmp": int(openmp or cores), "blas": int(blas or cores)})
