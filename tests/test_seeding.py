"""Seeds that Keras draws for a network, whoever else draws."""

import random

import keras

from common.seeding import own_draws


def first_weights() -> list[float]:
    """Of a layer that is built while something else takes a number."""
    random.random()
    layer = keras.layers.Dense(3)
    layer.build((None, 2))
    return keras.ops.convert_to_numpy(layer.kernel).ravel().tolist()


def test_other_draws_change_no_weight():
    with own_draws(3):
        alone = [first_weights(), first_weights()]
    random.seed(4)
    with own_draws(3):
        assert [first_weights(), first_weights()] == alone
    assert first_weights() != alone[0]


def test_they_are_what_the_global_generator_would_give():
    def weights() -> list[float]:
        layer = keras.layers.Dense(3)
        layer.build((None, 2))
        return keras.ops.convert_to_numpy(layer.kernel).ravel().tolist()

    random.seed(5)
    theirs = weights()
    with own_draws(5):
        assert weights() == theirs
