"""Captions of tables: everything that is reduced, missing or different from the paper."""

import textwrap

from common.core.spec import build
from common.core.words import counted
from common.metrics.clips import OTHER_PART_METRIC_NAMES
from common.metrics.f1 import RESAMPLES
from common.paper.experiment import Experiment
from common.paper.overrides import Setting, parse_change
from common.paper.paper import Paper
from common.paper.protocol import fold_name
from common.paper.tables import ResultTable
from common.paper.training import Training
from common.records.machines import machine_summary
from common.records.record import DataFacts, Record
from common.records.rows import experiment_of_row
from common.reports.estimates import interval_text_with_artists, resampled_units_text
from common.reports.table import Note, NoteKind, Table
from common.reports.text.intervals import sources_text
from common.reports.text.reference import reference_text
from common.reports.text.rows import (
    by_row_notes,
    changed_values_text,
    features_of_record,
    fewer_epochs_notes,
    protocol_text,
    replaced_features_text,
    training_notes,
)
from common.reports.text.seconds import seconds_notes
from common.reports.text.versions import version_notes
from data_pipeline.datasets.recognise import known_dataset

# A short form of changed values that is longer says only how many they are.
_LONGEST_CHANGES = 60
# Paths of changed values that read badly -> the words where they are turned off, and on.
_CHANGED_FLAGS = {"training.standardise": ("input not standardised", "standardised input")}
# Names of parts that are not words.
PART_NAMES = {"valid": "validation"}
# How a paper's note on a table begins that says that its published numbers could not be checked in the paper itself.
UNVERIFIED = "UNVERIFIED: "
# Flags that figures name, in this order, with their words; smoke scale and changed values are added in between.
_IN_FIGURES: dict[NoteKind, str] = {
    "incomplete": "incomplete",
    "reduced_network": "reduced network",
    "reduced_windows": "reduced windows",
    "reduced_features": "reduced features",
    "one_seed": "one seed",
    "one_seed_in_some_rows": "one seed in some rows",
}
_IN_FIGURES_AT_THE_END: dict[NoteKind, str] = {
    "fewer_epochs": "fewer epochs",
    "other_classes": "other classes",
    "excerpts": "excerpts of clips",
    "synthetic": "synthetic audio",
    "contaminated": "contaminated",
    "diverged": "some runs diverged",
}


def results_notes(
    paper: Paper, table: ResultTable, setting: Setting, facts: DataFacts, records: list[Record]
) -> list[Note]:
    """Everything that a reader has to know before comparing numbers, every reduction included."""
    one = min(records, key=lambda record: (record.fold, record.seed))
    of_rows = _first_record_of_rows(table, records)
    all_of_rows = _records_of_rows(table, records)
    notes = data_notes(setting, facts)
    notes.append(_protocol_note(setting, facts, records, one, of_rows))
    notes += published_split_notes(paper, one)
    notes += training_notes(of_rows)
    notes += reduction_notes(paper, setting, of_rows)
    notes += changed_values_notes(setting)
    notes += same_experiment_notes(of_rows)
    from_files = {label: _weights(record) for label, record in of_rows.items() if record.weights}
    notes += by_row_notes("trained_weights", "Starts from trained weights in a file", from_files, of_rows)
    if setting.scale == "paper":
        notes += fewer_epochs_notes(
            {label: (record, published_experiment(paper, record)) for label, record in of_rows.items()}
        )
    notes += _repetition_notes(records)
    notes += single_seed_notes(all_of_rows)
    notes += machine_notes(all_of_rows)
    notes += seconds_notes(table, all_of_rows)
    notes += version_notes(all_of_rows)
    notes += other_data_notes(paper, setting, records)
    notes += skipped_clips_notes(facts)
    notes += paper_notes(table)
    if table.reference:
        notes.append(Note("paper", reference_text(table.reference.as_json())))
    notes += other_classes_notes(paper, setting, facts, records)
    from_clips = interval_text_with_artists(records)
    if any(metric in OTHER_PART_METRIC_NAMES for metric in table.compared_with.values()):
        from_clips += "; in training and validation, clips count as independent"
    if table.has_f1:
        from_clips += f"; of F1: percentile bootstrap over {resampled_units_text(records)}, {RESAMPLES:,} resamples"
    notes.append(
        Note(
            "intervals",
            f"{sources_text(all_of_rows, from_clips)} Published inside interval: whether the published number lies in "
            "the 95 % interval; 'wide' where that spans more than 20 points, so that it contains most numbers; 'not "
            "known' where it lies outside an interval that accounts for test clips only, because the spread over seeds "
            "could make it wider.",
        )
    )
    return notes


def data_notes(setting: Setting, facts: DataFacts) -> list[Note]:
    """Which data were used, and what is missing from them."""
    kind: NoteKind = (
        "synthetic" if setting.dataset == "demo" else "excerpts" if _is_excerpts(setting, facts) else "data"
    )
    of = f" of {facts.expected:,}" if facts.expected else ""
    caption = f"; {facts.caption}" if facts.caption else ""
    decoded = "" if setting.decoder == "soundfile" else f"; decoded by {setting.decoder}"
    # Of precomputed arrays, the caption names the file.
    title = "" if facts.title in facts.caption else f"{facts.title}, "
    notes = [Note(kind, f"Data: {title}{facts.clips:,}{of} clips{caption}{decoded}.")]
    if facts.missing:
        every = facts.expected or facts.clips + facts.skipped + facts.missing
        whole = f"{counted(every, 'clip')} of the {counted(len(facts.genres), 'genre')}"
        is_there = "is" if facts.clips == 1 else "are"
        notes.append(Note("incomplete", f"INCOMPLETE: {facts.clips:,} of the {whole} {is_there} there."))
    return notes


def _clips_are(number: int) -> str:
    """`1 clip is` or `2 clips are`."""
    return f"{counted(number, 'clip')} {'is' if number == 1 else 'are'}"


def _is_excerpts(setting: Setting, facts: DataFacts) -> bool:
    """Whether the clips are shorter than they should be."""
    return setting.dataset == "gtzan" and facts.caption.startswith("excerpts of")


def published_split_notes(paper: Paper, record: Record) -> list[Note]:
    """Which split the published numbers have, where that is known.

    Args:
        record: one of the table's runs.
    """
    if paper.published_split is None:
        return []
    published = paper.published_protocol.name
    if published == protocol_text(record):
        return [Note("splits", f"Split of the published numbers: {published}, as here.")]
    return [
        Note(
            "other_split",
            f"OTHER SPLIT: the published numbers are for {published}; this may explain part of a difference.",
            f"other split than the published {published.replace(',', '')}.",
        )
    ]


def changed_values_notes(setting: Setting) -> list[Note]:
    """Values that the command replaced with `--set`."""
    if not setting.changes:
        return []
    short = ", ".join(map(change_text, setting.changes))
    return [
        Note(
            "changed_values",
            f"CHANGED by the command: {', '.join(setting.changes)}.",
            f"{short}." if len(short) <= _LONGEST_CHANGES else f"{counted(len(setting.changes), 'changed value')}.",
        )
    ]


def same_experiment_notes(of_rows: dict[str, Record]) -> list[Note]:
    """Which rows are the same experiment as they were run, e.g. at smoke scale, where all networks start from random
    weights.

    Args:
        of_rows: name of each row -> a record of it.
    """
    names: dict[str, list[str]] = {}
    for name, record in of_rows.items():
        names.setdefault(record.experiment_digest, []).append(name)
    alike = [" and ".join(rows) for rows in names.values() if len(rows) > 1]
    if not alike:
        return []
    return [
        Note(
            "same_experiment",
            f"THE SAME EXPERIMENT as it was run here: {'; '.join(alike)}. What the paper varies between these rows was "
            "replaced, so their numbers and curves coincide.",
        )
    ]


def change_text(change: str) -> str:
    """A value that the command replaced, in a few words: `patience 10 epochs`, `standardised input`.

    Args:
        change: `path=JSON`.
    """
    path, value = parse_change(change)
    if path in _CHANGED_FLAGS:
        return _CHANGED_FLAGS[path][bool(value)]
    name = path.rpartition(".")[2].replace("_", " ")
    if isinstance(value, bool):
        return name if value else f"no {name}"
    listed = ",".join(map(str, value)) if isinstance(value, list) else "none" if value is None else str(value)
    if name.endswith(" epochs"):
        return f"{name.removesuffix(' epochs')} {listed} {'epoch' if value == 1 else 'epochs'}"
    return f"{name} {listed}"


def other_data_notes(paper: Paper, setting: Setting, records: list[Record]) -> list[Note]:
    """Whether the published numbers were measured on other data."""
    if _known_data(setting, records) == paper.published_on:
        return []
    return [
        Note(
            "other_data",
            f"OTHER DATA: the published numbers are for {paper.published_on}; this may explain part of a difference.",
        )
    ]


def _known_data(setting: Setting, records: list[Record]) -> str | None:
    """The well-known data set that the clips are of; None where unknown."""
    clip_ids = {clip.id for record in records for clip in record.clips}
    return known_dataset(setting.dataset, records[0].data.genres, clip_ids)


def other_classes_notes(paper: Paper, setting: Setting, facts: DataFacts, records: list[Record]) -> list[Note]:
    """Whether the published numbers were measured on other genres."""
    if len(facts.genres) == paper.published_classes and not setting.genres:
        return []
    return [
        Note(
            "other_classes",
            f"OTHER CLASSES: {counted(len(facts.genres), 'genre')} ({', '.join(facts.genres)}); the published numbers "
            f"are for {paper.published_classes} genres.",
            f"{_other_genres(paper, setting, facts, records)}.",
        )
    ]


def _other_genres(paper: Paper, setting: Setting, facts: DataFacts, records: list[Record]) -> str:
    """How the genres differ, in a few words; only those of the same data, or of another subset of FMA, are some of the
    published ones."""
    ours, published = len(facts.genres), paper.published_classes
    if ours == published:
        return "other genres"
    source, published_on = (
        name.partition("-")[0] for name in (_known_data(setting, records) or "", paper.published_on)
    )
    if ours < published and source == published_on:
        return f"{ours} of {published} genres"
    return f"{counted(ours, 'genre')} instead of {published}"


def skipped_clips_notes(facts: DataFacts) -> list[Note]:
    """Clips that could not be used."""
    if not facts.skipped:
        return []
    named = ", ".join(facts.skipped_clips[:5]) + (", ..." if facts.skipped > 5 else "")
    unusable = counted(facts.skipped, "unusable clip")
    return [Note("left_out_clips", f"Skipped: {unusable}: {named}.", f"{unusable} skipped.")]


def paper_notes(table: ResultTable) -> list[Note]:
    """What the paper's folder says on a table; whether its numbers are unverified is a kind of its own."""
    return [
        Note("unverified", text, f"{text.partition(',')[0].removesuffix('.')}.")
        if text.startswith(UNVERIFIED)
        else Note("paper", text)
        for text in table.notes
    ]


def _weights(record: Record) -> str:
    name, _, digest = record.weights.partition("=")
    return f"{name} (SHA-256 {digest[:12]})"


def machine_notes(of_rows: dict[str, list[Record]]) -> list[Note]:
    """Which rows ran where, if not all ran on one kind of machine.

    Args:
        of_rows: name of each row -> its records.
    """
    texts = {label: " and ".join(sorted({_machine(record) for record in mine})) for label, mine in of_rows.items()}
    if len({_machine(record) for mine in of_rows.values() for record in mine}) < 2:
        return []
    heading = (
        "Runs are from several machines, which round differently, so the spread over runs is due to machines as well "
        "as seeds"
    )
    return by_row_notes("machines", heading, texts, of_rows)


def _machine(record: Record) -> str:
    return machine_summary(record.machine, record.versions)


def _records_of_rows(table: ResultTable, records: list[Record]) -> dict[str, list[Record]]:
    """Name of each row that was run -> its records."""
    of_rows = {
        row.name: [record for record in records if record.row_experiment == row.experiment.digest] for row in table.rows
    }
    return {name: mine for name, mine in of_rows.items() if mine}


def _first_record_of_rows(table: ResultTable, records: list[Record]) -> dict[str, Record]:
    return {
        name: min(mine, key=lambda record: (record.fold, record.seed))
        for name, mine in _records_of_rows(table, records).items()
    }


def _protocol_note(
    setting: Setting, facts: DataFacts, records: list[Record], one: Record, of_rows: dict[str, Record]
) -> Note:
    unassigned = _clips_in_no_part(setting, facts, records)
    round_name = f"round {one.fold + 1}: " if setting.split == "rotating" else ""
    in_no_part = f"; {_clips_are(unassigned)} in no part" if unassigned > 0 else ""
    return Note("protocol", f"Protocol: {protocol_text(one)}; {round_name}{_parts(one, of_rows)}{in_no_part}.")


def _parts(one: Record, of_rows: dict[str, Record]) -> str:
    """Clips of each part, with the windows where all rows have equally many."""
    same = len({record.parts["train"].windows for record in of_rows.values()}) == 1
    return ", ".join(
        f"{PART_NAMES.get(name, name)} {counted(count.clips, 'clip')}"
        + (f" and {count.copies} {'copy' if count.copies == 1 else 'copies'}" if count.copies else "")
        + (f" ({counted(count.windows, 'window')})" if same else "")
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


def reduction_notes(
    paper: Paper, setting: Setting, of_rows: dict[str, Record], varied: frozenset[str] = frozenset()
) -> list[Note]:
    """What smoke scale and cheaper features reduced.

    Args:
        of_rows: name of each row -> a record of it.
        varied: dotted paths whose values were searched, and so do not count as reduced.
    """
    notes = []
    published = {label: published_experiment(paper, record) for label, record in of_rows.items()}
    if setting.scale == "smoke":
        limits = {build(Training, record.experiment["training"]).windows_per_epoch for record in of_rows.values()}
        most = max((limit for limit in limits if limit), default=None) if None not in limits else None
        windows = f"at most {counted(most, 'window')} per epoch" if most else "all windows in every epoch"
        notes.append(
            Note(
                "smoke_scale",
                f"SMOKE SCALE: at most {paper.smoke_tracks_per_genre} clips per genre, {windows}: this shows that "
                "everything runs, not how good the network is.",
                "SMOKE SCALE: this shows that everything runs, not how good the network is.",
            )
        )
        asked_for = {parse_change(change)[0] for change in setting.changes} | varied
        for part, kind, name in (("model", "reduced_network", "NETWORK"), ("windows", "reduced_windows", "WINDOWS")):
            texts = {
                label: changed_values_text(published[label].as_json()[part], record.experiment[part], part, asked_for)
                for label, record in of_rows.items()
            }
            differing = {label: text for label, text in texts.items() if text}
            notes += by_row_notes(kind, f"REDUCED {name}", differing, of_rows)
    if setting.features != "paper":
        texts = {
            label: replaced_features_text(setting, record, published[label])
            for label, record in of_rows.items()
            if setting.features == "given"
            or [given.feature.as_json() for given in published[label].inputs] != features_of_record(record)
        }
        notes += by_row_notes("reduced_features", "REDUCED FEATURES", texts, of_rows)
    return notes


def _repetition_notes(records: list[Record]) -> list[Note]:
    """How often rows were run, and whether folds are missing."""
    seeds, runs = {}, {}
    for record in records:
        seeds.setdefault(record.row_experiment, set()).add(record.seed)
        runs.setdefault(record.row_experiment, set()).add((record.seed, record.fold))
    notes = []
    folds = records[0].folds
    if folds > 1:
        kind = f"{fold_name(records[0].setting.split)}s"
        notes.append(Note("runs", f"Each seed has {folds} {kind}, one run each."))
        missing = sum(len(seeds[row]) * folds - len(done) for row, done in runs.items())
        if missing:
            notes.append(
                Note(
                    "incomplete",
                    f"INCOMPLETE {kind.upper()}: runs missing: {missing}; means are over those that exist.",
                )
            )
    if max(map(len, runs.values())) > 1:
        notes.append(Note("spread", "Means over several runs are followed by the standard deviation of these runs."))
    return notes


def single_seed_notes(of_rows: dict[str, list[Record]]) -> list[Note]:
    """Which rows rest on one seed.

    Args:
        of_rows: name of each row -> its records.
    """
    single = [label for label, mine in of_rows.items() if len({record.seed for record in mine}) == 1]
    if not single:
        return []
    if len(single) == len(of_rows):
        return [Note("one_seed", "ONE SEED: differences between rows may be chance.")]
    return [Note("one_seed_in_some_rows", f"ONE SEED in {'; '.join(single)}: differences between rows may be chance.")]


def flag_summary(table: Table) -> str:
    """Subtitle of a table's figures: data, protocol and flags, in lines of 80 characters."""
    values, flags = table.values, table.flags
    found = [f"{values['data']}, {values['protocol']}"] + (["smoke scale"] if values["scale"] == "smoke" else [])
    found += [words for flag, words in _IN_FIGURES.items() if flag in flags]
    if any(note.kind == "same_experiment" for note in table.notes):
        found.append("some rows are the same experiment and coincide")
    if values["setting"]["genres"]:
        found.append(counted(len(values["setting"]["genres"]), "genre"))
    found += [f"changed: {change}" for change in values["setting"]["changes"]]
    found += [words for flag, words in _IN_FIGURES_AT_THE_END.items() if flag in flags]
    return "\n".join(textwrap.wrap(", ".join(found), 80))


def published_experiment(paper: Paper, record: Record) -> Experiment:
    """The experiment of a record's row, as the paper has it."""
    return experiment_of_row(paper, record.row_experiment)
