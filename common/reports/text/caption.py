"""What must be said of a table's numbers: everything reduced, lacking or contaminated."""

import textwrap
from typing import Any

from common.core.spec import build
from common.metrics.clips import OTHER_PART_METRIC_NAMES
from common.metrics.f1 import RESAMPLES
from common.paper.experiment import Experiment
from common.paper.overrides import Setting, parse_change
from common.paper.paper import Paper
from common.paper.tables import ResultTable
from common.paper.training import Training
from common.records.environment import machine_summary
from common.records.record import DataFacts, Record
from common.reports.estimates import interval_text_with_artists, resampled_units_text
from common.reports.text.rows import (
    by_row_lines,
    changed_values_text,
    features_of_record,
    fewer_epochs_lines,
    replaced_features_text,
    training_lines,
)

# How lines that are of one table's intervals begin.
_OF_INTERVALS = ("95 % intervals", "Intervals of F1", "Behind the mean of several runs")


def results_caption(
    paper: Paper, table: ResultTable, setting: Setting, facts: DataFacts, records: list[Record]
) -> list[str]:
    """Everything that a reader has to know before comparing; nothing that was reduced is left out."""
    one = min(records, key=lambda record: (record.fold, record.seed))
    of_rows = _first_record_of_rows(table, records)
    lines = [data_lines(facts)]
    left_out = _clips_in_no_part(setting, facts, records)
    lines.append(
        f"Protocol: {one.protocol}; {f'round {one.fold + 1}: ' if setting.split == 'rotating' else ''}"
        f"{_parts(one, of_rows)}{f'; {left_out} clips are in no part' if left_out > 0 else ''}."
    )
    lines += training_lines(of_rows)
    lines += reduction_lines(paper, setting, of_rows)
    if setting.changes:
        lines.append(f"CHANGED by the command: {', '.join(setting.changes)}.")
    from_files = {label: _weights(record) for label, record in of_rows.items() if record.weights}
    lines += by_row_lines("Weights from files", from_files, of_rows)
    if setting.scale == "paper":
        lines += fewer_epochs_lines(
            {label: (record, published_experiment(paper, record)) for label, record in of_rows.items()}
        )
    lines += _repetitions(records)
    all_of_rows = _records_of_rows(table, records)
    lines += single_seed_lines(all_of_rows)
    lines += machine_lines(all_of_rows)
    lines += other_data_lines(paper, facts)
    lines += left_out_clips_lines(facts)
    lines += table.notes
    if table.reference:
        lines.append(f"To read it against: {table.reference.label}: {table.reference.percent:g} %.")
    validated = any(metric in OTHER_PART_METRIC_NAMES for metric in table.compared_with.values())
    lines += other_classes_lines(paper, setting, facts)
    of_validation = "; of numbers of the other parts, counting their clips as independent" if validated else ""
    lines.append(
        f"95 % intervals: {interval_text_with_artists(records)}{of_validation}. Published inside: whether the "
        "published number lies in that interval."
    )
    if table.has_f1:
        lines.append(
            f"Intervals of F1: percentile bootstrap over {resampled_units_text(records)}, {RESAMPLES:,} resamples."
        )
    return lines


def data_lines(facts: DataFacts) -> str:
    """Which data, and what they lack."""
    return (
        f"Data: {facts.title}, {facts.clips} clips"
        + (f" of {facts.expected}" if facts.expected else "")
        + (f" (INCOMPLETE: {facts.missing} are missing)" if facts.missing else "")
        + (f"; {facts.caption}" if facts.caption else "")
        + "."
    )


def other_data_lines(paper: Paper, facts: DataFacts) -> list[str]:
    """Whether the published numbers are of other data."""
    if paper.published_on in f"{facts.title} {facts.caption}":
        return []
    return [f"OTHER DATA: the published numbers are of {paper.published_on}; the differences compare data sets."]


def other_classes_lines(paper: Paper, setting: Setting, facts: DataFacts) -> list[str]:
    """Whether the published numbers are of other genres."""
    if len(facts.genres) == paper.published_classes and not setting.genres:
        return []
    return [
        f"OTHER CLASSES: {len(facts.genres)} genres ({', '.join(facts.genres)}); the published numbers are of "
        f"{paper.published_classes}."
    ]


def without_interval_lines(lines: list[str]) -> list[str]:
    """A caption for a table of the same runs that has other intervals."""
    return [line for line in lines if not line.startswith(_OF_INTERVALS)]


def left_out_clips_lines(facts: DataFacts) -> list[str]:
    """Clips that could not be used."""
    if not facts.skipped:
        return []
    named = ", ".join(facts.skipped_clips[:5]) + (", ..." if facts.skipped > 5 else "")
    return [f"{facts.skipped} unusable clips were left out: {named}."]


def _weights(record: Record) -> str:
    name, _, digest = record.weights.partition("=")
    return f"{name} (SHA-256 {digest[:12]})"


def machine_lines(of_rows: dict[str, list[Record]]) -> list[str]:
    """Which rows ran where, if not all on one kind of machine.

    Args:
        of_rows: row label -> its records.
    """
    texts = {label: " and ".join(sorted({_machine(record) for record in mine})) for label, mine in of_rows.items()}
    if len({_machine(record) for mine in of_rows.values() for record in mine}) < 2:
        return []
    told = "Runs of several machines, whose digits differ; the spread is of seeds and machines"
    return by_row_lines(told, texts, of_rows)


def _machine(record: Record) -> str:
    return machine_summary(record.machine, record.versions)


def _records_of_rows(table: ResultTable, records: list[Record]) -> dict[str, list[Record]]:
    """Row label -> its records, for the rows that were run."""
    of_rows = {
        row.label: [record for record in records if record.row_experiment == row.experiment.digest]
        for row in table.rows
    }
    return {label: mine for label, mine in of_rows.items() if mine}


def _first_record_of_rows(table: ResultTable, records: list[Record]) -> dict[str, Record]:
    return {
        label: min(mine, key=lambda record: (record.fold, record.seed))
        for label, mine in _records_of_rows(table, records).items()
    }


def _parts(one: Record, of_rows: dict[str, Record]) -> str:
    """Clips of each part, with the windows where all rows have equally many."""
    same = len({record.parts["train"].windows for record in of_rows.values()}) == 1
    return ", ".join(
        f"{name} {count.clips} clips"
        + (f" and {count.copies} copies" if count.copies else "")
        + (f" ({count.windows} windows)" if same else "")
        for name, count in one.parts.items()
    )


def _clips_in_no_part(setting: Setting, facts: DataFacts, records: list[Record]) -> int:
    """Clips that no part of the split holds."""
    one = records[0]
    if setting.unit == "segment":
        return 0
    if setting.split != "rotating":
        return facts.clips - min(sum(count.clips for count in record.parts.values()) for record in records)
    if len({record.fold for record in records}) < one.folds:
        return 0  # not known before every partition was tested on
    return facts.clips - len({clip.id for record in records for clip in record.clips})


def reduction_lines(
    paper: Paper, setting: Setting, of_rows: dict[str, Record], varied: frozenset[str] = frozenset()
) -> list[str]:
    """What smoke scale and cheaper features took away.

    Args:
        of_rows: row label -> a record of it.
        varied: dotted paths whose values were searched, and so are no reduction.
    """
    lines = []
    published = {label: published_experiment(paper, record) for label, record in of_rows.items()}
    if setting.scale == "smoke":
        limits = {build(Training, record.experiment["training"]).windows_per_epoch for record in of_rows.values()}
        most = max((limit for limit in limits if limit), default=None) if None not in limits else None
        lines.append(
            f"SMOKE SCALE: {paper.smoke_tracks_per_genre} clips per genre at most, at most {most or 'all'} windows per "
            "epoch: shows that the work runs, not how well the network does."
        )
        asked_for = {parse_change(change)[0] for change in setting.changes} | varied
        for part, name in (("model", "NETWORK"), ("windows", "WINDOWS")):
            texts = {
                label: changed_values_text(published[label].as_json()[part], record.experiment[part], part, asked_for)
                for label, record in of_rows.items()
            }
            lines += by_row_lines(f"REDUCED {name}", {label: text for label, text in texts.items() if text}, of_rows)
    if setting.features != "paper":
        texts = {
            label: replaced_features_text(setting, record, published[label])
            for label, record in of_rows.items()
            if setting.features == "given"
            or [given.feature.as_json() for given in published[label].inputs] != features_of_record(record)
        }
        lines += by_row_lines("REDUCED FEATURES", texts, of_rows)
    return lines


def _what_spreads(records: list[Record]) -> str:
    """Of what the interval over runs is, see `common.reports.tables.results`."""
    if records[0].folds == 1:
        return "of seeds"
    return "of seeds, each the mean of its folds, or of folds where there is one seed"


def _repetitions(records: list[Record]) -> list[str]:
    """How often rows were run, and whether folds are lacking."""
    seeds, runs = {}, {}
    for record in records:
        seeds.setdefault(record.row_experiment, set()).add(record.seed)
        runs.setdefault(record.row_experiment, set()).add((record.seed, record.fold))
    lines = []
    folds = records[0].folds
    if folds > 1:
        kind = "rounds" if records[0].setting.split == "rotating" else "folds"
        lines.append(f"Runs are {folds} {kind} of each seed.")
        lacking = sum(len(seeds[row]) * folds - len(done) for row, done in runs.items())
        if lacking:
            lines.append(
                f"INCOMPLETE FOLDS: {lacking} runs of {kind} are lacking; means are over those that are there."
            )
    if max(map(len, runs.values())) > 1:
        lines.append(
            "Behind the mean of several runs stands their standard deviation; interval over runs: Student's, "
            f"{_what_spreads(records)}."
        )
    return lines


def single_seed_lines(of_rows: dict[str, list[Record]]) -> list[str]:
    """Which rows rest on one seed.

    Args:
        of_rows: row label -> its records.
    """
    single = [label for label, mine in of_rows.items() if len({record.seed for record in mine}) == 1]
    if not single:
        return []
    where = "" if len(single) == len(of_rows) else f" in {'; '.join(single)}"
    return [f"ONE SEED{where}: differences between rows may be chance."]


def flag_summary(table: dict[str, Any]) -> str:
    """What a figure of a table has to say of its numbers, in short: lines of 80 characters."""
    found = [f"{table['data']}, {table['protocol']}"] + (["smoke scale"] if table["scale"] == "smoke" else [])
    text = " ".join(table["caption"])
    for mark in ("INCOMPLETE", "REDUCED NETWORK", "REDUCED WINDOWS", "REDUCED FEATURES"):
        if mark in text:
            found.append(mark.lower())
    if "ONE SEED" in text:
        found.append("one seed" if "ONE SEED:" in text else "one seed in some rows")
    if table["setting"]["genres"]:
        found.append(f"{len(table['setting']['genres'])} genres")
    found += [f"changed: {change}" for change in table["setting"]["changes"]]
    if "epochs instead of" in text:
        found.append("fewer epochs")
    if "OTHER CLASSES" in text:
        found.append("other classes")
    if "excerpts of" in text:
        found.append("excerpts of clips")
    if "synthetic" in text:
        found.append("synthetic audio")
    for mark, told in (("CONTAMINATED", "contaminated"), ("DIVERGED", "some trainings diverged")):
        if any(warning.startswith(mark) for warning in table["warnings"]):
            found.append(told)
    return "\n".join(textwrap.wrap(", ".join(found), 80))


def published_experiment(paper: Paper, record: Record) -> Experiment:
    """The experiment of a record's row, as the paper has it."""
    return next(
        row.experiment for table in paper.tables for row in table.rows if row.experiment.digest == record.row_experiment
    )
