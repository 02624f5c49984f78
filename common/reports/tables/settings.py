"""Two settings beside each other: the rows of one published table, measured under several splits or on several data."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from common.core.percent import percent_text
from common.paper.tables import ResultTable
from common.reports.table import Note, NoteKind, Table, cells
from common.reports.tables.intervals import bounds_text


@dataclass(frozen=True)
class SettingColumn:
    """The numbers of one setting.

    Args:
        name: heading of its columns, e.g. `holdout, by clip`.
        path: of the file that holds its table.
        values: of that table, as JSON values.
    """

    name: str
    path: str
    values: dict[str, Any]

    def measured(self, label: str) -> dict[str, Any]:
        """The measured metrics of a row; empty where it was not run."""
        return next((row["measured"] for row in self.values["rows"] if row["label"] == label), {})


def settings_table(paper: str, table: ResultTable, columns: Sequence[SettingColumn]) -> Table:
    """The published numbers of a table, and ours of each setting.

    Args:
        paper: key of the paper.
        columns: at least one.

    Returns:
        The table. Each of its rows has in `measured` the metrics of each setting, empty where the row was not run under
        it.
    """
    rows = [
        {
            "name": row.name,
            "label": row.label,
            "published": row.published,
            "measured": [
                {name: measured[name] for name in table.metrics} if (measured := column.measured(row.label)) else {}
                for column in columns
            ],
        }
        for row in table.rows
    ]
    first = columns[0].values
    values = {
        "paper": paper,
        "table": table.id,
        "title": table.title,
        "kind": "settings",
        "dataset": first["dataset"],
        "data": ", ".join(dict.fromkeys(column.values["data"] for column in columns)),
        "protocol": "; ".join(column.name for column in columns),
        "scale": first["scale"],
        "row_header": table.row_header,
        "recommended": first.get("recommended"),
        "metrics": list(table.metrics),
        "compared_with": table.compared_with,
        "settings": [
            {
                "name": column.name,
                "path": column.path,
                "data": column.values["data"],
                "data_clips": column.values.get("data_clips"),
                "setting": column.values["setting"],
                "flags": column.values["flags"],
            }
            for column in columns
        ],
        "rows": rows,
    }
    return Table(values, *settings_cells(values), tuple(map(_note, columns)), tuple(_warnings(columns)))


_CLIPPED = "CLIPPED LOSS: such runs can collapse to one class."


def _warnings(columns: Sequence[SettingColumn]) -> list[Note]:
    """The warnings of all columns, each with the columns that have it; those of the same short form are one, and so are
    those on clipped losses, whatever rows they are of."""
    every = "both" if len(columns) == 2 else "all"
    found: dict[tuple[NoteKind, str], dict[str, Note]] = {}
    for column, name in zip(columns, _differing_names([column.name for column in columns]), strict=True):
        for note in Table.from_json(column.values, (), ()).warnings:
            short = _CLIPPED if note.kind == "clipped_loss" else note.short or note.text
            found.setdefault((note.kind, short), {})[name] = note
    merged = []
    for (kind, short), notes in found.items():
        where = every if len(notes) == len(columns) else ", ".join(notes)
        texts: dict[str, list[str]] = {}
        for name, note in notes.items():
            texts.setdefault(note.text, []).append(name)
        text = "; ".join(f"{where if len(texts) == 1 else ', '.join(names)}: {one}" for one, names in texts.items())
        is_short = any(note.short for note in notes.values()) or short == _CLIPPED
        merged.append(Note(kind, text, f"{where}: {short}" if is_short else ""))
    return merged


def _differing_names(names: list[str]) -> list[str]:
    """Names of settings without the parts that all of them have, e.g. `by window`."""
    parts = [re.split(r"(?<=:) |, ", name) for name in names]
    common = set.intersection(*map(set, parts))
    return [", ".join(part for part in mine if part not in common) or ", ".join(mine) for mine in parts]


def settings_cells(values: dict[str, Any]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows as text."""
    names = [setting["name"] for setting in values["settings"]]
    header = [values["row_header"]]
    for metric in values["metrics"]:
        shown = metric.replace("_", " ")
        of = f"{shown}, " if len(values["metrics"]) > 1 else ""
        header.append(f"Published {shown} (%)")
        for name in names:
            header += [f"{of}{name} (%)", "95 % interval"]
    lines = []
    for row in values["rows"]:
        line = [row["label"]]
        for metric in values["metrics"]:
            published = row["published"][metric]
            line.append("not given" if published is None else percent_text(published))
            for measured in row["measured"]:
                line += _measured_cells(measured.get(metric))
        lines.append(line)
    return tuple(header), cells(lines)


def _measured_cells(entry: dict[str, Any] | None) -> list[str]:
    if entry is None:
        return ["not run", ""]
    spread = f" ± {percent_text(entry['sd'])}" if "sd" in entry else ""
    return [f"{percent_text(entry['mean'])}{spread}", bounds_text(entry["ci95"])]


def _note(column: SettingColumn) -> Note:
    runs = sorted({next(iter(row["measured"].values()))["runs"] for row in column.values["rows"] if row["measured"]})
    counts = " to ".join(map(str, dict.fromkeys((runs[0], runs[-1]))))
    flags = ", ".join(flag.replace("_", " ") for flag in column.values["flags"])
    of_rows = f"{counts} run{'' if counts == '1' else 's'} a row"
    return Note("splits", f"{column.name}: {column.values['data']}, {of_rows}{f'; {flags}' if flags else ''}.")
