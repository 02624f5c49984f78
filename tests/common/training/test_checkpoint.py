"""Checkpoints that do not fit the run, or were written under other circumstances, are refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from common.core.errors import ResumeError
from common.records.paths import WorkPaths
from common.training.checkpoint import Circumstances, LoopState, restore_checkpoint, save_checkpoint
from tests.helpers.fitting import build

HERE = Circumstances.here({})


@pytest.fixture
def model():
    found = build((32, 39, 1), 4)
    found.compile("adam", "sparse_categorical_crossentropy")
    found.optimizer.build(found.trainable_variables)
    return found


def test_a_checkpoint_of_another_run_is_refused(model, tmp_path):
    path = WorkPaths(tmp_path).checkpoint
    save_checkpoint(path, model, LoopState("one", HERE), model.get_weights())
    with pytest.raises(ResumeError, match="belongs to run one, expected two"):
        restore_checkpoint(path, model, "two", HERE)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ResumeError, match="not a checkpoint of this version"):
        restore_checkpoint(path, model, "one", HERE)
    assert restore_checkpoint(tmp_path / "absent.npz", model, "one", HERE) is None


@pytest.mark.parametrize(
    ("there", "named"),
    [
        (replace(HERE, backend="jax"), "Keras on tensorflow instead of jax"),
        (replace(HERE, versions=HERE.versions | {"numpy": "1.0"}), f"numpy {HERE.versions['numpy']} instead of 1.0"),
        (replace(HERE, devices={"devices": 2, "kind_of_devices": "GPU"}), "one device instead of 2 x GPU"),
        (replace(HERE, started_from="abc"), "other weights of the previous round"),
    ],
)
def test_a_checkpoint_of_other_circumstances_is_refused(model, tmp_path, there, named):
    """Continued on another backend, with other packages or on other devices, a result would mix two circumstances."""
    path = WorkPaths(tmp_path).checkpoint
    save_checkpoint(path, model, LoopState("one", there), model.get_weights())
    with pytest.raises(ResumeError) as refused:
        restore_checkpoint(path, model, "one", HERE)
    assert named in str(refused.value)
    assert "--fresh" in str(refused.value)
    state, _ = restore_checkpoint(path, model, "one", there)
    assert state.circumstances == there


def test_a_checkpoint_that_does_not_name_its_circumstances_is_refused(model, tmp_path):
    path = WorkPaths(tmp_path).checkpoint
    save_checkpoint(path, model, LoopState("one", HERE), model.get_weights())
    with np.load(path) as file:
        arrays = dict(file)
    state = json.loads(arrays["state"].tobytes())
    del state["circumstances"]
    np.savez(path, **arrays | {"state": np.frombuffer(json.dumps(state).encode(), np.uint8)})
    with pytest.raises(ResumeError, match=r"circumstances.*--fresh"):
        restore_checkpoint(path, model, "one", HERE)
