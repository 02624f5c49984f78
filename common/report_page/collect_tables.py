"""Tables as the page shows them whole: their cells as in their Markdown files."""

import re
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from common.core.errors import SpecError
from common.core.words import counted
from common.paper.paper import FIXED_PREFIX, Paper
from common.paper.provenance import Source, value_paths
from common.paper.tables import Row
from common.report_page.names import Ids, all_shown, shown
from common.report_page.payload import Assumption, Cell, TableView
from common.report_page.read import ReadTable
from common.reports.committed import are_own
from common.reports.screen.results import data_name
from common.reports.table import as_yours
from common.reports.text.caption import change_text

# Numbers as cells have them: with a spread, an interval, a sign or a unit of their own.
_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+(?: ± [\d.]+)?(?: (?:to|\()[-+\d., to]*\)?)?(?: \([-+\d., to]+\))?")
_STATUS = ("assumed", "differs")


def kind_of(one: ReadTable) -> str:
    """Kind of a table: that of its file, else `results` or `layers`."""
    kind = one.stored.values.get("kind")
    return kind or ("results" if one.stored.is_of_results else "layers")


def table_view(one: ReadTable, ids: Ids, said: Collection[str] = ()) -> TableView:
    """A table with those below it.

    Args:
        said: notes and warnings of the table that it belongs to, which are not said again.
    """
    stored, table = one.stored, one.table
    values = stored.values
    stem = stored.path.stem.removeprefix("table_")
    names = (values["paper"], stored.path.parent.name, stem)
    # A table below another one is in its file.
    view_id = ids.new("table", *names, stored.id) if said else ids.new("table", *names)
    notes = [note.text for note in table.notes if note.text not in said]
    warnings = [note.text for note in table.warnings if note.text not in said]
    said = {*said, *notes, *warnings}
    rows = _declared_rows(one) if kind_of(one) == "results" else []
    data = shown(data_name(values)) if stored.setting else ""
    protocol = shown(values.get("protocol") or "")
    place = ", ".join(filter(None, (data, protocol, *_settings(stored.setting))))
    heading = f"{one.paper.title}, table {stored.id}: {values['title']}"
    return TableView(
        id=view_id,
        paper=values["paper"],
        table=shown(stored.id),
        title=shown(values["title"]),
        heading=shown(f"{heading} ({place})" if place else heading),
        place=place,
        kind=kind_of(one),
        data=data,
        protocol=protocol,
        file=stored.path.relative_to(one.results.out).with_suffix(".md").as_posix(),
        header=all_shown(_header(one)),
        lines=tuple(tuple(map(_cell, line)) for line in table.rows),
        warnings=all_shown(warnings),
        notes=all_shown(notes),
        assumptions=_assumptions(one.paper, rows) if rows else (),
        below=tuple(table_view(part, ids, said) for part in one.below),
    )


def _settings(setting: dict[str, Any]) -> tuple[str, ...]:
    """What a command set for all rows of a table: tables of the same data and protocol differ in it."""
    return (
        counted(setting["epochs"], "epoch") if setting.get("epochs") else "",
        (setting.get("precision") or "").removeprefix("mixed_"),
        *map(_change, setting.get("changes", ())),
    )


def _change(change: str) -> str:
    """A value that the command set, in a few words; as the file has it where it is none, e.g. in a damaged file."""
    try:
        return change_text(change)
    except SpecError:
        return change


def _header(one: ReadTable) -> tuple[str, ...]:
    """The heads of a table's columns; of the reader's own results, measured numbers are called theirs, and networks,
    which nobody has run for a table of layers, Encore's."""
    header = one.table.header
    if not are_own(one.results):
        return header
    if one.stored.setting:
        return as_yours(header)
    return tuple(re.sub("^Our ", "Encore's ", head) for head in header)


def declared_row(one: ReadTable, label: str) -> Row | None:
    """The row of a table of results as the paper has it; None where the paper has none any more."""
    table = next((table for table in one.paper.tables if table.id == one.stored.id), None)
    return next((row for row in table.rows if row.label == label), None) if table else None


def _declared_rows(one: ReadTable) -> list[Row]:
    """The rows that were measured, as the paper has them."""
    found = [declared_row(one, row["label"]) for row in one.stored.values["rows"] if row["measured"]]
    return [row for row in found if row is not None]


def _cell(text: str) -> Cell:
    text = shown(text)
    return Cell(text, bool(_NUMBER.fullmatch(text)))


def _assumptions(paper: Paper, rows: list[Row]) -> tuple[Assumption, ...]:
    """The values of some rows that the source does not state, or that differ from it, each with its reason.

    Args:
        rows: a value that differs between them is named with each.
    """
    texts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for path, used in value_paths([row.experiment]).items():
            source = paper.value_sources.get(path)
            if used and source and source.status in _STATUS:
                value = row.experiment
                for part in path.split("."):
                    value = getattr(value, part)
                texts[path][_value_text(value)].append(row.name)
    found = [
        _assumption(path, _of_rows(by_value, len(rows)), paper.value_sources[path]) for path, by_value in texts.items()
    ]
    fixed = [
        _assumption(f"{FIXED_PREFIX}{name}", one.value, one.source)
        for name, one in paper.fixed_values.items()
        if one.source.status in _STATUS
    ]
    return (*found, *fixed)


def _of_rows(by_value: dict[str, list[str]], rows: int) -> str:
    """A value as text; where rows have different ones, or only some have it, with their names."""
    if len(by_value) == 1 and len(next(iter(by_value.values()))) == rows:
        return next(iter(by_value))
    return "; ".join(f"{value} ({', '.join(names)})" for value, names in by_value.items())


def _assumption(path: str, value: str, source: Source) -> Assumption:
    return Assumption(shown(path), shown(value), source.status, shown(source.reason))


def _value_text(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)
