"""Models that are used again train as new ones do."""

import keras
import numpy as np
import pytest

from common.paper.experiment import Experiment
from common.paper.protocol import Protocol
from common.paper.training import Training
from common.training.model_cache import CompiledModelCache
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.features.spectrograms import LogMel
from data_pipeline.windows.index import WindowSpec
from tests.helpers.fitting import TinyNet


def with_dropout(shape, classes):
    inputs = keras.Input(shape)
    x = keras.layers.Dropout(0.5)(keras.layers.Flatten()(inputs))
    x = keras.layers.BatchNormalization()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, dtype="float32")(x))


@pytest.mark.parametrize("accumulate", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_a_cached_model_trains_bit_for_bit_as_a_new_one(accumulate):
    experiment = Experiment(
        paper="tiny",
        model=TinyNet(),
        feature=LogMel(),
        windows=WindowSpec(seconds=3, hop_seconds=3),
        protocol=Protocol(),
        training=Training(epochs=1, batch_windows=4, accumulate_batches=accumulate),
    )
    x = np.random.default_rng(0).normal(size=(20, 6, 1)).astype(np.float32)
    y = np.arange(20) % 3

    def train(cache: CompiledModelCache, seed: int, experiment=experiment) -> bytes:
        model = cache.model_for(experiment, with_dropout, (6, 1), 3, seed=seed)
        model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
        return b"".join(np.ascontiguousarray(value.numpy()).tobytes() for value in model.variables)

    cache = CompiledModelCache()
    first = train(cache, 0)
    kept = cache._model
    assert (
        train(cache, 0, experiment.replace(protocol=Protocol(split="rotating")))
        == first
        == train(CompiledModelCache(), 0)
    )
    assert train(cache, 0, experiment.replace(copies=OfflineAugmentation())) == first
    assert cache._model is kept
    assert train(cache, 1) == train(CompiledModelCache(), 1) != first
    assert cache._model is not kept
    assert train(cache, 0, experiment.with_values({"training.learning_rate": 0.1})) != first


def with_masks(probability: float, largest_share: float, masks: int = 1) -> Experiment:
    spectrogram = {"probability": probability, "largest_share": largest_share, "masks": masks}
    return Experiment(
        paper="tiny",
        model=TinyNet(),
        feature=LogMel(),
        windows=WindowSpec(seconds=3, hop_seconds=3),
        protocol=Protocol(),
        training=Training(epochs=1, batch_windows=4, augmentation={"spectrogram": spectrogram}),
    )


@pytest.mark.slow
def test_a_cached_model_with_other_masks_trains_bit_for_bit_as_a_new_one():
    """The cells of a grid differ in numbers that a traced step reads; each trains as if it were the first."""
    x = np.random.default_rng(0).normal(size=(20, 6, 7, 1)).astype(np.float32)

    def train(cache: CompiledModelCache, experiment: Experiment) -> bytes:
        model = cache.model_for(experiment, with_dropout, (6, 7, 1), 3, seed=0)
        model.fit(x, np.arange(20) % 3, batch_size=4, shuffle=False, verbose=0)
        return b"".join(np.ascontiguousarray(value.numpy()).tobytes() for value in model.layers[-1].weights)

    cache = CompiledModelCache()
    first = train(cache, with_masks(1.0, 0.3))
    kept = cache._model
    for other in (with_masks(1.0, 0.9), with_masks(0.5, 0.3)):
        assert train(cache, other) == train(CompiledModelCache(), other) != first
        assert cache._model is kept
    assert train(cache, with_masks(1.0, 0.3)) == first
    train(cache, with_masks(1.0, 0.3, masks=2))
    assert cache._model is not kept
