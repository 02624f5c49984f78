"""The draws that a network is built by, kept from everything else that draws in the same process."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import keras
import numpy as np
from keras.src.random import seed_generator


@contextmanager
def own_draws(seed: int) -> Iterator[None]:
    """Give Keras a generator of its own, seeded so, for the seeds of initial weights and of random layers.

    Keras takes them from Python's global generator, of which other threads take numbers, too (the event loop of a Dask
    worker does several times a second). The numbers are those that the global one would give, were nobody else there.
    """
    with mock.patch.object(seed_generator, "python_random", random.Random(seed)):
        yield


def begin_epoch(seed: int, epoch: int) -> None:
    """Make the draws of an epoch depend on nothing but (seed, epoch), so that a resumed run draws the same.

    On TensorFlow and JAX they do: each random layer has a seed of its own, which checkpoints hold. On PyTorch Keras
    draws dropout masks from the one global generator, which nobody could save for each device.
    """
    if keras.backend.backend() == "torch":
        keras.utils.set_random_seed(int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0]))
