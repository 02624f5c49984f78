"""The stream for other backends gives the same batches as tf.data."""

import keras
import numpy as np
import pytest

from common.core.errors import BudgetError, RunError
from data_pipeline.windows import tf_dataset as stream
from data_pipeline.windows.keras_dataset import WindowBatches
from data_pipeline.windows.standardisation import Standardisation
from data_pipeline.windows.tf_dataset import as_tf_dataset, epoch_order, keras_batches
from tests.helpers.fitting import make_run

SCALING = Standardisation(mean=0.37, deviation=0.21)


@pytest.fixture
def single(tiny_arrays, tmp_path):
    """A reader of one input."""
    _, opened_reader = make_run(tiny_arrays, tmp_path)
    with opened_reader:
        yield opened_reader


@pytest.fixture
def on_jax(monkeypatch):
    """The stream behaves as if Keras ran on JAX."""
    monkeypatch.setattr(stream.keras.backend, "backend", lambda: "jax")


@pytest.mark.parametrize("layout", ["frames_bins", "bins_frames_channel"])
@pytest.mark.parametrize("standardisation", [Standardisation(), SCALING])
def test_the_same_windows_in_the_same_order_as_tf_data_to_the_last_digit(single, layout, standardisation):
    order = epoch_order(np.arange(len(single.windows)), seed=3, epoch=2)[:-1]
    arguments = {"batch_size": 16, "layout": layout, "standardisation": standardisation}
    expected = list(as_tf_dataset(single, order, **arguments).as_numpy_iterator())
    given = WindowBatches(single, order, **arguments)
    found = [given[step] for step in range(len(given))]
    assert len(found) == len(expected) > 1
    assert len(found[-1][1]) == len(order) % 16 != 0
    for (windows, labels), (expected_windows, expected_labels) in zip(found, expected, strict=True):
        assert windows.dtype == np.float32
        assert labels.dtype == np.int32
        assert windows.flags.c_contiguous
        np.testing.assert_array_equal(labels, expected_labels)
        np.testing.assert_array_max_ulp(windows, expected_windows, maxulp=1)


def test_two_inputs_come_together(paired_reader):
    order = np.array([7, 0, 10, 3, 2])
    scaling = (Standardisation(0.1, 2.0), Standardisation(-40.0, 9.0))
    arguments = {"batch_size": 2, "layout": "bins_frames_channel", "standardisation": scaling}
    expected = list(as_tf_dataset(paired_reader, order, **arguments).as_numpy_iterator())
    given = WindowBatches(paired_reader, order, **arguments)
    for step, (inputs, labels) in enumerate(expected):
        found, found_labels = given[step]
        np.testing.assert_array_equal(found_labels, labels)
        for one, other in zip(found, inputs, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


def test_keras_sees_every_window_once_in_order(single):
    order = epoch_order(np.arange(len(single.windows)), seed=0, epoch=0)
    inputs = keras.Input((32, 39, 1))
    first = keras.Model(inputs, keras.layers.Flatten()(inputs)[:, :5])
    given = WindowBatches(single, order, batch_size=16, layout="bins_frames_channel", standardisation=Standardisation())
    expected = np.concatenate(
        [windows.reshape(len(windows), -1)[:, :5] for windows, _ in map(given.__getitem__, range(len(given)))]
    )
    np.testing.assert_array_equal(first.predict(given, verbose=0), expected)
    assert len(expected) == len(order)


def test_tensorflow_gets_tf_data_and_other_backends_do_not(single, monkeypatch):
    order = np.arange(20)
    assert type(keras_batches(single, order, batch_size=4)).__module__.startswith("tensorflow")
    for backend in ("jax", "torch"):
        monkeypatch.setattr(stream.keras.backend, "backend", lambda name=backend: name)
        assert isinstance(keras_batches(single, order, batch_size=4), WindowBatches)


def test_withheld_windows_and_small_budgets_are_refused_alike(single, on_jax):
    with pytest.raises(BudgetError, match="Raise --memory-limit"):
        keras_batches(single, np.arange(10), batch_size=1000, memory_left_bytes=2**20)
    single.withhold_all_but(np.arange(10))
    assert len(keras_batches(single, np.arange(10), batch_size=4)) == 3
    with pytest.raises(RunError, match="withheld"):
        keras_batches(single, np.arange(11), batch_size=4)
