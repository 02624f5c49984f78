"""The leak audit: one row under every split that the data allow, and what each split leaves on both sides."""

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from common.console import say
from common.errors import DataError, RunError, SpecError
from common.files import read_json, sha256_of_json, write_json
from common.overlap import Overlap, overlap_of, sides_of
from common.paper import Paper
from common.planning import Options, Plan, plan
from common.records import Setting
from common.records import read as record_of
from common.regimes import Regime, regimes_of, require_free_split
from common.runner import Outcome, Workers, execute, in_this_process
from common.scanning import scan_of
from common.selection import selected
from common.specbase import Spec, build
from common.tables import file_stem, result_folder
from data_pipeline.duplicates import Pair, Scan, exact_pairs
from data_pipeline.prepare import Spread

# 2: `Overlap.nameless` counts test clips, and artists are told apart by `common.artists`.
FORMAT_VERSION = 2


class AuditedRegime(Spec):
    """What an audit found of one split.

    Args:
        key, title, means: of the regime.
        runs: ids of the records, one for each seed.
        overlap: None where the data do not allow the split.
        unavailable: why they do not; may be empty.
    """

    key: str
    title: str
    means: str
    runs: tuple[str, ...] = ()
    overlap: Overlap | None = None
    unavailable: str = ""


class AuditedPair(Spec):
    """Two clips that are one recording, and for each regime (in the audit's order) the parts that hold either, e.g.
    `train / test`."""

    first: str
    second: str
    similarity: float
    shift_seconds: float
    exact: bool
    parts: tuple[str, ...]


class Audit(Spec):
    """Everything about one audit that no run's record says.

    Args:
        row: (table, label) of the row that was run.
        setting: of the regime of random clips.
        scanned: clips that were compared with each other.
        too_short: clips among them that were compared by checksum alone.
        above: similarity from which on two clips count as one recording.
    """

    format_version: int = FORMAT_VERSION
    paper: str
    row: tuple[str, str]
    setting: Setting
    regimes: tuple[AuditedRegime, ...]
    pairs: tuple[AuditedPair, ...]
    scanned: int
    too_short: int
    above: float

    def table_id(self, paper: Paper) -> str:
        """`audit` for the paper's recommended row, with the row behind it for others."""
        if self.row == paper.default_row:
            return "audit"
        plain = re.sub(r"[^A-Za-z0-9.]+", "-", "-".join(self.row)).strip("-")
        return f"audit_{plain}"

    def stem(self, paper: Paper) -> str:
        """File name, without ending, unless an audit at other settings has it."""
        own = paper.default_experiment.protocol
        neutral = self.setting.but(split=own.split, unit=own.unit)
        return file_stem("table", self.table_id(paper), neutral, paper).removeprefix("table_")


@dataclass(frozen=True)
class Audited:
    """An audit and the file that holds it, whose name is also that of its tables and figure."""

    audit: Audit
    path: Path

    @property
    def results(self) -> Path:
        """Folder of the results that it belongs to."""
        return self.path.parents[1]

    @property
    def runs(self) -> Path:
        """Folder of its records."""
        return self.results / "runs"


def run_audit(
    paper: Paper, options: Options, *, workers: Workers | None = None, spread: Spread | None = None
) -> tuple[Audited, list[Outcome]]:
    """Train one row under every regime, as far as there are no records, and count what stands on both sides.

    Args:
        options: name one row at most; without one it is the paper's recommended row.
        workers, spread: see `common.runner.execute` and `data_pipeline.prepare.prepare`.

    Raises:
        EncoreError: the options or the data cannot be used.
    """
    require_free_split(options)
    read_audits(paper, options.out)  # one that cannot be read is told of before the training, not after it
    table, label = _row(paper, options)
    options = replace(options, tables=(table,), rows=(label,))
    workers = workers or in_this_process(options)
    planned: list[tuple[Regime, Plan | None, str]] = []
    outcomes = []
    try:
        for regime in regimes_of(paper):
            say(f"split: {regime.title}")
            planned.append((regime, *_plan(paper, regime, options, spread)))
        needed = next(work for regime, work, _ in planned if regime.needed)
        found = scan_of(needed, options, spread=spread)
        for regime, work, reason in planned:
            if work is None:
                say(f"{regime.title}: left out: {reason}")
                continue
            say(f"{regime.title}: {work.runs[0].run.experiment.protocol.name}")
            # Workers plan from the options that they are sent.
            outcomes.append(execute(work, regime.options(options), workers))
    finally:
        for _, work, _ in planned:
            if work is not None:
                work.close()
    audit = _audit(paper, (table, label), needed.setting, planned, found)
    results = result_folder(options.out, paper, audit.setting.dataset)
    audited = Audited(audit, _path(paper, audit, results))
    if audited.path.exists():
        audited = replace(audited, audit=_with_earlier_runs(audited, _read(paper, audited.path).audit, planned))
    if not any((audited.runs / f"{run}.json").exists() for regime in audit.regimes for run in regime.runs):
        reasons = "; ".join(reason for outcome in outcomes for reason in outcome.failed)
        raise RunError(f"--audit: no run of {label} came to an end: {reasons}")
    write_json(audited.path, audited.audit.as_json())
    return audited, outcomes


def _path(paper: Paper, audit: Audit, results: Path) -> Path:
    """Where the audit is kept: in place of an earlier one of the same, beside one at other settings."""
    plain = results / "audits" / f"{audit.stem(paper)}.json"
    if plain.exists():
        earlier = _read(paper, plain).audit
        if (earlier.row, earlier.setting) != (audit.row, audit.setting):
            tag = sha256_of_json([audit.row, audit.setting.as_json()])[:8]
            return plain.with_name(f"{plain.stem}_{tag}.json")
    return plain


def _with_earlier_runs(audited: Audited, earlier: Audit, planned: list[tuple[Regime, Plan | None, str]]) -> Audit:
    """The audit with the runs of further seeds that an earlier one of the same row and setting made on the same
    splits; fewer seeds than then shall not take results away."""
    known = {regime.key: regime.runs for regime in earlier.regimes}
    splits = {
        regime.key: {run.run.fold.split_digest for run in work.runs} for regime, work, _ in planned if work is not None
    }
    regimes = []
    for regime in audited.audit.regimes:
        paths = [audited.runs / f"{run}.json" for run in known.get(regime.key, ())]
        found = [record_of(path) for path in paths if path.exists()]
        same = [record.run_id for record in found if record.split_digest in splits.get(regime.key, ())]
        regimes.append(regime.but(runs=tuple(dict.fromkeys([*regime.runs, *same]))))
    return audited.audit.but(regimes=tuple(regimes))


def _row(paper: Paper, options: Options) -> tuple[str, str]:
    if not options.rows and not options.tables:
        return paper.default_row
    if len(options.rows) != 1 or len(options.tables) > 1:
        raise SpecError(
            "--audit: runs one row under every split. Name it with one --row (and --table where several have it), or "
            f"leave both out for {' '.join(paper.default_row)}."
        )
    label = options.rows[0]
    chosen = selected(paper, options.tables, options.rows)
    found = {row.experiment.digest: (table.id, row.label) for table, rows in reversed(chosen) for row in rows}
    if len(found) > 1:
        raise SpecError(
            f"--audit --row {label}: the tables {', '.join(table for table, _ in reversed(found.values()))} have "
            "different rows of that name; give one with --table."
        )
    return next(iter(found.values()))


def _plan(paper: Paper, regime: Regime, options: Options, spread: Spread | None) -> tuple[Plan | None, str]:
    """The runs of a regime, or the reason why the data do not allow it, or make it another regime."""
    try:
        work = plan(paper, regime.options(options), spread=spread)
    except (SpecError, DataError) as error:
        if regime.needed:
            raise
        return None, str(error)
    reason = ""
    if regime.unit == "segment" and not any(run.run.fold.shared_tracks for run in work.runs):
        reason = "no clip has windows on both sides, so it is the same as random clips"
    if regime.key == "no_duplicates" and not exact_pairs(work.runs[0].reader.index.clips):
        reason = "no clip is there twice, so it is the same as random clips"
    if reason:
        work.close()
        return None, reason
    return work, ""


def _audit(
    paper: Paper,
    row: tuple[str, str],
    setting: Setting,
    planned: list[tuple[Regime, Plan | None, str]],
    found: Scan,
) -> Audit:
    regimes, of_regimes = [], []
    for regime, work, reason in planned:
        described = {"key": regime.key, "title": regime.title, "means": regime.means}
        if work is None:
            regimes.append(AuditedRegime(**described, unavailable=reason))
            of_regimes.append({})
            continue
        first = work.runs[0]
        tracks = first.reader.index.tracks
        sides = sides_of(first.run.fold, first.reader.windows.tracks, tracks)
        overlap = overlap_of(sides, {track.id: track.artist for track in tracks}, found.pairs)
        runs = tuple(run.run.id for run in work.runs)
        regimes.append(AuditedRegime(**described, runs=runs, overlap=overlap))
        of_regimes.append(sides)
    return Audit(
        paper=paper.key,
        row=row,
        setting=setting,
        regimes=tuple(regimes),
        pairs=tuple(_with_parts(pair, of_regimes) for pair in found.pairs),
        scanned=found.clips,
        too_short=found.too_short,
        above=found.above,
    )


def _with_parts(pair: Pair, of_regimes: list[dict[str, set[str]]]) -> AuditedPair:
    return AuditedPair(
        first=pair.first,
        second=pair.second,
        similarity=pair.similarity,
        shift_seconds=pair.shift_seconds,
        exact=pair.exact,
        parts=tuple(f"{_shown(sides.get(pair.first))} / {_shown(sides.get(pair.second))}" for sides in of_regimes),
    )


def _shown(parts: set[str] | None) -> str:
    return "+".join(part for part in ("train", "valid", "test") if part in parts) if parts else "none"


def read_audits(paper: Paper, out: Path) -> list[Audited]:
    """All audits of a paper, by path.

    Raises:
        DataError: a file is none.
    """
    return [_read(paper, path) for path in sorted((Path(out) / paper.key).glob("*/audits/*.json"))]


def _read(paper: Paper, path: Path) -> Audited:
    values: Any = read_json(path, what="an audit")
    audit = None
    with suppress(SpecError):
        audit = build(Audit, values)
    if audit is None or audit.format_version != FORMAT_VERSION or audit.paper != paper.key:
        raise DataError(
            f"{path}: not an audit of {paper.key} of format {FORMAT_VERSION}. Delete it, run --audit again."
        )
    return Audited(audit, path)
