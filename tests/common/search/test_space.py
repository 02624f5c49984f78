"""Search spaces."""

import numpy as np
import pytest

from common.core.errors import SpecError
from common.search.keras_tuner_space import hyperparameters_of
from common.search.space import Choice, FloatRange, IntRange, Parameters, find_space
from reproductions.se_cnn.paper import PAPER
from reproductions.se_cnn.spaces import DOCUMENTED, FREE

BASE = PAPER.default_experiment


def test_a_space_names_what_is_wrong_with_it():
    def both(name):
        return (
            FloatRange(name="a", path="training.l2", low=0, high=1),
            FloatRange(name=name, path="training.l2", low=0, high=1),
        )

    with pytest.raises(ValueError, match="must be unique"):
        Parameters(every=both("a"))
    with pytest.raises(ValueError, match="varies values of model and training"):
        IntRange(name="n", path="protocol.folds", low=3, high=9)
    lost = Parameters(every=(Choice(name="x", path="model.depth", values=(1, 2)),))
    with pytest.raises(SpecError, match=r"model\.depth: no such value"):
        lost.applied(BASE, {"x": 1})
    with pytest.raises(SpecError, match=r"--space other: no such space\. Expected one of: documented, free\."):
        find_space((DOCUMENTED, FREE), "other")
    with pytest.raises(SpecError, match=r"--space docu: no such space; did you mean documented\?"):
        find_space((DOCUMENTED, FREE), "docu")


NUMBERS = [
    FloatRange(name="linear", path="training.l2", low=0.1, high=0.7),
    FloatRange(name="log", path="training.l2", low=1e-6, high=0.3, sampling="log"),
    FloatRange(name="one", path="training.l2", low=0.3, high=0.3),
    FloatRange(name="log one", path="training.l2", low=0.3, high=0.3, sampling="log"),
    IntRange(name="int linear", path="model.n", low=3, high=40),
    IntRange(name="int log", path="model.n", low=3, high=512, sampling="log"),
    IntRange(name="int one", path="model.n", low=7, high=7),
    IntRange(name="int log one", path="model.n", low=7, high=7, sampling="log"),
]
CHOICES = [
    Choice(name="integers", path="model.n", values=(1, 2, 5)),
    Choice(name="floats", path="training.l2", values=(0.0, 1e-3, 0.5, 2.0, 3.0, 4.0, 7.0)),
    Choice(name="tuples", path="model.widths", values=((4, 8), (8, 16), (8, 16, 32))),
]


@pytest.mark.parametrize("parameter", NUMBERS, ids=lambda parameter: parameter.name)
def test_positions_of_numbers_are_those_of_keras_tuner(parameter):
    own = hyperparameters_of(Parameters(every=(parameter,))).space[0]
    values = [parameter.low, parameter.high, *map(own.prob_to_value, np.linspace(0, 0.999, 97))]
    # Figures also ask for the positions of numbers that no trial can have.
    values += [*np.geomspace(parameter.low, parameter.high, 53), *np.linspace(parameter.low, parameter.high, 53)]
    shares = [parameter.share_of(value) for value in values]
    assert shares == [own.value_to_prob(value) for value in values]
    assert all(0 <= share <= 1 for share in shares)


@pytest.mark.parametrize("parameter", CHOICES, ids=lambda parameter: parameter.name)
def test_positions_of_choices_are_those_of_keras_tuner(parameter):
    own = hyperparameters_of(Parameters(every=(parameter,))).space[0]
    assert own.values == parameter.labels
    assert [*map(parameter.share_of, own.values)] == [*map(own.value_to_prob, own.values)]


def test_trials_are_vectors_in_the_order_of_the_parameters():
    parameters = Parameters(every=(NUMBERS[4], CHOICES[2], NUMBERS[0]))
    vectors = parameters.vectors([{"linear": 0.7, "tuples": "8,16", "int linear": 3}])
    assert vectors.dtype == np.float64
    assert vectors.tolist() == [[0.5 / 38, 0.5, 1.0]]
