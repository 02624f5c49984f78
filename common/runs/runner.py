"""Carries out a plan: trains the runs that have no record yet, and writes each record when its run ends."""

import errno
import shutil
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from common.core.console import detail, say, warn
from common.core.errors import DataError, DivergedError, EncoreError, RunError, SpecError
from common.core.files import make_folder, require_writable_folder, write_text
from common.core.interrupts import raise_if_interrupted, stop_if_asked, waiting
from common.core.leftovers import remove_leftovers
from common.core.locks import lock
from common.core.percent import percent_text, stored_percent
from common.records.divergence import Divergence, forget_divergence, write_divergence
from common.records.environment import describe_machine, package_versions
from common.records.paths import RunPaths, WorkPaths
from common.records.record import Record, read_or_warn, read_record, utc_now, write_record
from common.records.source import encore_version
from common.runs.builder import PlannedRun
from common.runs.costs import epoch_costs
from common.runs.curves import curves_folder
from common.runs.evaluate import train_and_evaluate
from common.runs.options import Options
from common.runs.plan import Plan
from common.runs.progress import ProgressDisplay
from common.runs.reuse import finished_run, finished_runs, is_of_its_chain, report_circumstances
from common.training.callback import FitCallback
from common.training.devices import find_devices
from common.training.fit import StartWeights
from common.training.model_cache import CompiledModelCache, graph_digest

# How often a command looks whether a run that another command carries out has ended.
_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class RunResult:
    """How one run ended; can be pickled.

    Args:
        record: None where it failed.
        trained: False where a record was there already.
        failure: the reason; empty where there is a record.
        misfit: whether the network cannot take the windows.
        diverged: note for the tables, where the loss was not finite.
        busy: whether another command is carrying it out, so that it has not ended yet.
    """

    run_id: str
    record: Record | None = None
    trained: bool = False
    failure: str = ""
    misfit: bool = False
    diverged: Divergence | None = None
    busy: bool = False

    @property
    def line(self) -> str:
        """One line for the progress display."""
        if self.record is None:
            return f"FAILED: {self.failure}"
        if not self.trained:
            return "finished by another command"
        accuracy = stored_percent(self.record.metrics["test"]["window_accuracy"])
        return f"test window accuracy {percent_text(accuracy)} %"


@dataclass(frozen=True)
class Job:
    """The work of one command.

    Args:
        command: unique name of this command.
        pending: the runs that have no record yet.
        home: where records and checkpoints are kept; None for the paper's results.
    """

    plan: Plan
    options: Options
    command: str
    pending: tuple[PlannedRun, ...] = ()
    home: RunPaths | None = None

    @property
    def paths(self) -> RunPaths:
        """Where records, notes of divergence and checkpoints are kept."""
        return self.home or self.plan.results(self.options.out)

    def record_of(self, planned: PlannedRun) -> Record | None:
        """The run's record; None where it has none that can be used."""
        return finished_run(self.paths, planned, self.plan.setting)

    def keep(self, record: Record) -> None:
        """Write the record that a worker returned, unless that worker wrote it here itself."""
        path = self.paths.record(record.run_id)
        earlier = read_or_warn(path) if path.exists() else None
        if earlier is not None and not (self.options.fresh and earlier.as_json() != record.as_json()):
            return
        path.unlink(missing_ok=True)
        write_record(self.paths, record)

    def forget_once(self, planned: PlannedRun) -> None:
        """`--fresh`: remove the record and the work folder that an earlier command made of this run, once per command:
        a run whose worker was lost continues from its checkpoint."""
        work = self.paths.work(planned.run.id)
        if work.fresh_marker.exists() and work.fresh_marker.read_bytes() == self.command.encode():
            return
        self.paths.record(planned.run.id).unlink(missing_ok=True)
        shutil.rmtree(work.folder, ignore_errors=True)
        write_text(work.fresh_marker, self.command)


# Failures that every other run would meet, too.
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE)

# Carries out a job, shows its progress, and yields the result of each run when it ends.
Workers = Callable[[Job, ProgressDisplay], Iterator[tuple[PlannedRun, RunResult]]]


@dataclass
class RunSummary:
    """How the runs of a command ended.

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


def _already_trained(finished: int, runs: int) -> str:
    if runs == 1:
        return "already trained: read from its record (train again: --fresh)"
    which = f"all {runs}" if finished == runs else f"{finished} of {runs}"
    return f"{which} runs are already trained: read from their records (train again: --fresh)"


def execute(plan: Plan, options: Options, workers: Workers | None = None) -> RunSummary:
    """Train every planned run that has no record.

    Args:
        workers: what carries out the runs; None for this process, one run after another.

    Raises:
        EncoreError: the options or the machine do not allow the work (finished runs are kept).
    """
    require_writable_folder(options.out, flag="--out")
    encore_version()  # records name it; that it is missing is reported before the training
    job = Job(plan, options, uuid.uuid4().hex)
    # By their age: other commands write here, too.
    remove_leftovers(job.paths.runs, job.paths.diverged)
    finished = {} if options.fresh else finished_runs(job.paths, plan.runs, plan.setting)
    pending = [planned for planned in plan.runs if planned.run.id not in finished]
    job = replace(job, pending=tuple(_grouped_by_model(pending)))
    summary = RunSummary(finished_before=len(plan.runs) - len(job.pending))
    if summary.finished_before:
        say(_already_trained(summary.finished_before, len(plan.runs)))
        if workers is None:
            # Workers may run under other circumstances than this process.
            report_circumstances(plan.paper.key, list(finished.values()), find_devices(options.devices).facts)
    if options.fresh:
        for planned in job.pending:
            # In this process, which writes the notes: a worker may use other folders.
            forget_divergence(job.paths, planned.run.id)
            # All rounds at once: an interrupted chain must not continue with later rounds of an earlier chain.
            if planned.run.experiment.protocol.carry_weights:
                job.forget_once(planned)
    epochs = {planned.name: planned.run.experiment.training.epochs for planned in job.pending}
    costs = epoch_costs(plan.paper, job.pending) if job.pending else {}
    work = None if costs is None else sum(costs[name] * count for name, count in epochs.items())
    with ProgressDisplay(
        len(plan.runs), summary.finished_before, sum(epochs.values()), costs=costs or {}, work=work
    ) as progress:
        for planned, result in (workers or in_this_process(options))(job, progress):
            summary.take(planned, result)
            if result.diverged:
                write_divergence(job.paths, result.diverged)
    if summary.misfits and len(summary.misfits) == len(plan.runs):
        raise SpecError(summary.misfits[0])  # no network of this command can take these windows
    for failure in summary.failed:
        warn(f"failed: {failure}")
    return summary


def in_this_process(options: Options) -> Workers:
    """This process as the only worker, one run after another. It keeps its last compiled model from job to job."""
    model_cache = CompiledModelCache(find_devices(options.devices))

    def work(job: Job, progress: ProgressDisplay) -> Iterator[tuple[PlannedRun, RunResult]]:
        pending, is_said = list(job.pending), False
        while pending:
            busy: dict[str, PlannedRun] = {}
            for planned in pending:
                stop_if_asked()
                if planned.previous in busy:
                    busy[planned.run.id] = planned  # it starts from the weights of a round that has not ended
                    continue
                with claim(job, planned) as is_mine:
                    if not is_mine:
                        busy[planned.run.id] = planned
                        continue
                    callback = progress.begin(
                        planned.name,
                        planned.run.experiment.training.epochs,
                        short=f"[{planned.row_name}]",
                        place=planned.place,
                    )
                    result = run_one(job, planned, model_cache, callback)
                    progress.end(callback, result.line)
                yield planned, result
            if busy and not is_said:
                warn(busy_text(list(busy.values())))
                is_said = True
            if len(busy) == len(pending):
                with waiting():
                    time.sleep(_POLL_SECONDS)
            pending = list(busy.values())

    return work


def busy_text(runs: list[PlannedRun]) -> str:
    """That runs which another command carries out, or that start from these, are waited for."""
    names = "; ".join(planned.name for planned in runs)
    return f"waiting for runs that another command carries out, or that start from these: {names}"


@contextmanager
def claim(job: Job, planned: PlannedRun, *, wait: bool = False) -> Iterator[bool]:
    """Hold a run's lock during the block, so that two commands that run at the same time share the work instead of
    doing it twice; yields False where another process holds it.

    Args:
        wait: for the other process to end.
    """
    folder = make_folder(job.paths.work(planned.run.id).folder)
    with lock(job.paths.work_lock(planned.run.id), flag="--out", wait=wait) as is_mine:
        if is_mine:
            remove_leftovers(folder, unchanged_seconds=0)
        yield is_mine


def run_one(job: Job, planned: PlannedRun, model_cache: CompiledModelCache, callback: FitCallback) -> RunResult:
    """Train one run, unless it has a record by now, and write its record. Call it with the run's lock, see `claim`.

    Args:
        model_cache: the compiled model of this process.

    Returns:
        How the run ended; a run that fails does not stop the others.

    Raises:
        EncoreError: the data, the memory or the disk would make other runs fail, too. The record of a run that took
            more memory than the limit while it was evaluated is written before.
    """
    paths, run_id = job.paths, planned.run.id
    work = paths.work(run_id)
    if job.options.fresh:
        job.forget_once(planned)
    earlier = job.record_of(planned)
    if earlier is not None and is_of_its_chain(paths, planned, earlier, _previous_of(job, planned)):
        return RunResult(run_id, earlier)
    try:
        start_from = None if planned.previous is None else _weights_of(job, planned.previous)
        work = replace(work, curves=curves_folder(paths, job.plan.paper, job.plan.setting, planned))
        record = train_and_evaluate(job.plan, planned, work, job.options, model_cache, callback, start_from)
        written = job.record_of(planned)
        if written is not None:
            return RunResult(run_id, written)  # by a command whose workers have another folder, and no lock here
        write_record(paths, record)
        detail(f"{paths.record(run_id)}: written")
    except DivergedError as error:
        return RunResult(run_id, failure=str(error), diverged=_divergence(job, planned, error, model_cache))
    except (RunError, SpecError) as error:
        return RunResult(run_id, failure=str(error), misfit=isinstance(error, SpecError))
    except EncoreError:
        raise
    except OSError as error:
        if error.errno not in _OF_THE_DISK:
            return RunResult(run_id, failure=_unexpected(work, error))
        raise DataError(
            f"{error.filename or work.folder}: cannot be read or written ({error.strerror}). Give folders with free "
            "space that work, and repeat the command: finished epochs are kept."
        ) from error
    except Exception as error:  # one broken run must not stop the others
        raise_if_interrupted(error)
        return RunResult(run_id, failure=_unexpected(work, error))
    work.checkpoint.unlink(missing_ok=True)
    if job.options.keep_weights == "none":
        _remove_weights(job, planned)
    # Last, because what was trained is worth keeping.
    job.options.memory_limit.require(
        "evaluation", remedy="This run's record is written. Raise the limit for the others."
    )
    return RunResult(run_id, record, trained=True)


def _unexpected(work: WorkPaths, error: Exception) -> str:
    """Keep the traceback of an unexpected failure of a run; returns the reason in one line.

    Raises:
        DataError: the file cannot be written. The message begins with the failure itself, which is what matters.
    """
    detail(traceback.format_exc())
    first_line = str(error).partition("\n")[0]
    reason = f"{type(error).__name__}: {first_line}"
    try:
        write_text(work.error, traceback.format_exc())
    except DataError as unwritten:
        raise DataError(f"{reason}. Its traceback could not be kept: {unwritten}") from error
    return f"{reason} (see {work.error})"


def _previous_of(job: Job, planned: PlannedRun) -> Record | None:
    """The record of the round before; None where there is none."""
    path = job.paths.record(planned.previous or "none")
    return read_or_warn(path) if path.exists() else None


def _weights_of(job: Job, previous: str) -> StartWeights:
    """Best weights of the round before, which must have ended.

    Raises:
        RunError: it has no record, or its weights are missing.
    """
    record, file = job.paths.record(previous), job.paths.work(previous).best_weights
    for path, what in ((record, "record"), (file, "weights")):
        if not path.exists():
            raise RunError(
                f"{path}: the {what} of the previous round is missing, and this round starts from its weights. The "
                "previous round failed, or a file was removed: give --fresh to train all rounds again."
            )
    return StartWeights(file, read_record(record).kept_weights)


def _remove_weights(job: Job, planned: PlannedRun) -> None:
    """Remove the weights of a finished run, and of the round before it; a round that the next one starts from keeps
    its weights until that has ended."""
    if not any(later.previous == planned.run.id for later in job.plan.runs):
        job.paths.work(planned.run.id).best_weights.unlink(missing_ok=True)
    if planned.previous is not None:
        job.paths.work(planned.previous).best_weights.unlink(missing_ok=True)


def _divergence(job: Job, planned: PlannedRun, error: DivergedError, model_cache: CompiledModelCache) -> Divergence:
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
        machine=describe_machine(model_cache.devices.facts),
        versions=package_versions(),
        finished_at=utc_now(),
        weights=planned.run.weights,
        history=error.history,
        encore_version=encore_version(),
    )


def _grouped_by_model(runs: list[PlannedRun]) -> list[PlannedRun]:
    """Runs that can use one compiled model follow each other; otherwise the order stays."""
    groups: dict[tuple, list[PlannedRun]] = {}
    for planned in runs:
        key = (graph_digest(planned.run.experiment), planned.run.seed)
        groups.setdefault(key, []).append(planned)
    return [planned for group in groups.values() for planned in group]
