"""Norms of the gradients of each layer in the history: the values, and that training is the same with them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.core.errors import DivergedError, SpecError
from common.paper.training import Training
from common.training.devices import Devices
from common.training.gradient_norms import MeasuresGradients
from common.training.model_cache import CompiledModelCache
from common.training.optimizers import AccumulatedAdam, AccumulationSchedule, optimizer_of
from tests.helpers.fitting import ACCUMULATED, Interrupt, curves, trained_weights

LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def measured_model(**training) -> keras.Model:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((5,))
    x = keras.layers.Dense(4, activation="tanh", name="hidden")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(3, name="genre")(x))
    optimizer = optimizer_of(Training(epochs=1, gradient_norms=True, **training), [])
    optimizer.measure_gradients(model.trainable_variables)
    model.compile(optimizer, LOSS)
    return model


def norms_by_hand(model, x, y) -> dict[str, float]:
    with tf.GradientTape() as tape:
        loss = LOSS(y, model(x))
    squares: dict[str, float] = {}
    for variable, gradient in zip(model.trainable_variables, tape.gradient(loss, model.trainable_weights), strict=True):
        layer = variable.path.split("/")[0]
        squares[layer] = squares.get(layer, 0.0) + float(np.square(gradient.numpy()).sum())
    return {layer: square**0.5 for layer, square in squares.items()}


@pytest.mark.parametrize("optimizer", ["adam", "adadelta"])
def test_norms_are_those_of_the_gradients_of_each_batch(optimizer):
    # With this rate the weights stay as they are.
    model = measured_model(optimizer=optimizer, learning_rate=1e-12)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 5)).astype("f4"), rng.integers(0, 3, 8)
    one, two = norms_by_hand(model, x[:4], y[:4]), norms_by_hand(model, x[4:], y[4:])
    for _ in range(2):  # the second time, nothing of the first is left
        model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
        found = model.optimizer.take_norms()
        assert found == pytest.approx(
            {
                f"gradient_norm_{kind}/{layer}": value
                for layer in ("hidden", "genre")
                for kind, value in (
                    ("rms", ((one[layer] ** 2 + two[layer] ** 2) / 2) ** 0.5),
                    ("max", max(one[layer], two[layer])),
                )
            },
            rel=1e-4,
        )


def test_flushing_accumulated_gradients_is_no_batch():
    model = measured_model(accumulate_batches=3, learning_rate=1e-12)
    assert isinstance(model.optimizer, AccumulatedAdam)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(32, 5)).astype("f4"), rng.integers(0, 3, 32)
    expected = norms_by_hand(model, x, y)
    model.fit(x, y, batch_size=32, verbose=0, callbacks=[AccumulationSchedule(32, "flush")])
    assert int(model.optimizer.iterations) == 1  # flushed
    found = model.optimizer.take_norms()
    for layer, norm in expected.items():
        assert found[f"gradient_norm_rms/{layer}"] == pytest.approx(norm, rel=1e-4)


@pytest.mark.parametrize("training", [{}, ACCUMULATED])
def test_training_is_the_same_with_norms_and_after_an_interruption(tiny_arrays, tmp_path, training):
    _, without = trained_weights(tmp_path / "without", tiny_arrays, tmp_path, epochs=3, **training)
    asked = training | {"epochs": 3, "gradient_norms": True}
    fitted, weights = trained_weights(tmp_path / "with", tiny_arrays, tmp_path, **asked)
    np.testing.assert_array_equal(weights, without)
    names = [name for name in fitted.state.history[0] if name.startswith("gradient_norm")]
    assert sorted(names) == [
        f"gradient_norm_{kind}/{layer}" for kind in ("max", "rms") for layer in ("dense", "dense_1")
    ]
    assert all(entry[name] > 0 for entry in fitted.state.history for name in names)
    assert names[0] in (tmp_path / "with" / "history.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert len(curves(tmp_path / "with")[names[0]]) == 3
    with pytest.raises(KeyboardInterrupt):
        trained_weights(tmp_path / "cut", tiny_arrays, tmp_path, callback=Interrupt(2), **asked)
    resumed, _ = trained_weights(tmp_path / "cut", tiny_arrays, tmp_path, **asked)
    for one, other in zip(fitted.state.history, resumed.state.history, strict=True):
        assert {name: one[name] for name in names} == {name: other[name] for name in names}


def test_a_model_that_is_used_again_measures_from_the_beginning(tiny_arrays, tmp_path):
    cache = CompiledModelCache()
    first, second = (
        trained_weights(tmp_path / name, tiny_arrays, tmp_path, model_cache=cache, epochs=2, gradient_norms=True)[0]
        for name in ("first", "second")
    )
    for one, other in zip(first.state.history, second.state.history, strict=True):
        assert one | {"seconds": 0} == other | {"seconds": 0}


def test_a_gradient_that_is_not_finite_fails_the_run(tiny_arrays, tmp_path, monkeypatch):
    monkeypatch.setattr(MeasuresGradients, "take_norms", lambda self: {"gradient_norm_max/dense": float("inf")})
    with pytest.raises(DivergedError, match=r"gradient of layer dense is not finite, .* in epoch 1 \(inf\)"):
        trained_weights(tmp_path / "run", tiny_arrays, tmp_path, gradient_norms=True)


def test_norms_on_several_devices_are_refused(tiny_arrays, tmp_path):
    cache = CompiledModelCache(Devices(count=2, kind="virtual CPU"))
    with pytest.raises(SpecError, match=r"training\.gradient_norms: each of 2 devices"):
        trained_weights(tmp_path / "run", tiny_arrays, tmp_path, model_cache=cache, gradient_norms=True)
