"""Fits on JAX, in separate processes in which TensorFlow cannot be imported."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import reproductions

ROOT = Path(reproductions.__file__).parent.parent
# Compiling takes longer than what is compiled.
ON_JAX = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
WITHOUT_TENSORFLOW = "import sys; sys.modules['tensorflow'] = None\n"
RESUMED = """
import json
from pathlib import Path
import pytest
from tests.helpers.fitting import ACCUMULATED, MASKED, AskedToStop, SharedModels, trained_weights
npz, folder = map(Path, sys.argv[1:3])
settings = {"plain": {}, "accumulated": ACCUMULATED, "masked": MASKED}
found = []
for number, training in enumerate(settings[name] for name in sys.argv[3:]):
    place, models = folder / str(number), SharedModels()
    whole, expected = trained_weights(place / "whole", npz, folder, model_cache=models, **training)
    with AskedToStop(1) as asked, pytest.raises(KeyboardInterrupt):
        trained_weights(place / "cut", npz, folder, callback=asked, model_cache=models, **training)
    assert asked.batches_later == 0
    # With a model of its own, as in a new process.
    _, weights = trained_weights(place / "cut", npz, folder, **training)
    losses = [entry["loss"] for entry in whole.state.history]
    found.append({"same_bits": weights.tobytes() == expected.tobytes(), "losses": losses})
print(json.dumps(found))
"""
RUN = """
from common.cli.app import run_app
from common.cli.run import make_app
from reproductions.se_cnn.paper import PAPER
sys.exit(run_app(make_app(PAPER), sys.argv[1:]))
"""


def on_jax(code: str, *arguments: object) -> str:
    """Standard output of the code, which has to succeed."""
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW + code, *map(str, arguments)]
    done = subprocess.run(command, env=ON_JAX, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    return done.stdout


def require_learned_and_resumed(printed: str) -> None:
    for result in json.loads(printed.splitlines()[-1]):
        assert result["same_bits"]
        assert min(result["losses"]) < result["losses"][0]


@pytest.mark.slow
def test_a_fit_on_jax_learns_and_resumes_to_the_same_bits(tiny_arrays, tmp_path):
    require_learned_and_resumed(on_jax(RESUMED, tiny_arrays, tmp_path, "plain"))


@pytest.mark.slow
def test_a_fit_on_jax_with_accumulated_gradients_or_masks_resumes_to_the_same_bits(tiny_arrays, tmp_path):
    require_learned_and_resumed(on_jax(RESUMED, tiny_arrays, tmp_path, "accumulated", "masked"))


@pytest.mark.slow
def test_a_command_on_jax_needs_no_tensorflow_and_its_record_names_the_backend(tiny_arrays, tmp_path):
    arguments = (
        "--dataset",
        "arrays",
        "--data",
        tiny_arrays,
        "--table",
        "5.1",
        "--row",
        "0",
        "--epochs",
        1,
        "--seeds",
        1,
    )
    few = ("--set", "model.widths=[2,2,2,2,2]", "--out", tmp_path / "out", "--cache", tmp_path / "cache")
    on_jax(RUN, *arguments, *few)
    (path,) = (tmp_path / "out" / "se_cnn" / "arrays" / "runs").glob("*.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["machine"]["backend"] == "jax"
    assert "accelerator" not in record["machine"]
    assert record["versions"]["jax"] not in ("", "not installed")
    (table,) = (tmp_path / "out" / "se_cnn" / "arrays").glob("table_5.1*.json")
    row = json.loads(table.read_text(encoding="utf-8"))["rows"][0]
    assert row["measured"]["window_accuracy"]["runs"] == 1
    assert ", jax |" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
