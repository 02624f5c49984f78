"""A tiny network that is fitted within a second, models that several fits share, and an interruption of a fit."""

import signal
from pathlib import Path

import keras
import numpy as np
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from common.core import interrupts
from common.core.spec import Spec
from common.paper.experiment import Experiment
from common.paper.protocol import Protocol
from common.paper.training import Training
from common.records.paths import WorkPaths
from common.splits.windows import Fold
from common.training.callback import FitCallback
from common.training.devices import ONE_DEVICE
from common.training.fit import fit
from common.training.model_cache import CompiledModelCache, graph_digest
from common.training.run import Run
from data_pipeline.cache.extraction import prepare
from data_pipeline.datasets import arrays
from data_pipeline.windows.index import WindowSpec, index_windows
from data_pipeline.windows.reader import WindowReader


class TinyNet(Spec):
    units: int = 8


def build(shape, classes):
    """A network with dropout, so that the random state affects the result."""
    inputs = keras.Input(shape)
    x = keras.layers.AveragePooling2D((4, 8))(inputs)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dropout(0.3)(x)
    x = keras.layers.Dense(8, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Dense(classes, dtype="float32")(x))


def make_run(npz, cache, *, seed: int = 0, **training) -> tuple[Run, WindowReader]:
    catalog, feature = arrays.load(npz)
    index = prepare(catalog, feature, cache)
    windows_spec = WindowSpec(seconds=3, hop_seconds=1.5)
    windows = index_windows(
        windows_spec, [t.frames for t in index.tracks], [t.id for t in index.tracks], feature.frames_per_second
    )
    clips = np.arange(len(index.tracks)) % 10
    part = clips[windows.tracks]
    fold = Fold(0, np.flatnonzero(part < 6), np.flatnonzero(part == 6), np.flatnonzero(part > 6), "split", 0)
    of_run = {name: training.pop(name) for name in ("extraction_versions", "weights") if name in training}
    experiment = Experiment(
        paper="tiny",
        model=TinyNet(),
        feature=feature,
        windows=windows_spec,
        protocol=Protocol(),
        training=Training(**{"epochs": 4, "batch_windows": 16, "learning_rate": 1e-2} | training),
    )
    return Run(experiment, index.data_digest, fold, seed, **of_run), WindowReader(index, windows)


def trained_weights(folder, npz, cache, callback=None, model_cache=None, **arguments):
    run, reader = make_run(npz, cache, **arguments)
    fitted = fit(
        run,
        build,
        reader,
        layout="bins_frames_channel",
        work=WorkPaths(folder),
        model_cache=model_cache,
        callback=callback,
    )
    return fitted, np.concatenate([weight.ravel() for weight in fitted.model.get_weights()])


def curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Name of a value -> (epoch, value), from the one file of events in the folder of a run."""
    (file,) = (folder / "tensorboard").iterdir()
    found: dict[str, list[tuple[int, float]]] = {}
    for event in EventFileLoader(str(file)).Load():
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, float(value.tensor.float_val[0])))
    return found


class SharedModels:
    """Compiled models for many fits: a `CompiledModelCache` that keeps several models, and reuses one also where the
    fits differ in what the fit loop alone reads.

    A fit invalidates the model of the fits before that share it.
    """

    # Settings that neither the network nor its traced steps depend on. A learning rate is a variable of the optimiser.
    _OF_THE_LOOP = (
        "class_weights",
        "keep",
        "learning_rate",
        "patience_epochs",
        "plateau_epochs",
        "standardise",
        "step_epochs",
    )

    def __init__(self):
        self.devices = ONE_DEVICE
        self._caches: dict[tuple, CompiledModelCache] = {}

    def model_for(self, experiment, build, shape, classes, *, seed):
        training = experiment.training
        defaults = {name: Training.model_fields[name].default for name in self._OF_THE_LOOP}
        alike = experiment.replace(second_input=None, training=training.replace(epochs=1, **defaults))
        cache = self._caches.setdefault((graph_digest(alike), shape, seed), CompiledModelCache())
        model = cache.model_for(alike, build, shape, classes, seed=seed)
        model.optimizer.learning_rate = training.learning_rate
        return model


class Interrupt(FitCallback):
    """Simulates a kill: raises KeyboardInterrupt after an epoch."""

    def __init__(self, after: int):
        self.after = after

    def on_epoch_end(self, entry):
        if entry["epoch"] == self.after:
            raise KeyboardInterrupt


class AskedToStop(FitCallback):
    """A signal asks the command to stop, after a batch of training; a context manager, after which it goes on.

    Args:
        epochs: finished before.
        last: whether it is the last batch of its epoch, so that the validation that follows stops, instead of the
            training of another batch.
    """

    def __init__(self, epochs: int, *, last: bool = False):
        self._epochs, self._last = epochs, last
        self._left: int | None = None
        self.batches_later = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        interrupts._State.asked = None

    def on_epoch_begin(self, epoch, batches):
        if epoch == self._epochs:
            self._left = batches if self._last else 1

    def on_train_batch_end(self):
        self.batches_later += interrupts._State.asked is not None
        if self._left is not None:
            self._left -= 1
            if not self._left:
                interrupts._State.asked = signal.SIGINT


# Three batches to an update do not divide an epoch of eight: gradients wait for the next epoch and have to survive.
ACCUMULATED = {"accumulate_batches": 3, "l2": 0.01, "l2_form": "decoupled"}
# Seeds of masks have to survive as well, and so does a lowered learning rate.
MASKED = {
    "augmentation": {"spectrogram": {"probability": 0.5}},
    "plateau_epochs": 1,
    "learning_rate": 0.3,
    "l2": 1e-3,
    "l2_variables": "all",
}
