"""Compiled models for the fit loop, each in the same state as the first model of a process."""

import weakref
from collections.abc import Callable

import keras
import numpy as np

from common.core.errors import SpecError
from common.paper.experiment import Experiment
from common.paper.protocol import Protocol
from common.training.devices import ONE_DEVICE, Devices
from common.training.gradient_functions import outdated_with, remove_outdated
from common.training.gradient_norms import MeasuresGradients
from common.training.logits import cross_entropy, require_logits
from common.training.optimizers import optimizer_of
from common.training.regularizers import regularise
from common.training.seeding import own_draws
from common.training.window_metrics import MacroF1, WindowAccuracy
from data_pipeline.augmentation.network import augmented, set_strengths

# Loss without penalties, for runs that monitor it.
CROSS_ENTROPY = "cross_entropy"
# (input shape, or a tuple of two; number of classes) -> an uncompiled model that ends in logits
ModelBuilder = Callable[[tuple, int], keras.Model]


def build_network(experiment: Experiment, build: ModelBuilder, shape: tuple, classes: int) -> keras.Model:
    """The network that a run trains: the paper's, preceded by the augmentation layers of the experiment.

    Raises:
        SpecError: the network does not fit the input, or does not end in logits.
    """
    network = build(shape, classes)
    require_logits(network)
    return augmented(network, experiment.training.augmentation)


def graph_digest(experiment: Experiment) -> str:
    """Digest of what a traced training step depends on."""
    # The split and copies of clips do not affect the model, and the strength of augmentation does not affect its graph.
    canonical = experiment.replace(protocol=Protocol(), copies=None)
    augmentation = experiment.training.augmentation
    if augmentation is not None:
        canonical = canonical.with_values({"training.augmentation": augmentation.with_any_strength})
    return canonical.digest


class CompiledModelCache:
    """Provides one compiled model at a time, and reuses it where the next run needs the same graph.

    The folds of a protocol train the same network from the same initial weights, on other windows, and so do rows with
    and without altered copies of clips. Tracing its training step takes longer than many a short fold (5-15 s), so the
    last model is kept and reset bit for bit to its initial state where the next run needs the same.

    Args:
        devices: that its models are trained on.
    """

    def __init__(self, devices: Devices = ONE_DEVICE) -> None:
        self.devices = devices
        self._key: tuple | None = None
        self._model: keras.Model | None = None
        self._initial_state: list[np.ndarray] = []
        self._outdate: weakref.finalize | None = None

    def model_for(
        self, experiment: Experiment, build: ModelBuilder, shape: tuple, classes: int, *, seed: int
    ) -> keras.Model:
        """A compiled model with the initial weights of `seed`; invalidates the model that was returned before.

        Raises:
            SpecError: the network does not fit the input, does not end in logits, or the L2 penalty matches no layer;
                or gradients are to be measured on several devices.
        """
        key = (graph_digest(experiment), shape, classes, seed)
        if key != self._key:
            self._forget()
            with own_draws(seed):
                self._model = _compiled(experiment, build, shape, classes, seed, self.devices)
            self._outdate = outdated_with(self._model)
            self._initial_state = [np.array(keras.ops.convert_to_numpy(value)) for value in _state(self._model)]
            self._key = key
        else:
            keras.utils.set_random_seed(seed)
            for variable, value in zip(_state(self._model), self._initial_state, strict=True):
                variable.assign(value)
            set_strengths(self._model, experiment.training.augmentation)
        return self._model

    def _forget(self) -> None:
        """Let go of the model, its traced steps and its initial state, so that two networks are never in memory."""
        self._key, self._model, self._initial_state = None, None, []
        if self._outdate is not None:
            self._outdate()
        remove_outdated()


def _state(model: keras.Model) -> list[keras.Variable]:
    """Weights, seeds of random layers, and the optimiser's state."""
    return [*model.variables, *model.optimizer.variables]


def _compiled(
    experiment: Experiment, build: ModelBuilder, shape: tuple, classes: int, seed: int, devices: Devices
) -> keras.Model:
    # Frees the graphs of earlier runs in this process, and restarts the numbering of layer names.
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    training = experiment.training
    if training.gradient_norms and devices.count > 1:
        raise SpecError(
            f"training.gradient_norms: each of {devices.count} devices has the gradient of its part of a batch only. "
            "Leave --devices out, or do not set it."
        )
    with devices.scope():
        keras.config.set_dtype_policy(training.precision)
        try:
            model = devices.shared(build_network(experiment, build, shape, classes))
        finally:
            keras.config.set_dtype_policy("float32")
        undecayed = regularise(model, training)
        optimizer = optimizer_of(training, undecayed=undecayed, accumulated_adam=devices.accumulated_adam)
        if isinstance(optimizer, MeasuresGradients):
            optimizer.measure_gradients(model.trainable_variables)
        model.compile(
            optimizer=optimizer,
            loss=cross_entropy(),
            metrics=[
                WindowAccuracy(name="accuracy"),
                MacroF1(classes),
                *(
                    [keras.metrics.SparseCategoricalCrossentropy(name=CROSS_ENTROPY, from_logits=True)]
                    if training.watch == CROSS_ENTROPY
                    else []
                ),
            ],
            # On CPUs XLA makes slower code for these networks; other backends use their default.
            jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
        )
        model.optimizer.build(model.trainable_variables)
        devices.build_metrics(model)
    return model
