"""Runs a plan: trains what has no record yet, writes records as they come, then tables and figures."""

import shutil
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np
from filelock import FileLock

from common import records
from common.console import say, warn
from common.display import Board
from common.errors import EncoreError, RunError, SpecError
from common.evaluation import accuracies, aggregate
from common.files import make_folder, require_writable_folder, write_text
from common.paper import count_trainable
from common.planning import Options, Plan
from common.projection import project
from common.records import PartCounts, Record, SecondInput, runs_folder
from common.tables import result_folder
from common.training import (
    CHECKPOINT_NAME,
    WEIGHTS_NAME,
    Fitted,
    Listener,
    MemoryLimit,
    fit,
    kept_epoch,
    peak_resident_bytes,
    predict,
)
from common.workbench import Workbench, graph_of
from common.workshop import PlannedRun
from data_pipeline.standardisation import Standardisation
from data_pipeline.stream import Reader, input_shape


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
    workbench = Workbench()
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
                    record = _train(plan, planned, place, options, workbench, memory, listener)
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


def _train(
    plan: Plan,
    planned: PlannedRun,
    place: Path,
    options: Options,
    workbench: Workbench,
    memory: MemoryLimit,
    listener: Listener,
) -> Record:
    run, paper, reader = planned.run, plan.paper, planned.reader

    def build(shape: tuple, classes: int) -> keras.Model:
        model = paper.build(run.experiment.model, shape, classes)
        if paper.initialise is not None:
            paper.initialise(model, run.experiment.model, options.weight_files)
        return model

    fitted = fit(
        run,
        build,
        reader,
        layout=paper.layout,
        folder=place,
        start_from=None if planned.previous is None else _weights_of(planned.previous, place),
        workbench=workbench,
        memory=memory,
        listener=listener,
    )
    began = time.perf_counter()
    metrics, clips = {}, ()
    for part in ("valid", "test"):
        clips = _judge(plan, planned, fitted, part, memory)
        metrics[part] = accuracies(clips)
    layer = paper.projected_layer(planned.row_experiment)
    projection = layer and project(
        fitted,
        reader,
        run.fold.test,
        layer=layer,
        batch_size=run.experiment.training.batch_windows,
        layout=paper.layout,
        budget_bytes=memory.batch_budget(),
    )
    memory.require("judging")
    record = _record(plan, planned, fitted, metrics, tuple(clips), time.perf_counter() - began)
    return record.but(projection=projection)


def _weights_of(previous: str, place: Path) -> Path:
    """Best weights of an earlier run of the same command."""
    path = place.parent / previous / WEIGHTS_NAME
    if not path.exists():
        raise RunError(
            f"{path}: the weights of the round before are missing, and this round starts from them. The round before "
            "failed, or its folder was removed: give --fresh to train all rounds again."
        )
    return path


def _judge(plan: Plan, planned: PlannedRun, fitted: Fitted, part: str, memory: MemoryLimit):
    reader, positions = planned.reader, getattr(planned.run.fold, part)
    probabilities = predict(
        fitted,
        reader,
        positions,
        batch_size=planned.run.experiment.training.batch_windows,
        layout=plan.paper.layout,
        budget_bytes=memory.batch_budget(),
    )
    ids = [track.id for track in reader.index.tracks]
    return aggregate(probabilities, reader.labels[positions], reader.windows.tracks[positions], ids)


def _counts(reader: Reader, positions: np.ndarray) -> PartCounts:
    tracks = reader.index.tracks
    used = {tracks[number].id: tracks[number].copy_of for number in np.unique(reader.windows.tracks[positions])}
    copies = sum(original is not None for original in used.values())
    return PartCounts(clips=len(used) - copies, copies=copies, windows=len(positions))


def _second_input(shape: tuple[int, ...], standardisation: Standardisation) -> SecondInput:
    return SecondInput(shape=shape, mean=standardisation.mean, deviation=standardisation.deviation)


def _record(plan: Plan, planned: PlannedRun, fitted: Fitted, metrics, clips, judging_seconds: float) -> Record:
    run, reader = planned.run, planned.reader
    shape = input_shape(reader, plan.paper.layout)
    parts = {part: _counts(reader, getattr(run.fold, part)) for part in ("train", "valid", "test")}
    return Record(
        run_id=run.id,
        paper=plan.paper.key,
        row_experiment=planned.row_experiment,
        experiment_digest=run.experiment.digest,
        experiment=run.experiment.as_json(),
        setting=plan.setting,
        data=plan.facts,
        protocol=run.experiment.protocol.name,
        split_digest=run.fold.split_digest,
        fold=run.fold.number,
        folds=planned.folds,
        seed=run.seed,
        parts=parts,
        shared_clips=run.fold.shared_tracks,
        trainable_parameters=count_trainable(fitted.model),
        input_shape=shape if len(reader.parts) == 1 else shape[0],
        input_mean=fitted.standardisation[0].mean,
        input_deviation=fitted.standardisation[0].deviation,
        second_input=None if len(reader.parts) == 1 else _second_input(shape[1], fitted.standardisation[1]),
        best_epoch=kept_epoch(run.experiment.training, fitted.state),
        metrics=metrics,
        wall_seconds=round(fitted.seconds + judging_seconds, 1),
        peak_resident_bytes=peak_resident_bytes(),
        machine=records.machine(),
        versions=records.versions(),
        finished_at=records.now(),
        weights=planned.weights,
        history=tuple(fitted.state.history),
        clips=clips,
    )
