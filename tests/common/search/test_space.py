"""Search spaces."""

import pytest

from common.core.errors import SpecError
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
    with pytest.raises(SpecError, match="available: documented, free"):
        find_space((DOCUMENTED, FREE), "other")
