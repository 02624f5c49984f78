"""Checkpoints: everything that a killed run needs to resume, in one file that is either complete or absent."""

import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import keras
import numpy as np

from common.core.errors import ResumeError
from common.core.files import write_atomically


@dataclass
class LoopState:
    """State of the fit loop between two epochs.

    Args:
        run_id: of the run that the state belongs to.
        epoch: number of finished epochs.
        history: one entry per finished epoch.
        best_epoch: epoch (counted from 1) of the lowest validation loss so far; 0 before the first.
        best_loss: that loss.
        backend: of Keras, empty in files that do not name it; a random seed gives other numbers on another backend.
    """

    run_id: str
    epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float = float("inf")
    backend: str = ""


def copy_weights(model: keras.Model) -> list[np.ndarray]:
    """Copies of the model's weights (without the seeds of random layers)."""
    return [np.asarray(keras.ops.convert_to_numpy(weight)).copy() for weight in model.weights]


def save_checkpoint(path: Path, model: keras.Model, state: LoopState, best_weights: list[np.ndarray]) -> None:
    """Write weights, seeds of random layers, optimiser state, the best weights so far and the state of the loop."""
    arrays = {"state": np.frombuffer(json.dumps(asdict(state)).encode("utf-8"), np.uint8)}
    for group, values in (
        ("variable", model.variables),
        ("optimizer", model.optimizer.variables),
        ("best", best_weights),
    ):
        for number, value in enumerate(values):
            arrays[f"{group}_{number}"] = keras.ops.convert_to_numpy(value) if group != "best" else value
    write_atomically(path, lambda file: np.savez(file, allow_pickle=False, **arrays))


def restore_checkpoint(path: Path, model: keras.Model, run_id: str) -> tuple[LoopState, list[np.ndarray]] | None:
    """Restore a saved state into a model that was built and compiled the same way.

    Returns:
        State of the loop and the best weights so far; None where there is no checkpoint.

    Raises:
        ResumeError: the file is unreadable, belongs to another run or backend, or does not fit the model.
    """
    if not path.exists():
        return None
    remedy = "Delete it, or start over with --fresh."
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file}
        state = LoopState(**json.loads(arrays.pop("state").tobytes()))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ResumeError(f"{path}: not a readable checkpoint ({error}). {remedy}") from error
    if state.run_id != run_id:
        raise ResumeError(f"{path}: belongs to run {state.run_id}, expected {run_id}. {remedy}")
    backend = keras.backend.backend()
    if state.backend not in ("", backend):
        raise ResumeError(
            f"{path}: was written by Keras on {state.backend}, but Keras now runs on {backend}; a run has to finish on "
            f"the backend it started on. Set KERAS_BACKEND={state.backend}, or start over with --fresh."
        )
    model.optimizer.build(model.trainable_variables)
    for group, variables in (("variable", model.variables), ("optimizer", model.optimizer.variables)):
        saved = [arrays.get(f"{group}_{number}") for number in range(len(variables))]
        shapes = [None if value is None else value.shape for value in saved]
        if shapes != [tuple(variable.shape) for variable in variables]:
            raise ResumeError(f"{path}: the shapes of its {group} values do not fit this network. {remedy}")
        for variable, value in zip(variables, saved, strict=True):
            variable.assign(value)
    return state, [arrays[f"best_{number}"] for number in range(len(model.weights))]
