"""Class probabilities from logits: networks give logits to the loss, and decisions are made on probabilities.

The probabilities are the softmax of a window's logits. Two classes may have the same probability while their logits
differ by a rounding error, so metrics decide on probabilities, as predictions of clips do.
"""

import keras
from keras import ops


def probabilities_of(logits):
    """Class probabilities, which add up to 1: (windows, classes) -> the same shape in float32."""
    return ops.softmax(ops.cast(logits, "float32"), axis=-1)


class WindowAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """Accuracy of windows, from labels (batch,) and logits (batch, classes)."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(y_true, probabilities_of(y_pred), sample_weight)
