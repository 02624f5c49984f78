"""Folders of learning curves for TensorBoard, named so that a reader finds a run: row, seed, fold or round, setting."""

import re
from pathlib import Path

from common.core.files import make_folder, write_text
from common.core.leftovers import remove_leftovers
from common.core.locks import lock
from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.protocol import fold_name
from common.paper.tables import Row
from common.records.paths import RunPaths, SearchPaths, file_stem
from common.runs.builder import PlannedRun

_LONGEST_NAME = 60
_TAG_CHARACTERS = 6


def curves_folder(paths: RunPaths, paper: Paper, setting: Setting, planned: PlannedRun) -> Path:
    """Folder for the events of a run, the same whenever the run is continued: `<row>/seed0[-fold2]`, with `round2` of
    rotating partitions, and behind it what the setting changes, e.g. `seed0-artist`.

    Runs that differ in something else, such as the number of epochs, would have the same name: the first of them has
    it, and the others end in the first characters of their ids, which their records are named by. Call it with the
    run's lock.
    """
    run = planned.run
    words = [f"seed{run.seed}"]
    if planned.folds > 1:
        words.append(f"{fold_name(setting.split)}{run.fold.number + 1}")
    words += file_stem("", "", setting, paper).split("_")
    folder = make_folder(paths.tensorboard / _row_name(paths, paper, planned)) / "-".join(filter(None, words))
    return folder if _is_of(run.id, folder) else folder.with_name(f"{folder.name}-{run.id[:_TAG_CHARACTERS]}")


def _row_name(paths: RunPaths, paper: Paper, planned: PlannedRun) -> str:
    """The run's row by its short name. In a search, the trial."""
    label = planned.labels[0]
    if not isinstance(paths, SearchPaths):
        rows = (row.name for table in paper.tables for row in table.rows if _is_row_of(row, planned))
        label = next(rows, label)
    return file_name(label)


def _is_row_of(row: Row, planned: PlannedRun) -> bool:
    return row.experiment.digest == planned.row_experiment


def file_name(label: str) -> str:
    """The label of a row or trial in characters that are safe in the names of files and of TensorBoard's runs."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", label).strip("-.")[:_LONGEST_NAME] or "row"


def _is_of(run_id: str, folder: Path) -> bool:
    """Whether the folder belongs to a run: its first run writes its id into it. An empty file is of no run: it is left
    where a process was killed or the disk was full."""
    make_folder(folder)
    owner = folder / "run.txt"
    # Two runs that would have the same name may start at the same time.
    with lock(folder / ".lock", flag="--out"):
        remove_leftovers(folder, unchanged_seconds=0)
        found = owner.read_text(encoding="utf-8", errors="replace").strip() if owner.exists() else ""
        if not found:
            write_text(owner, run_id)
    return found in ("", run_id)
