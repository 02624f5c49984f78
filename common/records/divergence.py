"""Trainings that came apart: the loss rose again, or was no number any more. The table of their row says so."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from common.core.errors import DataError
from common.core.files import read_json, write_text
from common.core.spec import Spec
from common.paper.overrides import Setting
from common.records.environment import machine_summary
from common.records.record import Record, record_as_text

# By how much a loss has to rise above its lowest before: a share of what guessing costs (the logarithm of the number of
# classes), or of the first epoch's loss where penalties make that the larger one. In sound runs it rises by hundredths.
_RISE = 0.25
FORMAT_VERSION = 1


class Divergence(Spec):
    """A run that has no record, because its loss was no longer finite.

    Args:
        run_id: of experiment, data, split, fold and seed, as a record's.
        row_experiment: digest of the paper's row.
        experiment: as it was really run.
        reason: which epoch, and what was found.
        weights: file of trained weights that it started from, as `name=SHA-256`; empty for none.
        history: one entry per epoch before that one.
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


def write_divergence(folder: Path, found: Divergence) -> None:
    """Note a run that came apart; what is noted of the same run already stays."""
    path = folder / f"{found.run_id}.json"
    if not path.exists():
        write_text(path, record_as_text(found.as_json()))


def forget_divergence(folder: Path, run_id: str) -> None:
    """Remove what is noted of a run that is measured afresh."""
    (folder / f"{run_id}.json").unlink(missing_ok=True)


def read_divergences(folder: Path) -> list[Divergence]:
    """All that are noted in a folder, by run id.

    Raises:
        DataError: a file is no such note.
    """
    found = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        try:
            found.append(Divergence.model_validate(read_json(path, what="a note of a run that diverged")))
        except ValidationError as error:
            raise DataError(
                f"{path}: not a note of a run that diverged ({error.error_count()} problems). Remove it."
            ) from error
    return found


def epoch_of_rise(history: Iterable[dict[str, Any]], classes: int) -> int | None:
    """The first epoch, counted from 1, whose training loss is above the lowest before it by more than a quarter of what
    guessing costs, and of the first epoch's loss; None where there is none."""
    losses = [entry["loss"] for entry in history]
    for number in range(1, len(losses)):
        if losses[number] - min(losses[:number]) > _RISE * max(losses[0], math.log(classes)):
            return number + 1
    return None


def divergence_warnings(of_rows: dict[str, list[Record]], noted: dict[str, list[Divergence]]) -> list[str]:
    """Warnings of a table.

    Args:
        of_rows: row label -> its records.
        noted: row label -> its runs that had no number when they diverged.
    """
    lines = []
    risen = {label: _risen(records) for label, records in of_rows.items()}
    if any(risen.values()):
        rows = "; ".join(f"{label}: {text}" for label, text in risen.items() if text)
        lines.append(
            "DIVERGED: the training loss rose above its lowest by more than a quarter of what guessing costs "
            f"({rows}). Judged are the weights of the kept epoch, as of every run."
        )
    measured = {record.run_id for records in of_rows.values() for record in records}
    lost = [
        f"{label}, {_place(one)} ({one.reason}; {machine_summary(one.machine, one.versions)}"
        f"{'; measured since' if one.run_id in measured else ''})"
        for label, mine in noted.items()
        for one in mine
    ]
    if lost:
        lines.append(f"DIVERGED without a number: {'; '.join(lost)}.")
    return lines


def _risen(records: list[Record]) -> str:
    found = []
    for record in sorted(records, key=lambda record: (record.seed, record.fold)):
        epoch = epoch_of_rise(record.history, len(record.data.genres))
        if epoch is not None:
            found.append(f"{_place(record)} in epoch {epoch}, kept {record.best_epoch}")
    return ", ".join(found)


def _place(run: Record | Divergence) -> str:
    return f"seed {run.seed}" + (f" fold {run.fold + 1}" if run.folds > 1 else "")
