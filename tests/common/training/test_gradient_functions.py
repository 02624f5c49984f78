"""The graph of a training step goes when its network is no longer used."""

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.func_graph import FuncGraph

from common.paper.experiment import Experiment
from common.paper.protocol import Protocol
from common.paper.training import Training
from common.training import gradient_functions
from common.training.gradient_functions import outdated_with, remove_outdated
from common.training.model_cache import CompiledModelCache
from data_pipeline.features.spectrograms import LogMel
from data_pipeline.windows.index import WindowSpec
from tests.helpers.fitting import TinyNet


@pytest.fixture(autouse=True)
def _no_other_model_is_freed(monkeypatch):
    """Models of earlier tests are freed before a test, not while it runs."""
    gc.collect()
    monkeypatch.setattr(gradient_functions, "_outdated", set())


def build(shape, classes):
    inputs = keras.Input(shape)
    return keras.Model(inputs, keras.layers.Dense(classes, dtype="float32")(inputs))


def train(cache: CompiledModelCache, seed: int) -> keras.Model:
    experiment = Experiment(
        paper="tiny",
        model=TinyNet(),
        feature=LogMel(),
        windows=WindowSpec(seconds=3, hop_seconds=3),
        protocol=Protocol(),
        training=Training(epochs=1, batch_windows=4),
    )
    model = cache.model_for(experiment, build, (6,), 3, seed=seed)
    model.fit(np.ones((4, 6), np.float32), np.zeros(4), batch_size=4, verbose=0)
    return model


def live_graphs() -> int:
    gc.collect()
    # By the type: asking a weak proxy for its class fails where what it stands for is gone.
    return sum(issubclass(type(each), FuncGraph) for each in gc.get_objects())


def define_gradient() -> set[str]:
    """Trace a function that has a gradient of its own; the names that TensorFlow registers for it."""
    before = gradient_functions._registered()

    @tf.function
    def traced(value):
        return tf.custom_gradient(lambda x: (2 * x, lambda upstream: 2 * upstream))(value)

    traced.get_concrete_function(tf.TensorSpec((), tf.float32))
    return gradient_functions._registered() - before


def test_a_third_network_leaves_no_more_graphs_than_a_second():
    cache = CompiledModelCache()
    first = weakref.ref(train(cache, 0))
    train(cache, 1)
    graphs, names = live_graphs(), len(gradient_functions._registered())
    assert first() is None
    train(cache, 2)
    assert live_graphs() == graphs > 0
    assert len(gradient_functions._registered()) == names > 0


def test_the_network_before_is_freed_before_the_next_one_is_built():
    cache = CompiledModelCache()
    first, alive = weakref.ref(train(cache, 0)), []

    def build_and_look(shape, classes):
        alive.append(first())
        return build(shape, classes)

    cache.model_for(_other_experiment(), build_and_look, (6,), 3, seed=0)
    assert alive == [None]


def _other_experiment() -> Experiment:
    return Experiment(
        paper="tiny",
        model=TinyNet(units=3),
        feature=LogMel(),
        windows=WindowSpec(seconds=3, hop_seconds=3),
        protocol=Protocol(),
        training=Training(epochs=1, batch_windows=4),
    )


def test_graphs_of_a_cache_that_is_gone_go_with_the_next_network():
    before = gradient_functions._registered()
    cache = CompiledModelCache()
    train(cache, 0)
    of_the_first = gradient_functions._registered() - before
    assert of_the_first
    del cache
    gc.collect()
    # Not sooner: another step could be traced at this moment.
    assert of_the_first <= gradient_functions._registered()
    train(CompiledModelCache(), 1)
    assert not of_the_first & gradient_functions._registered()


def test_gradients_that_were_defined_before_a_network_stay():
    earlier = define_gradient()
    marks = outdated_with(build((6,), 3))
    later = define_gradient()
    assert len(earlier) == len(later) == 1
    marks()
    remove_outdated()
    assert earlier <= gradient_functions._registered()
    assert not later & gradient_functions._registered()
    remove_outdated()
    assert earlier <= gradient_functions._registered()


def test_other_backends_have_nothing_to_remove(monkeypatch):
    name = define_gradient()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    marks = outdated_with(build((6,), 3))
    marks()
    remove_outdated()
    monkeypatch.undo()
    assert name <= gradient_functions._registered()
