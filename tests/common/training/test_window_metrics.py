"""Class probabilities, and decisions on them."""

import keras
import numpy as np

from common.training.window_metrics import MacroF1, WindowAccuracy, probabilities_of

# Different logits whose probabilities are equal after rounding: the first class is decided for.
TIED = np.array([[0.0, 1e-9, -5.0]], np.float32)


def test_probabilities_are_a_softmax_in_float32_also_of_bfloat16():
    logits = keras.ops.convert_to_tensor([[0.0, 300.0], [1.0, 1.0]], "bfloat16")
    probabilities = keras.ops.convert_to_numpy(probabilities_of(logits))
    assert probabilities.dtype == np.float32
    np.testing.assert_array_equal(probabilities, [[0, 1], [0.5, 0.5]])


def test_metrics_decide_on_probabilities_as_predictions_do():
    assert TIED.argmax() == 1
    accuracy, f1 = WindowAccuracy(name="accuracy"), MacroF1(3)
    for metric in (accuracy, f1):
        metric.update_state(np.array([0]), TIED)
    assert (accuracy.name, float(accuracy.result()), float(f1.result())) == ("accuracy", 1.0, 1.0)
    accuracy.update_state(np.array([1]), TIED)
    assert float(accuracy.result()) == 0.5
