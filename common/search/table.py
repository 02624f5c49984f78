"""The table of a search: its trials, the best first, with the outcome of each."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from common.core.errors import DataError
from common.core.percent import percent_text, stored_percent
from common.core.spec import build
from common.core.words import counted, plural
from common.paper.paper import Paper
from common.paper.training import Training
from common.records.divergence import epoch_of_rise
from common.records.record import Record
from common.records.rows import usable_of
from common.reports.table import Note, Table, cells
from common.reports.text.caption import (
    changed_values_notes,
    data_notes,
    published_experiment,
    reduction_notes,
    skipped_clips_notes,
)
from common.reports.text.rows import fewer_epochs_notes, precision_note, protocol_text
from common.reports.text.versions import version_notes
from common.search.folder import SearchFolder, TrialNote, require_values
from common.search.journal import TrialState
from common.search.space import Parameters, format_value, parameters_of

_LONGEST_FAILURE = 100
# A figure of one trial tells no more than the table.
_FEWEST_DRAWN = 2


@dataclass(frozen=True)
class StoredSearch:
    """A search as read from its folder.

    Args:
        folder: that it was read from.
        identity: description of the search.
        trials: in the order in which they began.
        notes: trial id -> note of the process that ran it.
        records: run id -> record.
    """

    folder: SearchFolder
    identity: dict[str, Any]
    trials: list[TrialState]
    notes: dict[str, TrialNote]
    records: dict[str, Record]

    @property
    def any_record(self) -> Record:
        """One of the records; there must be at least one."""
        return self.records[min(self.records)]

    @property
    def parameters(self) -> Parameters:
        """The parameters of the search."""
        return parameters_of([{"name": name, **values} for name, values in self.identity["parameters"].items()])

    @property
    def completed(self) -> list[TrialState]:
        """Trials with a score, the best first; of equal scores the earlier trial first."""
        sign = -1 if self.identity["objective"] == "val_accuracy" else 1
        return sorted((trial for trial in self.trials if trial.score is not None), key=lambda trial: sign * trial.score)

    @property
    def can_be_drawn(self) -> bool:
        """Whether enough trials completed for its figures."""
        return len(self.completed) >= _FEWEST_DRAWN

    def record_of(self, trial: TrialState) -> Record | None:
        """The record of the trial's first run; None where there is none in the folder."""
        note = self.notes.get(trial.id)
        return self.records.get(note.runs[0]) if note and note.runs else None

    def same_as(self, trial: TrialState) -> str | None:
        """The first completed trial with the same network; None where this trial is the first."""
        record = self.record_of(trial)
        first, place = self._first_of.get(record.run_id if record else "", ("", 0))
        return first if first and place < self._places[trial.id] else None

    @cached_property
    def _places(self) -> dict[str, int]:
        """Trial id -> its place in the order in which trials began."""
        return {trial.id: place for place, trial in enumerate(self.trials)}

    @cached_property
    def _first_of(self) -> dict[str, tuple[str, int]]:
        """Run id -> the first completed trial that has its record, and the place of that trial."""
        found: dict[str, tuple[str, int]] = {}
        for place, trial in enumerate(self.trials):
            if trial.score is not None and (record := self.record_of(trial)) is not None:
                found.setdefault(record.run_id, (trial.id, place))
        return found

    def distinct(self) -> list[TrialState]:
        """Completed trials, the best first, each network once."""
        return [trial for trial in self.completed if self.same_as(trial) is None]


def read_search(paper: Paper, folder: SearchFolder) -> StoredSearch:
    """Read a search's folder; records that cannot be used are named in warnings and not used.

    Raises:
        DataError: a file of the search cannot be used.
    """
    identity = folder.identity()
    if identity is None:
        raise DataError(f"{folder.path}: holds no search, as {folder.paths.identity.name} is missing.")
    usable = usable_of(paper, folder.records(), folder.paths, folder.paths.results.dataset)
    records = {one.record.run_id: one.record for one in usable}
    found = StoredSearch(folder, identity, folder.trials(), folder.notes(), records)
    require_values(folder, found.parameters, found.trials)
    return found


def search_table(paper: Paper, found: StoredSearch) -> Table:
    """The table of trials, from the files in the search's folder only."""
    identity = found.identity
    rows = [_row(found, trial, rank) for rank, trial in enumerate(found.completed, start=1)]
    rows += [_row(found, trial, None) for trial in found.trials if trial.score is None]
    values = {
        "paper": identity["paper"],
        "table": f"search_{found.folder.name}",
        "title": f"{identity['about']['title']}: trials, the best first",
        "dataset": identity["setting"]["dataset"],
        "protocol": protocol_text(found.any_record) if found.records else identity["setting"]["split"],
        "scale": identity["setting"]["scale"],
        "data": found.any_record.data.title if found.records else identity["setting"]["dataset"],
        "setting": identity["setting"],
        "kind": "search",
        "objective": identity["objective"],
        "parameters": list(identity["parameters"]),
        "rows": rows,
    }
    return Table(values, *search_cells(values), tuple(_notes(paper, found)), tuple(_warnings(identity)))


def _row(found: StoredSearch, trial: TrialState, rank: int | None) -> dict[str, Any]:
    record, note = found.record_of(trial), found.notes.get(trial.id)
    same = found.same_as(trial)
    if trial.status == "FAILED":
        remark = (
            f"failed: {(note.failure if note and note.failure else 'its worker gave no reason')[:_LONGEST_FAILURE]}"
        )
    elif trial.status == "RUNNING":
        remark = "not finished"
    else:
        rise = record and epoch_of_rise(record.history, len(record.data.genres))
        remarks = [f"same network as trial {same}"] if same is not None else []
        remark = ", ".join(remarks + ([f"diverged in epoch {rise}"] if rise else []))
    percent = found.identity["objective"] == "val_accuracy"
    return {
        "rank": rank,
        "trial": trial.id,
        "values": trial.values,
        "score": None if trial.score is None else stored_percent(trial.score) if percent else round(trial.score, 4),
        "trainable_parameters": record and record.trainable_parameters,
        "best_epoch": record and record.best_epoch,
        "runs": list(note.runs) if note else [],
        "remark": remark,
    }


def _warnings(identity: dict[str, Any]) -> list[Note]:
    if identity["setting"]["unit"] == "clip":
        return []
    return [
        Note(
            "contaminated",
            "CONTAMINATED: windows of one clip are both in training and in validation; the search prefers networks "
            "that recognise known clips.",
        )
    ]


def _notes(paper: Paper, found: StoredSearch) -> list[Note]:
    identity = found.identity
    begun, asked = len(found.trials), max(identity["trials"], len(found.trials))
    failed = sum(trial.status == "FAILED" for trial in found.trials)
    at_random = min(identity["initial"], begun)
    seeds = f"mean of {identity['runs_per_trial']} seeds" if identity["runs_per_trial"] > 1 else "one seed"
    chosen = (
        f"{begun - at_random} chosen by keras-tuner's Bayesian optimisation (Gaussian process, upper confidence bound)"
        if begun > at_random
        else "none was chosen by the surrogate yet"
    )
    texts = [
        f"{len(found.completed)} of {counted(asked, 'trial')} completed, with "
        f"{counted(len(found.distinct()), 'distinct network')}"
        + (f"; {failed} failed" if failed else "")
        + f". Varied: row {identity['row'][1]} of table {identity['row'][0]}.",
        f"{counted(at_random, 'trial')} drawn at random, seed {identity['seed']}; {chosen}.",
        f"The objective is measured on validation windows, at the epoch whose weights a run keeps; {seeds}. No test "
        "window was read: these are not results, and the best of many trials is too optimistic.",
    ]
    notes = [Note("search", text) for text in texts]
    if found.records:
        notes += _run_notes(paper, found)
    published = identity["about"]["published"]
    if published:
        shown = ", ".join(f"{name} = {value:g}" for name, value in published.items())
        notes.append(Note("paper", f"Published optimum: {shown} ({identity['about']['published_by']})."))
    return notes + [Note("paper", text) for text in identity["about"]["notes"]]


def _run_notes(paper: Paper, found: StoredSearch) -> list[Note]:
    """Notes on what the runs of all trials have in common, and which settings were reduced."""
    one, identity = found.any_record, found.identity
    row = identity["row"][1]
    parts = ", ".join(
        f"{name} {counted(one.parts[name].clips, 'clip')} ({counted(one.parts[name].windows, 'window')})"
        for name in ("train", "valid")
    )
    varied = frozenset(parameter.path for parameter in found.parameters.every)
    training = build(Training, one.experiment["training"])
    each = training.windows_per_epoch
    of_windows = "" if each is None else f", of at most {each} {plural(each, 'window')} each"
    notes = [
        *data_notes(one.setting, one.data),
        Note("protocol", f"Protocol: {protocol_text(one)}; {parts}; test withheld."),
        Note("training", f"At most {counted(training.epochs, 'epoch')}{of_windows}."),
        precision_note(training.precision),
        *reduction_notes(paper, one.setting, {row: one}, varied),
    ]
    if one.setting.scale == "paper":
        notes += fewer_epochs_notes({row: (one, published_experiment(paper, one))})
    notes += changed_values_notes(one.setting)
    if one.setting.genres:
        notes.append(Note("data", f"{counted(len(one.data.genres), 'genre')}: {', '.join(one.data.genres)}."))
    if one.weights:
        name = one.weights.partition("=")[0]
        notes.append(Note("trained_weights", f"Starts from trained weights in a file: {name}."))
    if one.folds > 1:
        notes.append(
            Note(
                "search",
                f"Only fold 1 of {one.folds} was used: its validation clips are test clips of another fold, so results "
                "over all folds are no longer independent of this search.",
            )
        )
    notes += version_notes({row: list(found.records.values())})
    return notes + skipped_clips_notes(one.data)


def search_cells(table: dict[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text."""
    percent = table["objective"] == "val_accuracy"
    objective = "Validation accuracy (%)" if percent else "Validation loss"
    header = ["Rank", *table["parameters"], objective, "Trainable parameters", "Best epoch", "Trial", "Remark"]
    rows = []
    for row in table["rows"]:
        score = "" if (score := row["score"]) is None else percent_text(score) if percent else f"{score:.4f}"
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
    return tuple(header), cells(rows)
