"""What records and tables say of the machine that a run was done on."""

import sys
from types import SimpleNamespace

import keras
import pytest

from common import captions, machines
from tests.test_tables import record

H100 = {"processor": "Intel", "threads": 16, "backend": "jax", "accelerator": "NVIDIA H100"}


@pytest.fixture
def on(monkeypatch):
    """Make Keras' backend one of that name, with a stand-in for its package."""

    def choose(backend: str, package: object) -> str | None:
        monkeypatch.setattr(keras.backend, "backend", lambda: backend)
        monkeypatch.setitem(sys.modules, backend, package)
        machines.accelerator.cache_clear()
        return machines.accelerator()

    yield choose
    machines.accelerator.cache_clear()


def jax_with(platform: str, kind: str) -> object:
    return SimpleNamespace(devices=lambda: [SimpleNamespace(platform=platform, device_kind=kind)])


def torch_with(gpus: int) -> object:
    cuda = SimpleNamespace(is_available=lambda: gpus > 0, get_device_name=lambda: "NVIDIA T4")
    return SimpleNamespace(cuda=cuda)


def test_the_accelerator_is_the_one_that_the_backend_computes_on(on):
    assert on("jax", jax_with("gpu", "NVIDIA H100")) == "NVIDIA H100"
    assert machines.machine()["accelerator"] == "NVIDIA H100"
    assert on("jax", jax_with("cpu", "cpu")) is None
    assert "accelerator" not in machines.machine()
    assert on("torch", torch_with(1)) == "NVIDIA T4"
    assert on("torch", torch_with(0)) is None
    assert on("numpy", None) is None


def test_versions_name_the_backend_besides_what_every_run_depends_on(on):
    here = machines.versions()
    assert here["keras"] == keras.__version__
    assert here["tensorflow"] not in ("", "not installed")
    on("jax", jax_with("cpu", "cpu"))
    assert machines.versions().keys() - here.keys() == {"jax"}


def test_tables_tell_runs_on_an_accelerator_from_others():
    on_cpu = record(0, machine={"processor": "Intel", "backend": "tensorflow"}, versions={"tensorflow": "2.21.0"})
    on_gpu = record(0, seed=1, machine=H100, versions={"jax": "0.11.2"})
    assert captions.machines({"0": [on_cpu]}) == []
    (line,) = captions.machines({"0": [on_cpu, on_gpu]})
    assert "Intel, tensorflow 2.21.0 and NVIDIA H100, jax 0.11.2" in line
