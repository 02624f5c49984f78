"""Runs a plan: trains what has no record yet, writes records as they come, then tables and figures."""

import shutil
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

from common import devices, records
from common.console import say, warn
from common.display import Board
from common.errors import EncoreError, RunError, SpecError
from common.files import make_folder, require_writable_folder, write_text
from common.measuring import measure
from common.planning import Options, Plan
from common.records import runs_folder
from common.tables import result_folder
from common.training import CHECKPOINT_NAME, MemoryLimit
from common.workbench import Workbench, graph_of
from common.workshop import PlannedRun


@dataclass
class Outcome:
    """What a command did.

    Args:
        trained, finished_before: number of runs.
        failed: run labels with the reason.
    """

    trained: int = 0
    finished_before: int = 0
    failed: list[str] = field(default_factory=list)


def execute(plan: Plan, options: Options) -> Outcome:
    """Train every planned run that has no record.

    Raises:
        EncoreError: the options or the machine cannot carry the work (other runs are kept).
    """
    require_writable_folder(options.out, flag="--out")
    folder = runs_folder(options.out, plan.paper.key, plan.setting.dataset)
    work = result_folder(options.out, plan.paper, plan.setting.dataset) / "work"
    outcome = Outcome()
    misfits: list[SpecError] = []
    pending = _alike_together([planned for planned in plan.runs if options.fresh or not _is_recorded(planned, folder)])
    outcome.finished_before = len(plan.runs) - len(pending)
    if outcome.finished_before:
        say(f"{outcome.finished_before} of {len(plan.runs)} runs are already finished")
    memory = MemoryLimit(options.memory_limit_bytes)
    workbench = Workbench(devices.find(options.devices))
    epochs = {planned.run.id: planned.run.experiment.training.epochs for planned in pending}
    if options.fresh:
        for planned in pending:
            # All at once: a chain that is interrupted shall not go on with later rounds of the chain before it.
            if planned.run.experiment.protocol.carry_weights:
                _forget(planned, folder, work / planned.run.id)
    with Board(len(plan.runs), outcome.finished_before, sum(epochs.values())) as board:
        for planned in pending:
            listener = board.begin(planned.name, epochs[planned.run.id])
            place = work / planned.run.id
            make_folder(place)
            # Two commands at once share the work instead of doing it twice.
            with FileLock(work / f"{planned.run.id}.lock"):
                if options.fresh:
                    _forget(planned, folder, place)
                elif _is_recorded(planned, folder):
                    board.end(listener, "finished by another command")
                    continue
                try:
                    record = measure(plan, planned, place, options, workbench, memory, listener)
                    records.write(folder, record)
                    outcome.trained += 1
                    (place / CHECKPOINT_NAME).unlink(missing_ok=True)
                    board.end(listener, f"test window accuracy {100 * record.metrics['test']['window_accuracy']:.1f} %")
                except EncoreError as error:
                    if not isinstance(error, RunError | SpecError):
                        raise
                    misfits += [error] if isinstance(error, SpecError) else []
                    outcome.failed.append(f"{planned.name}: {error}")
                    board.end(listener, f"FAILED: {error}")
                except Exception as error:  # one broken run must not take the finished ones with it
                    write_text(place / "error.txt", traceback.format_exc())
                    first_line = str(error).partition("\n")[0]
                    reason = f"{type(error).__name__}: {first_line} (see {place / 'error.txt'})"
                    outcome.failed.append(f"{planned.name}: {reason}")
                    board.end(listener, f"FAILED: {reason}")
    if misfits and len(misfits) == len(plan.runs):
        raise misfits[0]  # no network of this command can take these windows
    for failure in outcome.failed:
        warn(f"failed: {failure}")
    return outcome


def _alike_together(runs: list[PlannedRun]) -> list[PlannedRun]:
    """Runs that can use one compiled model follow each other; otherwise the order stays."""
    groups: dict[tuple, list[PlannedRun]] = {}
    for planned in runs:
        key = (graph_of(planned.run.experiment), planned.run.seed)
        groups.setdefault(key, []).append(planned)
    return [planned for group in groups.values() for planned in group]


def _is_recorded(planned: PlannedRun, folder: Path) -> bool:
    path = folder / f"{planned.run.id}.json"
    return path.exists() and records.read(path).run_id == planned.run.id


def _forget(planned: PlannedRun, folder: Path, place: Path) -> None:
    """`--fresh`: this run is measured again."""
    (folder / f"{planned.run.id}.json").unlink(missing_ok=True)
    shutil.rmtree(place, ignore_errors=True)
    make_folder(place)
