"""A worker's runs of one command."""

import signal

import keras
import pytest

from common.core import console
from common.core.errors import ClusterError
from common.execution import session
from common.execution.session import WorkerCommand, WorkerSession, _require_same_source, _require_same_versions
from common.records.environment import package_versions
from common.records.source import source_digest
from common.runs.options import Options
from reproductions.se_cnn.paper import PAPER
from tests.helpers.loopback import launched, wait_until


@pytest.mark.slow
def test_a_command_that_is_interrupted_frees_its_workers(loopback, places, tmp_path):
    many_epochs = ("--table", "5.1", "--row", "5", "--seeds", "1", "--epochs", "500")
    arguments = [*places.flags("interrupted"), *many_epochs, "--set", "training.patience_epochs=500"]
    process = launched([*arguments, "--cluster", loopback.address], tmp_path)
    for line in process.stderr:
        if "epoch 2/500" in line:
            process.send_signal(signal.SIGINT)
            break
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "continues from there" in errors
    wait_until(lambda: any("is stopped" in loopback.log(name) for name in loopback.workers))


def test_workers_need_the_same_backend_and_package_versions(monkeypatch):
    versions = package_versions()

    def command(backend: str, **differing: str) -> WorkerCommand:
        return WorkerCommand(PAPER, None, "", versions | differing, backend, source_digest("se_cnn"))

    _require_same_versions(command("tensorflow"))
    with pytest.raises(ClusterError, match=r"numpy \S+ instead of 1\.0"):
        _require_same_versions(command("tensorflow", numpy="1.0"))
    with pytest.raises(ClusterError, match=r"tensorflow instead of jax.*KERAS_BACKEND=jax"):
        _require_same_versions(command("jax", jax="0.11.2"))
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ClusterError, match=r"jax instead of tensorflow.*KERAS_BACKEND=tensorflow"):
        _require_same_versions(command("tensorflow"))
    # A package that no backend computes with may differ; the backend's may not.
    here = package_versions()["jax"]
    _require_same_versions(command("jax", tensorflow="not installed", jax=here))
    with pytest.raises(ClusterError, match=r"jax \S+ instead of 0\.1"):
        _require_same_versions(command("jax", jax="0.1"))


def test_workers_print_as_much_as_their_command(monkeypatch):
    monkeypatch.setattr(console._State, "verbosity", "normal")
    versions = package_versions() | {"numpy": "1.0"}
    command = WorkerCommand(PAPER, None, "", versions, "tensorflow", "", "verbose")
    with pytest.raises(ClusterError):
        WorkerSession(command)
    assert console.is_verbose()


def test_workers_need_the_same_source():
    here = source_digest("se_cnn")
    _require_same_source(WorkerCommand(PAPER, None, "", {}, "tensorflow", here))
    with pytest.raises(
        ClusterError, match=rf"source code of Encore \({here[:12]} instead of 000000000000\).*same clone"
    ):
        _require_same_source(WorkerCommand(PAPER, None, "", {}, "tensorflow", "0" * 64))


def test_a_session_with_another_source_is_refused_before_it_plans_anything(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "plan", lambda *_: pytest.fail("planned"))
    command = WorkerCommand(PAPER, Options(out=tmp_path), "", package_versions(), "tensorflow", "0" * 64)
    with pytest.raises(ClusterError, match="source code of Encore"):
        WorkerSession(command)
