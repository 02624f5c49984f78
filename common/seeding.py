"""The draws that a network is built by, kept from everything else that draws in the same process."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from keras.src.random import seed_generator


@contextmanager
def own_draws(seed: int) -> Iterator[None]:
    """Give Keras a generator of its own, seeded so, for the seeds of initial weights and of random layers.

    Keras takes them from Python's global generator, of which other threads take numbers, too (the event loop of a Dask
    worker does several times a second). The numbers are those that the global one would give, were nobody else there.
    """
    with mock.patch.object(seed_generator, "python_random", random.Random(seed)):
        yield
