"""Machine, accelerator and versions: wall times depend on them, and results, mostly in their last digits."""

import functools
import importlib.metadata
import os
import platform
import sys
from pathlib import Path

import keras

from common.records.machines import compute_device

# Variables that change how numbers are computed: kernels, precision of products, number of threads, which device.
_VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "JAX_DEFAULT_MATMUL_PRECISION",
    "JAX_ENABLE_X64",
    "JAX_PLATFORMS",
    "KERAS_TORCH_DEVICE",
    "MKL_NUM_THREADS",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
)
# Keras' own configuration file can change these; the values are Keras' defaults.
_KERAS_DEFAULTS = {"floatx": "float32", "epsilon": 1e-07, "image_data_format": "channels_last"}
_PACKAGES = ("keras", "tensorflow", "numpy", "scipy", "scikit-learn", "soundfile", "soxr", "librosa")
# Package -> another one that holds the same release.
_ALTERNATIVES = {"tensorflow": "tensorflow-cpu"}


def describe_machine(several_devices: dict[str, str | int] | None = None) -> dict[str, str | int]:
    """The machine as described in a record; `accelerator` is present only where Keras computes on one.

    Args:
        several_devices: description of the devices that shared the work, see `common.training.devices`.
    """
    shared = several_devices or {}
    found = None if shared.get("kind_of_devices") == "virtual CPU" else accelerator()
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "threads": _usable_cores(),
        "system": platform.system(),
        "backend": keras.backend.backend(),
        **({} if found is None else {"accelerator": found}),
        **shared,
    }


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on, including the Keras backend."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for package in dict.fromkeys((*_PACKAGES, keras.backend.backend())):
        found[package] = _version(package) or _version(_ALTERNATIVES.get(package, package)) or "not installed"
    return found


def environment_settings() -> dict[str, str]:
    """Environment variables that change how numbers are computed, where they are set, and values of Keras'
    configuration (as `keras.floatx` and so on) where they are not its defaults."""
    found = {name: value for name in _VARIABLES if (value := os.environ.get(name)) is not None}
    for name, default in _KERAS_DEFAULTS.items():
        value = getattr(keras.config, name)()
        if value != default:
            found[f"keras.{name}"] = str(value)
    return found


def compared_versions() -> dict[str, str]:
    """The versions that have to agree between the processes that make one result: not that of Python, whose patch
    releases compute the same, nor that of a backend that is not in use, which may be missing on some machines."""
    unused = {"python"} | ({"tensorflow"} - {keras.backend.backend()})
    return {name: version for name, version in package_versions().items() if name not in unused}


def computing_machine(several_devices: dict[str, str | int] | None = None) -> str:
    """Accelerator or processor of this process, with the settings of the environment that are set, as text."""
    settings = [f"{name}={value}" for name, value in sorted(environment_settings().items())]
    return ", ".join([compute_device(describe_machine(several_devices)), *settings])


@functools.cache
def accelerator() -> str | None:
    """Name of the GPU (or TPU) that the backend computes on; None where it computes on the CPU."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        device = jax.devices()[0]
        return None if device.platform == "cpu" else device.device_kind
    if backend == "torch":
        import torch
        from keras.src.backend.torch.core import (
            get_device,
        )  # Keras has its own order of preference and an environment variable

        device = get_device().partition(":")[0]
        return torch.cuda.get_device_name() if device == "cuda" else None if device == "cpu" else device
    if backend == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU") if gpus else None
    return None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _usable_cores() -> int:
    """Number of cores that this process may run on; the backends start a thread for each."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
