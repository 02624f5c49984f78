"""Checkpoints: everything that a killed run needs to resume, in one file that is either complete or absent."""

import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

import keras
import numpy as np

from common.core.console import warn
from common.core.errors import CheckpointError
from common.core.files import write_atomically
from common.records.environment import compared_versions


@dataclass(frozen=True)
class Circumstances:
    """What must be the same when an interrupted run is continued; otherwise its result would mix two circumstances.

    Args:
        asked: digest of what the run is of: its whole experiment, the extraction of its features and the weights that
            training started from.
        backend: of Keras; a random seed gives other numbers on another backend.
        versions: of packages, see `common.records.environment.compared_versions`.
        devices: that share the work, see `common.training.devices`; empty for one device.
    """

    asked: str
    backend: str
    versions: dict[str, str]
    devices: dict[str, str | int]

    @classmethod
    def here(cls, asked: str, devices: dict[str, str | int]) -> Self:
        """The circumstances in this process."""
        return cls(asked, keras.backend.backend(), compared_versions(), devices)

    def differences(self, other: "Circumstances") -> list[str]:
        """What `other` has instead, in words; both are of the same run."""
        if self.backend != other.backend:
            # The versions that count differ then, too.
            return [f"Keras on {other.backend} instead of {self.backend} (KERAS_BACKEND={self.backend} sets it)"]
        found = [
            f"{name} {other.versions.get(name, 'not installed')} instead of {self.versions.get(name, 'not installed')}"
            for name in sorted(self.versions.keys() | other.versions.keys())
            if self.versions.get(name) != other.versions.get(name)
        ]
        if self.devices != other.devices:
            found.append(f"{_devices_text(other.devices)} instead of {_devices_text(self.devices)}")
        return found


def _devices_text(devices: dict[str, str | int]) -> str:
    return f"{devices['devices']} x {devices['kind_of_devices']}" if devices else "one device"


@dataclass
class LoopState:
    """State of the fit loop between two epochs.

    Args:
        run_id: of the run that the state belongs to.
        circumstances: in which the run began.
        epoch: number of finished epochs.
        history: one entry per finished epoch.
        best_epoch: epoch (counted from 1) of the lowest validation loss so far; 0 before the first.
        best_loss: that loss.
        sources: digests of the sources that trained it, see `common.records.source`; several after an update.
        machines: processors or accelerators that trained it, with the settings of the environment that change how
            numbers are computed; several where it was continued elsewhere.
    """

    run_id: str
    circumstances: Circumstances
    epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float = float("inf")
    sources: list[str] = field(default_factory=list)
    machines: list[str] = field(default_factory=list)

    def goes_on_at(self, source: str, machine: str) -> None:
        """Note which source and which machine train the next epochs."""
        self.sources += [source] if source not in self.sources else []
        self.machines += [machine] if machine not in self.machines else []


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


def restore_checkpoint(
    path: Path, model: keras.Model, run_id: str, here: Circumstances
) -> tuple[LoopState, list[np.ndarray]] | None:
    """Restore a saved state into a model that was built and compiled the same way.

    Args:
        here: the circumstances in this process.

    Returns:
        State of the loop and the best weights so far; None where there is no checkpoint, or one that is not of this
        run any more, which is set aside with a warning.

    Raises:
        CheckpointError: the checkpoint was written under other circumstances, or does not fit the model.
    """
    if not path.exists():
        return None
    remedy = f"Delete {path} to start this run over."
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file}
        values = json.loads(arrays.pop("state").tobytes())
        # Files of earlier versions do not say under which circumstances they were written.
        state = LoopState(**values | {"circumstances": Circumstances(**values["circumstances"])})
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        _set_aside(path, f"it is not a checkpoint of this version of Encore ({error})")
        return None
    if state.run_id != run_id:
        _set_aside(path, f"it belongs to run {state.run_id}, expected {run_id}")
        return None
    if state.circumstances.asked != here.asked:
        _set_aside(path, "its values, features or first weights are not those of this run any more")
        return None
    differing = state.circumstances.differences(here)
    if differing:
        raise CheckpointError(
            f"{path}: this process has {'; '.join(differing)}, but a run must end as it began. Use the same again, or "
            "delete this file to start the run over."
        )
    model.optimizer.build(model.trainable_variables)
    for group, variables in (("variable", model.variables), ("optimizer", model.optimizer.variables)):
        saved = [arrays.get(f"{group}_{number}") for number in range(len(variables))]
        shapes = [None if value is None else value.shape for value in saved]
        if shapes != [tuple(variable.shape) for variable in variables]:
            raise CheckpointError(f"{path}: the shapes of its {group} values do not fit this network. {remedy}")
        for variable, value in zip(variables, saved, strict=True):
            variable.assign(value)
    return state, [arrays[f"best_{number}"] for number in range(len(model.weights))]


def _set_aside(path: Path, reason: str) -> None:
    """Keep a checkpoint that is not used under another name."""
    target = path.with_name(f"set_aside.{path.name}")
    path.replace(target)
    warn(f"{path}: not continued from: {reason}. It is kept as {target.name}; the run starts over")
