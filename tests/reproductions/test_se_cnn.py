"""SE-CNN: exact parameter counts and maps, the published numbers, the architecture table."""

import keras
import numpy as np
import pytest

from common.cli.listing import listing
from common.core.errors import SpecError
from common.paper.experiment import Experiment
from common.paper.overrides import Resolver, Setting
from common.paper.parameters import count_trainable
from common.reports.tables.architecture import architecture_table
from reproductions.se_cnn.model import build
from reproductions.se_cnn.paper import PAPER
from reproductions.se_cnn.specs import SeCnnSpec

COUNTS = [
    ({}, 778_384),
    ({"se_blocks": ()}, 764_810),
    ({"se_blocks": (5,)}, 766_994),
    ({"se_blocks": (4, 5)}, 775_458),
    ({"se_blocks": (3, 4, 5)}, 777_642),
    ({"se_blocks": (2, 3, 4, 5)}, 778_222),
    ({"ratio": 8}, 791_350),
    ({"ratio": 32}, 771_901),
    ({"ratio": 31.43}, 771_901),
    ({"widths": (16, 32, 64, 128, 64)}, 215_469),
    ({"widths": (64, 128, 256, 512, 256)}, 2_946_582),
    ({"widths": (128, 256, 512, 1024, 512)}, 11_452_450),
    ({"se_bias": False}, 777_738),
]


@pytest.mark.parametrize(("variant", "count"), COUNTS)
def test_trainable_parameters(variant, count):
    assert count_trainable(build(SeCnnSpec(**variant), (513, 129, 1), 10)) == count


@pytest.mark.parametrize("frames", [128, 129, 130])
def test_maps_halve_five_times_and_end_at_16_by_4(frames):
    model = build(SeCnnSpec(), (513, frames, 1), 10)
    maps = [model.get_layer(f"se{stage}_scale").output.shape[1:] for stage in range(1, 6)]
    assert maps == [(256, frames // 2, 32), (128, 32, 64), (64, 16, 128), (32, 8, 256), (16, 4, 128)]
    assert model.get_layer("flatten").output.shape[1] == 8192


def test_valid_padding_ends_at_14_by_2():
    assert build(SeCnnSpec(padding="valid"), (513, 129, 1), 10).get_layer("se5_scale").output.shape[1:] == (14, 2, 128)


def test_relu_after_the_block_changes_the_order_but_not_the_parameters():
    model = build(SeCnnSpec(relu_position="after_se"), (64, 64, 1), 10)
    names = [layer.name for layer in model.layers]
    assert names.index("relu1") > names.index("se1_scale") > names.index("dropout1") > names.index("pool1")
    assert model.get_layer("conv1").activation is keras.activations.linear
    assert count_trainable(model) == count_trainable(build(SeCnnSpec(), (64, 64, 1), 10))


@pytest.mark.parametrize(
    ("channels", "ratio", "hidden"),
    [(32, 16, 2), (16, 32, 1), (256, 31.43, 8), (128, 31.43, 4), (64, 8, 8), (100, 16, 6), (110, 16, 6)],
)
def test_hidden_units_are_the_floor_and_never_zero(channels, ratio, hidden):
    assert SeCnnSpec(ratio=ratio).hidden_units(channels) == hidden


def test_a_block_scales_channels_by_sigmoid_of_their_averages():
    model = build(SeCnnSpec(dropout=0.0), (32, 32, 1), 10)
    x = np.random.default_rng(0).random((3, 32, 32, 1), dtype=np.float32)
    inner = keras.Model(model.input, [model.get_layer("pool1").output, model.get_layer("se1_scale").output])
    before, after = (keras.ops.convert_to_numpy(value) for value in inner(x))
    reduce, excite = model.get_layer("se1_reduce"), model.get_layer("se1_excite")
    squeezed = before.mean(axis=(1, 2))
    hidden = np.maximum(squeezed @ reduce.get_weights()[0] + reduce.get_weights()[1], 0)
    weights = 1 / (1 + np.exp(-(hidden @ excite.get_weights()[0] + excite.get_weights()[1])))
    np.testing.assert_allclose(after, before * weights[:, None, None, :], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("blocks", [(2, 1), (1, 1), (0,), (6,)])
def test_block_numbers_are_checked(blocks):
    with pytest.raises(ValueError, match="se_blocks"):
        SeCnnSpec(se_blocks=blocks)


def test_an_input_too_small_for_five_poolings_says_so():
    with pytest.raises(SpecError, match="31 bins x 129 frames does not survive"):
        build(SeCnnSpec(), (31, 129, 1), 10)


def test_published_numbers():
    published = {
        entry["id"]: [(row["label"], row["published"]["accuracy"]) for row in entry["rows"]]
        for entry in listing(PAPER)["tables"]
        if entry["id"] != "4.1"
    }
    assert published == {
        "5.1": [("0", 87.5), ("5", 90.2), ("4,5", 90.8), ("3,4,5", 92.1), ("2,3,4,5", 92.7), ("1,2,3,4,5", 93.6)],
        "5.2": [("8", 92.6), ("16", 93.6), ("32", 93.0)],
        "5.3": [
            ("16,32,64,128,64", 90.1),
            ("32,64,128,256,128", 93.6),
            ("64,128,256,512,256", 93.2),
            ("128,256,512,1024,512", 90.8),
        ],
    }


def test_the_recommended_network_is_one_experiment_in_all_tables():
    digests = {
        PAPER.row(*place).experiment.digest
        for place in [("5.1", "1,2,3,4,5"), ("5.2", "16"), ("5.3", "32,64,128,256,128")]
    }
    assert len(digests) == 1
    assert len({row.experiment.digest for table in PAPER.tables for row in table.rows}) == 11


def test_table_4_1_is_what_we_build():
    table = architecture_table(PAPER, PAPER.table("4.1"), "gtzan").as_json()
    assert len(table["rows"]) == 22
    assert not table["warnings"]
    *rows, dense = [(row["published"]["filter_shape"], row["measured"]["filter_shape"]) for row in table["rows"]]
    assert all(published == ours for published, ours in rows)
    assert [ours for _, ours in rows[-5:]] == [[3, 3, 256, 128], "pool: 2 x 2", "rate: 0.25", "r: 16", None]
    # The softmax is outside of our network.
    assert dense == ("Softmax output: 1x10", "logits: 1x10")
    assert any(note.startswith("Dense softmax: ") for note in table["caption"])
    assert table["total"] == {"published": None, "measured": 778_384}
    assert sum(row["measured"]["parameters"] for row in table["rows"]) == 778_384


def test_windows_of_the_paper():
    experiment = PAPER.default_experiment
    fps = experiment.feature.frames_per_second
    assert PAPER.input_shape(experiment) == (513, 129, 1)
    assert [len(experiment.windows.starts(1 + n // 512, fps)) for n in (660_000, 661_794, 675_808)] == [19, 19, 19]


def test_smoke_scale_reduces_windows_of_the_papers_features_only():
    def ran(features: str) -> Experiment:
        setting = {"dataset": "folder", "data_digest": "x", "split": "holdout", "unit": "clip", "scale": "smoke"}
        return Resolver(PAPER, Setting(**setting, features=features)).experiment(PAPER.default_experiment)

    of_paper, small = ran("paper"), ran("small")
    assert (of_paper.windows.max_per_track, of_paper.training.epochs, of_paper.training.windows_per_epoch) == (2, 1, 64)
    assert (small.windows.max_per_track, small.training.epochs, small.training.windows_per_epoch) == (19, 8, 1024)
    assert of_paper.digest != of_paper.with_values({"windows.max_per_track": 19}).digest
