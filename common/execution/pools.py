"""Pools of workers: local worker processes, or a running Dask cluster."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dask
from distributed import Client, LocalCluster, Security

from common.core.console import say, warn
from common.core.errors import ClusterError
from common.core.interrupts import no_interrupts_in_children
from common.core.temporary import temporary_folder
from common.core.words import counted
from common.execution import worker
from common.execution.certificates import Certificates, is_encrypted
from common.execution.dask_pool import DaskPool

_CONNECT_SECONDS = 10
# Dask's schedulers and workers also serve HTTP, which asks nobody for a certificate. It cannot be turned off, but left
# without anything to serve.
_NO_PAGES = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}


def _started(jobs: int, scratch: Path) -> LocalCluster:
    try:
        with no_interrupts_in_children():
            return LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                processes=True,
                memory_limit=0,
                security=Security.temporary(),
                local_directory=str(scratch),
                dashboard_address="127.0.0.1:0",  # a fixed port may be in use
                scheduler_kwargs={"dashboard": False},
                silence_logs=logging.CRITICAL,
                preload=worker.__name__,
            )
    except RuntimeError as error:
        raise ClusterError(
            f"--jobs {jobs}: workers cannot be started on this machine ({error}). Go on without --jobs."
        ) from error


@contextmanager
def local_workers(jobs: int) -> Iterator[DaskPool]:
    """Start `jobs` worker processes on this machine, which end with the `with` block. What starts them says so, because
    importing this module already takes seconds.

    Scheduler and workers take connections only of those who hold a certificate that exists in the memory of this
    command and its workers: any user of the machine reaches their ports.

    Raises:
        DataError: temporary files cannot be written.
    """
    _silence()
    # Dask sets these variables in this process, too, when it starts the first worker.
    threads = worker.thread_settings()
    with (
        # A folder of Dask's own would be shared with other users.
        temporary_folder("workers") as scratch,
        # The scheduler has its own setting.
        dask.config.set(_NO_PAGES | {"temporary-directory": str(scratch)}),
        _started(jobs, scratch) as cluster,
        Client(cluster) as client,
    ):
        try:
            yield DaskPool(client, f"--jobs {jobs}", threads)
        finally:
            say(f"stopping {counted(jobs, 'worker')} ...")


@contextmanager
def cluster_workers(address: str, certificates: Certificates | None = None) -> Iterator[DaskPool]:
    """Connect to a running Dask scheduler.

    Args:
        address: e.g. `tls://host:8786`.
        certificates: for the scheduler; None for those of Dask's configuration.

    Raises:
        ClusterError: no scheduler answers at the address or takes the certificates, or it has no workers for too long.
    """
    flag = f"--cluster {address}"
    _silence()
    try:
        security = (certificates or Certificates()).security()
        client = Client(address, security=security, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ClusterError(
            f"{flag}: no Dask scheduler answers there ({reason}). Expected an address such as tls://host:8786 of a "
            "running `dask scheduler`, and certificates that fit it; common/execution/README.md shows how to start one."
        ) from error
    if not is_encrypted(client.scheduler.address):
        warn(
            f"{flag}: without TLS, so whoever reaches the scheduler can run code on its workers as their user; "
            "common/execution/README.md shows how to start it with certificates"
        )
    with client:
        pool = DaskPool(client, flag, worker.thread_settings())
        pool.wait_for_workers()
        yield pool


def _silence() -> None:
    """Silence Dask's messages on lost workers and schedulers; Encore reports those itself."""
    for name in ("distributed", "distributed.client"):  # the second sets its own level
        logging.getLogger(name).setLevel(logging.CRITICAL)
