"""Checkpoints of another run are set aside, and those that were written under other circumstances are refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

from common.core.errors import CheckpointError, DataError, DivergedError
from common.core.trailers import TRAILER_BYTES
from common.records.paths import WorkPaths
from common.training.callback import FitCallback
from common.training.checkpoint import (
    Circumstances,
    LoopState,
    read_checkpoint,
    restore_checkpoint,
    save_checkpoint,
)
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


def edit(path, change, *, as_earlier: bool = True) -> None:
    """Change the state and the arrays of a checkpoint, and save it again with NumPy.

    Args:
        as_earlier: as earlier versions wrote it, without the mark that its SHA-256 follows.
    """
    with np.load(path) as file:
        arrays = dict(file)
    state = json.loads(arrays["state"].tobytes())
    if as_earlier:
        del state["format_version"]
    change(state, arrays)
    with open(path, "wb") as file:
        np.savez(file, **arrays | {"state": np.frombuffer(json.dumps(state).encode(), np.uint8)})


def edit_state(path, change) -> None:
    edit(path, lambda state, _: change(state))


@pytest.fixture
def trained(model, tmp_path):
    """A checkpoint after two epochs, of which the first is the best."""
    history = [{"epoch": n, "loss": 1.0, "val_loss": loss, "seconds": 0.5} for n, loss in ((1, 0.75), (2, 0.875))]
    state = LoopState("one", HERE, epoch=2, history=history, best_epoch=1, best_loss=0.75, sources=["a"])
    found = WorkPaths(tmp_path / "trained").checkpoint
    save_checkpoint(found, model, state, model.get_weights())
    return found


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


def is_set_aside(path, model, capsys) -> str:
    """The reason that a checkpoint is set aside for."""
    content = path.read_bytes()
    assert restore_checkpoint(path, model, "one", HERE) is None
    assert path.with_name("set_aside.checkpoint.npz").read_bytes() == content
    (line,) = [line for line in capsys.readouterr().err.split("warning:") if "not continued from" in line]
    return " ".join(line.split())


EDITS = {
    "epoch": lambda state, _: state.update(epoch=3),
    "earlier epoch": lambda state, _: state.update(epoch=1),
    "epoch of another kind": lambda state, _: state.update(epoch="2"),
    "best epoch": lambda state, _: state.update(best_epoch=2),
    "best loss": lambda state, _: state.update(best_loss=0.5),
    "history": lambda state, _: state["history"][1].update(val_loss=0.5),
    "lost history": lambda state, _: state["history"].pop(),
    "infinite": lambda state, _: state["history"][1].update(val_loss=float("nan")),
    "infinite learning rate": lambda state, _: state["history"][1].update(learning_rate=float("inf")),
    "sources": lambda state, _: state.update(sources=[3]),
    "versions": lambda state, _: state["circumstances"].update(versions=[]),
    "devices": lambda state, _: state["circumstances"].update(devices={"devices": 2}),
    "weights": lambda _, arrays: arrays["variable_1"].__setitem__(..., np.nan),
    "best weights": lambda _, arrays: arrays["best_1"].__setitem__(..., np.inf),
}


@pytest.mark.parametrize("change", EDITS.values(), ids=EDITS)
def test_a_checkpoint_without_a_digest_that_contradicts_itself_is_set_aside(model, trained, capsys, change):
    edit(trained, change)
    assert "it is damaged, or not a checkpoint of this version" in is_set_aside(trained, model, capsys)


def test_a_checkpoint_of_an_earlier_version_is_restored(model, trained):
    expected, _ = restore_checkpoint(trained, model, "one", HERE)
    edit(trained, lambda state, arrays: None)
    state, best = restore_checkpoint(trained, model, "one", HERE)
    assert state == expected
    for ours, theirs in zip(best, model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_checkpoint_that_was_opened_and_saved_again_is_set_aside(model, trained, capsys):
    edit(trained, lambda _, arrays: arrays["variable_0"].__imul__(2), as_earlier=False)
    assert "ends without its SHA-256" in is_set_aside(trained, model, capsys)


def test_every_byte_of_a_checkpoint_counts(model, trained, capsys):
    content = trained.read_bytes()
    for position in np.linspace(0, len(content) - 1, 40).astype(int).tolist() + list(range(-TRAILER_BYTES, 0)):
        changed = bytearray(content)
        changed[position] ^= 1
        trained.write_bytes(changed)
        with pytest.raises(DataError):
            read_checkpoint(trained)
    trained.write_bytes(content)
    assert read_checkpoint(trained).has_digest


def test_a_checkpoint_that_lacks_best_weights_or_has_others_is_refused(model, trained):
    edit(trained, lambda _, arrays: arrays.pop("best_0"))
    with pytest.raises(CheckpointError, match="shapes or types of its best values do not fit this network"):
        restore_checkpoint(trained, model, "one", HERE)
    edit(trained, lambda _, arrays: arrays.update(best_0=arrays["best_1"]), as_earlier=False)
    with pytest.raises(CheckpointError, match="shapes or types of its best values"):
        restore_checkpoint(trained, model, "one", HERE)


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


def test_a_run_that_diverges_leaves_the_checkpoint_of_the_epoch_before(tiny_arrays, tmp_path, models):
    """So that no checkpoint holds weights that are not finite."""

    class Infinite(FitCallback):
        def on_epoch_begin(self, epoch, batches):
            if epoch == 1:
                models_in_use[0].optimizer.learning_rate = 1e38

    class Watched:
        devices = models.devices

        def model_for(self, *given, **named):
            models_in_use.append(models.model_for(*given, **named))
            return models_in_use[0]

    models_in_use = []
    with pytest.raises(DivergedError):
        trained_weights(tmp_path / "d", tiny_arrays, tmp_path, callback=Infinite(), model_cache=Watched())
    assert read_checkpoint(WorkPaths(tmp_path / "d").checkpoint).state.epoch == 1
