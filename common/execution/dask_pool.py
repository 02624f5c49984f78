"""Worker processes and what they are asked to do: runs, one at a time each, and the extraction of tracks."""

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

from common.core.console import say
from common.core.errors import ClusterError, EncoreError
from common.execution import worker
from common.execution.session import WorkerCommand
from common.records.environment import package_versions
from common.runs.builder import PlannedRun
from common.runs.progress import ProgressDisplay, RunProgress
from common.runs.runner import Job, RunResult

# How long there may be no worker at all: in Dask's configuration, e.g. as DASK_ENCORE__WAIT_FOR_WORKERS.
_WAIT_FOR_WORKERS = "encore.wait-for-workers", "10 minutes"
_TRACKS_AT_ONCE = 8
_TICK_SECONDS = 1.0


class DaskPool:
    """The workers of a command.

    Args:
        flag: what asked for them, for messages.
    """

    def __init__(self, client: Client, flag: str):
        self._client, self._flag = client, flag
        self._patience = parse_timedelta(dask.config.get(*_WAIT_FOR_WORKERS))
        self._alone_since: float | None = None
        self._counted, self._workers = 0.0, 0

    def wait_for_workers(self) -> None:
        """Return once there is a worker.

        Raises:
            ClusterError: none joins in time, or the scheduler is gone.
        """
        while not self._count():
            time.sleep(0.2)

    def parallel_map(self, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        """Apply a function to items on the workers; results come in the order of the items, and only a few are ever
        ahead of what was taken.

        Raises:
            ClusterError: workers died over it, or none is left.
        """
        pickled = cloudpickle.dumps(function)
        batches = deque(items[first : first + _TRACKS_AT_ONCE] for first in range(0, len(items), _TRACKS_AT_ONCE))
        under_way: deque[Future] = deque()
        try:
            while batches or under_way:
                while batches and len(under_way) < 2 * max(1, self._count()):
                    arguments = pickled, batches.popleft(), self._neighbours(), worker.thread_settings()
                    under_way.append(self._client.submit(worker.apply_to_all, *arguments, pure=False))
                yield from self._value(under_way[0])
                under_way.popleft()
        finally:
            self._cancel(under_way)

    def work(self, job: Job, board: ProgressDisplay) -> Iterator[tuple[PlannedRun, RunResult]]:
        """Have the pending runs done, one at a time by each worker; a lost worker's runs are done again.

        Raises:
            ClusterError: no worker is left for too long, or the scheduler is gone.
            EncoreError: a worker met what stops the whole command.
        """
        options = job.options.with_absolute_paths()
        errand = cloudpickle.dumps(
            WorkerCommand(job.plan.paper, options, job.command, package_versions(), keras.backend.backend())
        )
        # No more tasks than workers: those that wait on a worker would be blamed, too, if its process died.
        waiting, under_way = deque(_chains(job.pending)), {}
        news: queue.SimpleQueue = queue.SimpleQueue()
        self._client.subscribe_topic(job.command, lambda event: news.put(event[1]))
        desk = _ResultCollector(job, board)
        try:
            while waiting or under_way:
                while waiting and len(under_way) < self._count():
                    chain = waiting.popleft()
                    ids = tuple(planned.run.id for planned in chain)
                    # The command is part of the key: another command's run of this id has other folders.
                    key = f"encore-{ids[0]}-{job.command}"
                    future = self._client.submit(
                        worker.do_runs, errand, ids, worker.thread_settings(), key=key, pure=False
                    )
                    future.add_done_callback(news.put)
                    under_way[future.key] = future, chain
                try:
                    item = news.get(timeout=_TICK_SECONDS)
                except queue.Empty:
                    self._count()
                    continue
                if isinstance(item, Future):
                    future, chain = under_way.pop(item.key)
                    yield from desk.results(*self._outcome(future, chain, job))
                else:
                    desk.take(item)
        finally:
            self._cancel([future for future, _ in under_way.values()])
            with suppress(Exception):  # of a scheduler that is gone
                self._client.unsubscribe_topic(job.command)

    def _outcome(self, future: Future, chain: list[PlannedRun], job: Job) -> tuple[list[RunResult], EncoreError | None]:
        try:
            return self._value(future)
        except _WorkersDied as error:
            results = []
            for planned in chain:
                if job.is_recorded(planned):
                    results.append(RunResult(planned.run.id, job.record_of(planned), trained=True))
                else:
                    results.append(RunResult(planned.run.id, failure=str(error)))
            return results, None

    def _value(self, future: Future) -> Any:
        """What a task returned; errors that users can mend come out as they went in."""
        while not future.done():
            self._count()
            with suppress(TimeoutError):
                wait([future], timeout=_TICK_SECONDS)
        try:
            return future.result()
        except KilledWorker as error:
            raise _WorkersDied(
                f"{self._flag}: {error.allowed_failures + 1} worker processes died over it, or were killed. Lack of "
                "memory is the usual cause: give --memory-limit, a smaller batch (--set training.batch_windows=N), or "
                "fewer workers on one machine, and the same command again."
            ) from error
        except CancelledError as error:
            raise self._gone() from error
        except ImportError as error:
            raise ClusterError(
                f"{self._flag}: a worker lacks what Encore needs ({error}). Start the workers from an environment "
                "where requirements.txt of this clone is installed; see common/execution/README.md."
            ) from error

    def _count(self) -> int:
        """Workers, asked for at most once a second.

        Raises:
            ClusterError: there has been none for too long, or the scheduler is gone.
        """
        now = time.monotonic()
        if self._workers and now - self._counted < _TICK_SECONDS:
            return self._workers
        try:
            self._workers, self._counted = len(self._client.nthreads()), now
        except (OSError, CancelledError) as error:
            raise self._gone() from error
        if self._workers:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = now
            say(f"{self._flag}: no worker is there; waiting for one ...")
        elif now - self._alone_since > self._patience:
            raise ClusterError(
                f"{self._flag}: no worker joined within {self._patience:.0f} s. Start one: dask worker ADDRESS "
                "--nthreads 1 --memory-limit 0 (see common/execution/README.md), or wait longer: "
                "DASK_ENCORE__WAIT_FOR_WORKERS='2 hours'."
            )
        return self._workers

    def _neighbours(self) -> int:
        """Most workers of one machine."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        return max(Counter(entry["host"] for entry in workers).values(), default=1)

    def _gone(self) -> ClusterError:
        return ClusterError(
            f"{self._flag}: the scheduler is gone. Finished runs and epochs are kept: start it and its workers again, "
            "and give the same command."
        )

    def _cancel(self, futures: Sequence[Future]) -> None:
        """Workers give up what is cancelled within a second of training."""
        with suppress(Exception):  # of a scheduler that is gone
            self._client.cancel(list(futures))


class _WorkersDied(ClusterError):
    """Worker processes died over one task."""


class _ResultCollector:
    """Takes in the news and results of a command's runs, in whatever order they come, and shows them."""

    def __init__(self, job: Job, board: ProgressDisplay):
        self._job, self._board = job, board
        self._planned = {planned.run.id: planned for planned in job.pending}
        self._callbacks: dict[str, RunProgress] = {}
        self._ended: set[str] = set()

    def take(self, news: dict[str, Any]) -> None:
        """Show what a worker's reporter tells."""
        run_id = news["run"]
        if run_id in self._ended:
            return
        begun = run_id in self._callbacks
        callback = self._callback(run_id)
        match news["what"]:
            case "begin" if begun:
                callback.again()
            case "started":
                callback.on_epoch_begin(news["epoch"], news["batches"])
            case "batches":
                callback.batches(news["count"])
            case "finished":
                callback.on_epoch_end(news["entry"])
            case "end":
                self._end(run_id, news["line"])

    def results(self, results: list[RunResult], error: EncoreError | None) -> Iterator[tuple[PlannedRun, RunResult]]:
        """Keep the records that a task brought, then raise what stops the command, if anything does."""
        for result in results:
            if result.record is not None:
                self._job.keep(result.record)
            if result.run_id not in self._ended:
                self._end(result.run_id, result.line)
            yield self._planned[result.run_id], result
        if error is not None:
            raise error

    def _end(self, run_id: str, line: str) -> None:
        self._board.end(self._callback(run_id), line)
        self._ended.add(run_id)

    def _callback(self, run_id: str) -> RunProgress:
        if run_id not in self._callbacks:
            planned = self._planned[run_id]
            self._callbacks[run_id] = self._board.begin(planned.name, planned.run.experiment.training.epochs)
        return self._callbacks[run_id]


def _chains(pending: Sequence[PlannedRun]) -> list[list[PlannedRun]]:
    """Runs that start from each other's weights together, in their order; every other run alone."""
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
