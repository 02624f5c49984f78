"""From logits, which networks give to the loss, to shares of the classes, which decisions are made on.

A share is the softmax of a window's logits. Two classes may have the same share while their logits differ by a rounding
error, so that metrics decide on shares, as predictions of clips do.
"""

import keras
from keras import ops


def shares_of(logits):
    """Shares of the classes, which add up to 1: (windows, classes) -> the same shape in float32."""
    return ops.softmax(ops.cast(logits, "float32"), axis=-1)


class WindowAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """Accuracy of windows, from labels (batch,) and logits (batch, classes)."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(y_true, shares_of(y_pred), sample_weight)
