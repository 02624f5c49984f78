"""A worker's own plan of a command, and the runs that it carries out by it."""

import logging
import pickle
import platform
import time
from dataclasses import dataclass

import keras
from distributed import get_worker

from common import devices, machines
from common.console import messages
from common.errors import ClusterError, DataError, EncoreError
from common.paper import Paper
from common.planning import Options, Plan, plan
from common.quiet import quiet_start
from common.runner import Job, Result, carry_out
from common.training import Listener
from common.workbench import Workbench

_SECONDS_BETWEEN_NEWS = 1.0
# Below `distributed`, so that it is shown where the worker's own log is.
_log = logging.getLogger("distributed.encore")


@dataclass(frozen=True)
class Errand:
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


class Station:
    """Carries out runs of one errand."""

    def __init__(self, errand: Errand):
        _require_alike(errand)
        # Before anything is computed, because TensorFlow sets its devices up then.
        self._workbench = Workbench(devices.find(errand.options.devices))
        self.plan: Plan = _quiet_plan(errand)
        self._job = Job(self.plan, errand.options, errand.command)
        self._planned = {planned.run.id: planned for planned in self.plan.runs}

    def do(self, run_ids: tuple[str, ...]) -> tuple[list[Result], EncoreError | None]:
        """Carry out runs one after another; see `common.worker.do_runs`."""
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
                result = carry_out(self._job, planned, self._workbench, reporter)
            except EncoreError as error:
                return results, type(error)(f"{_here()}: {planned.name}: {error}")
            except Abandoned:
                _log.info("run %s is given up: nobody waits for it", run_id)
                raise
            _log.info("run %s ends: %s", run_id, result.line)
            reporter.tell("end", line=result.line)
            results.append(result)
        return results, None


class _Refusal:
    """Stands where no station could be made."""

    def __init__(self, error: EncoreError):
        self._error = error

    def do(self, run_ids: tuple[str, ...]) -> tuple[list[Result], EncoreError | None]:
        return [], self._error


_latest: tuple[bytes, Station | _Refusal] | None = None


def station_of(errand: bytes) -> Station | _Refusal:
    """The station of a pickled errand, made once for all of its runs; one run at a time may use it."""
    global _latest
    if _latest is None or _latest[0] != errand:
        if _latest is not None and isinstance(_latest[1], Station):
            _latest[1].plan.close()
        _latest = None
        try:
            with quiet_start():
                opened = pickle.loads(errand)
            _latest = errand, Station(opened)
        except EncoreError as error:
            return _Refusal(type(error)(f"{_here()}: {error}"))
    return _latest[1]


def _quiet_plan(errand: Errand) -> Plan:
    """The command has said all this once."""
    messages.quiet = True
    try:
        return plan(errand.paper, errand.options)
    finally:
        messages.quiet = False


def _require_alike(errand: Errand) -> None:
    backend = keras.backend.backend()
    if backend != errand.backend:
        raise ClusterError(
            f"runs Keras on {backend} instead of {errand.backend}, and a table of several backends is none. Start the "
            f"workers with KERAS_BACKEND={errand.backend}."
        )
    found, asked = machines.versions(), errand.versions
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


class _Reporter(Listener):
    """Sends the progress of a run to the command that asked for it, and ends a run that nobody waits for."""

    def __init__(self, command: str, run_id: str):
        self._command, self._run_id = command, run_id
        self._worker = get_worker()
        self._task = self._worker.get_current_task()
        self._batches, self._told = 0, time.monotonic()

    def tell(self, what: str, **values: object) -> None:
        self._worker.log_event(self._command, {"what": what, "run": self._run_id, **values})

    def started(self, epoch: int, batches: int) -> None:
        self._require_wanted()
        self._batches = 0
        self.tell("started", epoch=epoch, batches=batches)

    def batch(self) -> None:
        self._batches += 1
        if time.monotonic() - self._told >= _SECONDS_BETWEEN_NEWS:
            self._require_wanted()
            self.tell("batches", count=self._batches)
            self._batches, self._told = 0, time.monotonic()

    def finished(self, entry: dict[str, float]) -> None:
        self.tell("finished", entry=entry)

    def _require_wanted(self) -> None:
        """A thread cannot be stopped from outside, and a run may take hours."""
        task = self._worker.state.tasks.get(self._task)
        if task is None or task.state == "cancelled":
            raise Abandoned(self._run_id)
