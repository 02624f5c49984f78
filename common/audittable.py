"""The tables of an audit: each split with its accuracies, what they fall short of the laxest, and what it leaks."""

import statistics
from typing import Any

from common import captions, cautions, divergence, rowtexts
from common.auditcells import SHIFT, how_compared, of_duplicates
from common.auditing import Audit, Audited, AuditedRegime
from common.errors import DataError
from common.evaluation import MAIN_METRICS, METRIC_NAMES
from common.paper import Paper
from common.records import Record, of_one_start, read
from common.shares import artists_known, by_artists, counting, mean_share, tested_clips
from common.statistics import difference_of_shares


def records_of(audited: Audited) -> dict[str, list[Record]]:
    """Regime -> its records, for those that have any.

    Raises:
        DataError: a record cannot be used.
    """
    found = {}
    for regime in audited.audit.regimes:
        paths = [audited.runs / f"{run}.json" for run in regime.runs]
        mine = of_one_start([read(path) for path in paths if path.exists()])
        if mine:
            found[regime.key] = mine
    return found


def of_audit(paper: Paper, audited: Audited) -> dict[str, Any]:
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


def _warnings(audited: Audited, records: dict[str, list[Record]], rows: list[dict[str, Any]]) -> list[str]:
    """What ordinary tables warn of, split by split; that windows at random contaminate is what the table is about."""
    regimes, found = audited.audit.regimes, []
    for regime, row in zip(regimes, rows, strict=True):
        mine = records.get(regime.key)
        if mine:
            told = cautions.warnings(mine[0].data, mine, [row])
            found += [f"{regime.title}: {line}" for line in told if not line.startswith(("CONTAMINATED", "DIVERGED"))]
    notes = divergence.read_all(audited.results / "diverged")
    of_regimes = {regime.title: records.get(regime.key, []) for regime in regimes}
    noted = {regime.title: [note for note in notes if note.run_id in regime.runs] for regime in regimes}
    return found + divergence.told(of_regimes, noted)


def _measured(records: list[Record]) -> dict[str, Any]:
    if not records:
        return {}
    found: dict[str, Any] = {"runs": len(records), "clips": len(tested_clips(records))}
    for name in MAIN_METRICS:
        values = [record.metrics["test"][name] for record in records]
        interval, independent = mean_share(records, name)
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
        interval = difference_of_shares(
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
    lines = [captions.of_data(one.data)]
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
    lines += [f"{regime.title}: {_of_regime(regime, records)}." for regime in audit.regimes]
    lines += rowtexts.training(of_rows)
    lines += captions.reductions(paper, audit.setting, of_rows)
    if audit.setting.changes:
        lines.append(f"CHANGED by the command: {', '.join(audit.setting.changes)}.")
    if audit.setting.scale == "paper":
        lines += rowtexts.fewer_epochs({label: (r, captions.published_of(paper, r)) for label, r in of_rows.items()})
    lacking = [r.title for r in audit.regimes if r.runs and len(records.get(r.key, [])) < len(r.runs)]
    if lacking:
        lines.append(f"INCOMPLETE: runs are lacking in: {', '.join(lacking)}.")
    from_files = {label: record.weights.partition("=")[0] for label, record in of_rows.items() if record.weights}
    lines += rowtexts.told("Weights from files", from_files, of_rows)
    of_regimes = {titles[key]: mine for key, mine in records.items()}
    lines += captions.machines(of_regimes)
    lines += captions.other_data(paper, one.data)
    lines += captions.other_classes(paper, audit.setting, one.data)
    lines += captions.single_seeds(of_regimes)
    lines += captions.left_out_clips(one.data)
    lines.append(
        "On both sides: in test, and in training or validation. Known test clips: of those the clip itself, a "
        "duplicate or its artist is on the other side."
    )
    if any(r.overlap and r.overlap.nameless for r in audit.regimes):
        lines.append("A clip whose artist is not known counts as one of an artist of its own.")
    lines.append(f"{audit.scanned} clips were compared with each other. {how_compared(audit.above, audit.too_short)}")
    every = [record for mine in records.values() for record in mine]
    lines.append(f"95 % intervals: {counting(every)}.")
    if artists_known(every):
        lines += rowtexts.told("Artists", {title: by_artists(mine) for title, mine in of_regimes.items()}, of_rows)
    lines.append(
        "95 % intervals of gaps: Newcombe's from the two of Wilson, which takes the test clips of two splits for "
        "different ones. The spread over seeds and splits comes on top."
    )
    return lines


def _of_regime(regime: AuditedRegime, records: dict[str, list[Record]]) -> str:
    if regime.overlap is None:
        return f"not measured: {regime.unavailable.rstrip('.')}"
    counts = ", ".join(f"{part} {clips}" for part, clips in regime.overlap.parts.items())
    protocol = f"{records[regime.key][0].protocol}; " if regime.key in records else ""
    return f"{regime.means} ({protocol}clips: {counts})"


def of_pairs(audited: Audited, whole: dict[str, Any]) -> dict[str, Any] | None:
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
        | of_duplicates(audit.pairs, regimes)
        | {
            "table": f"{whole['table']}_duplicates",
            "caption": [whole["caption"][0], how_compared(audit.above, audit.too_short), SHIFT],
        }
    )
