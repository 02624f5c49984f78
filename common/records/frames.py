"""Records as data frames of pandas: one row for each run, or for each test clip of each run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.core.console import warn
from common.core.errors import DataError, SpecError
from common.core.extras import require_extra
from common.core.percent import stored_percent
from common.core.words import counted
from common.metrics.clips import METRIC_NAMES
from common.paper.by_name import load_paper, paper_keys
from common.paper.protocol import UNIT_NAMES
from common.paper.tables import Row
from common.records.machines import compute_device
from common.records.paths import ResultPaths, result_subfolders
from common.records.record import Record, read_records
from common.records.rows import RowsOfPaper
from common.records.tuned_rows import with_tuned_rows
from data_pipeline.datasets.about import is_asked_for

if TYPE_CHECKING:
    import pandas as pd


def frame(out: Path | str = "results", paper: str | None = None, dataset: str | None = None) -> "pd.DataFrame":
    """All runs below a results folder. Runs of searches, which read no test clips, are not among them.

    Args:
        out: the results folder, as in `--out`.
        paper: name of one paper; None for all.
        dataset: name of one data set, as in `--dataset`; `folder_NAME` for one own folder; None for all.

    Returns:
        One row for each run, in order of paper, data set and run id. `paper`, `dataset` and `run_id` name the run;
        `table`, `row` (its short name) and `label` the first row of the paper that it belongs to, and `also` the
        others, as `table: label`; all are missing for a row that the paper no longer has. Accuracies are in percent
        (`_percent`), of test clips unless their name begins with `valid_`. `fold` counts from 1. `path` is the record's
        file.

    Raises:
        ExtraError: pandas is not installed.
        SpecError: there is no such paper.
        DataError: the folder holds no such record.
    """
    pandas = _pandas("frame()")
    return pandas.DataFrame([_run(found) for found in _found(Path(out), paper, dataset)])


def clips_frame(out: Path | str = "results", paper: str | None = None, dataset: str | None = None) -> "pd.DataFrame":
    """The decisions on all test clips, of all runs below a results folder.

    Args and errors: see `frame`.

    Returns:
        One row for each test clip of each run: the run as in `frame`; `clip`, `artist` (missing where unknown) and
        `true_genre`; `decided_genre`, which has the largest mean probability over the clip's windows, `probability`,
        which is that mean (0 to 1), and `correct`; `voted_genre`, which most windows vote for; `windows` and
        `correct_windows`, and the latter's share of them (0 to 1).
    """
    pandas = _pandas("clips_frame()")
    return pandas.DataFrame([row for found in _found(Path(out), paper, dataset) for row in _clips(found)])


def _pandas(needed_by: str) -> Any:
    require_extra("frames", needed_by=needed_by)
    import pandas

    return pandas


@dataclass(frozen=True)
class _Found:
    """A record, its file and the rows of its paper by the digest of their experiment, each with the id of its table."""

    record: Record
    path: Path
    rows: dict[str, list[tuple[str, Row]]]

    @property
    def run(self) -> dict[str, Any]:
        """What names the run, and the rows that it belongs to."""
        record = self.record
        (table, row), *others = self.rows.get(record.row_experiment) or [(None, None)]
        return {
            "paper": record.paper,
            "dataset": record.setting.dataset,
            "table": table,
            "row": row and row.name,
            "label": row and row.label,
            "also": "; ".join(f"{table}: {row.label}" for table, row in others),
            "run_id": record.run_id,
            "seed": record.seed,
            "fold": record.fold + 1,
        }


def _found(out: Path, paper: str | None, dataset: str | None) -> Iterator[_Found]:
    if not out.is_dir():
        raise DataError(f"{out}: no such folder; expected one with results. Give the folder of --out.")
    keys = paper_keys() if paper is None else [load_paper(paper).key]
    if paper is None:
        _warn_of_others(out, keys, dataset)
    found = False
    for key in keys:
        for results in ResultPaths.with_records(out, key):
            if not is_asked_for(results.dataset, dataset):
                continue
            whole = with_tuned_rows(load_paper(key), out, results.dataset)
            rows: dict[str, list[tuple[str, Row]]] = {}
            for table in whole.tables:
                for row in table.rows:
                    rows.setdefault(row.experiment.digest, []).append((table.id, row))
            of_paper = RowsOfPaper(whole)
            for record in read_records(results.runs):
                path = results.record(record.run_id)
                try:
                    of_paper.row_record(record)
                except SpecError as error:
                    warn(f"not used: {path}: does not fit its row of {key} ({error}).")
                    continue
                found = True
                yield _Found(record, path, rows)
    if not found:
        wanted = f"{paper or '*'}/{dataset or '*'}/runs/*.json"
        raise DataError(f"{out}: no record in {wanted}. Give the folder of --out, or train with encore run.")


def _warn_of_others(out: Path, keys: Sequence[str], dataset: str | None) -> None:
    """Say how many runs are of papers that this version does not have, and so are in no row."""
    others = {
        folder.name: sum(is_asked_for(path.parents[1].name, dataset) for path in folder.glob("*/runs/*.json"))
        for folder in result_subfolders(out)
        if folder.name not in keys
    }
    left_out = {name: runs for name, runs in others.items() if runs}
    if left_out:
        runs = counted(sum(left_out.values()), "run")
        warn(f"{out}: left out: {runs} of papers that this version does not have: {', '.join(left_out)}")


def _run(found: _Found) -> dict[str, Any]:
    record = found.record
    setting, training = record.setting, record.experiment["training"]
    return {
        **found.run,
        "folds": record.folds,
        "data": record.data.title,
        "genres": len(record.data.genres),
        "split": setting.split,
        "unit": UNIT_NAMES[setting.unit],
        "scale": setting.scale,
        "features": setting.features,
        "changes": "; ".join(setting.changes),
        "precision": training.get("precision"),
        "epochs": len(record.history),
        "best_epoch": record.best_epoch,
        **{f"{name}_percent": _percent(record, "test", name) for name in METRIC_NAMES},
        **{f"valid_{name}_percent": _percent(record, "valid", name) for name in METRIC_NAMES},
        **{f"{part}_clips": counts.clips for part, counts in record.parts.items()},
        **{f"{part}_windows": counts.windows for part, counts in record.parts.items()},
        "clips_on_both_sides": record.shared_clips,
        "trainable_parameters": record.trainable_parameters,
        "wall_seconds": record.wall_seconds,
        "peak_resident_bytes": record.peak_resident_bytes,
        "machine": compute_device(record.machine),
        "backend": record.machine.get("backend"),
        "finished_at": record.finished_at,
        "path": str(found.path),
    }


def _percent(record: Record, part: str, metric: str) -> float | None:
    value = record.metrics.get(part, {}).get(metric)
    return None if value is None else stored_percent(value)


def _clips(found: _Found) -> Iterator[dict[str, Any]]:
    run, genres = found.run, found.record.data.genres
    for clip in found.record.clips:
        decided = clip.by_mean_softmax
        yield {
            **run,
            "clip": clip.id,
            "artist": clip.artist,
            "true_genre": genres[clip.label],
            "decided_genre": genres[decided],
            "probability": clip.mean_softmax[decided],
            "correct": decided == clip.label,
            "voted_genre": genres[clip.by_majority_vote],
            "windows": clip.windows,
            "correct_windows": clip.windows_correct,
            "correct_windows_share": clip.windows_correct / clip.windows,
        }
