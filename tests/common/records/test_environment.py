"""What records and tables say of the machine that a run was done on."""

import sys
from types import SimpleNamespace

import keras
import pytest

from common.core.errors import ClusterError
from common.execution.session import WorkerCommand, _require_same_versions
from common.records.environment import accelerator, describe_machine, package_versions
from common.reports.text.caption import machine_lines
from tests.helpers.se_cnn_records import record

H100 = {"processor": "Intel", "threads": 16, "backend": "jax", "accelerator": "NVIDIA H100"}


@pytest.fixture
def on(monkeypatch):
    """Make Keras' backend one of that name, with a stand-in for its package."""

    def choose(backend: str, package: object) -> str | None:
        monkeypatch.setattr(keras.backend, "backend", lambda: backend)
        monkeypatch.setitem(sys.modules, backend, package)
        accelerator.cache_clear()
        return accelerator()

    yield choose
    accelerator.cache_clear()


def jax_with(platform: str, kind: str) -> object:
    return SimpleNamespace(devices=lambda: [SimpleNamespace(platform=platform, device_kind=kind)])


TORCH = SimpleNamespace(cuda=SimpleNamespace(get_device_name=lambda: "NVIDIA T4"))


def keras_on(device: str) -> object:
    """Keras' own module for PyTorch, which says where it computes."""
    return SimpleNamespace(get_device=lambda: device)


def test_the_accelerator_is_the_one_that_the_backend_computes_on(on, monkeypatch):
    assert on("jax", jax_with("gpu", "NVIDIA H100")) == "NVIDIA H100"
    assert describe_machine()["accelerator"] == "NVIDIA H100"
    assert on("jax", jax_with("cpu", "cpu")) is None
    assert "accelerator" not in describe_machine()
    for device, name in (("cuda", "NVIDIA T4"), ("cuda:0", "NVIDIA T4"), ("cpu", None), ("mps", "mps")):
        monkeypatch.setitem(sys.modules, "keras.src.backend.torch", SimpleNamespace())
        monkeypatch.setitem(sys.modules, "keras.src.backend.torch.core", keras_on(device))
        assert on("torch", TORCH) == name
    assert on("numpy", None) is None


def test_virtual_cpu_devices_are_no_accelerator(on):
    on("jax", jax_with("gpu", "NVIDIA H100"))
    assert describe_machine({"devices": 2, "kind_of_devices": "GPU"})["accelerator"] == "NVIDIA H100"
    assert "accelerator" not in describe_machine({"devices": 2, "kind_of_devices": "virtual CPU"})


def test_versions_name_the_backend_besides_what_every_run_depends_on(on):
    here = package_versions()
    assert here["keras"] == keras.__version__
    assert here["tensorflow"] not in ("", "not installed")
    on("jax", jax_with("cpu", "cpu"))
    assert package_versions().keys() - here.keys() == {"jax"}


def test_workers_have_to_calculate_alike(on):
    versions = package_versions()

    def errand(backend: str, **differing: str) -> WorkerCommand:
        return WorkerCommand(None, None, "", versions | differing, backend)

    _require_same_versions(errand("tensorflow"))
    with pytest.raises(ClusterError, match=r"numpy \S+ instead of 1\.0"):
        _require_same_versions(errand("tensorflow", numpy="1.0"))
    with pytest.raises(ClusterError, match=r"tensorflow instead of jax.*KERAS_BACKEND=jax"):
        _require_same_versions(errand("jax", jax="0.11.2"))
    on("jax", jax_with("cpu", "cpu"))
    with pytest.raises(ClusterError, match=r"jax instead of tensorflow.*KERAS_BACKEND=tensorflow"):
        _require_same_versions(errand("tensorflow"))
    # What does not calculate may differ; the backend may not.
    here = package_versions()["jax"]
    _require_same_versions(errand("jax", tensorflow="not installed", jax=here))
    with pytest.raises(ClusterError, match=r"jax \S+ instead of 0\.1"):
        _require_same_versions(errand("jax", jax="0.1"))


def test_tables_tell_runs_on_an_accelerator_from_others():
    on_cpu = record(0, machine={"processor": "Intel", "backend": "tensorflow"}, versions={"tensorflow": "2.21.0"})
    on_gpu = record(0, seed=1, machine=H100, versions={"jax": "0.11.2"})
    assert machine_lines({"0": [on_cpu]}) == []
    (line,) = machine_lines({"0": [on_cpu, on_gpu]})
    assert "Intel, tensorflow 2.21.0 and NVIDIA H100, jax 0.11.2" in line
