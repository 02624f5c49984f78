"""The tables of an audit: each split with its accuracies and what it leaks, and pairs of duplicate clips."""

import statistics
from collections.abc import Iterable
from typing import Any

from common.core.errors import DataError
from common.leakage.audit import Audit, AuditedSplit, StoredAudit
from common.metrics.clips import MAIN_METRICS, METRIC_NAMES
from common.metrics.intervals import accuracy_difference
from common.paper.paper import Paper
from common.records.divergence import divergence_warnings, read_divergences
from common.records.record import Record, read_record, with_same_initial_weights
from common.reports.estimates import accuracy_with_interval, artists_known, artists_text, interval_text, tested_clips
from common.reports.text.caption import (
    data_lines,
    left_out_clips_lines,
    machine_lines,
    other_classes_lines,
    other_data_lines,
    published_experiment,
    reduction_lines,
    single_seed_lines,
)
from common.reports.text.rows import by_row_lines, fewer_epochs_lines, training_lines
from common.reports.text.warnings import table_warnings
from data_pipeline.duplicates.scan import Pair


def records_of(audited: StoredAudit) -> dict[str, list[Record]]:
    """Regime -> its records, for those that have any.

    Raises:
        DataError: a record cannot be used.
    """
    found = {}
    for regime in audited.audit.regimes:
        paths = [audited.runs / f"{run}.json" for run in regime.runs]
        mine = with_same_initial_weights([read_record(path) for path in paths if path.exists()])
        if mine:
            found[regime.key] = mine
    return found


def audit_table(paper: Paper, audited: StoredAudit) -> dict[str, Any]:
    """The table as JSON values, percentages in percent; a function of the audit's file and of records.

    Raises:
        DataError: there is no record of it at all.
    """
    audit, records = audited.audit, records_of(audited)
    if not records:
        raise DataError(
            f"{audited.results / 'audits'}: none of the runs that an audit names has a record. Run it again."
        )
    rows: list[dict[str, Any]] = []
    for regime in audit.regimes:
        measured = _measured(records.get(regime.key, []))
        rows.append(
            {
                "label": regime.title,
                "means": regime.means,
                "protocol": records[regime.key][0].protocol if measured else None,
                "unavailable": regime.unavailable,
                "measured": measured,
                "gap": _gap(next((row["measured"] for row in rows if row["measured"]), {}), measured),
                "overlap": regime.overlap and regime.overlap.as_json(),
                "records": sorted(record.run_id for record in records.get(regime.key, [])),
            }
        )
    first = next(iter(records.values()))[0]
    table, label = audit.row
    published = _published(paper, audit)
    return {
        "paper": paper.key,
        "table": audit.table_id(paper),
        "title": f"leak audit of row {label} of table {table}",
        "dataset": audit.setting.dataset,
        "data": first.data.title,
        "protocol": "every split",
        "scale": audit.setting.scale,
        "setting": audit.setting.as_json(),
        "kind": "audit",
        "published": published,
        "gap_to": next(row["label"] for row in rows if row["measured"]),
        "rows": rows,
        "warnings": _warnings(audited, records, rows),
        "caption": [*_caption(paper, audit, records, published), *_gaps_between_clips(audit, rows)],
        "assumed": paper.assumed,
    }


def _published(paper: Paper, audit: Audit) -> dict[str, Any]:
    """The first published number of the row that is of test windows or clips, and what of ours is held against it."""
    whole = paper.table(audit.row[0])
    for metric, value in paper.row(*audit.row).published.items():
        if value is not None and whole.compared_with[metric] in METRIC_NAMES:
            name = METRIC_NAMES[whole.compared_with[metric]]
            return {"metric": metric.replace("_", " "), "percent": value, "compared_with": name}
    return {"metric": None, "percent": None, "compared_with": None}


def _warnings(audited: StoredAudit, records: dict[str, list[Record]], rows: list[dict[str, Any]]) -> list[str]:
    """What ordinary tables warn of, split by split; that windows at random contaminate is what the table is about."""
    regimes, found = audited.audit.regimes, []
    for regime, row in zip(regimes, rows, strict=True):
        mine = records.get(regime.key)
        if mine:
            told = table_warnings(mine[0].data, mine, [row])
            found += [f"{regime.title}: {line}" for line in told if not line.startswith(("CONTAMINATED", "DIVERGED"))]
    notes = read_divergences(audited.results / "diverged")
    of_regimes = {regime.title: records.get(regime.key, []) for regime in regimes}
    noted = {regime.title: [note for note in notes if note.run_id in regime.runs] for regime in regimes}
    return found + divergence_warnings(of_regimes, noted)


def _measured(records: list[Record]) -> dict[str, Any]:
    if not records:
        return {}
    found: dict[str, Any] = {"runs": len(records), "clips": len(tested_clips(records))}
    for name in MAIN_METRICS:
        values = [record.metrics["test"][name] for record in records]
        interval, independent = accuracy_with_interval(records, name)
        found[name] = {
            "mean": round(100 * interval.mean, 2),
            **({"sd": round(100 * statistics.stdev(values), 2)} if len(values) > 1 else {}),
            "ci95": [round(100 * interval.low, 2), round(100 * interval.high, 2)],
            "independent_clips": round(independent, 1),
        }
    return found


def _gap(lax: dict[str, Any], measured: dict[str, Any]) -> dict[str, Any]:
    """Difference from what another row measured; none where either was not run."""
    if not lax or not measured:
        return {}
    found = {}
    for name in MAIN_METRICS:
        interval = accuracy_difference(
            measured[name]["mean"] / 100,
            measured[name]["independent_clips"],
            lax[name]["mean"] / 100,
            lax[name]["independent_clips"],
        )
        found[name] = {
            "mean": round(100 * interval.mean, 2),
            "ci95": [round(100 * interval.low, 2), round(100 * interval.high, 2)],
        }
    return found


def _gaps_between_clips(audit: Audit, rows: list[dict[str, Any]]) -> list[str]:
    """How far the stricter splits fall short of random clips, which is what an honest study does at least."""
    places = {regime.key: row for regime, row in zip(audit.regimes, rows, strict=True)}
    told = []
    for regime in audit.regimes:
        row = places[regime.key]
        gap = {} if regime.key in ("windows", "clips") else _gap(places["clips"]["measured"], row["measured"])
        if gap:
            shown = ", ".join(
                f"{what} {gap[name]['mean']:+.1f} ({gap[name]['ci95'][0]:+.1f} to {gap[name]['ci95'][1]:+.1f})"
                for what, name in zip(("windows", "clips"), MAIN_METRICS, strict=True)
            )
            told.append(f"{row['label']}: {shown}")
    return [f"Gaps to random clips, points: {'; '.join(told)}."] if told else []


def _caption(paper: Paper, audit: Audit, records: dict[str, list[Record]], published: dict[str, Any]) -> list[str]:
    titles = {regime.key: regime.title for regime in audit.regimes}
    of_rows = {titles[key]: mine[0] for key, mine in records.items()}
    one = next(iter(of_rows.values()))
    lines = [data_lines(one.data)]
    if published["percent"] is None:
        lines.append("No number of test windows or clips was published for this row.")
    else:
        lines.append(
            f"Published for this row: {published['metric']} {published['percent']:g} %, on {paper.published_on}; to be "
            f"held against our {published['compared_with']}."
        )
    own = paper.default_experiment.protocol
    if own.split not in {record.setting.split for mine in records.values() for record in mine}:
        lines.append(f"The paper's own way to split, {own.name}, is not among the rows.")
    lines += paper.table(audit.row[0]).notes
    lines += [f"{regime.title}: {_split_text(regime, records)}." for regime in audit.regimes]
    lines += training_lines(of_rows)
    lines += reduction_lines(paper, audit.setting, of_rows)
    if audit.setting.changes:
        lines.append(f"CHANGED by the command: {', '.join(audit.setting.changes)}.")
    if audit.setting.scale == "paper":
        lines += fewer_epochs_lines({label: (r, published_experiment(paper, r)) for label, r in of_rows.items()})
    lacking = [r.title for r in audit.regimes if r.runs and len(records.get(r.key, [])) < len(r.runs)]
    if lacking:
        lines.append(f"INCOMPLETE: runs are lacking in: {', '.join(lacking)}.")
    from_files = {label: record.weights.partition("=")[0] for label, record in of_rows.items() if record.weights}
    lines += by_row_lines("Weights from files", from_files, of_rows)
    of_regimes = {titles[key]: mine for key, mine in records.items()}
    lines += machine_lines(of_regimes)
    lines += other_data_lines(paper, one.data)
    lines += other_classes_lines(paper, audit.setting, one.data)
    lines += single_seed_lines(of_regimes)
    lines += left_out_clips_lines(one.data)
    lines.append(
        "On both sides: in test, and in training or validation. Known test clips: of those the clip itself, a "
        "duplicate or its artist is on the other side."
    )
    if any(r.overlap and r.overlap.nameless for r in audit.regimes):
        lines.append("A clip whose artist is not known counts as one of an artist of its own.")
    lines.append(
        f"{audit.scanned} clips were compared with each other. {comparison_text(audit.above, audit.too_short)}"
    )
    every = [record for mine in records.values() for record in mine]
    lines.append(f"95 % intervals: {interval_text(every)}.")
    if artists_known(every):
        lines += by_row_lines("Artists", {title: artists_text(mine) for title, mine in of_regimes.items()}, of_rows)
    lines.append(
        "95 % intervals of gaps: Newcombe's from the two of Wilson, which takes the test clips of two splits for "
        "different ones. The spread over seeds and splits comes on top."
    )
    return lines


def _split_text(regime: AuditedSplit, records: dict[str, list[Record]]) -> str:
    if regime.overlap is None:
        return f"not measured: {regime.unavailable.rstrip('.')}"
    counts = ", ".join(f"{part} {clips}" for part, clips in regime.overlap.parts.items())
    protocol = f"{records[regime.key][0].protocol}; " if regime.key in records else ""
    return f"{regime.means} ({protocol}clips: {counts})"


def audit_duplicates_table(audited: StoredAudit, whole: dict[str, Any]) -> dict[str, Any] | None:
    """The clips that are one recording, and where each split puts them; None where there are none.

    Args:
        whole: the audit's table, see `of_audit`.
    """
    audit = audited.audit
    if not audit.pairs:
        return None
    regimes = {
        regime.title: [pair.parts[place] for pair in audit.pairs]
        for place, regime in enumerate(audit.regimes)
        if regime.overlap
    }
    return (
        whole
        | duplicates_table(audit.pairs, regimes)
        | {
            "table": f"{whole['table']}_duplicates",
            "caption": [whole["caption"][0], comparison_text(audit.above, audit.too_short), SHIFT_TEXT],
        }
    )


_COUNTS = ("clips", "artists", "exact_pairs", "near_pairs", "met", "nameless")


def duplicates_table(pairs: Iterable[Pair], regimes: dict[str, list[str]]) -> dict[str, Any]:
    """What every table of duplicates holds: pairs, and where splits put them.

    Args:
        pairs: two clips each that are one recording.
        regimes: name of each split -> for each pair the parts that hold its clips, e.g. `train / test`.
    """
    columns = list(regimes.values())
    return {
        "title": "clips that are one recording, with the parts that hold the first / the second",
        "kind": "duplicates",
        "regimes": list(regimes),
        "rows": [
            {
                "label": pair.first,
                "second": pair.second,
                "similarity": pair.similarity,
                "shift_seconds": pair.shift_seconds,
                "exact": pair.exact,
                "parts": [column[place] for column in columns],
            }
            for place, pair in enumerate(pairs)
        ],
        "warnings": [],
    }


def comparison_text(above: float, too_short: int) -> str:
    """When two clips are near duplicates."""
    told = (
        f"Near duplicates: fingerprints (differences of neighbouring mel bands) correlate at {above:g} or more at a "
        "shift that leaves at least half of the shorter clip in common."
    )
    return told + (f" {too_short} clips are too short for that and were compared by bytes." if too_short else "")


SHIFT_TEXT = "Shift: by how many seconds the second clip begins later in the recording than the first."


def audit_cells(table: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and rows as text."""
    if table["kind"] == "duplicates":
        return _duplicate_cells(table)
    header = ["Split"]
    for name in MAIN_METRICS:
        shown = METRIC_NAMES[name].replace(" (", ", ").replace(")", "")
        header += [f"{shown.capitalize()} (%)", "95 % interval", f"Gap to {table['gap_to']} (95 % interval)"]
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
                line += ["not run" if row["overlap"] else "not available", "", ""]
                continue
            found, gap = measured[name], row["gap"].get(name)
            spread = f" \u00b1 {found['sd']:.1f}" if "sd" in found else ""
            line += [
                f"{found['mean']:.1f}{spread}",
                f"{found['ci95'][0]:.1f} to {found['ci95'][1]:.1f}",
                f"{gap['mean']:+.1f} ({gap['ci95'][0]:+.1f} to {gap['ci95'][1]:+.1f})" if gap else "",
            ]
        line += [str(measured["runs"]), str(measured["clips"])] if measured else ["", ""]
        line += [str(row["overlap"][name]) for name in _COUNTS] if row["overlap"] else [""] * len(_COUNTS)
        rows.append(line)
    return header, rows


def _duplicate_cells(table: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    header = [
        "First clip",
        "Second clip",
        "Similarity",
        "Shift (s)",
        "Same bytes",
        *map(str.capitalize, table["regimes"]),
    ]
    rows = [
        [
            row["label"],
            row["second"],
            f"{row['similarity']:.2f}",
            f"{row['shift_seconds']:.1f}",
            "yes" if row["exact"] else "",
            *row["parts"],
        ]
        for row in table["rows"]
    ]
    return header, rows
