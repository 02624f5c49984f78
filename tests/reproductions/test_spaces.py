"""Every space of every paper: its row, its values and its words fit together, and any trial of it builds a network."""

import importlib

import keras
import numpy as np
import pytest

from common.paper.overrides import Resolver, Setting
from common.paper.paper import Paper
from common.search.keras_tuner_space import hyperparameters_of
from common.search.space import SearchSpace
from reproductions.se_cnn.paper import PAPER
from reproductions.se_cnn.spaces import DOCUMENTED, FREE, canonical_ratio
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


def test_the_sweeps_of_recurrent_networks_start_from_the_networks_of_the_slides():
    rows = {space.key: space.row for space in spaces_of(paper_of("crnn"))}
    assert rows == {"sweep": ("final", "CNN 1D + GRU"), "second": ("final", "CNN 1D + LSTM")}


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
    base = Resolver(paper, setting).experiment(paper.row(*space.row).experiment)
    hyperparameters = hyperparameters_of(space.parameters).space
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


def test_the_second_sweep_of_crnn_is_of_the_lstm_as_its_slide_is():
    rows = {space.key: space.row for space in spaces_of(paper_of("crnn"))}
    assert rows == {"sweep": ("final", "CNN 1D + GRU"), "second": ("final", "CNN 1D + LSTM")}


BASE = PAPER.default_experiment


def hidden(model) -> tuple[int, ...]:
    return tuple(model.hidden_units(width) for width in model.widths)


@pytest.mark.parametrize("widths", [row.experiment.model.widths for row in PAPER.table("5.3").rows])
def test_ratios_that_build_one_network_are_one_experiment(widths):
    found = {}
    for ratio in np.geomspace(2, 64, 400):
        experiment = BASE.with_values({"model.ratio": float(ratio), "model.widths": widths})
        canonical = canonical_ratio(experiment)
        assert hidden(canonical.model) == hidden(experiment.model)
        assert canonical_ratio(canonical) == canonical
        found.setdefault(hidden(experiment.model), set()).add(canonical.digest)
    assert {len(digests) for digests in found.values()} == {1}
    assert len({next(iter(digests)) for digests in found.values()}) == len(found)


def test_the_published_optimum_is_the_network_of_table_5_2():
    drawn = {"r": 31.43, "widths": "32,64,128,256,128"}
    assert DOCUMENTED.trial(BASE, drawn) == PAPER.row("5.2", "32").experiment
    # Of section 5.2: all r in (28.44, 32] are one network.
    assert DOCUMENTED.trial(BASE, drawn | {"r": 28.45}) == PAPER.row("5.2", "32").experiment
    assert DOCUMENTED.trial(BASE, drawn | {"r": 28.44}) != PAPER.row("5.2", "32").experiment


def test_free_widths_are_set_at_their_positions():
    drawn = {"r": 8.0, "width1": 9, "width2": 33, "width3": 70, "width4": 512, "width5": 8}
    assert FREE.trial(BASE, drawn).model.widths == (9, 33, 70, 512, 8)
    assert FREE.trial(BASE.with_values({"model.se_blocks": ()}), drawn).model.ratio == 1.0
