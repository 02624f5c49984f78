"""Checkpoints of unfinished runs: whole, of their own run, and those of earlier versions counted."""

import io
import json

import keras
import numpy as np
import pytest

from common.records.paths import RunPaths
from common.training.checkpoint import Circumstances, LoopState, save_checkpoint
from common.verification.checkpoints import verify_checkpoints

RUN = "0123456789abcdef"


@pytest.fixture
def path(tmp_path):
    """The checkpoint of a run of a search."""
    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    model.compile("sgd", "mse")
    model.optimizer.build(model.trainable_variables)
    found = RunPaths(tmp_path / "se_cnn" / "gtzan" / "searches" / "top").work(RUN).checkpoint
    state = LoopState(RUN, Circumstances("asked", "tensorflow", {}, {}))
    save_checkpoint(found, model, state, model.get_weights())
    return found


def test_a_checkpoint_that_holds_is_counted(path, tmp_path):
    found = verify_checkpoints(tmp_path)
    assert (found.faults, found.unchecked, found.counts["checkpoints"]) == ((), (), 1)
    assert found.summary == "1 checkpoint of runs that are not finished: all right"


def test_one_that_was_changed_or_cut_off_or_is_of_another_run_is_named(path, tmp_path):
    content = path.read_bytes()
    for changed in (content[:-1], content[:200], b"", content[:200] + b"?" + content[201:]):
        path.write_bytes(changed)
        (fault,) = verify_checkpoints(tmp_path).faults
        assert fault.path == path
        assert fault.remedy == "Remove it; the run starts over."
    path.write_bytes(content)
    path.parent.rename(path.parent.with_name("other"))
    (fault,) = verify_checkpoints(tmp_path).faults
    assert (fault.found, fault.expected) == (f"a checkpoint of run {RUN}", "one of run other, as its folder says")


def test_those_of_earlier_versions_are_counted(path, tmp_path):
    with np.load(io.BytesIO(path.read_bytes())) as file:
        arrays = dict(file)
    state = json.loads(arrays["state"].tobytes())
    del state["format_version"]
    with open(path, "wb") as file:
        np.savez(file, **arrays | {"state": np.frombuffer(json.dumps(state).encode(), np.uint8)})
    found = verify_checkpoints(tmp_path)
    assert found.faults == ()
    assert found.unchecked == ("1 checkpoint written before Encore stored digests",)
