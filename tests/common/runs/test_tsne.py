"""t-SNE of test clips: similar clips stay close, points are in the order of clips, and too few clips are not drawn."""

import keras
import numpy as np
import pytest

from common.runs.tsne import project_clips
from common.training.checkpoint import Circumstances, LoopState
from common.training.fit import FittedModel
from data_pipeline.windows.index import WindowIndex
from data_pipeline.windows.reader import WindowReader
from data_pipeline.windows.standardisation import AS_STORED

CLIPS = 24


@pytest.fixture
def clips(make_shards, tmp_path):
    """Clips of two windows each; every third clip is of a second kind."""
    rng = np.random.default_rng(0)
    kinds = np.arange(CLIPS) % 3 == 0
    arrays = [(10 * kind + rng.normal(0, 0.1, (4, 3))).astype(np.float32) for kind in kinds]
    index = make_shards(tmp_path / "cache", [arrays])
    windows = WindowIndex(
        tracks=np.repeat(np.arange(CLIPS), 2), starts=np.tile([0, 2], CLIPS).astype(np.int64), frames=2
    )
    return WindowReader(index, windows), kinds


def fitted(values: int = 4, scale: float = 1.0) -> FittedModel:
    inputs = keras.Input((2, 3))
    x = keras.layers.Flatten()(inputs)
    x = keras.layers.Dense(values, kernel_initializer=keras.initializers.Constant(scale), name="embedding")(x)
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(x))
    return FittedModel(model, LoopState("run", Circumstances.here("", {})), (AS_STORED,), 0.0)


def projected(reader, positions, **arguments):
    return project_clips(
        fitted(**arguments),
        reader,
        positions,
        layer="embedding",
        batch_size=8,
        layout="frames_bins",
        memory_left_bytes=None,
    )


def test_clips_of_a_kind_lie_together_in_the_order_of_the_clips(clips):
    reader, kinds = clips
    found = projected(reader, np.arange(2 * CLIPS))
    assert (found.layer, found.dimensions, len(found.points)) == ("embedding", 4, CLIPS)
    assert found.perplexity == pytest.approx(23 / 3, abs=0.01)
    points = np.array(found.points)
    centres = [points[kinds].mean(axis=0), points[~kinds].mean(axis=0)]
    nearest = [np.linalg.norm(points - centre, axis=1) for centre in centres]
    np.testing.assert_array_equal(nearest[0] < nearest[1], kinds)


def test_the_same_clips_give_the_same_projection(clips):
    reader, _ = clips
    first, again = projected(reader, np.arange(20)), projected(reader, np.arange(20))
    assert first == again
    assert len(first.points) == 10


def test_values_that_are_all_the_same_are_not_drawn(clips, capsys):
    reader, _ = clips
    assert projected(reader, np.arange(20), scale=0.0) is None
    assert "the same for all test clips" in capsys.readouterr().err


def test_too_few_clips_are_not_drawn(clips, capsys):
    reader, _ = clips
    assert projected(reader, np.arange(8)) is None
    assert "4 test clips are too few" in capsys.readouterr().err
