"""nnet1 and nnet2: exact parameter counts, the maps of the figure, windows, and how the numbers are marked."""

import keras
import numpy as np
import pytest

from common.cli.listing import listing
from common.core.errors import SpecError
from common.core.spec import build as build_spec
from common.paper.parameters import StoredNetworks, count_trainable
from common.paper.training import Training
from common.reports.tables.architecture import architecture_table
from common.training.optimizers import optimizer_of
from data_pipeline.features.spectrograms import StftDb
from reproductions.nnet.model import build, kernel_size
from reproductions.nnet.paper import NNET1, NNET2, PAPER, RESULTS
from reproductions.nnet.specs import NnetSpec

PAPER_INPUT = (128, 513)


@pytest.mark.parametrize(
    ("spec", "classes", "count"),
    [
        (NNET1, 10, 661_360),
        (NNET2, 10, 1_252_464),
        (NNET1.replace(batch_norm=False), 10, 660_336),
        (NNET2.replace(batch_norm=False), 10, 1_250_928),
        (NNET1.replace(batch_norm=False), 8, 660_034),
        (NNET2.replace(batch_norm=False), 8, 1_250_626),
    ],
)
def test_trainable_parameters(spec, classes, count):
    assert count_trainable(build(spec, PAPER_INPUT, classes)) == count


@pytest.mark.parametrize("number", [0, 1])
def test_the_architecture_tables_are_ours_in_every_row(number):
    table = architecture_table(PAPER, PAPER.architecture[number], "gtzan").as_json()
    assert table["warnings"] == []
    assert sum(row["measured"]["parameters"] for row in table["rows"]) == (661_360, 1_252_464)[number]
    assert table["total"] == {"published": None, "measured": (661_360, 1_252_464)[number]}
    assert f"have {(660_336, 1_250_928)[number]:,} parameters without batch normalisation" in table["caption"][4]


def test_kernels_and_poolings_are_given_as_frames_and_bins():
    measured = {label: row.values for label, row in StoredNetworks.read(PAPER).layers["nnet1"].rows.items()}
    assert [measured[f"Convolution {number}"]["kernel_size"] for number in (1, 2, 3)] == [[4, 513], [4, 1], [4, 1]]
    assert [measured[f"Convolution {number}"]["filters"] for number in (1, 2, 3)] == [128, 128, 256]
    pools = [measured[label]["pool_size"] for label in ("MaxPool 1", "MaxPool 2", "Max and average pooling")]
    assert pools == [[2, 1], [2, 1], [26, 1]]
    of_nnet2 = StoredNetworks.read(PAPER).layers["nnet2"].rows
    assert of_nnet2["Max and average pooling"].values["pool_size"] == [125, 1]
    assert of_nnet2["Shortcut"].values == {
        **dict.fromkeys(("kernel_size", "filters", "pool_size")),
        "output_size": [125, 256],
    }


def test_kernels_of_the_first_convolution_cover_the_bins_of_the_input():
    model = build(NNET1, (64, 16), 10)
    assert kernel_size(model, ("conv1", "norm1", "relu1")) == [4, 16]
    assert kernel_size(model, ("conv2",)) == [4, 1]


def test_kernels_cover_all_bins_and_slide_in_time():
    """Shifted in time the maximum stays; with its bins reversed a spectrogram is another."""
    model = build(NNET1, (64, 16), 10)
    pooled = keras.Model(model.input, model.get_layer("max").output)
    assert model.get_layer("conv1").kernel.shape == (4, 16, 128)
    x = np.zeros((1, 64, 16), np.float32)
    x[0, 28:32] = np.random.default_rng(0).normal(size=(4, 16))
    shifted = np.roll(x, 4, axis=1)  # a multiple of both poolings
    np.testing.assert_allclose(pooled(x), pooled(shifted), rtol=1e-5, atol=1e-6)
    assert np.abs(np.asarray(pooled(x)) - np.asarray(pooled(x[..., ::-1].copy()))).max() > 1e-3


def test_nnet2_adds_its_first_convolution():
    """With the third normalisation at zero, what is pooled is the first convolution's output."""
    model = build(NNET2, (32, 8), 10)
    norm = model.get_layer("norm3")
    norm.gamma.assign(keras.ops.zeros_like(norm.gamma))
    inner = keras.Model(model.input, [model.get_layer("relu1").output, model.get_layer("relu3").output])
    first, last = inner(np.random.default_rng(0).normal(size=(2, 32, 8)).astype(np.float32))
    np.testing.assert_allclose(first, last, atol=1e-6)


@pytest.mark.parametrize(("spec", "shape"), [(NNET1, (24, 513)), (NNET2, (3, 513)), (NNET1, (128, 513, 1))])
def test_too_few_frames_are_refused(spec, shape):
    with pytest.raises(SpecError, match="frames"):
        build(spec, shape, 10)


def test_the_fewest_frames_pass():
    assert build(NNET1, (25, 8), 10).output.shape == (None, 10)
    assert build(NNET2, (4, 8), 10).output.shape == (None, 10)


def test_widths_that_cannot_be_added_are_refused():
    with pytest.raises(SpecError, match="added to its third"):
        build(NnetSpec(variant="nnet2", filters=(8, 8, 16)), (32, 8), 10)


def test_a_clip_gives_19_windows_of_128_frames():
    experiment = PAPER.default_experiment
    fps = experiment.feature.frames_per_second
    assert PAPER.input_shape(experiment) == PAPER_INPUT
    assert experiment.windows.hop_frames(fps) == 64
    for samples in (660_000, 661_500, 675_808):
        assert len(experiment.windows.starts(StftDb().frames(samples), fps)) == 19


def test_published_numbers_and_that_they_are_unverified():
    tables = {table["id"]: table for table in listing(PAPER)["tables"]}
    assert list(tables) == ["nnet1", "nnet2", "results"]
    rows = {row["label"]: row for row in tables["results"]["rows"]}
    assert {label: row["published"] for label, row in rows.items()} == {
        "nnet1": {"accuracy": 84.8},
        "nnet2": {"accuracy": 87.4},
    }
    assert [row["trainable_parameters"] for row in rows.values()] == [661_360, 1_252_464]
    assert "UNVERIFIED" in RESULTS.notes[0]
    assert PAPER.default_experiment.protocol.name == "kfold, 10 folds, by clip"


def test_adadelta_is_the_optimiser_and_cannot_accumulate():
    optimizer = optimizer_of(PAPER.default_experiment.training, [])
    assert type(optimizer) is keras.optimizers.Adadelta
    assert float(optimizer.learning_rate) == 1.0
    with pytest.raises(SpecError, match="accumulate_batches goes with optimizer adam"):
        build_spec(Training, {"epochs": 1, "optimizer": "adadelta", "accumulate_batches": 2})
