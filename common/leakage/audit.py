"""The leakage audit: one row trained under every split that the data allow, and the leakage of each split."""

import re
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from common.core.console import say
from common.core.errors import DataError, RunError, SpecError
from common.core.files import read_json, sha256_of_json, write_json
from common.core.spec import Spec, build
from common.leakage.overlap import Overlap, overlap_of, sides_of
from common.leakage.splits import SplitCondition, require_free_split, split_conditions
from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.tables import Confusion
from common.records.paths import ResultPaths, audit_files, file_stem, results_of_audit
from common.records.record import read_or_warn
from common.runs.options import Options
from common.runs.plan import Plan, plan
from common.runs.runner import RunSummary, Workers, execute, in_this_process
from common.runs.selection import choose_rows
from data_pipeline.cache.extraction import ParallelMap
from data_pipeline.cache.shards import ShardIndex
from data_pipeline.duplicates.fingerprints import fingerprint_shards
from data_pipeline.duplicates.scan import SIMILARITY_THRESHOLD, Pair, Scan, exact_pairs, find_duplicates

# 2: `Overlap.nameless` counts test clips, and artists are distinguished by `data_pipeline.datasets.artists`.
FORMAT_VERSION = 2


class AuditedSplit(Spec):
    """Result of an audit for one split condition.

    Args:
        key, title, means: of the split condition.
        runs: ids of the records, one for each seed.
        overlap: None where the data do not allow the split.
        unavailable: why the data do not allow the split; may be empty.
    """

    key: str
    title: str
    means: str
    runs: tuple[str, ...] = ()
    overlap: Overlap | None = None
    unavailable: str = ""


class AuditedPair(Spec):
    """Two clips of the same recording, and for each split condition (in the audit's order) the parts that hold them,
    e.g. `train / test`."""

    first: str
    second: str
    similarity: float
    shift_seconds: float
    exact: bool
    parts: tuple[str, ...]


class Audit(Spec):
    """Everything about one audit that is not in the records of its runs.

    Args:
        row: (table, label) of the row that was run.
        setting: of the split condition `clips` (random clips).
        regimes: the split conditions, the least strict first.
        pairs: clips of the same recording.
        scanned: number of clips that were compared with each other.
        too_short: number of clips among them that were compared by checksum only.
        above: similarity from which on two clips count as the same recording.
    """

    format_version: int = FORMAT_VERSION
    paper: str
    row: tuple[str, str]
    setting: Setting
    regimes: tuple[AuditedSplit, ...]
    pairs: tuple[AuditedPair, ...]
    scanned: int
    too_short: int
    above: float

    def table_id(self, paper: Paper) -> str:
        """`audit` for the paper's recommended row; for other rows the row's name is appended."""
        if self.row == paper.default_row:
            return "audit"
        plain = re.sub(r"[^A-Za-z0-9.]+", "-", "-".join(self.row)).strip("-")
        return f"audit_{plain}"

    def stem(self, paper: Paper) -> str:
        """File name without suffix, unless an audit with other settings already uses it."""
        own = paper.default_experiment.protocol
        neutral = self.setting.replace(split=own.split, unit=own.unit)
        return file_stem("table", self.table_id(paper), neutral, paper).removeprefix("table_")


@dataclass(frozen=True)
class StoredAudit:
    """An audit and its file, whose name is also that of its tables and figure."""

    audit: Audit
    path: Path

    @property
    def results(self) -> ResultPaths:
        """The results that the audit belongs to."""
        return results_of_audit(self.path)


def run_audit(
    paper: Paper, options: Options, *, workers: Workers | None = None, parallel_map: ParallelMap | None = None
) -> tuple[StoredAudit, list[RunSummary]]:
    """Train one row under every split condition (existing records are reused), and measure the leakage of each.

    Args:
        options: at most one row; without one the paper's recommended row is audited.
        workers, parallel_map: see `common.runs.runner.execute` and `data_pipeline.cache.extraction.prepare`.

    Raises:
        EncoreError: the options or the data cannot be used, or no run finished.
    """
    require_free_split(options)
    read_audits(paper, options.out)  # an unreadable audit is reported before the training, not after it
    table, label = _row(paper, options)
    options = replace(options, tables=(table,), rows=(label,))
    workers = workers or in_this_process(options)
    planned: list[tuple[SplitCondition, Plan | None, str]] = []
    outcomes = []
    try:
        for condition in split_conditions(paper):
            say(f"split: {condition.title}")
            planned.append((condition, *_plan(paper, condition, options, parallel_map)))
        needed = next(work for condition, work, _ in planned if condition.needed)
        found = scan_plan(needed, options, parallel_map=parallel_map)
        for condition, work, reason in planned:
            if work is None:
                say(f"{condition.title}: left out: {reason}")
                continue
            say(f"{condition.title}: {work.runs[0].run.experiment.protocol.name}")
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
        raise RunError(f"--audit: no run of {label} finished: {reasons}")
    write_json(audited.path, audited.audit.as_json())
    return audited, outcomes


def _path(paper: Paper, audit: Audit, results: ResultPaths) -> Path:
    """The audit's file: replaces an earlier audit of the same row and setting, never one of another row or setting."""
    plain = results.audits / f"{audit.stem(paper)}.json"
    if plain.exists():
        earlier = read_audit(paper, plain).audit
        if (earlier.row, earlier.setting) != (audit.row, audit.setting):
            tag = sha256_of_json([audit.row, audit.setting.as_json()])[:8]
            return plain.with_name(f"{plain.stem}_{tag}.json")
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


def _row(paper: Paper, options: Options) -> tuple[str, str]:
    if not options.rows and not options.tables:
        return paper.default_row
    if len(options.rows) != 1 or len(options.tables) > 1:
        raise SpecError(
            "--audit: runs one row under every split. Name it with one --row (and --table where "
            "several tables have it), or "
            f"leave both out for {' '.join(paper.default_row)}."
        )
    label = options.rows[0]
    chosen = choose_rows(paper, options.tables, options.rows)
    found = {
        row.experiment.digest: (table.row[0] if isinstance(table, Confusion) else table.id, row.label)
        for table, rows in reversed(chosen)
        for row in rows
    }
    if len(found) > 1:
        raise SpecError(
            f"--audit --row {label}: the tables {', '.join(table for table, _ in reversed(found.values()))} have "
            "different rows of that name; give one with --table."
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
        reason = "no clip has windows on both sides, so it is the same as random clips"
    if condition.key == "no_duplicates" and not exact_pairs(work.runs[0].reader.index.clips):
        reason = "no clip occurs twice, so it is the same as random clips"
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


def read_audits(paper: Paper, out: Path) -> list[StoredAudit]:
    """All audits of a paper, by path.

    Raises:
        DataError: a file is not an audit of the paper.
    """
    return [read_audit(paper, path) for path in audit_files(out, paper.key)]


def read_audit(paper: Paper, path: Path) -> StoredAudit:
    """The audit in a file.

    Raises:
        DataError: the file is not an audit of the paper.
    """
    values: Any = read_json(path, what="an audit")
    audit = None
    with suppress(SpecError):
        audit = build(Audit, values)
    if audit is None or audit.format_version != FORMAT_VERSION or audit.paper != paper.key:
        raise DataError(
            f"{path}: not an audit of {paper.key} of format {FORMAT_VERSION}. Delete it and run --audit again."
        )
    return StoredAudit(audit, path)


# Increase whenever the same clips would give other pairs.
_SCAN_VERSION = 1


def scan_plan(work: Plan, options: Options, *, parallel_map: ParallelMap | None = None) -> Scan:
    """Duplicates among the clips of a plan, from the cache where it has them.

    Raises:
        DataError: audio cannot be read, or the cache cannot be used.
    """
    index = fingerprint_shards(
        work.catalog,
        work.given,
        options.cache,
        skip_bad=options.skip_bad,
        decoder=options.decoder,
        parallel_map=parallel_map,
    )
    return cached_scan(index, options.cache)


def cached_scan(index: ShardIndex, cache: Path, *, above: float = SIMILARITY_THRESHOLD) -> Scan:
    """The scan of these shards from the cache, or made and cached where there is none.

    Raises:
        DataError: the cache cannot be written, or its file is not a scan.
    """
    key = {
        "data": index.data_digest,
        "feature": index.feature.as_json(),
        "extraction": index.extraction_version,
        "above": above,
        "version": _SCAN_VERSION,
    }
    path = Path(cache).expanduser() / "duplicates" / f"{sha256_of_json(key)[:16]}.json"
    if not path.exists():
        found = find_duplicates(index, above=above)
        write_json(path, key | {"scan": asdict(found)})
        return found
    values = read_json(path, what="a scan for duplicates")
    try:
        scan = values["scan"]
        return Scan(**{**scan, "pairs": tuple(Pair(**pair) for pair in scan["pairs"])})
    except (KeyError, TypeError) as error:
        raise DataError(f"{path}: not a scan for duplicates. Delete it and run the same command again.") from error
