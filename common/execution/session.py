"""A worker's own plan of a command, and the runs that it carries out by it."""

import logging
import pickle
import platform
import time
from dataclasses import dataclass

import keras
from distributed import get_worker

from common.core.console import messages
from common.core.errors import ClusterError, DataError, EncoreError
from common.core.tf_logging import quiet_start
from common.paper.paper import Paper
from common.records.environment import package_versions
from common.runs.options import Options
from common.runs.plan import Plan, plan
from common.runs.runner import Job, RunResult, run_one
from common.training.devices import find_devices
from common.training.fit import FitCallback
from common.training.model_cache import CompiledModelCache

_SECONDS_BETWEEN_NEWS = 1.0
# Below `distributed`, so that it is shown where the worker's own log is.
_log = logging.getLogger("distributed.encore")


@dataclass(frozen=True)
class WorkerCommand:
    """What a worker has to know of a command.

    Args:
        options: with absolute paths.
        command: its name, under which progress is reported.
        versions: of the packages of the machine that it was given on.
        backend: of Keras there.
    """

    paper: Paper
    options: Options
    command: str
    versions: dict[str, str]
    backend: str


class Abandoned(BaseException):
    """Nobody waits for this run any more; no `Exception`, because the run did not fail."""


class WorkerSession:
    """Carries out runs of one errand."""

    def __init__(self, errand: WorkerCommand):
        _require_same_versions(errand)
        # Before anything is computed, because TensorFlow sets its devices up then.
        self._workbench = CompiledModelCache(find_devices(errand.options.devices))
        self.plan: Plan = _quiet_plan(errand)
        self._job = Job(self.plan, errand.options, errand.command)
        self._planned = {planned.run.id: planned for planned in self.plan.runs}

    def do(self, run_ids: tuple[str, ...]) -> tuple[list[RunResult], EncoreError | None]:
        """Carry out runs one after another; see `common.execution.worker.do_runs`."""
        results = []
        for run_id in run_ids:
            if run_id not in self._planned:
                return results, DataError(
                    f"{_here()}: run {run_id} does not exist there, so its data or its version of Encore differ from "
                    "those of this machine. Give it the same clone and the same --data, best on a file system that "
                    "all machines share."
                )
            planned = self._planned[run_id]
            reporter = _Reporter(self._job.command, run_id)
            reporter.tell("begin")
            _log.info("run %s begins: %s", run_id, planned.name)
            try:
                result = run_one(self._job, planned, self._workbench, reporter)
            except EncoreError as error:
                return results, type(error)(f"{_here()}: {planned.name}: {error}")
            except Abandoned:
                _log.info("run %s is given up: nobody waits for it", run_id)
                raise
            _log.info("run %s ends: %s", run_id, result.line)
            reporter.tell("end", line=result.line)
            results.append(result)
        return results, None


class _RefusedSession:
    """Stands where no station could be made."""

    def __init__(self, error: EncoreError):
        self._error = error

    def do(self, run_ids: tuple[str, ...]) -> tuple[list[RunResult], EncoreError | None]:
        return [], self._error


_latest: tuple[bytes, WorkerSession | _RefusedSession] | None = None


def session_of(errand: bytes) -> WorkerSession | _RefusedSession:
    """The station of a pickled errand, made once for all of its runs; one run at a time may use it."""
    global _latest
    if _latest is None or _latest[0] != errand:
        if _latest is not None and isinstance(_latest[1], WorkerSession):
            _latest[1].plan.close()
        _latest = None
        try:
            with quiet_start():
                opened = pickle.loads(errand)
            _latest = errand, WorkerSession(opened)
        except EncoreError as error:
            return _RefusedSession(type(error)(f"{_here()}: {error}"))
    return _latest[1]


def _quiet_plan(errand: WorkerCommand) -> Plan:
    """The command has said all this once."""
    messages.quiet = True
    try:
        return plan(errand.paper, errand.options)
    finally:
        messages.quiet = False


def _require_same_versions(errand: WorkerCommand) -> None:
    backend = keras.backend.backend()
    if backend != errand.backend:
        raise ClusterError(
            f"runs Keras on {backend} instead of {errand.backend}, and a table of several backends is none. Start the "
            f"workers with KERAS_BACKEND={errand.backend}."
        )
    found, asked = package_versions(), errand.versions
    # TensorFlow decides nothing where another backend calculates; it may be installed here and lacking there.
    packages = [name for name in asked if name != "python" and (name != "tensorflow" or backend == "tensorflow")]
    differing = [f"{name} {found[name]} instead of {asked[name]}" for name in packages if found[name] != asked[name]]
    if differing:
        raise ClusterError(
            f"has {', '.join(differing)}, and a table of several versions is none. Install the same requirements.txt "
            "with the same Python for the workers."
        )


def _here() -> str:
    return f"worker on {platform.node()}"


class _Reporter(FitCallback):
    """Sends the progress of a run to the command that asked for it, and ends a run that nobody waits for."""

    def __init__(self, command: str, run_id: str):
        self._command, self._run_id = command, run_id
        self._worker = get_worker()
        self._task = self._worker.get_current_task()
        self._batches, self._told = 0, time.monotonic()

    def tell(self, what: str, **values: object) -> None:
        self._worker.log_event(self._command, {"what": what, "run": self._run_id, **values})

    def on_epoch_begin(self, epoch: int, batches: int) -> None:
        self._require_wanted()
        self._batches = 0
        self.tell("started", epoch=epoch, batches=batches)

    def on_train_batch_end(self) -> None:
        self._batches += 1
        if time.monotonic() - self._told >= _SECONDS_BETWEEN_NEWS:
            self._require_wanted()
            self.tell("batches", count=self._batches)
            self._batches, self._told = 0, time.monotonic()

    def on_epoch_end(self, entry: dict[str, float]) -> None:
        self.tell("finished", entry=entry)

    def _require_wanted(self) -> None:
        """A thread cannot be stopped from outside, and a run may take hours."""
        task = self._worker.state.tasks.get(self._task)
        if task is None or task.state == "cancelled":
            raise Abandoned(self._run_id)
