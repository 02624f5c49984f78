"""What libraries print while Keras is started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Keras loads TensorFlow on every backend when it sets the seeds of the first network.
_FIRST_NETWORK = """
from common.core.tf_logging import quiet_start
with quiet_start():
    import keras
keras.utils.set_random_seed(1)
"""


@pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=pytest.mark.slow)])
def test_the_first_network_prints_no_messages_of_tensorflow(backend):
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", _FIRST_NETWORK], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
