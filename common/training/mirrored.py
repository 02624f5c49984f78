"""Makes training under TensorFlow's `MirroredStrategy` equivalent to training on one device.

* Keras gives every device's part of a batch the same weight, even where an uneven batch leaves one device fewer windows
  or none. `SharedModel` weights each part by its number of windows.
* Random layers draw the same numbers on every device, so that windows of one batch would share their dropout masks.
  `mirror` gives each device its own numbers.
* Batch normalisation computes its mean and variance over the device's part only; `mirror` computes them over the whole
  batch. (Keras' own `synchronized=True` would count padding windows, see `SharedModel`, and computes the variance as a
  difference of large numbers.)
* Keras cannot accumulate gradients under the strategy. `SharedAccumulatedAdam` can.
"""

import functools
import math
import threading

import keras

from common.core.errors import SpecError
from common.training.optimizers import AccumulatedAdam

# Random states are (seed, count) with seeds below 1e9: this offset keeps those of the devices distinct.
_SEED_DISTANCE = 1_000_000_000
# Per tracing thread: whether its device has any windows in this batch.
_part = threading.local()
_LABELS = keras.KerasTensor((1,), "int32")


def mirror(model: keras.Model) -> keras.Model:
    """The same network, for training on all devices of the strategy in whose scope this is called."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer._moments = functools.partial(_moments_of_all_devices, layer)
        for generator in layer._seed_generators:
            generator.next = functools.partial(_draw_for_this_device, generator.next)
    return SharedModel(inputs=model.input, outputs=model.output, name=model.name)


def build_metrics(model: keras.Model) -> None:
    """Create the variables of a model's metrics, which cannot be created in a step. Call it in the scope."""
    example = [keras.KerasTensor((1, *each.shape[1:]), each.dtype) for each in model.inputs]
    model._symbolic_build(data_batch=(example[0] if len(example) == 1 else tuple(example), _LABELS))


class SharedModel(keras.Model):
    """A network whose copies on several devices train on parts of each batch, with equal weight for every window."""

    def train_step(self, data):
        import tensorflow as tf

        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        replica = tf.distribute.get_replica_context()
        windows = tf.shape(y)[0]
        # Keras divides each part's mean loss, and the penalties, by the number of devices; the sum of the parts has to
        # be the mean over all windows. The factors add up to the number of devices, which leaves penalties unchanged.
        all_windows = replica.all_reduce(tf.distribute.ReduceOp.SUM, windows)
        factor = tf.cast(windows * replica.num_replicas_in_sync, "float32") / tf.cast(all_windows, "float32")
        with tf.GradientTape() as tape:
            predicted = self._call_network(x, training=True)
            loss = self.compute_loss(x, y, predicted, weights, training=True)
            objective = self.optimizer.scale_loss(loss * tf.cast(factor, loss.dtype))
        self._loss_tracker.update_state(loss * replica.num_replicas_in_sync, sample_weight=windows)
        gradients = tape.gradient(objective, self.trainable_weights)
        if isinstance(self.optimizer, SharedAccumulatedAdam):
            self.optimizer.apply_sum(replica, gradients, self.trainable_weights)
        else:
            self.optimizer.apply(gradients, self.trainable_weights)
        return self.compute_metrics(x, y, predicted, weights)

    def test_step(self, data):
        import tensorflow as tf

        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        predicted = self._call_network(x, training=False)
        loss = self.compute_loss(x, y, predicted, weights, training=False)
        devices = tf.distribute.get_replica_context().num_replicas_in_sync
        self._loss_tracker.update_state(loss * devices, sample_weight=tf.shape(y)[0])
        return self.compute_metrics(x, y, predicted, weights)

    def predict_step(self, data):
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self._call_network(x, training=False)

    def _call_network(self, x, training: bool):
        """Call the network, even where this device got no window.

        Convolutions on CPUs give an empty batch a wrong shape (TensorFlow 2.21 with oneDNN), so a window of zeros is
        padded, and its output dropped.
        """
        import tensorflow as tf

        windows = tf.shape(keras.tree.flatten(x)[0])[0]

        def at_least_one(values):
            return tf.pad(values, [[0, tf.maximum(1 - windows, 0)], *[[0, 0]] * (len(values.shape) - 1)])

        _part.has_windows = windows > 0
        return self(keras.tree.map_structure(at_least_one, x), training=training)[:windows]

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Do nothing: `build_metrics` has built everything already.

        Keras would inspect a batch here by adding up its parts, which fails where they differ in length.
        """


class SharedAccumulatedAdam(AccumulatedAdam):
    """Decides once for all devices whether an update is due.

    Keras decides on each device, and reduces across devices within that branch, which TensorFlow refuses. Here the
    gradients are reduced first; the last three methods are Keras' own without the reduction.
    """

    def apply_sum(self, replica, gradients, variables) -> None:
        """Add up the gradients of all devices and apply them. Call it on every device."""

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


def _draw_for_this_device(draw, ordered: bool = True):
    """The state that a random layer draws from, shifted so that every device has another one."""
    import tensorflow as tf

    state = draw(ordered)
    replica = tf.distribute.get_replica_context()
    if replica is None:
        return state
    number = tf.cast(replica.replica_id_in_sync_group, state.dtype)
    return state + tf.stack([number * _SEED_DISTANCE, tf.zeros_like(number)])


def _moments_of_all_devices(layer: keras.layers.BatchNormalization, inputs, mask):
    """Mean and variance of the whole batch; replaces the method `_moments` of Keras' layer."""
    import tensorflow as tf

    axes = layer._reduction_axes
    replica = tf.distribute.get_replica_context()
    if mask is not None:
        raise SpecError(
            f"--devices: {layer.name} normalises masked windows, which several devices cannot do. Leave --devices out."
        )
    if replica is None:
        return keras.ops.moments(inputs, axes=axes)
    is_real = tf.cast(_part.has_windows, inputs.dtype)

    def totals(*values):
        return replica.all_reduce(tf.distribute.ReduceOp.SUM, [is_real * value for value in values])

    shape = [1 if axis in axes else size for axis, size in enumerate(inputs.shape)]
    local_count = tf.cast(tf.size(inputs) // math.prod(shape), inputs.dtype)
    count, total = totals(local_count, tf.reduce_sum(inputs, axis=axes))
    mean = total / count
    (squares,) = totals(tf.reduce_sum(tf.square(inputs - tf.reshape(mean, shape)), axis=axes))
    return mean, squares / count
