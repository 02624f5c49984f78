"""What a record says of the machine and the packages of its run."""

import sys
from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace

import keras
import pytest

from common.records import environment
from common.records.environment import accelerator, describe_machine, package_versions


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


def test_the_version_of_tensorflow_is_that_of_tensorflow_cpu_where_that_is_installed(monkeypatch):
    def version(package: str) -> str:
        if package in ("tensorflow", "librosa"):
            raise PackageNotFoundError(package)
        return f"the version of {package}"

    monkeypatch.setattr(environment.importlib.metadata, "version", version)
    found = package_versions()
    assert found["tensorflow"] == "the version of tensorflow-cpu"
    assert (found["keras"], found["librosa"]) == ("the version of keras", "not installed")


def test_versions_name_the_backend_besides_what_every_run_depends_on(on):
    here = package_versions()
    assert here["keras"] == keras.__version__
    assert here["tensorflow"] not in ("", "not installed")
    on("jax", jax_with("cpu", "cpu"))
    assert package_versions().keys() - here.keys() == {"jax"}
