"""Random numbers of building and training a network, isolated from everything else in the process."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import keras
import numpy as np
from keras.src.random import seed_generator


@contextmanager
def own_draws(seed: int) -> Iterator[None]:
    """Give Keras its own generator, seeded with `seed`, for the seeds of initial weights and of random layers.

    Keras draws them from Python's global generator, from which other threads draw, too (the event loop of a Dask worker
    does so several times a second). The numbers are those of the global generator if no other thread used it.
    """
    with mock.patch.object(seed_generator, "python_random", random.Random(seed)):
        yield


def begin_epoch(seed: int, epoch: int) -> None:
    """Make the random numbers of an epoch depend on (seed, epoch) only, so that they are deterministic under resume.

    On TensorFlow and JAX they already do: each random layer has its own seed, which checkpoints hold. On PyTorch, Keras
    draws dropout masks from the global generator, whose state cannot be saved for each device.
    """
    if keras.backend.backend() == "torch":
        keras.utils.set_random_seed(int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0]))
