"""What is kept of an audit, beside the records of its runs."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import model_validator

from common.core.errors import DataError
from common.core.files import read_json
from common.core.spec import Spec, stored_spec
from common.leakage.overlap import PARTS, Overlap
from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.records.paths import ResultPaths, audit_files, file_stem, results_of_audit

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

    @model_validator(mode="after")
    def _check_overlap(self) -> Self:
        if self.runs and self.overlap is None:
            raise ValueError("runs of a split without its overlap")
        if self.overlap is not None and (self.overlap.parts.keys() != set(PARTS) or self.overlap.parts["test"] < 1):
            raise ValueError(f"an overlap of other parts than {', '.join(PARTS)}, or without a test clip")
        return self


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
        setting: of the split condition `clips` (one random split by clip).
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

    @model_validator(mode="after")
    def _check_pairs(self) -> Self:
        if any(len(pair.parts) != len(self.regimes) for pair in self.pairs):
            raise ValueError("a pair of clips without its parts in each split")
        return self

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
    remedy = " Delete it and run the audit again."
    what = f"an audit of {paper.key} of format {FORMAT_VERSION}"
    audit = stored_spec(Audit, path, read_json(path, what="an audit", remedy=remedy), what=what, remedy=remedy)
    if audit.format_version != FORMAT_VERSION or audit.paper != paper.key:
        raise DataError(f"{path}: not {what}, but of {audit.paper} of format {audit.format_version}.{remedy}")
    return StoredAudit(audit, path)
