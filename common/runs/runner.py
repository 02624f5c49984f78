"""Runs a plan: trains what has no record yet, and writes records as they come."""

import shutil
import traceback
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from filelock import FileLock

from common.core.console import say, warn
from common.core.errors import DivergedError, EncoreError, RunError, SpecError
from common.core.files import make_folder, require_writable_folder, write_text
from common.records.divergence import Divergence, forget_divergence, write_divergence
from common.records.environment import describe_machine, package_versions
from common.records.paths import result_folder
from common.records.record import Record, read_record, utc_now, write_record
from common.runs.builder import PlannedRun
from common.runs.evaluate import train_and_evaluate
from common.runs.options import Options
from common.runs.plan import Plan
from common.runs.progress import ProgressDisplay
from common.training.devices import find_devices
from common.training.fit import CHECKPOINT_NAME, FitCallback
from common.training.memory import MemoryLimit
from common.training.model_cache import CompiledModelCache, graph_digest

# Beside the checkpoint of a run that is measured again: the command that asked for it.
_FRESH_NAME = "fresh.txt"


@dataclass(frozen=True)
class RunResult:
    """How one run ended; can be pickled.

    Args:
        record: None where it failed.
        trained: False where a record was there already.
        failure: the reason; empty where there is a record.
        misfit: whether the network and the windows do not go together.
        diverged: what tables have to say of it, where its loss was no longer finite.
    """

    run_id: str
    record: Record | None = None
    trained: bool = False
    failure: str = ""
    misfit: bool = False
    diverged: Divergence | None = None

    @property
    def line(self) -> str:
        """What progress says of it."""
        if self.record is None:
            return f"FAILED: {self.failure}"
        if not self.trained:
            return "finished by another command"
        return f"test window accuracy {100 * self.record.metrics['test']['window_accuracy']:.1f} %"


@dataclass(frozen=True)
class Job:
    """What one command has to do.

    Args:
        command: a name unlike that of any other command.
        pending: the runs that have no record yet.
        home: folder of records and checkpoints; None for that of the paper's results.
    """

    plan: Plan
    options: Options
    command: str
    pending: tuple[PlannedRun, ...] = ()
    home: Path | None = None

    @property
    def records(self) -> Path:
        """Folder of the records."""
        return self._home / "runs"

    @property
    def diverged(self) -> Path:
        """Folder of the notes of runs that diverged."""
        return self._home / "diverged"

    @property
    def work(self) -> Path:
        """Holds a folder with checkpoint, logs and best weights for each run."""
        return self._home / "work"

    @property
    def _home(self) -> Path:
        return self.home or result_folder(self.options.out, self.plan.paper, self.plan.setting.dataset)

    def is_recorded(self, planned: PlannedRun) -> bool:
        """Whether the run has its record."""
        return self._path(planned.run.id).exists() and self.record_of(planned).run_id == planned.run.id

    def record_of(self, planned: PlannedRun) -> Record:
        """The run's record, which there is."""
        return read_record(self._path(planned.run.id))

    def keep(self, record: Record) -> None:
        """Write the record that a worker brought, unless that worker wrote it here itself."""
        path = self._path(record.run_id)
        if self.options.fresh and path.exists() and read_record(path).as_json() != record.as_json():
            path.unlink()
        if not path.exists():
            write_record(self.records, record)

    def _path(self, run_id: str) -> Path:
        return self.records / f"{run_id}.json"

    def forget_once(self, planned: PlannedRun) -> None:
        """`--fresh`: this run is measured again. Once for a command: a run whose worker was lost goes on from its
        checkpoint."""
        place = self.work / planned.run.id
        marker = place / _FRESH_NAME
        if marker.exists() and marker.read_text(encoding="utf-8") == self.command:
            return
        self._path(planned.run.id).unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)
        write_text(marker, self.command)


# Works through a job, shows it on the board, and hands over each run's result as it comes.
Workers = Callable[[Job, ProgressDisplay], Iterator[tuple[PlannedRun, RunResult]]]


@dataclass
class RunSummary:
    """What a command did.

    Args:
        trained, finished_before: number of runs.
        failed: run labels with the reason.
        misfits: reasons of the runs whose network cannot take their windows.
    """

    trained: int = 0
    finished_before: int = 0
    failed: list[str] = field(default_factory=list)
    misfits: list[str] = field(default_factory=list)

    def take(self, planned: PlannedRun, result: RunResult) -> None:
        """Count a run."""
        self.trained += result.trained
        if result.failure:
            self.failed.append(f"{planned.name}: {result.failure}")
        if result.misfit:
            self.misfits.append(result.failure)


def execute(plan: Plan, options: Options, workers: Workers | None = None) -> RunSummary:
    """Train every planned run that has no record.

    Args:
        workers: who does it; None for this process, one run after another.

    Raises:
        EncoreError: the options or the machine cannot carry the work (other runs are kept).
    """
    require_writable_folder(options.out, flag="--out")
    job = Job(plan, options, uuid.uuid4().hex)
    pending = [planned for planned in plan.runs if options.fresh or not job.is_recorded(planned)]
    job = replace(job, pending=tuple(_alike_together(pending)))
    outcome = RunSummary(finished_before=len(plan.runs) - len(job.pending))
    if outcome.finished_before:
        say(f"{outcome.finished_before} of {len(plan.runs)} runs are already finished")
    if options.fresh:
        for planned in job.pending:
            # In this process, which writes the notes: a worker that does the run may have folders of its own.
            forget_divergence(job.diverged, planned.run.id)
            # All at once: a chain that is interrupted shall not go on with later rounds of the chain before it.
            if planned.run.experiment.protocol.carry_weights:
                job.forget_once(planned)
    epochs = sum(planned.run.experiment.training.epochs for planned in job.pending)
    with ProgressDisplay(len(plan.runs), outcome.finished_before, epochs) as board:
        for planned, result in (workers or in_this_process(options))(job, board):
            outcome.take(planned, result)
            if result.diverged:
                write_divergence(job.diverged, result.diverged)
    if outcome.misfits and len(outcome.misfits) == len(plan.runs):
        raise SpecError(outcome.misfits[0])  # no network of this command can take these windows
    for failure in outcome.failed:
        warn(f"failed: {failure}")
    return outcome


def in_this_process(options: Options) -> Workers:
    """This process as the only worker, one run after another. It keeps its last compiled model from job to job."""
    workbench = CompiledModelCache(find_devices(options.devices))

    def work(job: Job, board: ProgressDisplay) -> Iterator[tuple[PlannedRun, RunResult]]:
        for planned in job.pending:
            callback = board.begin(planned.name, planned.run.experiment.training.epochs)
            result = run_one(job, planned, workbench, callback)
            board.end(callback, result.line)
            yield planned, result

    return work


def run_one(job: Job, planned: PlannedRun, workbench: CompiledModelCache, callback: FitCallback) -> RunResult:
    """Train one run, unless it has a record by now, and write its record.

    Args:
        workbench: of this process.

    Returns:
        What came of it; a run that fails takes no other with it.

    Raises:
        EncoreError: the data, the memory or the disk cannot carry this run, nor others.
    """
    place = job.work / planned.run.id
    make_folder(place)
    # Two commands at once share the work instead of doing it twice.
    with FileLock(job.work / f"{planned.run.id}.lock"):
        if job.options.fresh:
            job.forget_once(planned)
        if job.is_recorded(planned):
            return RunResult(planned.run.id, job.record_of(planned))
        memory = MemoryLimit(job.options.memory_limit_bytes)
        try:
            record = train_and_evaluate(job.plan, planned, place, job.options, workbench, memory, callback)
            write_record(job.records, record)
        except DivergedError as error:
            found = _divergence(job, planned, error, workbench)
            return RunResult(planned.run.id, failure=str(error), diverged=found)
        except (RunError, SpecError) as error:
            return RunResult(planned.run.id, failure=str(error), misfit=isinstance(error, SpecError))
        except EncoreError:
            raise
        except Exception as error:  # one broken run must not take the finished ones with it
            write_text(place / "error.txt", traceback.format_exc())
            first_line = str(error).partition("\n")[0]
            reason = f"{type(error).__name__}: {first_line} (see {place / 'error.txt'})"
            return RunResult(planned.run.id, failure=reason)
        (place / CHECKPOINT_NAME).unlink(missing_ok=True)
        return RunResult(planned.run.id, record, trained=True)


def _divergence(job: Job, planned: PlannedRun, error: DivergedError, workbench: CompiledModelCache) -> Divergence:
    run = planned.run
    return Divergence(
        run_id=run.id,
        paper=job.plan.paper.key,
        row_experiment=planned.row_experiment,
        experiment=run.experiment.as_json(),
        setting=job.plan.setting,
        split_digest=run.fold.split_digest,
        seed=run.seed,
        fold=run.fold.number,
        folds=planned.folds,
        reason=str(error).removeprefix(f"run {run.id}: ").rstrip("."),
        machine=describe_machine(workbench.devices.facts),
        versions=package_versions(),
        finished_at=utc_now(),
        weights=planned.weights,
        history=error.history,
    )


def _alike_together(runs: list[PlannedRun]) -> list[PlannedRun]:
    """Runs that can use one compiled model follow each other; otherwise the order stays."""
    groups: dict[tuple, list[PlannedRun]] = {}
    for planned in runs:
        key = (graph_digest(planned.run.experiment), planned.run.seed)
        groups.setdefault(key, []).append(planned)
    return [planned for group in groups.values() for planned in group]
