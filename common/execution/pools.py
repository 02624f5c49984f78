"""Pools of workers: local worker processes, or a running Dask cluster."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from distributed import Client, LocalCluster

from common.core.console import say
from common.core.errors import ClusterError
from common.core.interrupts import no_interrupts_in_children
from common.core.words import counted
from common.execution import worker
from common.execution.dask_pool import DaskPool

_CONNECT_SECONDS = 10


@contextmanager
def local_workers(jobs: int) -> Iterator[DaskPool]:
    """Start `jobs` worker processes on this machine, which end with the `with` block. What starts them says so, because
    importing this module already takes seconds."""
    _silence()
    # Dask sets these variables in this process, too, when it starts the first worker.
    threads = worker.thread_settings()
    with no_interrupts_in_children():
        started = LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,
            dashboard_address="127.0.0.1:0",  # it cannot be turned off; a fixed port may be in use
            silence_logs=logging.CRITICAL,
            preload=worker.__name__,
        )
    with started as cluster, Client(cluster) as client:
        try:
            yield DaskPool(client, f"--jobs {jobs}", threads)
        finally:
            say(f"stopping {counted(jobs, 'worker')} ...")


@contextmanager
def cluster_workers(address: str) -> Iterator[DaskPool]:
    """Connect to a running Dask scheduler.

    Args:
        address: e.g. `tcp://host:8786`.

    Raises:
        ClusterError: no scheduler answers at the address, or it has no workers for too long.
    """
    flag = f"--cluster {address}"
    _silence()
    try:
        client = Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ClusterError(
            f"{flag}: no Dask scheduler answers there ({reason}). Expected an address such as tcp://host:8786 of a "
            "running `dask scheduler`; common/execution/README.md shows how to start one."
        ) from error
    with client:
        pool = DaskPool(client, flag, worker.thread_settings())
        pool.wait_for_workers()
        yield pool


def _silence() -> None:
    """Silence Dask's messages on lost workers and schedulers; Encore reports those itself."""
    for name in ("distributed", "distributed.client"):  # the second sets its own level
        logging.getLogger(name).setLevel(logging.CRITICAL)
