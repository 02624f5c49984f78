"""Checkpoints: everything that a killed run needs to resume, in one file that is either complete or absent.

The file is an `.npz` that ends with its own SHA-256 (`common.core.trailers`). Its state says so, so that a file that
was opened, changed and saved again is known, too; those of earlier versions have neither.
"""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

import keras
import numpy as np

from common.core.console import warn
from common.core.errors import CheckpointError, DataError
from common.core.files import write_by_path
from common.core.trailers import append_trailer, has_checked_trailer
from common.records.environment import compared_versions
from data_pipeline.datasets.npz import open_npz

# In the state of a checkpoint that ends with its SHA-256.
_FORMAT_VERSION = 2
# Values of an epoch that the loop computes with; epochs of earlier versions may lack some.
_FINITE = ("loss", "val_loss", "val_accuracy", "learning_rate", "seconds")


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


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds.

    Args:
        state: of the loop.
        arrays: `variable_<n>`, `optimizer_<n>` and `best_<n>` -> values.
        has_digest: whether the file ends with its SHA-256, as those of earlier versions do not.
    """

    state: LoopState
    arrays: dict[str, np.ndarray]
    has_digest: bool


def save_checkpoint(path: Path, model: keras.Model, state: LoopState, best_weights: list[np.ndarray]) -> None:
    """Write weights, seeds of random layers, optimiser state, the best weights so far and the state of the loop."""
    # Without copies of the history, which `asdict` of the whole state makes value by value.
    values = vars(state) | {"circumstances": asdict(state.circumstances), "format_version": _FORMAT_VERSION}
    arrays = {"state": np.frombuffer(json.dumps(values).encode("utf-8"), np.uint8)}
    for group, variables in (
        ("variable", model.variables),
        ("optimizer", model.optimizer.variables),
        ("best", best_weights),
    ):
        for number, value in enumerate(variables):
            arrays[f"{group}_{number}"] = keras.ops.convert_to_numpy(value) if group != "best" else value

    def write(temporary: Path) -> None:
        with open(temporary, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        append_trailer(temporary)

    write_by_path(path, write, suffix=".tmp")


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint, and check what can be checked without the network: its SHA-256, that its values agree with
    each other, and that all weights are finite, as a run that diverged is not continued.

    Raises:
        DataError: something of that does not hold; with the reason, without what to do.
    """
    has_digest = has_checked_trailer(path)
    with open_npz(path) as file:
        # `savez` compresses nothing: no array takes more memory than the file has bytes.
        if packed := next((name for name in file.keys if file.stored_values_at(name) is None), None):
            raise DataError(f"{path}: {packed} is compressed, which nothing in a checkpoint is.")
        arrays = {name: file.whole_array(name) for name in file.keys}
    try:
        values = json.loads(arrays.pop("state").tobytes())
        version = values.pop("format_version", 1)
        # Files of earlier versions do not say under which circumstances they were written.
        state = LoopState(**values | {"circumstances": Circumstances(**values["circumstances"])})
        problem = _problem_of(state)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{path}: holds no state of this version of Encore ({error}).") from error
    if version != (_FORMAT_VERSION if has_digest else 1):
        raise DataError(
            f"{path}: was changed: its state has the format version {version!r}, and the file ends "
            f"{'with' if has_digest else 'without'} its SHA-256."
        )
    if problem:
        raise DataError(f"{path}: its state contradicts itself: {problem}.")
    for name, array in arrays.items():
        # The optimiser's may be infinite: squares of large gradients are, and do no harm.
        if not name.startswith("optimizer_") and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DataError(f"{path}: {name} holds values that are not finite.")
    return Checkpoint(state, arrays, has_digest)


def _problem_of(state: LoopState) -> str:
    """How a state contradicts itself, without a full stop; empty where it does not.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: a value is of another kind.
    """
    if [entry["epoch"] for entry in state.history] != list(range(1, state.epoch + 1)):
        return f"{state.epoch!r} finished epochs and a history of {len(state.history)}"
    losses = [entry["val_loss"] for entry in state.history]
    if not all(math.isfinite(entry[name]) for entry in state.history for name in _FINITE if name in entry):
        return "a value of its history is not finite"
    # The first of equal losses is the best one.
    best = (losses.index(min(losses)) + 1, min(losses)) if losses else (0, math.inf)
    if (state.best_epoch, state.best_loss) != best:
        return (
            f"epoch {state.best_epoch!r} is the best with {state.best_loss!r}, in its history epoch {best[0]} with "
            f"{best[1]!r}"
        )
    there = state.circumstances
    texts = (state.run_id, *state.sources, *state.machines, there.asked, there.backend, *there.versions.values())
    if not all(isinstance(text, str) for text in texts):
        return "a name in it is not text"
    if there.devices and there.devices.keys() != {"devices", "kind_of_devices"}:
        return "its devices are not a number and a kind"
    return ""


def restore_checkpoint(
    path: Path, model: keras.Model, run_id: str, here: Circumstances
) -> tuple[LoopState, list[np.ndarray]] | None:
    """Restore a saved state into a model that was built and compiled the same way.

    Args:
        here: the circumstances in this process.

    Returns:
        State of the loop and the best weights so far; None where there is no checkpoint, or one that was changed or is
        not of this run any more, which is set aside with a warning.

    Raises:
        CheckpointError: the checkpoint was written under other circumstances, or does not fit the model.
    """
    if not path.exists():
        return None
    remedy = f"Delete {path} to start this run over."
    try:
        found = read_checkpoint(path)
    except DataError as error:
        reason = str(error).removeprefix(f"{path}: ").partition(". ")[0].rstrip(".")
        _set_aside(path, f"it is damaged, or not a checkpoint of this version of Encore ({reason})")
        return None
    state, arrays = found.state, found.arrays
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
    groups = {"variable": model.variables, "optimizer": model.optimizer.variables, "best": model.weights}
    saved = {
        group: [arrays.get(f"{group}_{number}") for number in range(len(variables))]
        for group, variables in groups.items()
    }
    for group, variables in groups.items():
        found_kinds = [None if value is None else (value.shape, value.dtype.name) for value in saved[group]]
        kinds = [(tuple(variable.shape), keras.backend.standardize_dtype(variable.dtype)) for variable in variables]
        if found_kinds != kinds:
            raise CheckpointError(
                f"{path}: the shapes or types of its {group} values do not fit this network. {remedy}"
            )
    for group in ("variable", "optimizer"):
        for variable, value in zip(groups[group], saved[group], strict=True):
            variable.assign(value)
    return state, saved["best"]


def _set_aside(path: Path, reason: str) -> None:
    """Keep a checkpoint that is not used under another name."""
    target = path.with_name(f"set_aside.{path.name}")
    try:
        path.replace(target)
    except OSError as error:
        raise CheckpointError(
            f"{path}: cannot be continued from ({reason}), nor renamed ({error.strerror or error}). Remove it to start "
            "this run over."
        ) from error
    warn(f"{path}: not continued from: {reason}. It is kept as {target.name}; the run starts over")
