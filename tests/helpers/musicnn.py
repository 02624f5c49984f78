"""Checkpoints of musicnn with random values, as fixtures."""

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline.features.musicnn import weights as musicnn_files
from data_pipeline.features.musicnn.network import build_musicnn
from data_pipeline.features.musicnn.weights import load_checkpoint

KERNELS = {
    "conv2d": (7, 38, 1, 204),
    "conv2d_1": (7, 67, 1, 204),
    "conv2d_2": (128, 1, 1, 51),
    "conv2d_3": (64, 1, 1, 51),
    "conv2d_4": (32, 1, 1, 51),
    "conv2d_5": (7, 561, 1, 64),
    "conv2d_6": (7, 64, 1, 64),
    "conv2d_7": (7, 64, 1, 64),
    "dense": (1506, 200),
    "dense_1": (200, 50),
}

NORMS = {
    "batch_normalization": 1,
    **{
        f"batch_normalization_{number}": size
        for number, size in enumerate((204, 204, 51, 51, 51, 64, 64, 64, 1506, 200), 1)
    },
}


@pytest.fixture(scope="module")
def values() -> dict[str, np.ndarray]:
    """Random values of a checkpoint, by name and in the shapes of the original."""
    rng = np.random.default_rng(0)
    found = {}
    for name, shape in KERNELS.items():
        found[f"{name}/kernel"] = rng.normal(0, 1 / np.sqrt(np.prod(shape[:-1])), shape)
        found[f"{name}/bias"] = rng.normal(0, 0.1, shape[-1])
    for name, size in NORMS.items():
        found[f"{name}/gamma"] = rng.uniform(0.5, 1.5, size)
        found[f"{name}/beta"] = rng.normal(0, 0.1, size)
        found[f"{name}/moving_mean"] = rng.normal(0, 0.1, size)
        found[f"{name}/moving_variance"] = rng.uniform(0.5, 1.5, size)
    return {name: value.astype(np.float32) for name, value in found.items()}


def write_checkpoint(prefix, values: dict[str, np.ndarray]) -> None:
    names = sorted(values)
    tf.raw_ops.SaveV2(
        prefix=str(prefix), tensor_names=names, shape_and_slices=[""] * len(names), tensors=[values[n] for n in names]
    )


@pytest.fixture
def network(values, tmp_path, monkeypatch):
    """Random weights in place of the trained ones."""
    write_checkpoint(tmp_path / "MSD", values)
    built = build_musicnn()
    load_checkpoint(built, tmp_path / "MSD")
    monkeypatch.setattr(musicnn_files, "load_musicnn", lambda model, cache: built)
    return built
