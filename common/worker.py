"""What is sent to a Dask worker. Importing this starts no TensorFlow: that is done quietly, with the first errand."""

import pickle
import platform
import threading
from typing import Any

from common.errors import DataError, EncoreError
from common.quiet import quiet_start

# TensorFlow uses all cores for one run, and a network that is used again serves one run at a time.
_one_run = threading.Lock()
_starting = threading.Lock()


def do_runs(errand: bytes, run_ids: tuple[str, ...]) -> tuple[list[Any], EncoreError | None]:
    """Carry out runs of one command, one after another.

    Args:
        errand: a pickled `common.station.Errand`.

    Returns:
        Results of the runs, and the error that stops the command, if there was one.
    """
    with _one_run:
        with _starting, quiet_start():
            from common.station import station_of
        return station_of(errand).do(run_ids)


def apply_to_all(function: bytes, items: list[Any], neighbours: int) -> list[Any]:
    """Apply a pickled function to items, in threads.

    Args:
        neighbours: worker processes on this machine, this one counted; they share its cores.

    Raises:
        DataError: of the function, with this machine's name.
    """
    with _starting, quiet_start():
        from joblib import Parallel, cpu_count, delayed

        called = pickle.loads(function)
    threads = max(1, cpu_count() // neighbours)
    try:
        return Parallel(n_jobs=threads, prefer="threads")(delayed(called)(item) for item in items)
    except DataError as error:
        raise DataError(f"worker on {platform.node()}: {error}") from error
