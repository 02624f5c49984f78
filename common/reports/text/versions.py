"""Notes on what made the rows of a table: which version of Encore, which packages, which settings of the
environment."""

from collections.abc import Callable

from common.records.record import Record
from common.records.source import short_digest
from common.reports.table import Note
from common.reports.text.rows import by_row_notes

_NOT_RECORDED = "version not recorded"


def version_notes(of_rows: dict[str, list[Record]]) -> list[Note]:
    """Which rows were made by which version of Encore and packages, where rows differ or records do not say.

    Args:
        of_rows: row label -> its records.
    """
    every = [record for mine in of_rows.values() for record in mine]
    notes = []
    if len({_encore(record) for record in every}) > 1 or not all(record.encore_version for record in every):
        notes += by_row_notes("versions", "Encore", _texts(of_rows, _encore), of_rows)
    names = _differing(every)
    if names:
        texts = _texts(of_rows, lambda record: _packages(record, names))
        notes += by_row_notes("versions", "Packages differ", texts, of_rows)
    if any(record.environment for record in every):
        texts = _texts(of_rows, _settings)
        notes += by_row_notes("versions", "Settings of the environment that can change results", texts, of_rows)
    continued = {
        label: "; ".join(dict.fromkeys(" then ".join(record.machines) for record in mine if len(record.machines) > 1))
        for label, mine in of_rows.items()
    }
    continued = {label: text for label, text in continued.items() if text}
    return notes + by_row_notes("versions", "Runs that were continued on another machine", continued, of_rows)


def _texts(of_rows: dict[str, list[Record]], text_of: Callable[[Record], str]) -> dict[str, str]:
    return {label: " and ".join(sorted({text_of(record) for record in mine})) for label, mine in of_rows.items()}


def _encore(record: Record) -> str:
    if not record.encore_version:
        return _NOT_RECORDED
    sources = ", then ".join(short_digest(digest) for digest in record.source_digests)
    return f"version {record.encore_version}, source {sources}"


def _differing(records: list[Record]) -> list[str]:
    """Packages of which the records name several versions; a backend that only some of them have does not count."""
    found: dict[str, set[str]] = {}
    for record in records:
        for name, version in record.versions.items():
            found.setdefault(name, set()).add(version)
    return [name for name, versions in found.items() if len(versions - {"not installed"}) > 1]


def _packages(record: Record, names: list[str]) -> str:
    return ", ".join(f"{name} {record.versions.get(name, _NOT_RECORDED)}" for name in names)


def _settings(record: Record) -> str:
    if record.environment is None:
        return "not recorded"
    return ", ".join(f"{name}={value}" for name, value in sorted(record.environment.items())) or "none"
