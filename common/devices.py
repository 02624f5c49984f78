"""Training on several devices of one machine: which take part, and what makes it mean the same as on one.

TensorFlow's `MirroredStrategy` keeps a copy of every variable on each device, deals each batch out in order (the first
part to the first device) and adds the gradients up. `keras.distribution` is no alternative: for TensorFlow, Keras 3.15
calls its own implementation a prototype that is not to be used, and on JAX it fails on a batch that does not divide
evenly, as the last of an epoch seldom does. What the strategy and Keras leave undone:

* Keras gives every device's part of a batch the same weight, also where a ragged batch gives one device fewer windows
  or none. `SharedModel` weighs each part by its windows.
* Random layers draw the same numbers on every device, so that windows of one batch would share their dropout masks.
  `Devices.shared` gives each device numbers of its own.
* Batch normalisation takes its mean and variance from the device's part alone. `Devices.shared` makes them those of
  the whole batch. (Keras' own `synchronized=True` counts stand-ins, see `SharedModel`, and takes the variance as a
  difference of large numbers.)
* Keras cannot accumulate gradients under the strategy. `SharedAccumulatedAdam` can.
"""

import contextlib
import functools
import logging
import math
import re
import threading
from dataclasses import dataclass
from typing import Any

import keras

from common.errors import SpecError
from common.optimizers import AccumulatedAdam

# Random states are (seed, count) with seeds below 1e9: this keeps those of the devices apart.
_SEED_DISTANCE = 1_000_000_000


@dataclass(frozen=True)
class Devices:
    """What takes part in a training.

    Args:
        count: of devices; one is not wrapped in any strategy.
        kind: `GPU`, or `virtual CPU`; empty where nothing was asked for.
        strategy: of TensorFlow, which shares the work out; None for one device.
    """

    count: int = 1
    kind: str = ""
    strategy: Any = None

    def scope(self) -> contextlib.AbstractContextManager:
        """Where models, their optimisers and their metrics are made."""
        return contextlib.nullcontext() if self.strategy is None else self.strategy.scope()

    @property
    def facts(self) -> dict[str, str | int]:
        """What a record says of them; nothing for one device."""
        return {} if self.strategy is None else {"devices": self.count, "kind_of_devices": self.kind}

    @property
    def accumulated_adam(self) -> type[AccumulatedAdam]:
        """The accumulating optimiser that works on these devices."""
        return AccumulatedAdam if self.strategy is None else SharedAccumulatedAdam

    def shared(self, model: keras.Model) -> keras.Model:
        """The same network as these devices train it; on one device the model itself. To be called in the scope."""
        if self.strategy is None:
            return model
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer._moments = functools.partial(_moments_of_all_devices, layer)
            for generator in layer._seed_generators:
                generator.next = functools.partial(_draw_for_this_device, generator.next)
        return SharedModel(inputs=model.input, outputs=model.output, name=model.name)

    def build_metrics(self, model: keras.Model) -> None:
        """Make the variables of a compiled model's metrics, which cannot be made in a step. Call it in the scope."""
        if self.strategy is not None:
            example = [keras.KerasTensor((1, *each.shape[1:]), each.dtype) for each in model.inputs]
            model._symbolic_build(data_batch=(example[0] if len(example) == 1 else tuple(example), _LABELS))


ONE_DEVICE = Devices()
# What the thread that traces a device's step knows of the device's part of the batch.
_part = threading.local()
_LABELS = keras.KerasTensor((1,), "int32")


class SharedModel(keras.Model):
    """A network whose copies on several devices are trained on parts of each batch, every window counting the same."""

    def train_step(self, data):
        import tensorflow as tf

        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        replica = tf.distribute.get_replica_context()
        windows = tf.shape(y)[0]
        # Keras divides each part's mean loss, and the penalties, by the number of devices; the sum of the parts has to
        # be the mean over all windows. The factors add up to the number of devices, so penalties stay as they are.
        all_windows = replica.all_reduce(tf.distribute.ReduceOp.SUM, windows)
        factor = tf.cast(windows * replica.num_replicas_in_sync, "float32") / tf.cast(all_windows, "float32")
        with tf.GradientTape() as tape:
            decided = self._decide(x, training=True)
            loss = self.compute_loss(x, y, decided, weights, training=True)
            objective = self.optimizer.scale_loss(loss * tf.cast(factor, loss.dtype))
        self._loss_tracker.update_state(loss * replica.num_replicas_in_sync, sample_weight=windows)
        gradients = tape.gradient(objective, self.trainable_weights)
        if isinstance(self.optimizer, SharedAccumulatedAdam):
            self.optimizer.apply_sum(replica, gradients, self.trainable_weights)
        else:
            self.optimizer.apply(gradients, self.trainable_weights)
        return self.compute_metrics(x, y, decided, weights)

    def test_step(self, data):
        import tensorflow as tf

        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        decided = self._decide(x, training=False)
        loss = self.compute_loss(x, y, decided, weights, training=False)
        devices = tf.distribute.get_replica_context().num_replicas_in_sync
        self._loss_tracker.update_state(loss * devices, sample_weight=tf.shape(y)[0])
        return self.compute_metrics(x, y, decided, weights)

    def predict_step(self, data):
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self._decide(x, training=False)

    def _decide(self, x, training: bool):
        """Call the network, also where this device got no window: convolutions give a batch of none a wrong shape on
        processors (TensorFlow 2.21 with oneDNN), so a window of zeros stands in, whose answer is dropped."""
        import tensorflow as tf

        windows = tf.shape(keras.tree.flatten(x)[0])[0]

        def at_least_one(values):
            return tf.pad(values, [[0, tf.maximum(1 - windows, 0)], *[[0, 0]] * (len(values.shape) - 1)])

        _part.has_windows = windows > 0
        return self(keras.tree.map_structure(at_least_one, x), training=training)[:windows]

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Keras would look at a batch here by adding its parts up, which fails where they differ in length.

        `Devices.build_metrics` has built everything already.
        """


class SharedAccumulatedAdam(AccumulatedAdam):
    """Decides once for all devices whether an update falls due.

    Keras decides on each device, and joins the devices within that decision, which TensorFlow refuses. Here they are
    joined first; the three methods below are Keras' own without the joining.
    """

    def apply_sum(self, replica, gradients, variables) -> None:
        """Add up the gradients of all devices and apply them. To be called on every device."""

        def apply(strategy, gradients):
            self.apply([strategy.reduce("SUM", gradient, axis=None) for gradient in gradients], variables)

        replica.merge_call(apply, args=(gradients,))

    def flush(self) -> None:
        with self._distribution_strategy.scope():
            super().flush()

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        pairs = [(gradient, variable.value) for gradient, variable in zip(grads, trainable_variables, strict=True)]
        self._distributed_tf_update_step(self._distribution_strategy, pairs, learning_rate)

    def _backend_increment_gradient_accumulators(self, grads, acc_grads):
        for gradient, accumulated in zip(grads, acc_grads, strict=True):
            accumulated.assign(accumulated + gradient)

    def _apply_weight_decay(self, variables):
        for variable in variables if self.weight_decay is not None else ():
            if self._use_weight_decay(variable):
                variable.assign(variable - variable * self.weight_decay * self.learning_rate)


def find(asked: str | None) -> Devices:
    """The devices that `--devices` asks for.

    Virtual CPU devices have to be asked for before TensorFlow computes anything, which is when it sets its devices up;
    afterwards asking again for the same is free.

    Args:
        asked: `N` for the first N GPUs, `cpu:N` for N virtual CPU devices, None for what TensorFlow takes by itself.

    Raises:
        SpecError: no such number of devices, or another backend than TensorFlow.
    """
    if asked is None:
        return ONE_DEVICE
    found = re.fullmatch(r"(cpu:)?([1-9]\d{0,3})", asked)
    if not found:
        raise SpecError(
            f"--devices {asked}: not a number of devices. Give e.g. --devices 2 for two GPUs, or --devices cpu:2 to "
            "try it out on two virtual CPU devices."
        )
    if keras.backend.backend() != "tensorflow":
        raise SpecError(
            f"--devices {asked}: several devices are used through TensorFlow's strategies, and Keras runs on "
            f"{keras.backend.backend()}. Leave --devices out, or set KERAS_BACKEND=tensorflow."
        )
    return _found(int(found[2]), on_cpu=found[1] is not None)


@functools.cache
def _found(count: int, *, on_cpu: bool) -> Devices:
    """Devices of one process, whose strategy is made once."""
    import tensorflow as tf

    kind = "virtual CPU" if on_cpu else "GPU"
    if on_cpu:
        _split_cpu(count)
    else:
        gpus = len(tf.config.list_physical_devices("GPU"))
        if gpus < count:
            raise SpecError(
                f"--devices {count}: asks for {count} GPUs, and TensorFlow finds {gpus} on this machine. Ask for "
                f"fewer, leave --devices out, or give --devices cpu:{count} to try it out without GPUs."
            )
    if count == 1:
        return Devices(kind=kind)
    # It tells of the strategy's choices and of each of the first additions, on standard error.
    tf.get_logger().setLevel(logging.WARNING)
    names = [f"{'CPU' if on_cpu else 'GPU'}:{number}" for number in range(count)]
    # Between GPUs the strategy's own choice (NCCL) is the fastest; it warns of CPUs, which share their memory anyway.
    adding = tf.distribute.ReductionToOneDevice(reduce_to_device="CPU:0") if on_cpu else None
    return Devices(count, kind, tf.distribute.MirroredStrategy(names, cross_device_ops=adding))


def _split_cpu(count: int) -> None:
    """Have TensorFlow set up so many virtual CPU devices."""
    import tensorflow as tf

    processor = tf.config.list_physical_devices("CPU")[0]
    try:
        tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * count)
    except RuntimeError as error:
        present = len(tf.config.list_logical_devices("CPU"))
        if present != count:
            raise SpecError(
                f"--devices cpu:{count}: TensorFlow has already set up {present} CPU devices in this process. Ask for "
                "virtual devices before anything is computed, in a process of its own."
            ) from error


def _draw_for_this_device(draw, ordered: bool = True):
    """The state that a random layer draws from, moved apart from that of the other devices."""
    import tensorflow as tf

    state = draw(ordered)
    replica = tf.distribute.get_replica_context()
    if replica is None:
        return state
    number = tf.cast(replica.replica_id_in_sync_group, state.dtype)
    return state + tf.stack([number * _SEED_DISTANCE, tf.zeros_like(number)])


def _moments_of_all_devices(layer: keras.layers.BatchNormalization, inputs, mask):
    """Mean and variance of the whole batch: stands for the method of Keras' layer."""
    import tensorflow as tf

    axes = layer._reduction_axes
    replica = tf.distribute.get_replica_context()
    if mask is not None:
        raise SpecError(f"--devices: {layer.name} normalises masked windows, which several devices cannot share.")
    if replica is None:
        return keras.ops.moments(inputs, axes=axes)
    is_real = tf.cast(_part.has_windows, inputs.dtype)

    def totals(*own):
        return replica.all_reduce(tf.distribute.ReduceOp.SUM, [is_real * each for each in own])

    shape = [1 if axis in axes else size for axis, size in enumerate(inputs.shape)]
    own_count = tf.cast(tf.size(inputs) // math.prod(shape), inputs.dtype)
    count, total = totals(own_count, tf.reduce_sum(inputs, axis=axes))
    mean = total / count
    (squares,) = totals(tf.reduce_sum(tf.square(inputs - tf.reshape(mean, shape)), axis=axes))
    return mean, squares / count
