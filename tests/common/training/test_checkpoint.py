"""Checkpoints of another run are set aside, and those that were written under other circumstances are refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from common.core.errors import CheckpointError
from common.records.paths import WorkPaths
from common.training.checkpoint import Circumstances, LoopState, restore_checkpoint, save_checkpoint
from tests.helpers.fitting import Interrupt, SharedModels, build, trained_weights

HERE = Circumstances.here("this run", {})


@pytest.fixture
def model():
    found = build((32, 39, 1), 4)
    found.compile("adam", "sparse_categorical_crossentropy")
    found.optimizer.build(found.trainable_variables)
    return found


@pytest.fixture
def path(model, tmp_path):
    """A checkpoint of run `one`, written here."""
    found = WorkPaths(tmp_path).checkpoint
    save_checkpoint(found, model, LoopState("one", HERE), model.get_weights())
    return found


def edit_state(path, change) -> None:
    with np.load(path) as file:
        arrays = dict(file)
    state = json.loads(arrays["state"].tobytes())
    change(state)
    np.savez(path, **arrays | {"state": np.frombuffer(json.dumps(state).encode(), np.uint8)})


def test_a_checkpoint_of_this_run_is_restored(model, path, tmp_path):
    state, _ = restore_checkpoint(path, model, "one", HERE)
    assert state == LoopState("one", HERE)
    assert restore_checkpoint(tmp_path / "absent.npz", model, "one", HERE) is None


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:100]), "not a checkpoint of this version"),
        # Files of earlier versions do not name their circumstances.
        (lambda path: edit_state(path, lambda state: state.pop("circumstances")), "not a checkpoint of this version"),
        (lambda path: edit_state(path, lambda state: state.update(run_id="two")), "belongs to run two, expected one"),
        (
            lambda path: edit_state(path, lambda state: state["circumstances"].update(asked="another run")),
            "not those of this run any more",
        ),
    ],
)
def test_a_checkpoint_of_another_run_is_set_aside_and_the_run_starts_over(model, path, capsys, damage, said):
    damage(path)
    content = path.read_bytes()
    assert restore_checkpoint(path, model, "one", HERE) is None
    assert not path.exists()
    assert path.with_name("set_aside.checkpoint.npz").read_bytes() == content
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("there", "named"),
    [
        (replace(HERE, backend="jax"), "Keras on tensorflow instead of jax (KERAS_BACKEND=jax sets it)"),
        (replace(HERE, versions=HERE.versions | {"numpy": "1.0"}), f"numpy {HERE.versions['numpy']} instead of 1.0"),
        (replace(HERE, devices={"devices": 2, "kind_of_devices": "GPU"}), "one device instead of 2 x GPU"),
    ],
)
def test_a_checkpoint_of_other_circumstances_is_refused(model, path, there, named):
    """Continued on another backend, with other packages or on other devices, a result would mix two circumstances."""
    save_checkpoint(path, model, LoopState("one", there), model.get_weights())
    with pytest.raises(CheckpointError) as refused:
        restore_checkpoint(path, model, "one", HERE)
    assert named in str(refused.value)
    assert "delete this file" in str(refused.value)
    state, _ = restore_checkpoint(path, model, "one", there)
    assert state.circumstances == there


def test_versions_that_compute_nothing_here_do_not_count():
    assert "python" not in HERE.versions
    assert HERE.versions.keys() >= {"keras", "tensorflow", "numpy", "soxr"}


@pytest.fixture(scope="module")
def models():
    """Compiled models of the fits below."""
    return SharedModels()


@pytest.mark.parametrize("change", [{"extraction_versions": (2,)}, {"weights": "imagenet=1"}, {"epochs": 7}])
def test_an_interrupted_run_starts_over_where_what_it_is_of_has_changed(
    tiny_arrays, tmp_path, models, monkeypatch, change
):
    """The id of the run is the same where a default or the extraction of features changed in the code."""
    with pytest.raises(KeyboardInterrupt):
        trained_weights(tmp_path / "a", tiny_arrays, tmp_path, callback=Interrupt(after=2), model_cache=models)
    monkeypatch.setattr("common.training.run.Run.id", "the same")
    edit_state(WorkPaths(tmp_path / "a").checkpoint, lambda state: state.update(run_id="the same"))
    fitted, _ = trained_weights(tmp_path / "a", tiny_arrays, tmp_path, model_cache=models, **change)
    assert len(fitted.state.history) == change.get("epochs", 4)
    assert WorkPaths(tmp_path / "a").folder.joinpath("set_aside.checkpoint.npz").exists()
