"""Records and notes of divergence against their digests: what each file says of itself, computed again."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

from common.core.console import progress
from common.core.errors import DataError, SpecError
from common.core.files import has_digest, read_json, stated_and_actual_digest
from common.core.spec import Spec, stored_spec
from common.core.words import counted
from common.launch import is_paper
from common.leakage.stored import Audit
from common.records.divergence import Divergence, divergence_of
from common.records.identity import possible_ids
from common.records.paths import result_subfolders
from common.records.record import Record, record_of
from common.records.rows import experiment_of_row
from common.records.tuned_rows import StoredRows
from common.search.journal import read_events
from common.search.stored import StoredDescription, StoredNote, StoredSnapshot
from common.verification.faults import Fault, Verified
from common.verification.papers import Papers

_RECORDS, _NOTES = "runs", "diverged"
# Further files that tables are made from, below the folder of a paper's data set.
_OTHERS = ("audits/*.json", "searches/*/*.json", "searches/*/trials/*.json")
# Their fields: by the name of the file, or by that of its folder.
_SOURCES: dict[str, type[Spec]] = {
    "search.json": StoredDescription,
    "state.json": StoredSnapshot,
    "state.previous.json": StoredSnapshot,
    "rows.json": StoredRows,
}
_SOURCES_IN: dict[str, type[Spec]] = {"trials": StoredNote, "audits": Audit}
_RESTORE = "Restore the file from a copy, or remove it and repeat the command that made it."
_SHOWN_DIGITS = 12


def _files_to_read(results: Path) -> list[Path]:
    """The records and notes of divergence of papers, their audits and the files of their searches, and every JSON file
    of other folders, by path."""
    found: list[Path] = []
    for folder in result_subfolders(results):
        if is_paper(folder.name):
            of_runs = (path for name in (_RECORDS, _NOTES) for path in folder.glob(f"*/{name}/*.json"))
            of_searches = (path for name in (_RECORDS, _NOTES) for path in folder.glob(f"*/searches/*/{name}/*.json"))
            others = (path for pattern in _OTHERS for path in folder.glob(f"*/{pattern}"))
            found += sorted([*of_runs, *of_searches, *others])
        else:
            found += sorted(folder.rglob("*.json"))
    return found


def verify_records(results: Path) -> Verified:
    """Check every record and note of divergence below a results folder: it can be read, and its digest, the name of its
    file, its metrics, its run id and the digest of its experiment are those of its values. Of audits and of the files
    of searches the digest is checked; other JSON files outside the papers' folders are only checked to be JSON.
    """
    papers, counts, faults = Papers(results), Counter(), []
    files = _files_to_read(results)
    with progress("checking records", len(files), unit="files", transient=True) as advance:
        for path in files:
            try:
                _check(path, papers, counts)
            except _Faulty as error:
                faults.append(error.fault)
            advance(1)
    faults += _faults_of_journals(results, counts)
    read = counted(counts["records"], "record")
    if counts["notes"]:
        read += f" and {counted(counts['notes'], 'note')} of divergence"
    right = "" if not counts["with_digest"] else ": all right" if not counts["wrong_digest"] else ""
    wrong = f" ({counts['wrong_digest']} wrong)" if counts["wrong_digest"] else ""
    summary = f"{read} read, {counts['with_digest']} with a digest{right}{wrong}"
    if counts["without_digest"]:
        summary += f", {counts['without_digest']} written before digests were stored"
    if counts["sources"]:
        summary += f"; {counted(counts['sources'], 'file')} of audits and searches, "
        summary += f"{counts['sources'] - counts['sources_without_digest']} with a digest"
    if counts["other_json"]:
        summary += f"; {counted(counts['other_json'], 'JSON file')} of other folders can be read"
    return Verified("records", summary, dict(counts), tuple(faults), tuple(_unchecked(results, counts)))


def _faults_of_journals(results: Path, counts: Counter) -> list[Fault]:
    """The journals of searches that have a torn line, or cannot be read."""
    found = []
    for folder in filter(lambda folder: is_paper(folder.name), result_subfolders(results)):
        for path in sorted(folder.glob("*/searches/*/journal.jsonl")):
            counts["sources"] += 1
            try:
                torn = [str(number) for number, event in enumerate(read_events(path), start=1) if event is None]
            except DataError as error:
                found.append(Fault(path, _said(path, error), "the journal of a search", _RESTORE))
                continue
            if torn:
                remedy = (
                    "Restore the file from a copy; or leave it, and a trial that only these lines hold is repeated."
                )
                found.append(Fault(path, f"torn: line {', '.join(torn)}", "lines with their SHA-256", remedy))
    return found


class _Faulty(Exception):
    """A file does not hold what it should."""

    def __init__(self, path: Path, found: str, expected: str, remedy: str = _RESTORE):
        super().__init__(found)
        self.fault = Fault(path, found, expected, remedy)


def _check(path: Path, papers: Papers, counts: Counter) -> None:
    """Check one file, and count it.

    Raises:
        _Faulty: something does not hold.
    """
    in_place = path.parent.name if path.parent.name in (_RECORDS, _NOTES) else None
    is_source = in_place is None and is_paper(path.relative_to(papers.results).parts[0])
    counted_as = "sources" if is_source else {_RECORDS: "records", _NOTES: "notes"}.get(in_place, "other_json")
    if not os.path.lexists(path):
        return  # another command has replaced it since the folder was listed
    if not path.exists():
        counts[counted_as] += 1
        raise _Faulty(path, "a link to a file that does not exist", "a file", "Remove it, or mend the link.")
    if not path.is_file():
        counts[counted_as] += 1
        raise _Faulty(path, "a folder, a pipe or the like", "a file", "Remove it, or give it another name.")
    try:
        values = read_json(path, what="a file that", remedy="")
    except DataError as error:
        counts[counted_as] += 1
        if isinstance(error.__cause__, OSError):
            reason = error.__cause__.strerror
            raise _Faulty(
                path, f"a file that cannot be read ({reason})", "a readable one", "Make it readable."
            ) from error
        raise _Faulty(path, _said(path, error), "JSON") from error
    if is_source:
        counts[counted_as] += 1
        counts["sources_without_digest"] += not has_digest(values)
        _check_digest(path, values, counts)
        _check_source(path, values)
        return
    if in_place is None and not _is_record(values):
        counts["other_json"] += 1
        return
    is_note = in_place == _NOTES
    counts["notes" if is_note else "records"] += 1
    counts["with_digest" if has_digest(values) else "without_digest"] += 1
    _check_digest(path, values, counts)
    run = _note(path, values) if is_note else _record(path, values)
    _check_place(path, run, papers.results)
    _check_identity(path, run, papers, counts)


def _is_record(values: Any) -> bool:
    return isinstance(values, dict) and values.keys() >= {"run_id", "experiment", "metrics"}


def _said(path: Path, error: DataError) -> str:
    """The message of an error without the path and the full stop."""
    return str(error).removeprefix(f"{path}: ").rstrip(".")


def _check_digest(path: Path, values: Any, counts: Counter) -> None:
    digests = stated_and_actual_digest(values)
    if digests is not None and digests[0] != digests[1]:
        stated, actual = digests
        counts["wrong_digest"] += 1
        raise _Faulty(
            path,
            f"values with the SHA-256 {actual[:_SHOWN_DIGITS]}..., so it was edited",
            f"{str(stated)[:_SHOWN_DIGITS]}..., the SHA-256 that it holds",
        )


def _check_source(path: Path, values: Any) -> None:
    """Check that a file of an audit or a search has its fields and no others, as one has whose digest's name was
    damaged."""
    kind = _SOURCES.get(path.name) or _SOURCES_IN.get(path.parent.name)
    if kind is None:
        return
    try:
        stored_spec(kind, path, values, what="a file of an audit or a search")
    except DataError as error:
        raise _Faulty(path, _said(path, error), "the fields of such a file") from error
    if kind is StoredSnapshot and not has_digest(values):
        raise _Faulty(path, "no SHA-256", "that of its values, which every version writes")


def _record(path: Path, values: Any) -> Record:
    _check_name(path, values)
    try:
        return record_of(path, values)
    except DataError as error:
        raise _Faulty(path, _said(path, error), "a record whose values agree with each other") from error


def _note(path: Path, values: Any) -> Divergence:
    _check_name(path, values)
    try:
        return divergence_of(path, values)
    except DataError as error:
        raise _Faulty(path, _said(path, error), "a note of a run that diverged") from error


def _check_name(path: Path, values: Any) -> None:
    named = values.get("run_id") if isinstance(values, dict) else None
    if isinstance(named, str) and named != path.stem:
        raise _Faulty(
            path, f"run {named} in it", f"run {path.stem}, as its name says", f"Rename the file to {named}.json."
        )


def _check_place(path: Path, run: Record | Divergence, results: Path) -> None:
    """Tables are made from the records of their own paper and data set."""
    place = path.relative_to(results).parts
    if is_paper(place[0]) and (run.paper, run.setting.dataset) != place[:2]:
        raise _Faulty(
            path,
            f"a run of {run.paper} on {run.setting.dataset}",
            f"one of {place[0]} on {place[1]}",
            "Move it to the folder of its paper and data set.",
        )


def _check_identity(path: Path, run: Record | Divergence, papers: Papers, counts: Counter) -> None:
    """Compute the digest of the experiment and the run id again."""
    paper = papers.of(run.paper, run.setting.dataset)
    row = paper and experiment_of_row(paper, run.row_experiment)
    if row is None:
        counts["ids_not_computed"] += 1
        return
    try:
        ran = row.read_like(run.experiment)
        usual = papers.variant(paper, run, row, ran)
    except SpecError as error:
        raise _Faulty(
            path, f"values that do not fit its row ({error})".replace(".)", ")"), "those of its row"
        ) from error
    if isinstance(run, Record) and run.experiment_digest != ran.digest:
        raise _Faulty(
            path,
            f"the experiment digest {run.experiment_digest[:_SHOWN_DIGITS]}...",
            f"{ran.digest[:_SHOWN_DIGITS]}..., the digest of its experiment",
        )
    withheld = isinstance(run, Record) and run.test_withheld
    ids = possible_ids(run, row, ran, usual, withheld=withheld)
    if run.run_id not in ids:
        raise _Faulty(
            path, f"the run id {run.run_id}", f"{ids[0]}, the digest of its experiment, data, split, fold and seed"
        )
    counts["ids_computed"] += 1


def _unchecked(results: Path, counts: Counter) -> list[str]:
    found = []
    if counts["without_digest"]:
        found.append(
            f"times and histories of {counted(counts['without_digest'], 'run')} (written before Encore stored digests)"
        )
    if counts["sources_without_digest"]:
        files = counted(counts["sources_without_digest"], "file")
        found.append(f"{files} of audits and searches (written before Encore stored digests)")
    if counts["ids_not_computed"]:
        found.append(
            f"run ids of {counted(counts['ids_not_computed'], 'record')} (of papers or rows that this version does not "
            "have)"
        )
    aside = sum(1 for path in results.glob("*/*/set_aside/*.json"))
    aside += sum(1 for path in results.glob("*/*/searches/*/set_aside/*.json"))
    if aside:
        found.append(f"{counted(aside, 'record')} set aside, which no table uses")
    return found
