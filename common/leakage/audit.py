"""The leakage audit: one row trained under every split that the data allow, and the leakage of each split."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from common.core.console import say, without_repetition
from common.core.errors import DataError, RunError, SpecError
from common.core.files import sha256_of_json, with_digest, write_json
from common.core.tf_logging import quiet_start
from common.core.words import first_clause
from common.leakage.overlap import overlap_of, sides_of
from common.leakage.scan import scan_plan
from common.leakage.splits import SplitCondition, require_free_split, split_conditions
from common.leakage.stored import Audit, AuditedPair, AuditedSplit, StoredAudit, read_audit, read_audits
from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.row_names import name_and_label
from common.paper.tables import Confusion
from common.records.paths import ResultPaths
from common.records.record import read_or_warn
from common.runs.options import Options
from common.runs.plan import Plan, plan
from common.runs.selection import choose_rows
from data_pipeline.cache.extraction import ParallelMap
from data_pipeline.duplicates.scan import Pair, Scan, exact_pairs

if TYPE_CHECKING:
    from common.runs.runner import RunSummary, Workers


def run_audit(
    paper: Paper, options: Options, *, workers: "Workers | None" = None, parallel_map: ParallelMap | None = None
) -> tuple[StoredAudit, "list[RunSummary]"]:
    """Train one row under every split condition (existing records are reused), and measure the leakage of each.

    Args:
        options: at most one row; without one the paper's recommended row is audited.
        workers, parallel_map: see `common.runs.runner.execute` and `data_pipeline.cache.extraction.prepare`.

    Raises:
        EncoreError: the options or the data cannot be used, or no run finished.
    """
    require_free_split(options)
    read_audits(paper, options.out)  # an unreadable audit is reported before the training, not after it
    table, label = row_to_audit(paper, options)
    options = replace(options, tables=(table,), rows=(label,))
    planned: list[tuple[SplitCondition, Plan | None, str]] = []
    outcomes = []
    try:
        with without_repetition():
            for condition in _conditions(paper, options):
                planned.append((condition, *_plan(paper, condition, options, parallel_map)))
        with quiet_start():
            from common.runs.runner import execute, in_this_process
        workers = workers or in_this_process(options)
        needed = next(work for condition, work, _ in planned if condition.needed)
        found = scan_plan(needed, options, parallel_map=parallel_map)
        left_out = [f"{one.title} ({_in_brief(one, reason)})" for one, work, reason in planned if work is None]
        if left_out:
            say(f"not run: {'; '.join(left_out)}")
        runnable = [(condition, work) for condition, work, _ in planned if work is not None]
        for place, (condition, work) in enumerate(runnable, 1):
            say(f"split {place} of {len(runnable)}: {work.runs[0].run.experiment.protocol.name}")
            # Workers make their plan from the options that they receive.
            outcomes.append(execute(work, condition.options(options), workers))
    finally:
        for _, work, _ in planned:
            if work is not None:
                work.close()
    audit = _audit(paper, (table, label), needed.setting, planned, found)
    results = ResultPaths.of(options.out, paper.key, audit.setting.dataset)
    audited = StoredAudit(audit, _path(paper, audit, results))
    if audited.path.exists():
        audited = replace(audited, audit=_with_earlier_runs(audited, read_audit(paper, audited.path).audit, planned))
    if not any(audited.results.record(run).exists() for split in audit.regimes for run in split.runs):
        reasons = "; ".join(reason for outcome in outcomes for reason in outcome.failed)
        raise RunError(f"no run of row {name_and_label(paper.row(table, label))} finished: {reasons}")
    write_json(audited.path, with_digest(audited.audit.as_json()))
    return audited, outcomes


def _conditions(paper: Paper, options: Options) -> tuple[SplitCondition, ...]:
    """The split conditions of an audit; that of a user's own table only where there is one."""
    conditions = split_conditions(paper, options.dataset)
    return tuple(one for one in conditions if one.split != "labels" or options.labels is not None)


def _path(paper: Paper, audit: Audit, results: ResultPaths) -> Path:
    """The audit's file: that of an earlier audit of the same row and setting, whatever its name, never one of another
    row or setting."""
    earlier = {path: read_audit(paper, path).audit for path in sorted(results.audits.glob("*.json"))}
    for path, one in earlier.items():
        if (one.row, one.setting) == (audit.row, audit.setting):
            return path
    plain = results.audits / f"{audit.stem(paper)}.json"
    if plain in earlier:
        return plain.with_name(f"{plain.stem}_{sha256_of_json([audit.row, audit.setting.as_json()])[:8]}.json")
    return plain


def _with_earlier_runs(
    audited: StoredAudit, earlier: Audit, planned: list[tuple[SplitCondition, Plan | None, str]]
) -> Audit:
    """The audit with further seeds from an earlier audit of the same row, setting and splits, so that running fewer
    seeds does not remove results."""
    known = {split.key: split.runs for split in earlier.regimes}
    digests = {
        condition.key: {run.run.fold.split_digest for run in work.runs}
        for condition, work, _ in planned
        if work is not None
    }
    splits = []
    for split in audited.audit.regimes:
        paths = [audited.results.record(run) for run in known.get(split.key, ())]
        found = [record for path in paths if path.exists() and (record := read_or_warn(path)) is not None]
        same = [record.run_id for record in found if record.split_digest in digests.get(split.key, ())]
        splits.append(split.replace(runs=tuple(dict.fromkeys([*split.runs, *same]))))
    return audited.audit.replace(regimes=tuple(splits))


def _in_brief(condition: SplitCondition, reason: str) -> str:
    """What comes first of why a split cannot be run, without the option that an audit sets itself."""
    return first_clause(reason.removeprefix(f"--split {condition.split}: "))


def row_to_audit(paper: Paper, options: Options) -> tuple[str, str]:
    """(table id, label) of the row that the options ask for; without any the row that the paper recommends.

    Raises:
        SpecError: they ask for several rows, or for one that does not exist.
    """
    if not options.rows and not options.tables:
        return paper.default_row
    chosen = choose_rows(paper, options.tables, options.rows)
    rows = [row for _, of_table in chosen for row in of_table]
    several = min(len({row.name for row in rows}), len({row.label for row in rows})) > 1
    if len(options.rows) != 1 or len(options.tables) > 1 or several:
        recommended = paper.row(*paper.default_row)
        raise SpecError(
            "an audit trains one row under every split. Name it with one --row (and --table where several tables have "
            f"it), or leave both out for row {name_and_label(recommended)} of table {paper.default_row[0]}."
        )
    found = {
        row.experiment.digest: (table.row[0] if isinstance(table, Confusion) else table.id, row.label)
        for table, of_table in reversed(chosen)
        for row in of_table
    }
    if len(found) > 1:
        tables = ", ".join(table for table, _ in reversed(found.values()))
        raise SpecError(
            f"--row {options.rows[0]}: the tables {tables} have different rows of that name; give one with --table."
        )
    return next(iter(found.values()))


def _plan(
    paper: Paper, condition: SplitCondition, options: Options, parallel_map: ParallelMap | None
) -> tuple[Plan | None, str]:
    """The runs of a split condition, or why the data do not allow it or make it equal to another condition."""
    try:
        work = plan(paper, condition.options(options), parallel_map=parallel_map)
    except (SpecError, DataError) as error:
        if condition.needed:
            raise
        return None, str(error)
    reason = ""
    if condition.unit == "segment" and not any(run.run.fold.shared_tracks for run in work.runs):
        reason = f"no clip has windows on both sides, so it is the same as {condition.split}, by clip"
    if condition.drops_duplicates and not exact_pairs(work.runs[0].reader.index.clips):
        reason = f"no clip occurs twice, so it is the same as {condition.split}, by clip"
    if reason:
        work.close()
        return None, reason
    return work, ""


def _audit(
    paper: Paper,
    row: tuple[str, str],
    setting: Setting,
    planned: list[tuple[SplitCondition, Plan | None, str]],
    found: Scan,
) -> Audit:
    splits, sides_by_split = [], []
    for condition, work, reason in planned:
        described = {"key": condition.key, "title": condition.title, "means": condition.means}
        if work is None:
            splits.append(AuditedSplit(**described, unavailable=reason))
            sides_by_split.append({})
            continue
        first = work.runs[0]
        tracks = first.reader.index.tracks
        sides = sides_of(first.run.fold, first.reader.windows.tracks, tracks)
        overlap = overlap_of(sides, {track.id: track.artist for track in tracks}, found.pairs)
        runs = tuple(run.run.id for run in work.runs)
        splits.append(AuditedSplit(**described, runs=runs, overlap=overlap))
        sides_by_split.append(sides)
    return Audit(
        paper=paper.key,
        row=row,
        setting=setting,
        regimes=tuple(splits),
        pairs=tuple(_with_parts(pair, sides_by_split) for pair in found.pairs),
        scanned=found.clips,
        too_short=found.too_short,
        above=found.above,
    )


def _with_parts(pair: Pair, sides_by_split: list[dict[str, set[str]]]) -> AuditedPair:
    return AuditedPair(
        first=pair.first,
        second=pair.second,
        similarity=pair.similarity,
        shift_seconds=pair.shift_seconds,
        exact=pair.exact,
        parts=tuple(f"{_shown(sides.get(pair.first))} / {_shown(sides.get(pair.second))}" for sides in sides_by_split),
    )


def _shown(parts: set[str] | None) -> str:
    return "+".join(part for part in ("train", "valid", "test") if part in parts) if parts else "none"
