"""What is measured of windows while a network trains: accuracy and macro F1.

Networks give logits to the loss, and decisions are made on probabilities, the softmax of a window's logits. Two classes
may have the same probability while their logits differ by a rounding error, so these metrics decide on probabilities,
as predictions of clips do.
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


class MacroF1(keras.metrics.Metric):
    """Macro F1 of windows, from labels (batch,) and logits (batch, classes); defined in `common.metrics.f1`."""

    def __init__(self, classes: int, name: str = "f1_macro", **arguments):
        super().__init__(name=name, **arguments)
        self.classes = classes
        self.counts = self.add_variable(shape=(classes, classes), initializer="zeros", name="counts")

    def update_state(self, y_true, y_pred, sample_weight=None):
        # `sample_weight` is ignored: class weights apply to the loss only.
        true = ops.one_hot(ops.reshape(ops.cast(y_true, "int32"), (-1,)), self.classes)
        predicted = ops.one_hot(ops.argmax(probabilities_of(y_pred), axis=-1), self.classes)
        self.counts.assign_add(ops.cast(ops.matmul(ops.transpose(true), predicted), self.counts.dtype))

    def result(self):
        hits = ops.diagonal(self.counts)
        either = ops.sum(self.counts, axis=0) + ops.sum(self.counts, axis=1)
        f1 = ops.where(either > 0, 2 * hits / ops.maximum(either, 1.0), 0.0)
        return ops.sum(f1) / ops.maximum(ops.sum(ops.cast(either > 0, f1.dtype)), 1.0)

    def get_config(self):
        return super().get_config() | {"classes": self.classes}
