"""Commands whose extra is not installed: one line that says what to install, and exit code 2."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from common.core import extras
from common.core.errors import ExtraError, SpecError
from common.core.extras import EXTRAS, require_backend, require_extra

# As where only the core is installed: nothing finds these modules. TensorFlow brings grpc.
_CORE_ONLY = f"""
import sys
from importlib.machinery import PathFinder

ABSENT = {[name for names in EXTRAS.values() for name in names if name != "grpc"]}

class CoreOnly(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in ABSENT else PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = CoreOnly
"""


def run_with_core_only(code: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", _CORE_ONLY + code], capture_output=True, text=True, env=os.environ | environment
    )


def arguments(folder: Path) -> list[str]:
    return ["--out", str(folder / "out"), "--cache", str(folder / "cache")]


def errors(completed: subprocess.CompletedProcess) -> list[str]:
    return [line for line in completed.stderr.splitlines() if line.startswith(("error: ", "Traceback"))]


def test_what_is_installed_is_not_imported():
    code = "import sys\nfrom common.core.extras import EXTRAS, require_extra\n"
    code += "for extra in EXTRAS: require_extra(extra, needed_by='this')\n"
    code += "sys.exit(sorted({name for names in EXTRAS.values() for name in names} & set(sys.modules)) or 0)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_of_which_a_module_is_missing_is_named(extra, monkeypatch):
    *_, last = EXTRAS[extra]
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: None if name == last else object())
    with pytest.raises(ExtraError) as refused:
        require_extra(extra, needed_by="--this 3")
    assert str(refused.value) == (
        f"--this 3: needs the extra `{extra}`, of which {last} cannot be found. Install it: in a clone with "
        f'{sys.executable} -m pip install -e ".[{extra}]", elsewhere with pip install "encore-mgc[{extra}]".'
    )
    assert refused.value.exit_code == 2


def test_runs_need_no_extra_until_workers_are_asked_for(tmp_path):
    code = "from common.launch import run_paper\n"
    code += f"sys.argv[1:] = {['--jobs', '2', *arguments(tmp_path)]}\nrun_paper('_template')"
    completed = run_with_core_only(code)
    (line,) = errors(completed)
    assert line.startswith(
        "error: --jobs 2: needs the extra `cluster`, of which distributed, dask, cryptography cannot"
    )
    assert completed.returncode == 2


def test_a_search_without_its_extra_ends_with_2(tmp_path):
    code = "from common.launch import tune_paper\n"
    completed = run_with_core_only(code + f"sys.argv[1:] = {arguments(tmp_path)}\ntune_paper('se_cnn')")
    (line,) = errors(completed)
    assert line.startswith("error: a search: needs the extra `tune`, of which keras_tuner cannot be found.")
    assert completed.returncode == 2


def test_a_backend_without_its_extra_ends_with_2(tmp_path):
    code = "from common.launch import run_paper\n"
    code += f"sys.argv[1:] = {arguments(tmp_path)}\nrun_paper('se_cnn')"
    completed = run_with_core_only(code, KERAS_BACKEND="jax")
    (line,) = errors(completed)
    assert line.startswith("error: KERAS_BACKEND=jax: needs the extra `jax`, of which jax cannot be found.")
    assert completed.returncode == 2


def test_a_backend_that_keras_does_not_have_is_refused(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    with pytest.raises(SpecError, match="KERAS_BACKEND=theano: is none of Keras' backends that train: tensorflow"):
        require_backend()


def test_pytorch_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExtraError, match=r"KERAS_BACKEND=torch: PyTorch cannot be found.*pip install torch, or leave"):
        require_backend()


def test_an_empty_name_of_the_backend_is_as_if_it_were_not_set(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "")
    require_backend()
