"""Compiled models that commands of one process share, for tests that start several commands of the same networks."""

import keras

from common.paper.experiment import Experiment
from common.training.devices import ONE_DEVICE, Devices
from common.training.model_cache import CompiledModelCache, ModelBuilder, graph_digest


class KeptModels:
    """Stands in for `CompiledModelCache` in commands that follow each other.

    A command makes its own cache, so the next one would trace the same training step again. A model that is taken again
    is reset bit for bit to its initial state (tests/common/training/test_model_cache.py). All commands have to build a
    network by the same paper.
    """

    def __init__(self) -> None:
        self._caches: dict[tuple, CompiledModelCache] = {}

    def __call__(self, devices: Devices = ONE_DEVICE) -> "_CacheOfACommand":
        """In place of the class."""
        return _CacheOfACommand(self._caches, devices)


class _CacheOfACommand:
    def __init__(self, caches: dict[tuple, CompiledModelCache], devices: Devices) -> None:
        self.devices = devices
        self._caches = caches

    def model_for(
        self, experiment: Experiment, build: ModelBuilder, shape: tuple, classes: int, *, seed: int
    ) -> keras.Model:
        key = (graph_digest(experiment), shape, classes, seed, self.devices)
        if key not in self._caches:
            self._caches[key] = CompiledModelCache(self.devices)
        return self._caches[key].model_for(experiment, build, shape, classes, seed=seed)
