"""What the Tab key completes, as a shell asks the installed command for it."""

import os
import subprocess
import sys

import pytest

from tests.helpers.papers import ROOT


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("bin") / "encore"
    path.write_text("from common.encore.main import main\n\nmain()\n")
    return path


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        (["run", "se_cnn", "--table", ""], ["4.1", "5.1", "5.2", "5.3"]),
        (["run", "embeddings", "--table", ""], ["1", "2", "3"]),
        (["audit", "se_cnn", "--row", "se-1"], ["se-12345"]),
        (["run", "se_cnn", "--split", "f"], ["fault_filtered"]),
        (["run", "se_cnn", "--dataset", "fma"], ["fma_small", "fma_large"]),
        (["run", "se_cnn", "--set", "training.ba"], ["training.batch_windows="]),
        (["tune", "se_cnn", "--space", ""], ["documented", "free"]),
        (["tune", "se_cnn", "--row", "width-2"], ["width-2x"]),
        (["data", "g"], ["gtzan"]),
        (["bogus", "ru"], ["run"]),  # no such command, which is no error while a shell asks
        (["list", "s"], ["se_cnn", "soundfusion"]),
    ],
)
def test_values_of_options_are_completed(script, line, offered):
    asked = {
        "_ENCORE_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(["encore", *line]),
        "COMP_CWORD": str(len(line)),
    }
    done = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | asked | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == offered, done.stderr
