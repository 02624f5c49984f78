"""The parameters of a search as a keras-tuner space.

Apart from `common.search.space`, which is also read where no search runs: keras-tuner imports Keras with its backend.
"""

import keras_tuner

from common.search.space import Choice, IntRange, Parameters


def hyperparameters_of(parameters: Parameters) -> keras_tuner.HyperParameters:
    """The parameters as a keras-tuner space, in their order."""
    found = keras_tuner.HyperParameters()
    for parameter in parameters.every:
        if isinstance(parameter, Choice):
            found.Choice(parameter.name, parameter.labels)
        else:
            add = found.Int if isinstance(parameter, IntRange) else found.Float
            add(parameter.name, parameter.low, parameter.high, sampling=parameter.sampling)
    return found
