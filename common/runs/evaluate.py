"""Trains and evaluates one planned run, and makes its record."""

import time

import keras
import numpy as np

from common.core.words import counted
from common.metrics.clips import ClipResult, accuracies, aggregate_windows
from common.paper.parameters import count_trainable
from common.records.environment import describe_machine, environment_settings, package_versions
from common.records.paths import WorkPaths
from common.records.record import PartCounts, Record, SecondInput, utc_now
from common.records.source import encore_version
from common.runs.builder import PlannedRun
from common.runs.options import Options
from common.runs.plan import Plan
from common.runs.selection import needed_weights
from common.runs.tsne import project_clips
from common.training.callback import FitCallback
from common.training.fit import FittedModel, StartWeights, fit, kept_epoch, predict
from common.training.memory import MemoryLimit, peak_resident_bytes
from common.training.model_cache import CompiledModelCache
from data_pipeline.windows.layout import Reader, input_shape
from data_pipeline.windows.standardisation import Standardisation


def train_and_evaluate(
    plan: Plan,
    planned: PlannedRun,
    work: WorkPaths,
    options: Options,
    model_cache: CompiledModelCache,
    callback: FitCallback,
    start_from: StartWeights | None = None,
) -> Record:
    """Train one run, continuing from its checkpoint if there is one, and evaluate it on validation and test windows;
    only on validation windows where the run's fold has no test windows.

    Args:
        work: where checkpoint, logs and best weights are kept.
        model_cache: where the compiled model comes from.
        start_from: weights of the previous round, where the run starts from those.

    Raises:
        EncoreError: the run failed (RunError, SpecError), or the data, the memory or the disk cannot be used.
    """
    run, paper, reader = planned.run, plan.paper, planned.reader
    memory_limit = options.memory_limit

    def build(shape: tuple, classes: int) -> keras.Model:
        model = paper.build(run.experiment.model, shape, classes)
        if paper.initialise is not None:
            names = needed_weights(paper, [run.experiment])
            paper.initialise(model, run.experiment.model, options.weight_files_of(paper, names))
        return model

    fitted = fit(
        run,
        build,
        reader,
        layout=paper.layout,
        work=work,
        start_from=start_from,
        model_cache=model_cache,
        memory_limit=memory_limit,
        callback=callback,
    )
    began = time.perf_counter()
    metrics, clips = {}, ()
    test_withheld = not len(run.fold.test)
    for part in ("valid",) if test_withheld else ("valid", "test"):
        windows = len(getattr(run.fold, part))
        what = f"{'testing' if part == 'test' else 'validating'} on {counted(windows, 'window')}"
        callback.on_step(what, batches=-(-windows // run.experiment.training.batch_windows))
        clips = _evaluate_part(plan, planned, fitted, part, memory_limit, callback)
        metrics[part] = accuracies(clips)
    if not test_withheld and paper.projected_layer(planned.row_experiment):
        callback.on_step("projecting test clips by t-SNE")
    layer = None if test_withheld else paper.projected_layer(planned.row_experiment)
    projection = layer and project_clips(
        fitted,
        reader,
        run.fold.test,
        layer=layer,
        batch_size=run.experiment.training.batch_windows,
        layout=paper.layout,
        memory_left_bytes=memory_limit.left_bytes(),
    )
    tested = () if test_withheld else tuple(clips)
    machine = describe_machine(model_cache.devices.facts)
    record = _record(plan, planned, fitted, metrics, tested, time.perf_counter() - began, machine)
    return record.replace(projection=projection)


def _evaluate_part(
    plan: Plan,
    planned: PlannedRun,
    fitted: FittedModel,
    part: str,
    memory_limit: MemoryLimit,
    callback: FitCallback,
) -> list[ClipResult]:
    reader, positions = planned.reader, getattr(planned.run.fold, part)
    probabilities = predict(
        fitted,
        reader,
        positions,
        batch_size=planned.run.experiment.training.batch_windows,
        layout=plan.paper.layout,
        memory_left_bytes=memory_limit.left_bytes(),
        callback=callback,
    )
    tracks = reader.index.tracks
    return aggregate_windows(
        probabilities,
        reader.labels[positions],
        reader.windows.tracks[positions],
        [track.id for track in tracks],
        [track.artist for track in tracks],
    )


def _counts(reader: Reader, positions: np.ndarray) -> PartCounts:
    tracks = reader.index.tracks
    used = {tracks[number].id: tracks[number].copy_of for number in np.unique(reader.windows.tracks[positions])}
    copies = sum(original is not None for original in used.values())
    return PartCounts(clips=len(used) - copies, copies=copies, windows=len(positions))


def _second_input(shape: tuple[int, ...], standardisation: Standardisation) -> SecondInput:
    return SecondInput(shape=shape, mean=standardisation.mean, deviation=standardisation.deviation)


def _record(
    plan: Plan, planned: PlannedRun, fitted: FittedModel, metrics, clips, evaluation_seconds: float, machine
) -> Record:
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
        wall_seconds=round(fitted.seconds + evaluation_seconds, 1),
        peak_resident_bytes=peak_resident_bytes(),
        machine=machine,
        versions=package_versions(),
        finished_at=utc_now(),
        weights=planned.run.weights,
        history=tuple(fitted.state.history),
        clips=clips,
        test_withheld=not len(run.fold.test),
        encore_version=encore_version(),
        source_digests=tuple(fitted.state.sources),
        extraction_versions=run.extraction_versions,
        environment=environment_settings(),
        started_from=fitted.started_from,
        kept_weights=fitted.kept_weights,
        machines=tuple(fitted.state.machines),
    )
