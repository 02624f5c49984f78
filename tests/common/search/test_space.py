"""Every space of every paper: its row, its values and its words fit together, and any trial of it builds a network."""

import importlib

import keras
import numpy as np
import pytest

from common.paper.overrides import Setting, resolve
from common.paper.paper import Paper
from common.search.space import SearchSpace
from tests.helpers.papers import KEYS, paper_of


def spaces_of(paper: Paper) -> tuple[SearchSpace, ...]:
    try:
        return importlib.import_module(f"reproductions.{paper.key}.spaces").SPACES
    except ModuleNotFoundError:
        return ()


SPACES = [
    pytest.param(paper, space, id=f"{paper.key}-{space.key}")
    for paper in map(paper_of, KEYS)
    for space in spaces_of(paper)
]


def test_three_papers_have_spaces():
    assert {param.id for param in SPACES} >= {"se_cnn-documented", "se_cnn-free", "crnn-sweep", "resnet1d-penalty"}


@pytest.mark.parametrize(("paper", "space"), SPACES)
def test_a_space_fits_its_row(paper, space):
    base = paper.row(*space.row).experiment
    for values in (space.base, space.smoke):
        base.with_values(values)
    names = [parameter.name for parameter in space.parameters.every]
    assert space.plotted in names
    assert set(space.published) <= set(names)
    assert bool(space.published) == bool(space.published_by)


@pytest.mark.parametrize(("paper", "space"), SPACES)
def test_trials_build_networks(paper, space):
    """The corners of the space, and a point inside, at the size of smoke scale."""
    setting = Setting(
        dataset="demo",
        data_digest="",
        scale="smoke",
        features="small",
        split=paper.default_experiment.protocol.split,
        unit="clip",
    )
    base = resolve(paper, paper.row(*space.row).experiment, setting, None)
    hyperparameters = space.parameters.hyperparameters().space
    digests = set()
    for share in (0.0, 0.37, np.nextafter(1.0, 0.0)):
        drawn = {hp.name: hp.prob_to_value(share) for hp in hyperparameters}
        trial = space.trial(base, drawn)
        assert space.canonical(trial) == trial
        assert trial.replace(model=base.model, training=base.training) == base
        digests.add(trial.digest)
        with keras.StatelessScope(initialize_variables=False):
            model = paper.build(trial.model, paper.input_shape(trial), 10)
        assert model.output_shape == (None, 10)
    assert len(digests) == 3
