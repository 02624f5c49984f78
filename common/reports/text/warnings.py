"""Warnings above a table: leakage, divergence, clipped loss, other clips, missing genres, implausible accuracies."""

from collections.abc import Sequence
from typing import Any

from common.core.spec import build
from common.core.words import counted, plural
from common.paper.protocol import Protocol, fold_name
from common.records.divergence import Divergence, epoch_of_rise
from common.records.loss import has_clipped_loss
from common.records.machines import machine_summary
from common.records.record import DataFacts, Record
from common.reports.table import Note
from common.reports.text.rows import labels_text

# Seeds in a short warning; of more, only their number is said.
_MOST_SEEDS = 4
# Names in a short warning; of more characters, only their number is said.
_LONGEST_LIST = 60


def table_warnings(
    facts: DataFacts,
    records: list[Record],
    rows: list[dict[str, Any]],
    noted: dict[str, list[Divergence]] | None = None,
) -> list[Note]:
    """All warnings of a table.

    Args:
        records: of its rows.
        rows: as JSON values, measured.
        noted: name of each row -> its runs that have no record because their loss was not finite.
    """
    protocol = build(Protocol, records[0].experiment["protocol"])
    found = _contamination(protocol, records)
    if protocol.unit == "clip":
        found += _other_splits(records, rows)
    by_id = {record.run_id: record for record in records}
    of_rows = {_name(row): [by_id[name] for name in row["records"] if name in by_id] for row in rows}
    found += divergence_warnings(of_rows, noted or {})
    found += clipped_loss_warnings(of_rows, noted or {})
    found += _missing_genres(facts, records)
    ceiling = facts.clip_accuracy_ceiling_percent
    above = [
        _name(row)
        for row in rows
        if ceiling and row["measured"] and row["measured"]["clip_accuracy_mean_softmax"]["mean"] > ceiling
    ]
    if above:
        # Of one row, that name says nothing; an audit names its split before the whole sentence.
        where = f"{_few(above, 'rows')}: " if len(rows) > 1 else ""
        found.append(
            Note(
                "above_ceiling",
                f"Clip accuracy above {ceiling:g} % in {plural(len(above), 'row')} {labels_text(above)}: the wrong "
                f"labels and repeated clips of this data set allow at most {ceiling:g} % (Sturm 2013), so test clips "
                "were known.",
                f"{where}clip accuracy above {ceiling:g} %, which wrong labels make impossible on "
                "unknown clips (Sturm 2013).",
            )
        )
    return found


def _contamination(protocol: Protocol, records: list[Record]) -> list[Note]:
    shared = max(record.shared_clips for record in records)
    if not shared:
        return []
    if protocol.carry_weights and protocol.unit == "clip":
        first = min(record.fold for record in records if record.shared_clips) + 1
        return [
            Note(
                "contaminated",
                f"CONTAMINATED from round {first} on: weights are carried over between rounds, and up to "
                f"{counted(shared, 'test clip')} of a round had a part in training or selection of an earlier one. The "
                "means include these rounds.",
                f"CONTAMINATED from round {first} on: test clips were used in earlier rounds.",
            )
        ]
    earlier = ", of this round or an earlier one," if protocol.carry_weights else ""
    return [
        Note(
            "contaminated",
            f"CONTAMINATED: windows of up to {counted(shared, 'clip')} are both in training or validation{earlier} and "
            "in test; these accuracies measure recognition of known clips as much as of genres.",
            f"CONTAMINATED: training has windows of {counted(shared, 'test clip')}.",
        )
    ]


def _missing_genres(facts: DataFacts, records: list[Record]) -> list[Note]:
    found = []
    folds_lacking = sum(
        record.folds > 1 and len({clip.label for clip in record.clips}) < len(facts.genres) for record in records
    )
    if folds_lacking:
        found.append(
            Note(
                "missing_genres",
                f"In {folds_lacking} of {len(records)} runs the test part has no clip of some genre; F1 macro of such "
                "a run is the mean over the other genres.",
                f"No test clip of some genre in {folds_lacking} of {len(records)} runs.",
            )
        )
    missing = sorted(
        {
            facts.genres[label]
            for record in records
            if record.folds == 1
            for label in set(range(len(facts.genres))) - {clip.label for clip in record.clips}
        }
    )
    if missing:
        found.append(
            Note(
                "missing_genres",
                f"No test clip of {', '.join(missing)}: how well they are recognised is not measured; F1 macro is the "
                "mean over genres that have test clips or were predicted.",
                f"No test clip of {_few(missing, 'genres')}.",
            )
        )
    return found


def _other_splits(records: list[Record], rows: list[dict[str, Any]]) -> list[Note]:
    """Rows whose test clips differ from those of the newest run on the split of the same name."""
    newest: dict[int, str] = {}
    for record in sorted(records, key=lambda record: (record.finished_at, record.run_id)):
        newest[record.fold] = record.split_digest
    others = {record.run_id for record in records if record.split_digest != newest[record.fold]}
    others_of = [row for row in rows if others & set(row["records"])]
    names = [_name(row) for row in others_of]
    if not names:
        return []
    return [
        Note(
            "other_clips",
            f"{plural(len(names), 'Row')} {labels_text(names)} {'was' if len(names) == 1 else 'were'} run on an "
            "earlier version of the split of this name, with other test clips than the newest run; run "
            f"{'it' if len(names) == 1 else 'them'} again to compare.",
            f"OTHER TEST CLIPS in {_few(names, 'rows')}: run them again to compare them.",
        )
    ]


def divergence_warnings(
    of_rows: dict[str, list[Record]],
    noted: dict[str, Sequence[Divergence]],
    *,
    of: str = "rows",
) -> list[Note]:
    """Which runs diverged.

    Args:
        of_rows: name of each row -> its records.
        noted: name of each row -> its runs that have no record because their loss was not finite.
        of: what rows are, in the plural.
    """
    notes = []

    risen = {label: _rises(records) for label, records in of_rows.items()}
    if any(risen.values()):
        rows = "; ".join(f"{label}: {', '.join(found)}" for label, found in risen.items() if found)
        notes.append(
            Note(
                "diverged",
                "DIVERGED: the training loss rose above its minimum by more than a quarter of the loss of random "
                f"guessing ({rows}). As in every run, the weights of the kept epoch are evaluated.",
                _risen_in_short({label: of_rows[label] for label, found in risen.items() if found}, of),
            )
        )
    measured = {record.run_id for records in of_rows.values() for record in records}
    lost = [
        f"{label}, {_seed_and_fold(one)} ({one.reason}; {machine_summary(one.machine, one.versions)}"
        f"{'; measured since' if one.run_id in measured else ''})"
        for label, mine in noted.items()
        for one in mine
    ]
    if lost:
        notes.append(
            Note(
                "diverged",
                f"DIVERGED without a result: {'; '.join(lost)}.",
                f"DIVERGED without a result: {counted(len(lost), 'run')}, in "
                f"{_few([label for label, mine in noted.items() if mine], of)}.",
            )
        )
    return notes


def _risen_in_short(of_rows: dict[str, list[Record]], of: str) -> str:
    """In how many runs the training loss rose, and what is tested.

    Args:
        of_rows: name of each row with such runs -> all its records.
    """
    every = [record for records in of_rows.values() for record in records]
    epochs = [(record, epoch_of_rise(record.history, len(record.data.genres))) for record in every]
    risen = [(record, epoch) for record, epoch in epochs if epoch is not None]
    if len(risen) == len(every):
        runs = "the only run" if len(every) == 1 else f"all {len(every)} runs"
    else:
        runs = f"{len(risen)} of {counted(len(every), 'run')}"
    is_before = all(record.best_epoch < epoch for record, epoch in risen)
    tested = "the epoch kept from before" if is_before else "the kept epoch"
    return f"{_few(list(of_rows), of)}: the training loss rose again in {runs} (DIVERGED); {tested} is tested."


def clipped_loss_warnings(
    of_rows: dict[str, list[Record]], noted: dict[str, Sequence[Divergence]], *, of: str = "row"
) -> list[Note]:
    """Rows with runs whose loss was computed from clipped probabilities.

    Args:
        of_rows: name of each row -> its records.
        noted: name of each row -> its runs that have no record because their loss was not finite.
        of: what a row is.
    """
    found: dict[str, list[Record | Divergence]] = {}
    mixed: list[str] = []
    for name in dict.fromkeys((*of_rows, *noted)):
        runs = [*of_rows.get(name, ()), *noted.get(name, ())]
        if clipped := sorted((run for run in runs if has_clipped_loss(run)), key=lambda run: (run.seed, run.fold)):
            found[name] = clipped
            mixed += [name] if len(clipped) < len(runs) else []
    if not found:
        return []
    # Rows of which the same runs are clipped are named together.
    rows_of: dict[str, list[str]] = {}
    for name, runs in found.items():
        rows_of.setdefault(_runs_text(runs) if name in mixed else "", []).append(name)
    rows = "; ".join(f"{labels_text(names)}{f' ({runs})' if runs else ''}" for runs, names in rows_of.items())
    also = (
        " Where only some seeds of a row are named, its spread over seeds and its differences from other rows are also "
        "due to the loss."
        if mixed
        else ""
    )
    return [
        Note(
            "clipped_loss",
            f"CLIPPED LOSS in {plural(len(found), of)} {rows}. These runs were trained with a loss of clipped "
            "probabilities, whose gradient is zero for windows whose wrong class leads the right one by more than "
            f"about 16 in logits, so a network that has collapsed to one class cannot recover.{also}",
            _clipped_in_short(found, of),
        )
    ]


def _clipped_in_short(found: dict[str, list[Record | Divergence]], of: str) -> str:
    """Which runs have a clipped loss, and what follows from it, as a sentence.

    Args:
        found: name of each row -> those runs.
    """
    where = _few(list(found), f"{of}s")
    seeds = {tuple(sorted({run.seed for run in runs})) for runs in found.values()}
    number = sum(map(len, found.values()))
    if len(seeds) == 1 and len(next(iter(seeds))) <= _MOST_SEEDS:
        (same,) = seeds
        runs = f"{plural(len(same), 'seed')} {_listed(list(map(str, same)))}"
        is_one = len(same) * len(found) == 1
    else:
        runs, is_one = counted(number, "run"), number == 1
    return (
        f"{runs} of {where} {'was' if is_one else 'were'} trained with a loss that has no gradient for very wrong "
        "windows, so a run that collapsed to one class could not recover."
    )


def _runs_text(runs: Sequence[Record | Divergence]) -> str:
    """`seeds 1 and 2`; with folds, one after the other."""
    if any(run.folds > 1 for run in runs):
        return ", ".join(dict.fromkeys(map(_seed_and_fold, runs)))
    seeds = list(dict.fromkeys(str(run.seed) for run in runs))
    return f"{plural(len(seeds), 'seed')} {_listed(seeds)}"


def _listed(words: Sequence[str]) -> str:
    """`1`, `1 and 2`, `1, 2 and 3`."""
    return " and ".join(words) if len(words) <= 2 else f"{', '.join(words[:-1])} and {words[-1]}"


def _rises(records: list[Record]) -> list[str]:
    """Which runs diverged, and when."""
    found = []
    for record in sorted(records, key=lambda record: (record.seed, record.fold)):
        epoch = epoch_of_rise(record.history, len(record.data.genres))
        if epoch is not None:
            found.append(f"{_seed_and_fold(record)} in epoch {epoch}, kept {record.best_epoch}")
    return found


def _few(names: Sequence[str], what: str) -> str:
    """Names side by side; how many there are where they are more than a line holds."""
    text = _listed(names)
    return text if len(text) <= _LONGEST_LIST else f"{len(names)} {what}"


def _name(row: dict[str, Any]) -> str:
    """What `--row` calls a row; rows that are none of the paper's, e.g. splits of an audit, have only a label."""
    return row.get("name", row["label"])


def _seed_and_fold(run: Record | Divergence) -> str:
    return f"seed {run.seed}" + (f" {fold_name(run.setting.split)} {run.fold + 1}" if run.folds > 1 else "")
