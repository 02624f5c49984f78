"""The leak audit: one row under every split that the data allow, and what each split leaves on both sides."""

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from common.console import say
from common.errors import DataError, SpecError
from common.files import read_json, write_json
from common.overlap import Overlap, overlap_of, sides_of
from common.paper import Paper
from common.planning import Options, Plan, plan
from common.records import Setting
from common.regimes import Regime, regimes_of, require_free_split
from common.runner import Outcome, Workers, execute
from common.scanning import scan_of
from common.specbase import Spec, build
from common.tables import file_stem, result_folder
from data_pipeline.duplicates import Pair, Scan
from data_pipeline.prepare import Spread

FORMAT_VERSION = 1


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

    def stem(self, kind: str, paper: Paper, suffix: str = "") -> str:
        """File name, without ending, of one of its files; a later audit of the same takes its place."""
        own = paper.default_experiment.protocol
        neutral = self.setting.but(split=own.split, unit=own.unit)
        return file_stem(kind, f"{self.table_id(paper)}{suffix}", neutral, paper)


@dataclass(frozen=True)
class Audited:
    """An audit with the folder of the results that it belongs to."""

    audit: Audit
    results: Path

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
    table, label = _row(paper, options)
    options = replace(options, tables=(table,), rows=(label,))
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
            outcomes.append(execute(work, options, workers))
    finally:
        for _, work, _ in planned:
            if work is not None:
                work.close()
    audit = _audit(paper, (table, label), needed.setting, planned, found)
    results = result_folder(options.out, paper, audit.setting.dataset)
    write_json(results / "audits" / f"{audit.stem('audit', paper)}.json", audit.as_json())
    return Audited(audit, results), outcomes


def _row(paper: Paper, options: Options) -> tuple[str, str]:
    if not options.rows and not options.tables:
        return paper.default_row
    if len(options.rows) != 1 or len(options.tables) > 1:
        raise SpecError(
            "--audit: runs one row under every split. Name it with one --row (and --table where several have it), or "
            f"leave both out for {' '.join(paper.default_row)}."
        )
    label = options.rows[0]
    for table in paper.tables:
        if table.id in (options.tables or paper.table_ids) and label in [row.label for row in table.rows]:
            return table.id, label
    raise SpecError(f"--row {label}: no such row. See --list.")


def _plan(paper: Paper, regime: Regime, options: Options, spread: Spread | None) -> tuple[Plan | None, str]:
    """The runs of a regime, or the reason why the data do not allow it."""
    try:
        return plan(paper, regime.options(options), spread=spread), ""
    except (SpecError, DataError) as error:
        if regime.needed:
            raise
        return None, str(error)


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
    found = []
    for path in sorted((Path(out) / paper.key).glob("*/audits/*.json")):
        values: Any = read_json(path, what="an audit")
        audit = None
        with suppress(SpecError):
            audit = build(Audit, values)
        if audit is None or audit.format_version != FORMAT_VERSION or audit.paper != paper.key:
            raise DataError(f"{path}: not an audit of {paper.key} of format {FORMAT_VERSION}. Run --audit again.")
        found.append(Audited(audit, path.parents[1]))
    return found
