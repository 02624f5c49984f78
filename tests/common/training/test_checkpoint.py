"""Checkpoints that do not fit the run are refused."""

import pytest

from common.core.errors import ResumeError
from common.records.paths import WorkPaths
from common.training.checkpoint import LoopState, restore_checkpoint, save_checkpoint
from tests.helpers.fitting import build


def test_a_checkpoint_of_another_run_is_refused(tiny_arrays, tmp_path):
    model = build((32, 39, 1), 4)
    model.compile("adam", "sparse_categorical_crossentropy")
    path = WorkPaths(tmp_path).checkpoint
    save_checkpoint(path, model, LoopState("one"), model.get_weights())
    with pytest.raises(ResumeError, match="belongs to run one, expected two"):
        restore_checkpoint(path, model, "two")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ResumeError, match="not a readable checkpoint"):
        restore_checkpoint(path, model, "one")
    assert restore_checkpoint(tmp_path / "absent.npz", model, "one") is None
    save_checkpoint(path, model, LoopState("one", backend="jax"), model.get_weights())
    with pytest.raises(ResumeError, match=r"on jax, but Keras now runs on tensorflow.*KERAS_BACKEND=jax"):
        restore_checkpoint(path, model, "one")
