"""The table of a search: its trials, the best first, with what became of each."""

from dataclasses import dataclass
from typing import Any

from common.paper.paper import Paper
from common.records.divergence import epoch_of_rise
from common.records.record import Record
from common.reports.text.caption import data_lines, left_out_clips_lines, published_experiment, reduction_lines
from common.reports.text.rows import fewer_epochs_lines
from common.search.folder import Note, SearchFolder
from common.search.journal import TrialState
from common.search.space import Parameters, format_value, parameters_of

_LONGEST_FAILURE = 100


@dataclass(frozen=True)
class StoredSearch:
    """A search as its folder tells it.

    Args:
        identity: what it is of.
        trials: in the order in which they began.
        notes: trial id -> what its run said.
        records: run id -> record.
    """

    folder: SearchFolder
    identity: dict[str, Any]
    trials: list[TrialState]
    notes: dict[str, Note]
    records: dict[str, Record]

    @property
    def any_record(self) -> Record:
        """One of the records; there must be one."""
        return self.records[min(self.records)]

    @property
    def parameters(self) -> Parameters:
        """The space again."""
        return parameters_of([{"name": name, **values} for name, values in self.identity["parameters"].items()])

    @property
    def completed(self) -> list[TrialState]:
        """Those with a score, the best first, the earlier of equal ones first."""
        sign = -1 if self.identity["objective"] == "val_accuracy" else 1
        return sorted((trial for trial in self.trials if trial.score is not None), key=lambda trial: sign * trial.score)

    def record_of(self, trial: TrialState) -> Record | None:
        """The record of its first run; None where that is not here."""
        note = self.notes.get(trial.id)
        return self.records.get(note.runs[0]) if note and note.runs else None

    def same_as(self, trial: TrialState) -> str | None:
        """The first completed trial that asked for the same network; None where it is the first itself."""
        record = self.record_of(trial)
        for other in self.trials:
            if other.id == trial.id or record is None:
                return None
            if other.score is not None and self.record_of(other) is record:
                return other.id
        return None

    def distinct(self) -> list[TrialState]:
        """Completed trials, the best first, each network once."""
        return [trial for trial in self.completed if self.same_as(trial) is None]


def read_search(folder: SearchFolder) -> StoredSearch:
    """Read a search's folder.

    Raises:
        DataError: a file of it cannot be used.
    """
    return StoredSearch(folder, folder.identity() or {}, folder.trials(), folder.notes(), folder.records())


def search_table(paper: Paper, found: StoredSearch) -> dict[str, Any]:
    """The table of trials as JSON values; a function of what lies in the search's folder."""
    identity = found.identity
    rows = [_row(found, trial, rank) for rank, trial in enumerate(found.completed, start=1)]
    rows += [_row(found, trial, None) for trial in found.trials if trial.score is None]
    return {
        "paper": identity["paper"],
        "table": f"search_{found.folder.name}",
        "title": f"{identity['about']['title']}: trials, the best first",
        "dataset": identity["setting"]["dataset"],
        "protocol": found.any_record.protocol if found.records else identity["setting"]["split"],
        "scale": identity["setting"]["scale"],
        "data": found.any_record.data.title if found.records else identity["setting"]["dataset"],
        "setting": identity["setting"],
        "kind": "search",
        "objective": identity["objective"],
        "parameters": list(identity["parameters"]),
        "rows": rows,
        "warnings": _warnings(identity),
        "caption": _caption(paper, found),
    }


def _row(found: StoredSearch, trial: TrialState, rank: int | None) -> dict[str, Any]:
    record, note = found.record_of(trial), found.notes.get(trial.id)
    same = found.same_as(trial)
    if trial.status == "FAILED":
        remark = (
            f"failed: {(note.failure if note and note.failure else 'its worker did not say why')[:_LONGEST_FAILURE]}"
        )
    elif trial.status == "RUNNING":
        remark = "not finished"
    else:
        rise = record and epoch_of_rise(record.history, len(record.data.genres))
        told = [f"same network as trial {same}"] if same is not None else []
        remark = ", ".join(told + ([f"diverged in epoch {rise}"] if rise else []))
    percent = found.identity["objective"] == "val_accuracy"
    return {
        "rank": rank,
        "trial": trial.id,
        "values": trial.values,
        "score": None if trial.score is None else round(100 * trial.score if percent else trial.score, 4),
        "trainable_parameters": record and record.trainable_parameters,
        "best_epoch": record and record.best_epoch,
        "runs": list(note.runs) if note else [],
        "remark": remark,
    }


def _warnings(identity: dict[str, Any]) -> list[str]:
    if identity["setting"]["unit"] == "clip":
        return []
    return [
        "CONTAMINATED: windows of one clip stand both in training and in validation; the search prefers what "
        "recognises known clips."
    ]


def _caption(paper: Paper, found: StoredSearch) -> list[str]:
    identity = found.identity
    begun, asked = len(found.trials), max(identity["trials"], len(found.trials))
    failed = sum(trial.status == "FAILED" for trial in found.trials)
    at_random = min(identity["initial"], begun)
    lines = [
        f"{len(found.completed)} of {asked} trials completed, of {len(found.distinct())} distinct networks"
        + (f"; {failed} failed" if failed else "")
        + f". Varied: row {identity['row'][1]} of table {identity['row'][0]}.",
        f"{at_random} trials drawn at random, seed {identity['seed']}"
        + (
            f"; {begun - at_random} chosen by keras-tuner's Bayesian optimisation (Gaussian process, upper confidence "
            "bound)."
            if begun > at_random
            else "; none was chosen by the surrogate yet."
        ),
        "The objective is of validation windows, at the epoch whose weights a run keeps"
        + (f"; mean of {identity['runs_per_trial']} seeds" if identity["runs_per_trial"] > 1 else "; one seed")
        + ". No test window was read: these are no results, and the best of many is flattered by chance.",
    ]
    if found.records:
        lines += _of_runs(paper, found)
    published = identity["about"]["published"]
    if published:
        shown = ", ".join(f"{name} = {value:g}" for name, value in published.items())
        lines.append(f"Published optimum: {shown} ({identity['about']['published_by']}).")
    return [*lines, *identity["about"]["notes"]]


def _of_runs(paper: Paper, found: StoredSearch) -> list[str]:
    """What the runs of all trials have in common, and what was reduced for them."""
    one, identity = found.any_record, found.identity
    parts = ", ".join(
        f"{name} {one.parts[name].clips} clips ({one.parts[name].windows} windows)" for name in ("train", "valid")
    )
    varied = frozenset(parameter.path for parameter in found.parameters.every)
    training = one.experiment["training"]
    lines = [
        data_lines(one.data),
        f"Protocol: {one.protocol}; {parts}; test withheld.",
        f"At most {training['epochs']} epochs, {training['precision']}.",
        *reduction_lines(paper, one.setting, {identity["row"][1]: one}, varied),
    ]
    if one.setting.scale == "paper":
        row = identity["row"][1]
        lines += fewer_epochs_lines({row: (one, published_experiment(paper, one))})
    if one.setting.changes:
        lines.append(f"CHANGED by the command: {', '.join(one.setting.changes)}.")
    if one.setting.genres:
        lines.append(f"{len(one.data.genres)} genres: {', '.join(one.data.genres)}.")
    if one.weights:
        lines.append(f"Weights from a file: {one.weights.partition('=')[0]}.")
    if one.folds > 1:
        lines.append(
            f"Fold 1 of {one.folds} alone: its validation clips are test clips of another fold, so a result over all "
            "folds is no longer untouched by this search."
        )
    return lines + left_out_clips_lines(one.data)


def search_cells(table: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and rows as text."""
    objective = "Validation accuracy (%)" if table["objective"] == "val_accuracy" else "Validation loss"
    header = ["Rank", *table["parameters"], objective, "Trainable parameters", "Best epoch", "Trial", "Remark"]
    rows = []
    for row in table["rows"]:
        score = "" if row["score"] is None else f"{row['score']:.2f}" if row["score"] >= 10 else f"{row['score']:.4f}"
        counted = "" if row["trainable_parameters"] is None else f"{row['trainable_parameters']:,}"
        rows.append(
            [
                "" if row["rank"] is None else str(row["rank"]),
                *(format_value(row["values"][name]) for name in table["parameters"]),
                score,
                counted,
                "" if row["best_epoch"] is None else str(row["best_epoch"]),
                row["trial"],
                row["remark"],
            ]
        )
    return header, rows
