"""A pool of Dask workers, which extract tracks and carry out runs, one run per worker at a time."""

import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import cloudpickle
import dask
import keras
from dask.utils import parse_timedelta
from distributed import CancelledError, Client, Future, KilledWorker, wait

from common.core.console import verbosity, warn
from common.core.errors import ClusterError, EncoreError
from common.core.interrupts import waiting
from common.execution import worker
from common.execution.session import WorkerCommand
from common.records.environment import package_versions
from common.records.source import source_digest
from common.runs.builder import PlannedRun
from common.runs.progress import ProgressDisplay, RunProgress
from common.runs.runner import Job, RunResult, busy_text

# How long to wait while there is no worker: key in Dask's configuration (e.g. DASK_ENCORE__WAIT_FOR_WORKERS), default.
_WAIT_FOR_WORKERS = "encore.wait-for-workers", "10 minutes"
_TRACKS_PER_TASK = 8
_POLL_SECONDS = 1.0


class DaskPool:
    """The workers of a command.

    Args:
        client: of the Dask scheduler.
        flag: command-line flag that asked for the workers, for messages.
        threads: `common.execution.worker.thread_settings` of the command, as they were before any worker was started.
    """

    def __init__(self, client: Client, flag: str, threads: dict[str, str | None]):
        self._client, self._flag, self._threads = client, flag, threads
        self._wait_seconds = parse_timedelta(dask.config.get(*_WAIT_FOR_WORKERS))
        self._no_worker_since: float | None = None
        self._counted, self._workers = 0.0, 0

    def wait_for_workers(self) -> None:
        """Wait until there is a worker.

        Raises:
            ClusterError: no worker joins in time, or the scheduler is gone.
        """
        while not self._count():
            with waiting():
                time.sleep(0.2)

    def parallel_map(self, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        """Apply a function to items on the workers; yields results in the order of the items, and computes only a few
        batches ahead of what was consumed.

        Raises:
            ClusterError: worker processes ended while running it, or no worker is left.
        """
        pickled = cloudpickle.dumps(function)
        batches = deque(items[first : first + _TRACKS_PER_TASK] for first in range(0, len(items), _TRACKS_PER_TASK))
        pending: deque[Future] = deque()
        try:
            while batches or pending:
                while batches and len(pending) < 2 * max(1, self._count()):
                    arguments = pickled, batches.popleft(), self._workers_per_machine(), self._threads
                    pending.append(self._client.submit(worker.apply_to_all, *arguments, pure=False))
                yield from self._value(pending[0])
                pending.popleft()
        finally:
            self._cancel(pending)

    def work(self, job: Job, progress: ProgressDisplay) -> Iterator[tuple[PlannedRun, RunResult]]:
        """Carry out the pending runs, one per worker at a time; the runs of a lost worker are repeated.

        Raises:
            ClusterError: there was no worker for too long, or the scheduler is gone.
            EncoreError: an error on a worker stops the whole command.
        """
        options = job.options.with_absolute_paths()
        command = cloudpickle.dumps(
            WorkerCommand(
                job.plan.paper,
                options,
                job.command,
                package_versions(),
                keras.backend.backend(),
                source_digest(job.plan.paper.key),
                verbosity(),
            )
        )
        # No more tasks than workers: Dask also counts a worker's death against the tasks that are queued on it.
        chains, submitted = deque(_chains(job.pending)), {}
        busy = _BusyChains()
        messages: queue.SimpleQueue = queue.SimpleQueue()
        self._client.subscribe_topic(job.command, lambda event: messages.put(event[1]))
        collector = _ResultCollector(job, progress)
        try:
            while chains or submitted or busy:
                chains.extend(busy.due())
                while chains and len(submitted) < self._count():
                    chain = chains.popleft()
                    ids = tuple(planned.run.id for planned in chain)
                    # The command is part of the key, because a run of this id in another command uses other folders;
                    # a run that was busy is sent again.
                    key = f"encore-{ids[0]}-{job.command}-{busy.times}"
                    future = self._client.submit(worker.do_runs, command, ids, self._threads, key=key, pure=False)
                    future.add_done_callback(messages.put)
                    submitted[future.key] = future, chain
                try:
                    with waiting():
                        item = messages.get(timeout=_POLL_SECONDS)
                except queue.Empty:
                    self._count()
                    continue
                if isinstance(item, Future):
                    future, chain = submitted.pop(item.key)
                    results, error = self._outcome(future, chain, job)
                    yield from collector.results([result for result in results if not result.busy], error)
                    if any(result.busy for result in results):
                        # Whole, because another worker may not have the weights of its first rounds.
                        busy.put(chain)
                else:
                    collector.take(item)
        finally:
            self._cancel([future for future, _ in submitted.values()])
            with suppress(Exception):  # the scheduler may be gone
                self._client.unsubscribe_topic(job.command)

    def _outcome(self, future: Future, chain: list[PlannedRun], job: Job) -> tuple[list[RunResult], EncoreError | None]:
        try:
            return self._value(future)
        except _WorkersEnded as error:
            results = []
            for planned in chain:
                record = job.record_of(planned)
                results.append(
                    RunResult(planned.run.id, failure=str(error))
                    if record is None
                    else RunResult(planned.run.id, record, trained=True)
                )
            return results, None

    def _value(self, future: Future) -> Any:
        """The result of a task; errors that users can fix are raised unchanged."""
        while not future.done():
            self._count()
            with suppress(TimeoutError), waiting():
                wait([future], timeout=_POLL_SECONDS)
        try:
            return future.result()
        except KilledWorker as error:
            raise _WorkersEnded(
                f"{self._flag}: {error.allowed_failures + 1} worker processes ended while running it. Lack of "
                "memory is the usual cause: give --memory-limit, a smaller batch (--set training.batch_windows=N), or "
                "fewer workers on one machine, and repeat the command."
            ) from error
        except CancelledError as error:
            raise self._gone() from error
        except ImportError as error:
            raise ClusterError(
                f"{self._flag}: a worker lacks a package that Encore needs ({error}). Start the workers from an "
                "environment where requirements.txt of this clone is installed; see common/execution/README.md."
            ) from error

    def _count(self) -> int:
        """Number of workers; the scheduler is asked at most once a second.

        Raises:
            ClusterError: there has been no worker for too long, or the scheduler is gone.
        """
        now = time.monotonic()
        if self._workers and now - self._counted < _POLL_SECONDS:
            return self._workers
        try:
            self._workers, self._counted = len(self._client.nthreads()), now
        except (OSError, CancelledError) as error:
            raise self._gone() from error
        if self._workers:
            self._no_worker_since = None
        elif self._no_worker_since is None:
            self._no_worker_since = now
            warn(f"{self._flag}: no worker is there; waiting for one ...")
        elif now - self._no_worker_since > self._wait_seconds:
            raise ClusterError(
                f"{self._flag}: no worker joined within {self._wait_seconds:.0f} s. Start one: dask worker ADDRESS "
                "--nthreads 1 --memory-limit 0 (see common/execution/README.md), or wait longer: "
                "DASK_ENCORE__WAIT_FOR_WORKERS='2 hours'."
            )
        return self._workers

    def _workers_per_machine(self) -> int:
        """Largest number of workers on one machine."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        return max(Counter(entry["host"] for entry in workers).values(), default=1)

    def _gone(self) -> ClusterError:
        return ClusterError(
            f"{self._flag}: the scheduler is gone. Finished runs and epochs are kept: start it and its workers again, "
            "then repeat the command."
        )

    def _cancel(self, futures: Sequence[Future]) -> None:
        """Cancel tasks; workers stop a cancelled run within a second of training."""
        with suppress(Exception):  # the scheduler may be gone
            self._client.cancel(list(futures))


class _BusyChains:
    """Chains whose first run another command is carrying out, until they are tried again."""

    def __init__(self) -> None:
        self._chains: list[list[PlannedRun]] = []
        self._since, self._said = 0.0, False
        self.times = 0

    def __len__(self) -> int:
        return len(self._chains)

    def put(self, chain: list[PlannedRun]) -> None:
        """Keep a chain for later."""
        if not self._chains:
            self._since = time.monotonic()
        self._chains.append(chain)
        self.times += 1
        if not self._said:
            warn(busy_text(chain[:1]))
            self._said = True

    def due(self) -> list[list[PlannedRun]]:
        """The chains that are to be tried again, a second after the first of them was busy."""
        if not self._chains or time.monotonic() - self._since < _POLL_SECONDS:
            return []
        due, self._chains = self._chains, []
        return due


class _WorkersEnded(ClusterError):
    """Worker processes ended while running one task."""


class _ResultCollector:
    """Receives progress messages and results of a command's runs, in any order, and shows them."""

    def __init__(self, job: Job, progress: ProgressDisplay):
        self._job, self._progress = job, progress
        self._planned = {planned.run.id: planned for planned in job.pending}
        self._callbacks: dict[str, RunProgress] = {}
        self._ended: set[str] = set()
        self._given: set[str] = set()

    def take(self, message: dict[str, Any]) -> None:
        """Show a progress message of a worker."""
        run_id = message["run"]
        if run_id in self._ended:
            return
        begun = run_id in self._callbacks
        callback = self._callback(run_id)
        match message["what"]:
            case "begin" if begun:
                callback.again()
            case "step":
                callback.on_step(message["step"])
            case "started":
                callback.on_epoch_begin(message["epoch"], message["batches"])
            case "batches":
                callback.batches(message["count"])
            case "finished":
                callback.on_epoch_end(message["entry"])
            case "end":
                self._end(run_id, message["line"])

    def results(self, results: list[RunResult], error: EncoreError | None) -> Iterator[tuple[PlannedRun, RunResult]]:
        """Keep the records that a task returned, then raise the error that stops the command, if there is one."""
        for result in results:
            if result.record is not None:
                self._job.keep(result.record)
            if result.run_id in self._given:
                continue  # a round of a chain that was sent again
            self._given.add(result.run_id)
            if result.run_id not in self._ended:
                self._end(result.run_id, result.line)
            yield self._planned[result.run_id], result
        if error is not None:
            raise error

    def _end(self, run_id: str, line: str) -> None:
        self._progress.end(self._callback(run_id), line)
        self._ended.add(run_id)

    def _callback(self, run_id: str) -> RunProgress:
        if run_id not in self._callbacks:
            planned = self._planned[run_id]
            self._callbacks[run_id] = self._progress.begin(
                planned.name,
                planned.run.experiment.training.epochs,
                short=f"[{planned.row_name}]",
                place=planned.place,
            )
        return self._callbacks[run_id]


def _chains(pending: Sequence[PlannedRun]) -> list[list[PlannedRun]]:
    """Groups of runs for one worker: runs that start from each other's weights, in order; any other run on its own."""
    chains: list[list[PlannedRun]] = []
    by_last: dict[str, list[PlannedRun]] = {}
    for planned in pending:
        chain = by_last.pop(planned.previous, None) if planned.previous else None
        if chain is None:
            chain = []
            chains.append(chain)
        chain.append(planned)
        by_last[planned.run.id] = chain
    return chains
