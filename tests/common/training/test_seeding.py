"""Seeds that Keras draws for a network do not depend on other random draws."""

import random

import keras

from common.training.seeding import begin_epoch, own_draws


def first_weights() -> list[float]:
    """Weights of a layer that is built after other code has drawn a random number."""
    random.random()
    layer = keras.layers.Dense(3)
    layer.build((None, 2))
    return keras.ops.convert_to_numpy(layer.kernel).ravel().tolist()


def test_draws_by_other_code_change_no_weight():
    with own_draws(3):
        expected = [first_weights(), first_weights()]
    random.seed(4)
    with own_draws(3):
        assert [first_weights(), first_weights()] == expected
    assert first_weights() != expected[0]


def test_own_draws_equal_those_of_the_seeded_global_generator():
    def weights() -> list[float]:
        layer = keras.layers.Dense(3)
        layer.build((None, 2))
        return keras.ops.convert_to_numpy(layer.kernel).ravel().tolist()

    random.seed(5)
    theirs = weights()
    with own_draws(5):
        assert weights() == theirs


def test_on_pytorch_each_epoch_begins_with_draws_of_its_own(monkeypatch):
    seeds = []
    monkeypatch.setattr(keras.utils, "set_random_seed", seeds.append)
    for backend in ("tensorflow", "jax"):
        monkeypatch.setattr(keras.backend, "backend", lambda name=backend: name)
        begin_epoch(0, 0)
    assert seeds == []
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    for place in ((0, 0), (0, 1), (1, 0), (0, 1)):
        begin_epoch(*place)
    assert len(set(seeds)) == 3
    assert seeds[1] == seeds[3]
