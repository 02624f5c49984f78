"""Runs that diverged: the loss rose again, or was not finite. The tables of their rows report them."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from common.core.console import warn
from common.core.errors import DataError
from common.core.files import read_json, with_digest, write_json_text
from common.core.spec import Spec, stored_spec
from common.paper.overrides import Setting
from common.records.paths import RunPaths
from common.records.record import record_as_text

# How far a loss must rise above its minimum, as a fraction of the loss at chance level (the logarithm of the number
# of classes), or of the first epoch's loss where penalties make that larger. Stable runs rise by hundredths.
_RISE = 0.25
FORMAT_VERSION = 1
_REMEDY = " Remove it, or restore it from a copy."


class Divergence(Spec):
    """A run that has no record, because its loss was not finite.

    Args:
        run_id: digest of experiment, data, split, fold and seed, as for a record.
        row_experiment: digest of the paper's row.
        experiment: as it was run (scale and flags applied).
        reason: the epoch, and what was not finite.
        weights: file of trained weights that it started from, as `name=SHA-256`; empty for none.
        history: one entry per epoch before the diverged one.
        encore_version: of the program that made the note; empty where it was not recorded.
    """

    format_version: Literal[1] = FORMAT_VERSION
    run_id: str
    paper: str
    row_experiment: str
    experiment: dict[str, Any]
    setting: Setting
    split_digest: str
    seed: int
    fold: int
    folds: int
    reason: str
    machine: dict[str, str | int]
    versions: dict[str, str]
    finished_at: str
    weights: str = ""
    history: tuple[dict[str, int | float], ...] = ()
    encore_version: str = ""


def write_divergence(paths: RunPaths, found: Divergence) -> None:
    """Write a note of a run that diverged; an existing note of the same run is kept."""
    path = paths.divergence(found.run_id)
    if not path.exists():
        write_json_text(path, record_as_text(with_digest(found.as_json())))


def forget_divergence(paths: RunPaths, run_id: str) -> None:
    """Remove the note of a run that is to be trained again."""
    paths.divergence(run_id).unlink(missing_ok=True)


def read_divergences(folder: Path) -> list[Divergence]:
    """All usable notes of a folder, in order of run id; the others are named in warnings and not used."""
    found = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        try:
            values = read_json(path, what="a note of a run that diverged", remedy=_REMEDY)
            found.append(divergence_of(path, values))
        except DataError as error:
            warn(f"not used: {error}")
    return found


def divergence_of(path: Path, values: Any) -> Divergence:
    """The note that a file holds.

    Args:
        values: JSON values of the file.

    Raises:
        DataError: it is none, was edited, or is of another run than its name says.
    """
    found = stored_spec(Divergence, path, values, what="a note of a run that diverged", remedy=_REMEDY)
    if found.run_id != path.stem:
        raise DataError(f"{path}: holds run {found.run_id}; the file's name must be the run's id. Rename the file.")
    return found


def epoch_of_rise(history: Iterable[dict[str, Any]], classes: int) -> int | None:
    """First epoch, counted from 1, whose training loss exceeds the lowest before it by more than a quarter of the
    larger of the chance-level loss and the first epoch's loss; None where there is none."""
    lowest = rise = math.inf
    for number, entry in enumerate(history, start=1):
        loss = entry["loss"]
        if number == 1:
            rise = _RISE * max(loss, math.log(classes))
        elif loss - lowest > rise:
            return number
        lowest = min(lowest, loss)
    return None
