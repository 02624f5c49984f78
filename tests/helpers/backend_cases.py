"""What has to be the same on every backend of Keras: the loss, updates of optimisers, and the layers of the papers.

`training` and `layers` compute on the backend of their process. Gradients are read from Adam's first moment, which is a
tenth of the first gradient: that needs no code of a backend, and includes how Keras computes them there.
"""

import keras
import numpy as np

from common.layers import pytorch
from common.paper.experiment import Experiment
from common.paper.protocol import Protocol
from common.paper.training import Training
from common.training.gradient_norms import MeasuresGradients
from common.training.model_cache import CompiledModelCache
from common.training.optimizers import AccumulatedAdam, AccumulationSchedule, optimizer_of
from common.training.regularizers import regularise
from data_pipeline.augmentation.layers import RandomGain, RandomMasks, RandomNoise
from data_pipeline.features.spectrograms import LogMel
from data_pipeline.windows.index import WindowSpec
from reproductions.soundfusion.residual import LogOfMeanSoftmax
from tests.helpers.fitting import TinyNet

# How far a wrong class is ahead of the right one; a loss of probabilities that are clipped at 1e-7 ends at 16.118.
GAPS = (0.0, 10.0, 20.0, 40.0, 200.0)
CLASSES = 10
WINDOWS = 5
_ADAM_SHARE = 0.1
_DECOUPLED = {"l2": 0.5, "l2_form": "decoupled"}
OPTIMISERS = {
    "adam": {},
    "adadelta": {"optimizer": "adadelta", "learning_rate": 1.0},
    "accumulated mean": {"accumulate_batches": 2, "accumulate_reduce": "mean"},
    "accumulated sum": {"accumulate_batches": 2, "accumulate_reduce": "sum"},
    "L2 sum": {"l2": 0.05},
    "L2 mean": {"l2": 5.0, "l2_form": "mean"},
    "L2 decoupled": _DECOUPLED,
    "adadelta, L2 decoupled": {"optimizer": "adadelta", "learning_rate": 1.0} | _DECOUPLED,
    "accumulated, L2 decoupled": {"accumulate_batches": 2} | _DECOUPLED,
    "adam, gradients measured": {"gradient_norms": True},
    "accumulated, gradients measured": {"accumulate_batches": 2, "gradient_norms": True},
}
_MAP, _SEQUENCE = (9, 8, 3), (11, 4)
_layers = keras.layers


def _times_40(x):
    return _layers.Lambda(lambda values: values * 40.0)(x)


# name -> (shapes of its inputs, (inputs) -> output), the layers of all papers with the settings that they have.
LAYERS = {
    "Dense": ([(6,)], lambda x: _layers.Dense(4, activation="relu", name="Dense")(x)),
    "Dense, sigmoid": ([(6,)], lambda x: _layers.Dense(4, activation="sigmoid", use_bias=False)(x)),
    "Conv2D, same": ([_MAP], lambda x: _layers.Conv2D(4, 3, padding="same", activation="relu")(x)),
    "Conv2D, same, even kernel and stride": ([_MAP], lambda x: _layers.Conv2D(4, 4, strides=2, padding="same")(x)),
    "Conv2D, padded as in PyTorch": ([_MAP], lambda x: pytorch.conv2d(x, 4, 3, stride=2, padding=1, name="padded2d")),
    "Conv1D, valid": ([_SEQUENCE], lambda x: _layers.Conv1D(4, 3, strides=3)(x)),
    "Conv1D, same, even kernel": ([_SEQUENCE], lambda x: _layers.Conv1D(4, 4, padding="same")(x)),
    "Conv1D, padded as in PyTorch": (
        [_SEQUENCE],
        lambda x: pytorch.conv1d(x, 4, 3, stride=2, padding=1, name="padded1d"),
    ),
    "BatchNormalization": ([_MAP], lambda x: _layers.BatchNormalization()(x)),
    "BatchNormalization as in PyTorch": ([(6,)], lambda x: pytorch.batch_norm(x, name="norm")),
    "ReLU": ([_MAP], lambda x: _layers.ReLU()(x)),
    "LeakyReLU": ([_MAP], lambda x: _layers.LeakyReLU(negative_slope=0.01)(x)),
    "Activation": ([(6,)], lambda x: _layers.Activation("linear", dtype="float32")(x)),
    "MaxPooling2D with a rest": ([_MAP], lambda x: _layers.MaxPooling2D(2)(x)),
    "MaxPooling1D with a rest": ([_SEQUENCE], lambda x: _layers.MaxPooling1D(3)(x)),
    "AveragePooling2D with a rest": ([_MAP], lambda x: _layers.AveragePooling2D((4, 1))(x)),
    "PaddedMaxPooling, 2D": ([_MAP], lambda x: pytorch.PaddedMaxPooling(3, padding=1, stride=2)(x - 5.0)),
    "PaddedMaxPooling, 1D": ([_SEQUENCE], lambda x: pytorch.PaddedMaxPooling(3, padding=1)(x - 5.0)),
    "GlobalAveragePooling2D": ([_MAP], lambda x: _layers.GlobalAveragePooling2D()(x)),
    "GlobalAveragePooling1D": ([_SEQUENCE], lambda x: _layers.GlobalAveragePooling1D()(x)),
    "GlobalMaxPooling1D": ([_SEQUENCE], lambda x: _layers.GlobalMaxPooling1D()(x)),
    "AdaptiveAveragePooling2D": ([_MAP], lambda x: pytorch.adaptive_average(x, 7, name="larger")),
    "AdaptiveAveragePooling2D, enlarging": ([(4, 1, 3)], lambda x: pytorch.adaptive_average(x, 7, name="smaller")),
    "Bidirectional GRU": ([_SEQUENCE], lambda x: pytorch.recurrent(x, "gru", 3, name="gru")),
    "Bidirectional LSTM": ([_SEQUENCE], lambda x: pytorch.recurrent(x, "lstm", 3, name="lstm")),
    "LSTM, forwards only, last step": (
        [_SEQUENCE],
        lambda x: pytorch.recurrent(x, "lstm", 3, bidirectional=False, every_step=False, name="forwards"),
    ),
    "Reshape, Permute": ([_MAP], lambda x: _layers.Reshape((8, 27))(_layers.Permute((2, 1, 3))(x))),
    "Flatten": ([_MAP], lambda x: _layers.Flatten()(x)),
    "Multiply": ([_MAP, (1, 1, 3)], lambda x, y: _layers.Multiply()([x, y])),
    "Add, Concatenate": ([_MAP, _MAP], lambda x, y: _layers.Concatenate()([_layers.Add()([x, y]), y])),
    "Log of mean softmax": ([(6,), (6,)], lambda x, y: LogOfMeanSoftmax(0.25)([_times_40(x), _times_40(y)])),
}
# Compared under mixed precision as well: what averages, normalises, or adds up many products.
IN_BFLOAT16 = [
    name
    for name in LAYERS
    if name.split()[0].rstrip(",") in ("Dense", "Conv2D", "BatchNormalization", "PaddedMaxPooling")
]
# Random in training, see `_random_layers`; in inference they do nothing.
RANDOM = ("Dropout", "SpatialDropout2D")


def class_names() -> set[str]:
    """Names of the classes of all layers that are compared."""
    model, _ = _side_by_side(list(LAYERS))
    found = [type(layer).__name__ for layer in model.layers]
    inner = [type(layer.forward_layer).__name__ for layer in model.layers if isinstance(layer, _layers.Bidirectional)]
    return {*found, *inner, *RANDOM}


def training() -> dict[str, np.ndarray]:
    """Loss, updates and an epoch, by name."""
    found = _loss() | _ragged_epoch()
    for name, values in OPTIMISERS.items():
        found[f"update, {name}"] = _update(
            Training(**{"epochs": 1, "batch_windows": 8, "learning_rate": 0.01} | values)
        )
    return found


def layers() -> dict[str, np.ndarray]:
    """Outputs and gradients of all layers, by name."""
    found = _random_layers()
    found |= {f"float32, {name}": value for name, value in _layers_side_by_side(list(LAYERS)).items()}
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        found |= {f"mixed_bfloat16, {name}": value for name, value in _layers_side_by_side(IN_BFLOAT16).items()}
    finally:
        keras.config.set_dtype_policy("float32")
    return found


def loss_case() -> tuple[np.ndarray, np.ndarray]:
    """Logits (windows, classes) with the gaps of `GAPS`, and labels."""
    labels = np.arange(len(GAPS)) + 1
    logits = np.random.default_rng(0).normal(size=(len(GAPS), CLASSES)).astype(np.float32)
    logits[np.arange(len(GAPS)), 0] = logits[np.arange(len(GAPS)), labels] + GAPS
    return logits, labels


def _compiled(build, shape: tuple, classes: int, **training) -> keras.Model:
    """A model as runs train it."""
    experiment = Experiment(
        paper="backends",
        model=TinyNet(),
        feature=LogMel(n_fft=512, hop_samples=512, n_mels=8),
        windows=WindowSpec(seconds=1, hop_seconds=1),
        protocol=Protocol(),
        training=Training(epochs=1, **training),
    )
    return CompiledModelCache().model_for(experiment, build, shape, classes, seed=0)


def _steps() -> dict[str, bool | str]:
    """How steps are computed: on TensorFlow without XLA, as in runs, and without the time of tracing."""
    if keras.backend.backend() == "tensorflow":
        return {"jit_compile": False, "run_eagerly": True}
    return {"jit_compile": "auto"}


def _numpy(value) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(value), np.float32)


def _gradients(model: keras.Model) -> dict[str, np.ndarray]:
    """After one update of Adam."""
    pairs = zip(model.optimizer._trainable_variables, model.optimizer._momentums, strict=True)
    return {variable.path: _numpy(moment) / np.float32(_ADAM_SHARE) for variable, moment in pairs}


def _loss() -> dict[str, np.ndarray]:
    """Loss of each window of `loss_case`, and its gradient with respect to the logits, which are the only weights."""
    logits, labels = loss_case()

    def build(shape, classes):
        inputs = keras.Input(shape)
        return keras.Model(inputs, _layers.Dense(classes, use_bias=False, dtype="float32")(inputs))

    model = _compiled(build, (len(GAPS),), CLASSES, watch="cross_entropy")
    model.layers[-1].kernel.assign(logits)
    windows = np.eye(len(GAPS), dtype=np.float32)
    each = [model.test_on_batch(windows[n : n + 1], labels[n : n + 1], return_dict=True) for n in range(len(GAPS))]
    model.train_on_batch(windows, labels)
    (gradient,) = _gradients(model).values()
    return {
        "loss": np.array([float(one["loss"]) for one in each]),
        "loss gradient": gradient * len(GAPS),
        "watched loss": np.array([float(one["cross_entropy"]) for one in each]),
    }


def _ragged_epoch() -> dict[str, np.ndarray]:
    """An epoch whose last batch has one window: what it is averaged with, and statistics of the batches."""
    rng = np.random.default_rng(1)

    def build(shape, classes):
        inputs = keras.Input(shape)
        x = _layers.BatchNormalization(momentum=0.9)(_layers.Conv2D(4, 3, use_bias=False)(inputs))
        x = _layers.GlobalAveragePooling2D()(_layers.Activation("tanh")(x))
        return keras.Model(inputs, _layers.Dense(classes, dtype="float32")(x))

    model = _compiled(build, _MAP, 3, learning_rate=0.01)
    _draw_weights(model)
    x, y = rng.normal(size=(9, *_MAP)).astype(np.float32), np.arange(9) % 3
    history = model.fit(x, y, batch_size=4, shuffle=False, verbose=0).history
    values = {f"ragged epoch, {weight.path}": _numpy(weight) for weight in model.weights}
    return values | {f"ragged epoch, {name}": np.array(history[name]) for name in ("loss", "accuracy", "f1_macro")}


def _random_layers() -> dict[str, np.ndarray]:
    """What random layers have in common on all backends: properties that hold for every random draw."""
    keras.utils.set_random_seed(0)
    ones = np.ones((64, 10, 12, 2), np.float32)
    dropped = _numpy(_layers.Dropout(0.3)(ones, training=True))
    maps = _numpy(_layers.SpatialDropout2D(0.3)(ones, training=True))
    masked = _numpy(RandomMasks(1, width=3, fill="zero")(ones, training=True))
    gain = 20 * np.log10(_numpy(RandomGain(12.0)(ones, training=True)))
    noise = _numpy(RandomNoise(0.5)(ones, training=True)) - 1
    return {
        "Dropout": np.array(
            [dropped.min(), dropped.max(), len(np.unique(dropped)), round(float((dropped == 0).mean()), 1)]
        ),
        "SpatialDropout2D": np.array([maps.min(), maps.max(), np.ptp(maps, axis=(1, 2)).max()]),
        "RandomMasks": (masked == 0).sum(axis=(1, 2, 3)),
        "RandomGain": np.array(
            [abs(gain).max() <= 12.001, abs(gain).max() > 10, np.ptp(gain, axis=(1, 2, 3)).max() < 1e-3]
        ),
        "RandomNoise": np.round([abs(noise.mean()), noise.std()], 1),
    }


def _draw_weights(model: keras.Model) -> None:
    """Weights that are the same on every backend; scales and variances stay positive."""
    rng = np.random.default_rng(2)
    for weight in model.weights:
        value = rng.normal(size=weight.shape) * 0.4
        weight.assign(1 + abs(value) if weight.name in ("gamma", "moving_variance") else value)


def _update(training: Training) -> np.ndarray:
    """Weights and the optimiser's state after one update, which is one of two batches where gradients are accumulated;
    the second batch then has fewer windows."""
    inputs = keras.Input((12,))
    x = _layers.Dense(6, activation="tanh", name="hidden")(inputs)
    model = keras.Model(inputs, _layers.Dense(4, dtype="float32", name="genre")(x))
    _draw_weights(model)
    undecayed = regularise(model, training.replace(l2_layers="hidden"))
    optimizer = optimizer_of(training, undecayed)
    if isinstance(optimizer, MeasuresGradients):
        optimizer.measure_gradients(model.trainable_variables)
    model.compile(
        optimizer,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        **_steps(),
    )
    model.optimizer.build(model.trainable_variables)
    windows = training.batch_windows + 5 if isinstance(model.optimizer, AccumulatedAdam) else training.batch_windows
    x = np.random.default_rng(3).normal(size=(windows, 12)).astype(np.float32)
    callbacks = [AccumulationSchedule(windows, "flush")] if isinstance(model.optimizer, AccumulatedAdam) else []
    model.fit(
        x, np.arange(windows) % 4, batch_size=training.batch_windows, shuffle=False, verbose=0, callbacks=callbacks
    )
    # The state as well: the first update of Adam does not depend on the scale of the gradient.
    return np.concatenate([_numpy(value).ravel() for value in [*model.weights, *model.optimizer.variables]])


class Shift(keras.Layer):
    """Adds a weight of the shape of a batch, so that the gradient of the input is that of a weight."""

    def build(self, input_shape):
        self.shift = self.add_weight(shape=(WINDOWS, *input_shape[1:]), initializer="zeros", name="input")

    def call(self, x):
        return x + self.shift

    def compute_output_shape(self, input_shape):
        return input_shape  # which is not that of a batch of `WINDOWS`


def _side_by_side(names: list[str]) -> tuple[keras.Model, list[tuple]]:
    """One model of all layers, which is traced and compiled once, and the shapes of its inputs."""
    inputs, outputs = [], []
    for number, name in enumerate(names):
        shapes, layer = LAYERS[name]
        mine = [keras.Input(shape) for shape in shapes]
        shifted = [Shift(name=f"{number}_{place}")(each) for place, each in enumerate(mine)]
        inputs += mine
        outputs.append(_layers.Flatten(dtype="float32")(layer(*shifted)))
    return keras.Model(inputs, outputs), [each.shape[1:] for each in inputs]


def _layers_side_by_side(names: list[str]) -> dict[str, np.ndarray]:
    """Outputs in inference and in training, gradients of inputs and weights, and statistics after a step."""
    model, shapes = _side_by_side(names)
    _draw_weights(model)
    rng = np.random.default_rng(4)
    x = [rng.normal(size=(WINDOWS, *shape)).astype(np.float32) for shape in shapes]
    slopes = [rng.normal(size=(WINDOWS, *y.shape[1:])).astype(np.float32) for y in model.outputs]
    model.compile(
        keras.optimizers.Adam(1e-3),
        loss=[lambda true, given: true * given * given.shape[-1]] * len(names),
        **_steps(),
    )
    outputs = model.predict_on_batch(x)
    found = {f"{name}, inference": _numpy(y) for name, y in zip(names, outputs, strict=True)}
    model.optimizer.build(model.trainable_variables)
    model.train_on_batch(x, slopes)
    for layer in model.layers:
        layer_name = layer.name
        if isinstance(layer, Shift):
            number, place = layer_name.split("_")
            moment = model.optimizer._momentums[_position(model, layer.shift)]
            found[f"{names[int(number)]}, gradient of input {place}"] = _numpy(moment) / np.float32(_ADAM_SHARE)
    others = {
        f"gradient of weight {number}": _numpy(moment) / np.float32(_ADAM_SHARE)
        for number, (variable, moment) in enumerate(
            zip(model.optimizer._trainable_variables, model.optimizer._momentums, strict=True)
        )
        if variable.name != "input"
    }
    statistics = {f"statistic {number}": _numpy(value) for number, value in enumerate(model.non_trainable_variables)}
    return found | others | statistics


def _position(model: keras.Model, variable: keras.Variable) -> int:
    return next(n for n, other in enumerate(model.optimizer._trainable_variables) if other is variable)
