"""A worker's session for one command: its plan, and the runs that it carries out."""

import logging
import pickle
import platform
import time
from dataclasses import dataclass

import keras
from distributed import get_worker

from common.core.console import Verbosity, messages, set_verbosity
from common.core.errors import ClusterError, DataError, EncoreError
from common.core.tf_logging import quiet_start
from common.paper.paper import Paper
from common.records.environment import compared_versions
from common.records.source import encore_version, short_digest, source_digest
from common.runs.builder import PlannedRun
from common.runs.options import Options
from common.runs.plan import Plan, plan
from common.runs.runner import Job, RunResult, claim, run_one
from common.training.callback import FitCallback
from common.training.devices import find_devices
from common.training.model_cache import CompiledModelCache

_SECONDS_BETWEEN_REPORTS = 1.0
# A child of the logger `distributed`, so that its messages appear in the worker's log.
_log = logging.getLogger("distributed.encore")


@dataclass(frozen=True)
class WorkerCommand:
    """Description of a command that is sent to workers.

    Args:
        paper: whose runs it makes.
        options: with absolute paths.
        command: its name, the Dask topic of its progress messages.
        versions: package versions on the machine where the command was started.
        backend: Keras backend there.
        source: digest of Encore's source there, see `common.records.source`.
        verbosity: how much workers print.
    """

    paper: Paper
    options: Options
    command: str
    versions: dict[str, str]
    backend: str
    source: str
    verbosity: Verbosity = "normal"


class Abandoned(BaseException):
    """The command no longer waits for this run. Not an `Exception`, because the run did not fail."""


class WorkerSession:
    """Carries out runs of one command."""

    def __init__(self, command: WorkerCommand):
        set_verbosity(command.verbosity)
        _require_same_versions(command)
        _require_same_source(command)
        encore_version()
        # Before the first computation, because TensorFlow sets up its devices at that point.
        self._model_cache = CompiledModelCache(find_devices(command.options.devices))
        self.plan: Plan = _quiet_plan(command)
        self._job = Job(self.plan, command.options, command.command)
        self._planned = {planned.run.id: planned for planned in self.plan.runs}

    def do(self, run_ids: tuple[str, ...]) -> tuple[list[RunResult], EncoreError | None]:
        """Carry out runs one after another, up to one that another command is carrying out; see
        `common.execution.worker.do_runs`."""
        results = []
        for run_id in run_ids:
            if run_id not in self._planned:
                return results, DataError(
                    f"{_here()}: has no run {run_id}, so its data or its version of Encore differ from those of this "
                    "machine. Give it the same clone and the same --data, preferably on a file system that all "
                    "machines share."
                )
            with claim(self._job, self._planned[run_id]) as is_mine:
                if not is_mine:
                    return [*results, RunResult(run_id, busy=True)], None
                result, error = self._carry_out(self._planned[run_id])
            if error is not None:
                return results, error
            results.append(result)
        return results, None

    def _carry_out(self, planned: PlannedRun) -> tuple[RunResult | None, EncoreError | None]:
        """Carry out one run, with its lock; the result, or the error that stops the command."""
        run_id = planned.run.id
        reporter = _Reporter(self._job.command, run_id)
        reporter.report("begin")
        _log.info("run %s begins: %s", run_id, planned.name)
        try:
            result = run_one(self._job, planned, self._model_cache, reporter)
        except EncoreError as error:
            return None, type(error)(f"{_here()}: {planned.name}: {error}")
        except Abandoned:
            _log.info("run %s is stopped: the command no longer waits for it", run_id)
            raise
        _log.info("run %s ends: %s", run_id, result.line)
        reporter.report("end", line=result.line)
        return result, None


class _RefusedSession:
    """Used when no session could be made: every request returns the error that prevented it."""

    def __init__(self, error: EncoreError):
        self._error = error

    def do(self, run_ids: tuple[str, ...]) -> tuple[list[RunResult], EncoreError | None]:
        return [], self._error


_latest: tuple[bytes, WorkerSession | _RefusedSession] | None = None


def session_of(command: bytes) -> WorkerSession | _RefusedSession:
    """The session for a pickled command, made once for all of its runs; only one run at a time may use it."""
    global _latest
    if _latest is None or _latest[0] != command:
        if _latest is not None and isinstance(_latest[1], WorkerSession):
            _latest[1].plan.close()
        _latest = None
        try:
            with quiet_start():
                opened = pickle.loads(command)
            _latest = command, WorkerSession(opened)
        except EncoreError as error:
            return _RefusedSession(type(error)(f"{_here()}: {error}"))
    return _latest[1]


def _quiet_plan(command: WorkerCommand) -> Plan:
    """The plan, without console messages: the command itself has printed them."""
    messages.quiet = True
    try:
        return plan(command.paper, command.options)
    finally:
        messages.quiet = False


def _require_same_versions(command: WorkerCommand) -> None:
    backend = keras.backend.backend()
    if backend != command.backend:
        raise ClusterError(
            f"runs Keras on {backend} instead of {command.backend}, but all runs of a table need one backend. "
            f"Start the workers with KERAS_BACKEND={command.backend}."
        )
    found, expected = compared_versions(), command.versions
    differing = [
        f"{name} {version} instead of {expected[name]}"
        for name, version in found.items()
        if version != expected.get(name, "not installed")
    ]
    if differing:
        raise ClusterError(
            f"has {', '.join(differing)}, but all runs of a table need the same versions. Install the same "
            "requirements.txt with the same Python for the workers."
        )


def _require_same_source(command: WorkerCommand) -> None:
    found = source_digest(command.paper.key)
    if found != command.source:
        raise ClusterError(
            f"has other source code of Encore ({short_digest(found)} instead of {short_digest(command.source)}); all "
            "runs of a table need the same. Give it the same clone, and restart its workers after an update."
        )


def _here() -> str:
    return f"worker on {platform.node()}"


class _Reporter(FitCallback):
    """Sends the progress of a run to its command, and stops the run when the command no longer waits for it."""

    def __init__(self, command: str, run_id: str):
        self._command, self._run_id = command, run_id
        self._worker = get_worker()
        self._task = self._worker.get_current_task()
        self._batches, self._reported = 0, time.monotonic()

    def report(self, what: str, **values: object) -> None:
        self._worker.log_event(self._command, {"what": what, "run": self._run_id, **values})

    def on_step(self, what: str, batches: int | None = None) -> None:
        # Batches of a step are not reported, so there is no number of them to wait for.
        self.report("step", step=what)

    def on_epoch_begin(self, epoch: int, batches: int) -> None:
        self._require_wanted()
        self._batches = 0
        self.report("started", epoch=epoch, batches=batches)

    def on_train_batch_end(self) -> None:
        self._batches += 1
        if time.monotonic() - self._reported >= _SECONDS_BETWEEN_REPORTS:
            self._require_wanted()
            self.report("batches", count=self._batches)
            self._batches, self._reported = 0, time.monotonic()

    def on_epoch_end(self, entry: dict[str, float]) -> None:
        self.report("finished", entry=entry)

    def _require_wanted(self) -> None:
        """Raise Abandoned after a cancellation: a thread cannot be stopped from outside, and a run may take hours."""
        task = self._worker.state.tasks.get(self._task)
        if task is None or task.state == "cancelled":
            raise Abandoned(self._run_id)
