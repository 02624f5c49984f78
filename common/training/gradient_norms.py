"""Norms of the gradient of each layer over an epoch, to find out where a training becomes unstable."""

import functools
from collections.abc import Iterable
from typing import Any

import keras
from keras import ops

# Names in the history: <prefix>/<layer>. RMS is the root of the mean of the squared norms of an epoch's batches.
RMS, LARGEST = "gradient_norm_rms", "gradient_norm_max"


class MeasuresGradients:
    """Mixed into an optimiser of Keras: notes the Euclidean norm of the gradient of each layer, batch by batch.

    Norms above 1.8e19, whose squares float32 cannot hold, become infinite.

    Gradients are those of the loss with its penalties, before clipping and weight decay. The norms are part of the
    optimiser's variables, because these are what a compiled training step hands on, on every backend.
    """

    def measure_gradients(self, variables: Iterable[keras.Variable]) -> None:
        """Begin to measure. Call it once, before the optimiser is built.

        Args:
            variables: that the optimiser will update, in this order.
        """
        self._layer_of = [variable.path.rpartition("/")[0] or variable.path for variable in variables]
        self.measured_layers = tuple(dict.fromkeys(self._layer_of))
        shape = (len(self.measured_layers),)
        self._squares = self.add_variable(shape, name="gradient_squares")
        self._largest = self.add_variable(shape, name="gradient_largest")
        self._batches = self.add_variable((), name="gradient_batches")

    def apply(self, grads, trainable_variables=None) -> None:
        """Note the norms, and update as the optimiser does without them."""
        squares = dict.fromkeys(self.measured_layers, 0.0)
        for layer, gradient in zip(self._layer_of, grads, strict=True):
            if gradient is not None:
                squares[layer] += ops.sum(ops.square(ops.cast(gradient, "float32")))
        norms_squared = ops.stack([ops.cast(value, "float32") for value in squares.values()])
        self._squares.assign(self._squares + norms_squared)
        self._largest.assign(ops.maximum(self._largest, ops.sqrt(norms_squared)))
        self._batches.assign(self._batches + 1.0)
        super().apply(grads, trainable_variables)

    def flush(self) -> None:
        """As in `AccumulatedAdam`, which applies gradients of zero then: these are of no batch."""
        batches = ops.convert_to_numpy(self._batches)
        super().flush()
        self._batches.assign(batches)

    def take_norms(self) -> dict[str, float]:
        """Name in the history -> value of the batches since the last call. Do not call this inside a compiled step."""
        batches = max(1.0, float(ops.convert_to_numpy(self._batches)))
        squares, largest = (ops.convert_to_numpy(each).astype(float) for each in (self._squares, self._largest))
        for variable in (self._squares, self._largest, self._batches):
            variable.assign(ops.zeros(variable.shape))
        found = {}
        for layer, total, most in zip(self.measured_layers, squares, largest, strict=True):
            found[f"{RMS}/{layer}"] = float((total / batches) ** 0.5)
            found[f"{LARGEST}/{layer}"] = float(most)
        return found


@functools.cache
def measuring(kind: type[keras.optimizers.Optimizer]) -> type[Any]:
    """The same optimiser, with `MeasuresGradients`."""
    return type(kind.__name__, (MeasuresGradients, kind), {})
