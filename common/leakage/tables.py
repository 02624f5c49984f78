"""The table of an audit: each split with its accuracies and its leakage."""

import statistics
from dataclasses import replace
from typing import Any

from common.core.errors import DataError
from common.core.percent import percent_text, stored_percent
from common.leakage.duplicate_tables import comparison_text, duplicates_table, pair_notes
from common.leakage.splits import split_conditions
from common.leakage.stored import Audit, AuditedSplit, StoredAudit
from common.metrics.clips import MAIN_METRICS, METRIC_NAMES
from common.metrics.intervals import independent_difference
from common.metrics.runs import Estimate
from common.paper.paper import Paper
from common.records.divergence import read_divergences
from common.records.record import Record, read_or_warn, with_same_initial_weights
from common.records.rows import usable_of
from common.reports.estimates import accuracy_estimate, artists_known, artists_text, interval_text, tested_clips
from common.reports.table import Note, Table, cells
from common.reports.tables.intervals import bounds_text, interval_values, part_cells, part_columns
from common.reports.text.caption import (
    PART_NAMES,
    changed_values_notes,
    data_notes,
    machine_notes,
    other_classes_notes,
    other_data_notes,
    paper_notes,
    published_experiment,
    reduction_notes,
    single_seed_notes,
    skipped_clips_notes,
)
from common.reports.text.intervals import sources_text
from common.reports.text.rows import by_row_notes, fewer_epochs_notes, protocol_text, training_notes
from common.reports.text.versions import version_notes
from common.reports.text.warnings import clipped_loss_warnings, divergence_warnings, table_warnings
from data_pipeline.datasets.recognise import known_dataset

# Fields of `Overlap` in the order of the table's columns.
_COUNTS = ("clips", "artists", "exact_pairs", "near_pairs", "met", "nameless")
# Notes on the data as a whole, which hold for the table of duplicates, too.
_ON_DATA = ("data", "excerpts", "synthetic", "incomplete")


def records_of(paper: Paper, stored: StoredAudit) -> dict[str, list[Record]]:
    """Key of each split -> its records, for the splits that have any; a record that cannot be used is named in a
    warning and not used."""
    found, results = {}, stored.results
    for split in stored.audit.regimes:
        paths = [results.record(run) for run in split.runs]
        read = [record for path in paths if path.exists() and (record := read_or_warn(path)) is not None]
        usable = usable_of(paper, read, results, results.dataset)
        mine = with_same_initial_weights([one.record for one in usable])
        if mine:
            found[split.key] = mine
    return found


def split_titles(paper: Paper, audit: Audit) -> dict[str, tuple[str, str]]:
    """Key of each split of an audit -> (title, what it separates), in the current wording where there is one."""
    current = {
        condition.key: (condition.title, condition.means)
        for condition in split_conditions(paper, audit.setting.dataset)
    }
    return {split.key: current.get(split.key, (split.title, split.means)) for split in audit.regimes}


def audit_table(paper: Paper, stored: StoredAudit) -> Table:
    """The table of an audit, accuracies in percent, from the audit's file and the records only.

    Raises:
        DataError: no run of the audit has a record.
    """
    audit, records = stored.audit, records_of(paper, stored)
    if not records:
        raise DataError(f"{stored.results.audits}: none of the audit's runs has a record. Run --audit again.")
    titles = split_titles(paper, audit)
    estimates = {key: _estimates(mine) for key, mine in records.items()}
    reference = next(estimates[split.key] for split in audit.regimes if split.key in estimates)
    rows: list[dict[str, Any]] = []
    for split in audit.regimes:
        found = estimates.get(split.key, {})
        measured = _measured(records[split.key], found) if found else {}
        title, means = titles[split.key]
        rows.append(
            {
                "label": title,
                "means": means,
                "protocol": protocol_text(records[split.key][0]) if measured else None,
                "unavailable": split.unavailable,
                "measured": measured,
                "gap": _gap(reference, found),
                "overlap": split.overlap and split.overlap.as_json(),
                "records": sorted(record.run_id for record in records.get(split.key, [])),
            }
        )
    first = next(iter(records.values()))[0]
    table, label = audit.row
    published = _published(paper, audit)
    values = {
        "paper": paper.key,
        "table": audit.table_id(paper),
        "title": f"leakage audit of row {paper.row(table, label).name} of table {table}",
        "row_name": paper.row(*audit.row).name,
        "row_table": table,
        "dataset": audit.setting.dataset,
        "data": first.data.title,
        "known_data": known_dataset(audit.setting.dataset, first.data.genres, [clip.id for clip in first.clips]),
        "data_clips": first.data.clips,
        "protocol": "every split",
        "scale": audit.setting.scale,
        "setting": audit.setting.as_json(),
        "kind": "audit",
        "published": published,
        "gap_to": next(row["label"] for row in rows if row["measured"]),
        "rows": rows,
        "assumed": paper.assumed,
        "differing": paper.differing,
    }
    notes = [*_notes(paper, audit, records, published), *_parts_of_gaps(rows), *_gaps_between_clips(titles, estimates)]
    return Table(values, *audit_cells(values), tuple(notes), tuple(_warnings(paper, stored, records, rows)))


def without_splits_that_were_not_run(table: Table) -> Table:
    """The table of an audit with the rows only of splits that the data allow."""
    kept = [place for place, row in enumerate(table.values["rows"]) if row["measured"] or row["overlap"]]
    values = table.values | {"rows": [table.values["rows"][place] for place in kept]}
    return replace(table, values=values, rows=tuple(table.rows[place] for place in kept))


def _published(paper: Paper, audit: Audit) -> dict[str, Any]:
    """The row's first published number for test windows or clips, and which of our metrics to compare it with."""
    whole = paper.table(audit.row[0])
    for metric, value in paper.row(*audit.row).published.items():
        if value is not None and whole.compared_with[metric] in METRIC_NAMES:
            name = METRIC_NAMES[whole.compared_with[metric]]
            return {"metric": metric.replace("_", " "), "percent": value, "compared_with": name}
    return {"metric": None, "percent": None, "compared_with": None}


def _warnings(
    paper: Paper, stored: StoredAudit, records: dict[str, list[Record]], rows: list[dict[str, Any]]
) -> list[Note]:
    """The warnings of ordinary tables, split by split; contamination is what the table itself measures."""
    titles, splits = split_titles(paper, stored.audit), stored.audit.regimes
    found = []
    for split, row in zip(splits, rows, strict=True):
        mine = records.get(split.key)
        if mine:
            found += [
                _of_split(titles[split.key][0], note)
                for note in table_warnings(mine[0].data, mine, [row])
                if note.kind not in ("contaminated", "diverged", "clipped_loss")
            ]
    notes = read_divergences(stored.results.diverged)
    by_title = {titles[split.key][0]: records.get(split.key, []) for split in splits}
    noted = {titles[split.key][0]: [note for note in notes if note.run_id in split.runs] for split in splits}
    return [
        *found,
        *divergence_warnings(by_title, noted, of="splits"),
        *clipped_loss_warnings(by_title, noted, of="split"),
    ]


def _of_split(title: str, note: Note) -> Note:
    text, short = _after_colon(note.text), _after_colon(note.short)
    return Note(note.kind, f"{title}: {text}", short and f"{title}: {short}")


def _after_colon(sentence: str) -> str:
    """A sentence that goes on behind a colon; names in capitals stay."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence


# Metric -> its estimate and the effective number of clips.
_Estimates = dict[str, tuple[Estimate, float]]


def _estimates(records: list[Record]) -> _Estimates:
    return {name: accuracy_estimate(records, name) for name in MAIN_METRICS}


def _measured(records: list[Record], estimates: _Estimates) -> dict[str, Any]:
    found: dict[str, Any] = {"runs": len(records), "clips": len(tested_clips(records))}
    for name, (estimate, independent) in estimates.items():
        values = [record.metrics["test"][name] for record in records]
        found[name] = {
            "mean": stored_percent(estimate.mean),
            **({"sd": stored_percent(statistics.stdev(values))} if len(values) > 1 else {}),
            **interval_values(estimate),
            "independent_clips": round(independent, 1),
        }
    return found


def _gap(reference: _Estimates, estimates: _Estimates) -> dict[str, Any]:
    """Difference from the reference row; empty for the reference row itself, and where a row was not run."""
    if estimates is reference or not estimates:
        return {}
    found = {}
    for name in MAIN_METRICS:
        gap = _difference(estimates[name][0], reference[name][0])
        found[name] = {"mean": stored_percent(gap.mean), **interval_values(gap)}
    return found


def _difference(one: Estimate, other: Estimate) -> Estimate:
    """Difference of the means of two splits, which have different test clips and runs of their own."""
    return Estimate(
        independent_difference(one.both, other.both),
        independent_difference(one.clips, other.clips),
        independent_difference(one.runs, other.runs) if one.runs and other.runs else None,
        one.over if other.runs else None,
    )


def _parts_of_gaps(rows: list[dict[str, Any]]) -> list[Note]:
    """The two parts of the intervals of gaps, where both are known."""
    texts = []
    for row in rows:
        parts = [
            f"{what} {bounds_text(gap['ci95_clips'], signed=True)} and {bounds_text(gap['ci95_runs'], signed=True)}"
            for what, name in zip(("windows", "clips"), MAIN_METRICS, strict=True)
            if "ci95_runs" in (gap := row["gap"].get(name, {}))
        ]
        if parts:
            texts.append(f"{row['label']}: {', '.join(parts)}")
    if not texts:
        return []
    return [Note("intervals", f"95 % intervals of gaps, test clips alone and seeds alone: {'; '.join(texts)}.")]


def _gaps_between_clips(titles: dict[str, tuple[str, str]], estimates: dict[str, _Estimates]) -> list[Note]:
    """Gaps of the stricter splits to the random split by clip, the weakest split without shared clips."""
    texts = []
    for key, (title, _) in titles.items():
        if key in ("windows", "clips") or key not in estimates or "clips" not in estimates:
            continue
        gap = _gap(estimates["clips"], estimates[key])
        shown = ", ".join(
            f"{what} {_gap_text(gap[name])}" for what, name in zip(("windows", "clips"), MAIN_METRICS, strict=True)
        )
        texts.append(f"{title}: {shown}")
    return [Note("splits", f"Gaps to {titles['clips'][0]}, in points: {'; '.join(texts)}.")] if texts else []


def _notes(paper: Paper, audit: Audit, records: dict[str, list[Record]], published: dict[str, Any]) -> list[Note]:
    titles = {key: title for key, (title, _) in split_titles(paper, audit).items()}
    by_split = {titles[key]: mine for key, mine in records.items()}
    of_rows = {title: mine[0] for title, mine in by_split.items()}
    every = [record for mine in records.values() for record in mine]
    one = every[0]
    notes = data_notes(audit.setting, one.data)
    if published["percent"] is None:
        notes.append(Note("paper", "No accuracy on test windows or clips was published for this row."))
    else:
        notes.append(
            Note(
                "paper",
                f"Published for this row: {published['metric']} {published['percent']:g} %, on {paper.published_on}; "
                f"compare with our {published['compared_with']}.",
            )
        )
    own = paper.published_protocol
    if own.split not in {record.setting.split for record in every}:
        notes.append(Note("splits", f"The paper's own split, {own.name}, is not among the rows."))
    notes += paper_notes(paper.table(audit.row[0]))
    notes += [Note("splits", f"{titles[s.key]}: {_split_text(paper, audit, s, records)}.") for s in audit.regimes]
    notes += training_notes(of_rows)
    notes += reduction_notes(paper, audit.setting, of_rows)
    notes += changed_values_notes(audit.setting)
    if audit.setting.scale == "paper":
        notes += fewer_epochs_notes({label: (r, published_experiment(paper, r)) for label, r in of_rows.items()})
    missing = [titles[s.key] for s in audit.regimes if s.runs and len(records.get(s.key, [])) < len(s.runs)]
    if missing:
        notes.append(Note("incomplete", f"INCOMPLETE: runs are missing for: {'; '.join(missing)}."))
    from_files = {label: record.weights.partition("=")[0] for label, record in of_rows.items() if record.weights}
    notes += by_row_notes("trained_weights", "Starts from trained weights in a file", from_files, of_rows)
    notes += machine_notes(by_split)
    notes += version_notes(by_split)
    notes += other_data_notes(paper, audit.setting, every)
    notes += other_classes_notes(paper, audit.setting, one.data, every)
    notes += single_seed_notes(by_split)
    notes += skipped_clips_notes(one.data)
    unknown = any(split.overlap and split.overlap.nameless for split in audit.regimes)
    notes.append(
        Note(
            "method",
            "On both sides: in test, and in training or validation. Known test clips: the clip itself, a duplicate of "
            "it or another clip of its artist is in training or validation."
            + (" Each clip of unknown artist counts as a separate artist." if unknown else ""),
        )
    )
    comparison = comparison_text(audit.above, audit.too_short)
    notes.append(Note("method", f"{audit.scanned} clips were compared with each other. {comparison}"))
    notes.append(Note("intervals", sources_text(by_split, interval_text(every))))
    if artists_known(every):
        texts = {title: artists_text(mine) for title, mine in by_split.items()}
        notes += by_row_notes("intervals", "Artists", texts, of_rows)
    notes.append(
        Note(
            "intervals",
            "95 % intervals of gaps: square-and-add from the 95 % intervals of the two splits (Newcombe 1998; Zou and "
            "Donner 2008), as if their test clips were all different. Like those, they account for test clips, and for "
            "seeds or folds where there are several.",
        )
    )
    return notes


def _split_text(paper: Paper, audit: Audit, split: AuditedSplit, records: dict[str, list[Record]]) -> str:
    if split.overlap is None:
        return f"not measured: {split.unavailable.rstrip('.')}"
    counts = ", ".join(f"{PART_NAMES.get(part, part)} {clips}" for part, clips in split.overlap.parts.items())
    protocol = f"{protocol_text(records[split.key][0])}; " if split.key in records else ""
    return f"{split_titles(paper, audit)[split.key][1]} ({protocol}clips: {counts})"


def audit_duplicates_table(paper: Paper, stored: StoredAudit, whole: Table) -> Table | None:
    """Pairs of clips of the same recording, and their parts in each split; None where there are no pairs.

    Args:
        whole: the audit's table, see `audit_table`.
    """
    audit = stored.audit
    if not audit.pairs:
        return None
    titles = split_titles(paper, audit)
    splits = {
        titles[split.key][0]: [pair.parts[place] for pair in audit.pairs]
        for place, split in enumerate(audit.regimes)
        if split.overlap
    }
    values = whole.values | {"table": f"{whole.id}_duplicates"}
    notes = [note for note in whole.notes if note.kind in _ON_DATA]
    return duplicates_table(values, audit.pairs, splits, [*notes, *pair_notes(audit.above, audit.too_short)])


def audit_cells(table: dict[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text."""
    parts = part_columns(row["measured"][name] for row in table["rows"] if row["measured"] for name in MAIN_METRICS)
    header = ["Split"]
    for name in MAIN_METRICS:
        shown = METRIC_NAMES[name].replace(" (", ", ").replace(")", "")
        header += [f"{shown.capitalize()} (%)", "95 % interval", *parts]
        header.append(f"Gap to {table['gap_to']} (95 % interval)")
    header += [
        "Runs",
        "Test clips",
        "Clips on both sides",
        "Artists on both sides",
        "Exact duplicates on both sides",
        "Near duplicates on both sides",
        "Known test clips",
        "Test clips of unknown artist",
    ]
    rows = []
    for row in table["rows"]:
        line = [row["label"]]
        measured = row["measured"]
        for name in MAIN_METRICS:
            if not measured:
                line += ["not run" if row["overlap"] else "not available", "", *("" for _ in parts), ""]
                continue
            found, gap = measured[name], row["gap"].get(name)
            spread = f" \u00b1 {percent_text(found['sd'])}" if "sd" in found else ""
            line += [
                f"{percent_text(found['mean'])}{spread}",
                bounds_text(found["ci95"]),
                *part_cells(found, parts),
                _gap_text(gap) if gap else "",
            ]
        line += [str(measured["runs"]), str(measured["clips"])] if measured else ["", ""]
        line += [str(row["overlap"][name]) for name in _COUNTS] if row["overlap"] else [""] * len(_COUNTS)
        rows.append(line)
    return tuple(header), cells(rows)


def _gap_text(gap: dict[str, Any]) -> str:
    """A gap in points, with its interval."""
    return f"{percent_text(gap['mean'], signed=True)} ({bounds_text(gap['ci95'], signed=True)})"
