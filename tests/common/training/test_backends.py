"""The same loss, updates and layers on every installed backend of Keras, each in a process of its own.

PyTorch is not among the project's requirements; where it is installed, its checks run as well.
"""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.special import log_softmax

from tests.helpers import backend_cases as cases
from tests.helpers.papers import ROOT

OTHERS = [name for name in ("jax", "torch") if importlib.util.find_spec(name) is not None]
SCRIPT = """
import sys
sys.modules["tensorflow"] = None
import numpy as np
from tests.helpers import backend_cases
np.savez(sys.argv[2], **getattr(backend_cases, sys.argv[1])())
"""
# Of the largest value; bfloat16 has a relative precision of 0.004.
TOLERANCE = {"float32": 5e-6, "mixed_bfloat16": 0.03}


def on_backend(name: str, what: str, folder: Path) -> dict[str, np.ndarray]:
    """Values of the cases on another backend, from a process in which TensorFlow cannot be imported."""
    path = folder / "found.npz"
    # What is compiled there runs once.
    environment = os.environ | {"KERAS_BACKEND": name, "JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    command = [sys.executable, "-c", SCRIPT, what, path]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(path, allow_pickle=False) as found:
        return dict(found)


def require_equal(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert set(found) == set(expected)
    differing = {}
    for name, value in expected.items():
        tolerance = TOLERANCE["mixed_bfloat16" if name.startswith("mixed_bfloat16") else "float32"]
        difference = abs(np.float64(found[name]) - value).max() / max(1.0, abs(value).max())
        if not difference <= tolerance:
            differing[name] = difference
    assert not differing


@pytest.fixture(scope="module")
def on_tensorflow():
    assert keras.backend.backend() == "tensorflow"
    return cases.training()


@pytest.fixture(scope="module", params=OTHERS)
def on_another(request, tmp_path_factory):
    return on_backend(request.param, "training", tmp_path_factory.mktemp(request.param))


def require_exact_loss(found: dict[str, np.ndarray]) -> None:
    logits, labels = cases.loss_case()
    exact = log_softmax(logits.astype(np.float64), axis=1)
    one_hot = np.eye(cases.CLASSES)[labels]
    for name in ("loss", "watched loss"):
        np.testing.assert_allclose(found[name], -exact[np.arange(len(labels)), labels], rtol=1e-6)
    np.testing.assert_allclose(found["loss gradient"], np.exp(exact) - one_hot, atol=1e-6)


def test_loss_and_gradient_on_tensorflow_are_those_of_float64(on_tensorflow):
    require_exact_loss(on_tensorflow)


@pytest.mark.slow
def test_loss_and_gradient_on_other_backends_are_those_of_float64(on_another):
    require_exact_loss(on_another)


@pytest.mark.slow
def test_updates_and_an_epoch_with_a_ragged_batch_are_those_of_tensorflow(on_tensorflow, on_another):
    """One update of each optimiser, with each penalty."""
    require_equal(on_another, on_tensorflow)


def test_updates_of_different_optimisers_differ(on_tensorflow):
    """Otherwise the comparison would pass without any of their settings."""
    updates = [on_tensorflow[f"update, {name}"] for name in cases.OPTIMISERS]
    for number, one in enumerate(updates):
        alike = [other for other in updates[:number] if other.shape == one.shape]
        assert all(abs(one - other).max() > 1e-5 for other in alike), list(cases.OPTIMISERS)[number]


@pytest.mark.slow
@pytest.mark.parametrize("backend", OTHERS)
def test_outputs_and_gradients_of_all_layers_are_those_of_tensorflow(backend, tmp_path):
    require_equal(on_backend(backend, "layers", tmp_path), cases.layers())


def test_every_layer_that_the_papers_use_is_compared():
    files = [*ROOT.glob("reproductions/*/*.py"), *ROOT.glob("common/layers/*.py")]
    used = {name for path in files for name in re.findall(r"\blayers\.([A-Z]\w+)", path.read_text(encoding="utf-8"))}
    assert len(used) > 20
    assert used <= cases.class_names()
