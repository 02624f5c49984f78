"""Two settings beside each other: the rows of one published table, measured under several splits or on several data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from common.core.percent import percent_text, published_text
from common.paper.tables import ResultTable
from common.reports.table import Note, NoteKind, Table, cells
from common.reports.tables.intervals import bounds_text
from common.reports.text.flag_words import FLAG_WORDS, in_words

# Said once for all columns that have them, whatever rows they are of.
_CLIPPED = (
    "some seeds were trained with a loss that has no gradient for very wrong windows, so a run that collapsed to one "
    "class could not recover."
)
# Notes of columns that are said as sentences of the whole table.
_SENTENCES: tuple[NoteKind, ...] = ("unverified", "smoke_scale")
# Flags that these sentences, warnings, the name of the data or the name of a column say already.
_SAID: tuple[NoteKind, ...] = (*_SENTENCES, "contaminated", "diverged", "synthetic", "other_split")


@dataclass(frozen=True)
class SettingColumn:
    """The numbers of one setting.

    Args:
        name: heading of its columns, e.g. `holdout, by clip`.
        path: of the file that holds its table.
        values: of that table, as JSON values.
        is_own: whether the runs are the user's own, not those that come with Encore.
    """

    name: str
    path: str
    values: dict[str, Any]
    is_own: bool = False

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
                "known_data": column.values.get("known_data"),
                "data_clips": column.values.get("data_clips"),
                "is_own": column.is_own,
                "setting": column.values["setting"],
                "flags": column.values["flags"],
                "reduced": _reduced(column),
            }
            for column in columns
        ],
        "rows": rows,
    }
    tables = [Table.from_json(column.values, (), ()) for column in columns]
    first_notes = _merged(columns, [[note for note in one.notes if note.kind in _SENTENCES] for one in tables])
    notes = (*first_notes, *map(_note, columns))
    return Table(values, *settings_cells(values), notes, tuple(_merged(columns, [one.warnings for one in tables])))


def _merged(columns: Sequence[SettingColumn], notes: Sequence[Sequence[Note]]) -> list[Note]:
    """The notes of all columns, each with the columns that have it; those of the same short form are one, and so are
    those on clipped losses, whatever rows they are of.

    Args:
        notes: of each column.
    """
    every = "both" if len(columns) == 2 else "all"
    found: dict[tuple[NoteKind, str], dict[str, Note]] = {}
    for column, mine in zip(columns, notes, strict=True):
        for note in mine:
            short = _CLIPPED if note.kind == "clipped_loss" else note.short or note.text
            found.setdefault((note.kind, short), {})[column.name] = note
    merged = []
    # That runs may have collapsed is said last: it explains low numbers, the others high ones.
    for (kind, short), of_names in sorted(found.items(), key=lambda item: item[0][0] == "clipped_loss"):
        is_everywhere = len(of_names) == len(columns)
        where = every if is_everywhere else "; ".join(of_names)
        texts: dict[str, list[str]] = {}
        for name, note in of_names.items():
            texts.setdefault(note.text, []).append(name)
        # What all columns have needs no names where it is no warning.
        before = "" if is_everywhere and kind in _SENTENCES else f"{where}: "
        short = next(iter(of_names.values())).short or short if len(of_names) == 1 else short
        is_short = any(note.short for note in of_names.values()) or short == _CLIPPED
        merged.append(Note(kind, _joined(before, texts), f"{before}{short}" if is_short else ""))
    return merged


def _joined(before: str, texts: dict[str, list[str]]) -> str:
    """Texts with the columns that they are of; sentences at the end that all of them have are said once.

    Args:
        before: what stands before a text that all have.
        texts: text -> names of its columns.
    """
    if len(texts) == 1:
        return f"{before}{next(iter(texts))}"
    sentences = [text.removesuffix(".").split(". ") for text in texts]
    common: list[str] = []
    while all(len(mine) > len(common) + 1 for mine in sentences) and (
        len({mine[-len(common) - 1] for mine in sentences}) == 1
    ):
        common.insert(0, sentences[0][-len(common) - 1])
    own = [". ".join(mine[: len(mine) - len(common)]) for mine in sentences]
    first = "; ".join(f"{'; '.join(names)}: {text}" for names, text in zip(texts.values(), own, strict=True))
    return f"{'. '.join([first, *common])}."


def _reduced(column: SettingColumn) -> list[str]:
    """What keeps the numbers of a column from being the paper's, in words, without what is said in sentences or by the
    name of the column."""
    table = Table.from_json(column.values, (), ())
    notes = [*table.notes, *(Note(flag, "") for flag in table.stated_flags)]
    # The name of synthetic data says that they are not the paper's.
    said = (*_SAID, "other_data") if any(note.kind == "synthetic" for note in notes) else _SAID
    mine = [note for note in notes if note.kind in FLAG_WORDS and note.kind not in said]
    return list(dict.fromkeys(map(in_words, sorted(mine, key=lambda note: list(FLAG_WORDS).index(note.kind)))))


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
            line.append("not given" if published is None else published_text(published))
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
    reduced = ", ".join(_reduced(column))
    of_rows = f"{counts} run{'' if counts == '1' else 's'} a row"
    return Note("splits", f"{column.name}: {column.values['data']}, {of_rows}{f'; {reduced}' if reduced else ''}.")
