"""The fit loop: a run is (experiment, data, fold, seed), and can be killed and resumed after any epoch."""

import csv
import io
import math
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import keras
import numpy as np

from common.core.errors import DataError, DivergedError, RunError
from common.core.files import make_folder, sha256_of_json, write_text
from common.core.interrupts import stop_if_asked
from common.core.words import counted
from common.paper.training import Training
from common.records.environment import computing_machine
from common.records.paths import WorkPaths
from common.records.rows import extraction_of
from common.records.source import source_digest
from common.training.callback import FitCallback
from common.training.checkpoint import Circumstances, LoopState, restore_checkpoint, save_checkpoint
from common.training.gradient_norms import LARGEST, RMS, MeasuresGradients
from common.training.memory import NO_LIMIT, MemoryLimit
from common.training.model_cache import CompiledModelCache, ModelBuilder, build_network
from common.training.optimizers import AccumulatedAdam, AccumulationSchedule
from common.training.run import Run
from common.training.schedules import class_weights_of, learning_rate_of
from common.training.seeding import begin_epoch
from common.training.weights import copy_weights, digest_of_weights, load_weights, save_weights
from common.training.window_metrics import probabilities_of
from data_pipeline.windows.layout import Layout, Reader, input_shape
from data_pipeline.windows.standardisation import AS_STORED, Standardisation, fit_standardisation
from data_pipeline.windows.tf_dataset import epoch_order, keras_batches

# Values of an epoch that TensorBoard shows.
_CURVES = ("loss", "accuracy", "f1_macro", "val_loss", "val_accuracy", "val_f1_macro", "learning_rate")


@dataclass(frozen=True)
class FittedModel:
    """A finished fit: the model holds the weights of the epoch that `training.keep` selects.

    Args:
        standardisation: of each input.
        seconds: wall time of all epochs.
        kept_weights: digest of the model's weights.
        started_from: digest of the weights that training started from; empty for initial weights.
    """

    model: keras.Model
    state: LoopState
    standardisation: tuple[Standardisation, ...]
    seconds: float
    kept_weights: str = ""
    started_from: str = ""


@dataclass(frozen=True)
class StartWeights:
    """Weights of an earlier fit of the same network, to start from instead of initial weights.

    Args:
        file: that holds them.
        digest: that they must have; empty where it is not known.
    """

    file: Path
    digest: str = ""


def fit(
    run: Run,
    build: ModelBuilder,
    reader: Reader,
    *,
    layout: Layout,
    work: WorkPaths,
    start_from: StartWeights | None = None,
    model_cache: CompiledModelCache | None = None,
    memory_limit: MemoryLimit = NO_LIMIT,
    callback: FitCallback | None = None,
) -> FittedModel:
    """Train one run, resuming from its checkpoint where there is one.

    Args:
        build: builds the uncompiled model.
        reader: reads the windows at the positions in the run's fold.
        layout: axis order of spectrograms in the model's input.
        work: where checkpoint, `history.csv`, TensorBoard events and best weights of this run are kept.
        start_from: weights to start from; the optimiser starts from its initial state.
        model_cache: cache that the compiled model comes from; it reuses the model of the fit before.

    Raises:
        DivergedError: the loss is no longer finite, or a gradient where these are measured.
        CheckpointError: the run began under other circumstances, or its checkpoint does not fit the model.
        BudgetError: the process exceeds the memory limit.
        RunError: the epochs have too few batches for a single update, or the weights to start from are other ones.
        Interrupted: the command was asked to stop; the epochs that have ended are in the checkpoint.
    """
    callback = callback or FitCallback()
    training = run.experiment.training
    shape = input_shape(reader, layout)
    model_cache = model_cache or CompiledModelCache()
    callback.on_step("building the network")
    model = model_cache.model_for(run.experiment, build, shape, len(reader.index.genres), seed=run.seed)
    make_folder(work.folder)
    started_from = ""
    if start_from is not None:
        try:
            load_weights(start_from.file, model, build_network(run.experiment, build, shape, len(reader.index.genres)))
        except DataError as error:
            reason = str(error).removeprefix(f"{start_from.file}: ").rstrip(".")
            raise RunError(
                f"{start_from.file}: holds no weights of this network ({reason}). Give --fresh to train all rounds "
                "again."
            ) from error
        started_from = digest_of_weights(copy_weights(model))
        if start_from.digest not in ("", started_from):
            raise RunError(
                f"{start_from.file}: holds other weights than the previous round's record names. Give --fresh to train "
                "all rounds again."
            )
    asked = sha256_of_json(
        [run.experiment.as_json(), extraction_of(run.extraction_versions), run.weights, started_from]
    )
    here = Circumstances.here(asked, model_cache.devices.facts)
    resumed = restore_checkpoint(work.checkpoint, model, run.id, here)
    state, best = resumed or (LoopState(run.id, circumstances=here), [])
    state.goes_on_at(source_digest(run.experiment.paper), computing_machine(model_cache.devices.facts))
    callback.on_step("reading training windows")
    standardisation = tuple(
        fit_standardisation(part, run.fold.train) if training.standardise and given.standardise else AS_STORED
        for part, given in zip(reader.parts, run.experiment.inputs, strict=True)
    )
    memory_left_bytes = memory_limit.left_bytes()
    class_weights = class_weights_of(training, reader.labels[run.fold.train], len(reader.index.genres))

    def windows(order: np.ndarray):
        return keras_batches(
            reader,
            order,
            batch_size=training.batch_windows,
            layout=layout,
            standardisation=standardisation,
            memory_left_bytes=memory_left_bytes,
        )

    validation = windows(run.fold.valid)
    windows_per_epoch = min(len(run.fold.train), training.windows_per_epoch or len(run.fold.train))
    batches = -(-windows_per_epoch // training.batch_windows)
    callback.on_step(f"training, at most {counted(training.epochs, 'epoch')}")
    with closing(_Logs(work, state)) as logs:
        while not _is_over(run, state):
            began = time.perf_counter()
            order = epoch_order(run.fold.train, seed=run.seed, epoch=state.epoch, limit=training.windows_per_epoch)
            callback.on_epoch_begin(state.epoch, batches)
            learning_rate = learning_rate_of(training, state.history)
            if training.plateau_epochs is not None or training.step_epochs is not None:
                model.optimizer.learning_rate = learning_rate
            callbacks = [_BatchCallback(callback, run.seed, state.epoch)]
            if isinstance(model.optimizer, AccumulatedAdam):
                callbacks.append(AccumulationSchedule(len(order), training.accumulate_left_over))
            fitted = model.fit(
                windows(order), shuffle=False, verbose=0, callbacks=callbacks, class_weight=class_weights
            ).history
            validated = model.evaluate(validation, verbose=0, return_dict=True, callbacks=[_StopCallback()])
            entry = {
                "epoch": state.epoch + 1,
                "loss": float(fitted["loss"][0]),
                "accuracy": float(fitted["accuracy"][0]),
                "f1_macro": float(fitted["f1_macro"][0]),
                "val_loss": float(validated[training.watch]),
                "val_accuracy": float(validated["accuracy"]),
                "val_f1_macro": float(validated["f1_macro"]),
                "learning_rate": learning_rate,
                "seconds": round(time.perf_counter() - began, 3),
            }
            if not (math.isfinite(entry["loss"]) and math.isfinite(entry["val_loss"])):
                raise DivergedError(
                    f"run {run.id}: the loss is not finite in epoch {entry['epoch']} ({entry['loss']}; validation "
                    f"{entry['val_loss']}).",
                    tuple(state.history),
                )
            if isinstance(model.optimizer, MeasuresGradients):
                entry |= _gradient_norms(model.optimizer, run, state)
            state.epoch += 1
            state.history.append(entry)
            if entry["val_loss"] < state.best_loss:
                state.best_loss, state.best_epoch = entry["val_loss"], state.epoch
            if kept_epoch(training, state) == state.epoch:
                best = copy_weights(model)
            save_checkpoint(work.checkpoint, model, state, best)
            logs.write()
            memory_limit.require("training")
            callback.on_epoch_end(entry)
    if isinstance(model.optimizer, AccumulatedAdam) and not int(model.optimizer.iterations):
        raise RunError(
            f"run {run.id}: {state.epoch} epochs of {batches} batches never made an update, which takes "
            f"{training.accumulate_batches} batches. Train longer, or give --set training.accumulate_left_over=flush."
        )
    if training.keep != "last":
        model.set_weights(best)
    save_weights(work.best_weights, model)
    return FittedModel(
        model,
        state,
        standardisation,
        sum(entry["seconds"] for entry in state.history),
        digest_of_weights(copy_weights(model)),
        started_from,
    )


class Network(Protocol):
    """A network with its weights, and the standardisation of each input: a finished fit, or one that was kept."""

    @property
    def model(self) -> keras.Model: ...

    @property
    def standardisation(self) -> tuple[Standardisation, ...]: ...


def predict(
    fitted: Network,
    reader: Reader,
    positions: np.ndarray,
    *,
    batch_size: int,
    layout: Layout,
    memory_left_bytes: int | None = None,
    callback: FitCallback | None = None,
) -> np.ndarray:
    """Class probabilities of the windows at `positions`, in this order: float32 (windows, classes).

    Args:
        callback: that is called after each batch.
    """
    logits = layer_values(
        fitted,
        reader,
        positions,
        batch_size=batch_size,
        layout=layout,
        memory_left_bytes=memory_left_bytes,
        callback=callback,
    )
    # Batch by batch, as metrics compute them: the last bit of a value depends on its place in the array.
    batches = (logits[first : first + batch_size] for first in range(0, len(logits), batch_size))
    return np.concatenate([keras.ops.convert_to_numpy(probabilities_of(batch)) for batch in batches])


def layer_values(
    fitted: Network,
    reader: Reader,
    positions: np.ndarray,
    *,
    batch_size: int,
    layout: Layout,
    memory_left_bytes: int | None = None,
    callback: FitCallback | None = None,
) -> np.ndarray:
    """What the network gives for the windows at `positions`, in this order: (windows, values); logits, or the values of
    an inner layer where the network ends there.

    Args:
        callback: that is called after each batch.
    """
    windows = keras_batches(
        reader,
        positions,
        batch_size=batch_size,
        layout=layout,
        standardisation=fitted.standardisation,
        memory_left_bytes=memory_left_bytes,
    )
    after_batch = [_StopCallback(), *([] if callback is None else [_PredictCallback(callback)])]
    return fitted.model.predict(windows, verbose=0, callbacks=after_batch)


def _gradient_norms(optimizer: MeasuresGradients, run: Run, state: LoopState) -> dict[str, float]:
    """Norms of the epoch's gradients, by their names in the history."""
    norms = optimizer.take_norms()
    for name, norm in norms.items():
        if not math.isfinite(norm):
            raise DivergedError(
                f"run {run.id}: a gradient of layer {name.partition('/')[2]} is not finite, or its norm above 1.8e19, "
                f"in epoch {state.epoch + 1} ({norm}).",
                tuple(state.history),
            )
    return norms


def kept_epoch(training: Training, state: LoopState) -> int:
    """The epoch, counted from 1, whose weights are evaluated."""
    if training.keep == "last":
        return state.epoch
    if training.keep == "best":
        return state.best_epoch
    return 1 + int(np.argmax([entry["val_accuracy"] for entry in state.history]))


def _is_over(run: Run, state: LoopState) -> bool:
    patience = run.experiment.training.patience_epochs
    waited = state.epoch - state.best_epoch
    return state.epoch >= run.experiment.training.epochs or (patience is not None and waited >= patience)


class _BatchCallback(keras.callbacks.Callback):
    """Forwards batches to the callback, and seeds the random numbers of the epoch."""

    def __init__(self, callback: FitCallback, seed: int, epoch: int):
        super().__init__()
        self._callback, self._seed, self._epoch = callback, seed, epoch

    def on_train_begin(self, logs=None):
        # Not earlier: before this Keras may call the network on a first batch, which draws random numbers, too.
        begin_epoch(self._seed, self._epoch)

    def on_train_batch_end(self, batch, logs=None):
        stop_if_asked()
        self._callback.on_train_batch_end()


class _StopCallback(keras.callbacks.Callback):
    """Stops a command that was asked to, after a batch of an evaluation or prediction."""

    def on_test_batch_end(self, batch, logs=None):
        stop_if_asked()

    def on_predict_batch_end(self, batch, logs=None):
        stop_if_asked()


class _PredictCallback(keras.callbacks.Callback):
    """Forwards batches of a prediction to the callback."""

    def __init__(self, callback: FitCallback):
        super().__init__()
        self._callback = callback

    def on_predict_batch_end(self, batch, logs=None):
        self._callback.on_predict_batch_end()


class _Logs:
    """Writes `history.csv` and TensorBoard's events after every epoch.

    All events of a run are in one file. A run that is continued writes the epochs before again, into a new file that
    replaces the old one, whose end may be missing.
    """

    def __init__(self, work: WorkPaths, state: LoopState):
        from common.training.events import EventsFile, events_in

        self._work, self._state = work, state
        self._names: dict[str, None] = {}
        self._rows = io.StringIO()
        for earlier in events_in(work.tensorboard):
            earlier.unlink()
        self._events = EventsFile(work.tensorboard)
        for entry in state.history:
            self._add(entry)

    def write(self) -> None:
        """Add the newest epoch."""
        history = self._state.history
        # Epochs that were trained by an earlier version of Encore may lack some values.
        is_begun = history[-1].keys() <= self._names.keys()
        if not is_begun:
            self._names, self._rows = dict.fromkeys(name for entry in history for name in entry), io.StringIO()
        table = csv.DictWriter(self._rows, fieldnames=list(self._names), restval="", lineterminator="\n")
        # The rows before are kept as text: formatting them again would take longer with every epoch.
        if is_begun:
            table.writerow(history[-1])
        else:
            table.writeheader()
            table.writerows(history)
        write_text(self._work.history, self._rows.getvalue())
        self._add(history[-1])

    def close(self) -> None:
        """Close the file of events."""
        self._events.close()

    def _add(self, entry: dict[str, float]) -> None:
        shown = {name: value for name, value in entry.items() if name.partition("/")[0] in (*_CURVES, RMS, LARGEST)}
        self._events.add(shown, step=int(entry["epoch"]))
