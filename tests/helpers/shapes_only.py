"""Networks of which only the layers and their shapes are looked at."""

from collections.abc import Callable

import keras


def built_without_values(build: Callable[..., keras.Model], *arguments) -> keras.Model:
    """`build(*arguments)` without initial weights, which take seconds where there are millions of them."""
    with keras.StatelessScope(initialize_variables=False):
        return build(*arguments)
