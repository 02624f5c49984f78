"""The contract of all networks: they end in logits, and the loss is computed from these.

A loss of probabilities has no gradient for a window that is wrong by much. Keras clips probabilities at 1e-7, so that
from a gap of about 16 between two logits on, the loss is constant; on TensorFlow alone, it finds the logits behind a
final softmax and uses these instead. From logits, the loss and its gradient are exact on every backend.
"""

import keras

from common.core.errors import SpecError


def cross_entropy() -> keras.Loss:
    """The loss of all networks, from labels (batch,) and logits (batch, classes)."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def require_logits(model: keras.Model) -> None:
    """Check that a network ends in logits in float32.

    Raises:
        SpecError: it ends in a softmax, or its output is not float32.
    """
    last = _last_operation(model)
    if type(last).__name__ == "Softmax" or getattr(last, "activation", None) is keras.activations.softmax:
        raise SpecError(
            f"{model.name}: its last layer, {last.name}, is a softmax, expected logits: the loss is computed from "
            "logits, and the softmax is taken afterwards. Leave the softmax out of build."
        )
    dtype = model.outputs[0].dtype
    if dtype != "float32":
        raise SpecError(
            f"{model.name}: the output of {last.name} is {dtype}, expected logits in float32. Give the last layer "
            'dtype="float32".'
        )


def _last_operation(model: keras.Model) -> keras.Operation:
    """What computes the output of a network, also where that is a network inside it."""
    last = model.operations[-1]
    return _last_operation(last) if isinstance(last, keras.Model) else last
