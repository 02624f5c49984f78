"""Short tables of an audit: accuracy and leakage of each split, and pairs of duplicate clips."""

import re
from typing import Any

from common.core.percent import percent_text
from common.core.words import counted, first_clause
from common.paper.protocol import NO_DUPLICATES, PREDEFINED
from common.reports.screen.columns import Column, ShortTable
from common.reports.screen.results import about_data, interval_key, mean_and_interval
from common.reports.table import Table

_SHIFT = "Shift: by how many seconds the second clip starts later in the recording than the first."
_WINDOW, _CLIP = "window_accuracy", "clip_accuracy_mean_softmax"


def audit_on_screen(table: Table) -> ShortTable:
    """Accuracy over windows and clips under each split, how many test clips are known, and the gap to the first."""
    values = table.values
    rows = [row for row in values["rows"] if row["measured"] or row["overlap"]]
    others = [row for row in values["rows"] if row not in rows]
    gaps = tuple(map(_gap, rows))
    columns = (
        Column("split", tuple(split_on_screen(row["label"]) for row in rows), is_text=True),
        Column("window\naccuracy", tuple(_accuracy(row, _WINDOW) for row in rows), 1),
        Column("clip\naccuracy", tuple(_accuracy(row, _CLIP) for row in rows), 1),
        Column("known\ntest clips", tuple(map(_known, rows)), 1),
        Column("gap (points)", gaps, 2),
        Column("runs", tuple(str(row["measured"]["runs"]) if row["measured"] else "" for row in rows), 3),
    )
    not_measured = "; ".join(_with_reason(row) for row in others)
    needed = [
        "Known: the clip, a duplicate of it or another clip of its artist is in training or validation.",
        # With one split there is no gap.
        *(
            [f"Gap: clip accuracy minus that of {split_on_screen(values['gap_to'])}, with its 95 % interval."]
            if any(gaps)
            else []
        ),
    ]
    keys = [
        *needed,
        *([] if all(row["measured"] for row in rows) else ["-: not run."]),
        interval_key([row["measured"][_CLIP] for row in rows if row["measured"]]),
        *([f"Not measured: {not_measured}."] if others else []),
    ]
    return ShortTable(_title(table), columns, _about(values), tuple(keys), needed_keys=len(needed))


def split_on_screen(title: str) -> str:
    """The title of a split, in fewer words where they say the same."""
    short = title.replace(f"by clip, {NO_DUPLICATES}", NO_DUPLICATES.replace("exact ", ""))
    # A predefined split is always one by clip.
    return short.removesuffix(", by clip") if short.startswith(PREDEFINED) else short


def _with_reason(row: dict[str, Any]) -> str:
    """A split that was not run, and why."""
    reason = first_clause(re.sub(r"^--split \w+: ", "", row.get("unavailable") or ""))
    return split_on_screen(row["label"]) + (f" ({reason})" if reason else "")


def _title(table: Table) -> str:
    """With the name of the row that `--row` takes; older tables know its label only."""
    values = table.values
    if "row_name" not in values:
        return table.title
    return f"{values['paper']}, leakage audit of row {values['row_name']} of table {values['row_table']}"


def _about(values: dict[str, Any]) -> str:
    """The data, and the published number of the row."""
    data, published = about_data({**values, "protocol": ""}), values["published"]
    if published["percent"] is None:
        return data
    return f"{data}; published: {published['percent']:g} %, to compare with {published['compared_with']}"


def _accuracy(row: dict[str, Any], name: str) -> str:
    return f"{percent_text(row['measured'][name]['mean'])} %" if row["measured"] else "-"


def _known(row: dict[str, Any]) -> str:
    if not (row["overlap"] and row["measured"]):
        return "-"
    return f"{row['overlap']['met']} of {row['measured']['clips']}"


def _gap(row: dict[str, Any]) -> str:
    return mean_and_interval(row["gap"][_CLIP], signed=True) if row["gap"] else ""


def duplicates_on_screen(table: Table) -> ShortTable:
    """Pairs of clips of the same recording."""
    values = table.values
    rows = values["rows"]
    columns = (
        Column("first clip", tuple(row["label"] for row in rows), is_text=True, is_path=True),
        Column("second clip", tuple(row["second"] for row in rows), is_text=True, is_path=True),
        Column("same", tuple("bytes" if row["exact"] else f"{row['similarity']:.2f}" for row in rows)),
        Column("shift\n(s)", tuple(f"{row['shift_seconds']:.1f}" for row in rows), 1, key=_SHIFT if rows else ""),
        *(
            Column(
                split,
                tuple(row["parts"][place] for row in rows),
                2 + place,
                is_text=True,
                key="Columns of splits: the parts that hold the first / the second clip." if rows else "",
            )
            for place, split in enumerate(values["regimes"])
        ),
    )
    keys = []
    if rows and "clips" in values:
        keys.append(f"{_compared(values)}.")
    if groups := values.get("same_bytes"):
        first = f"{' = '.join(groups[0])} ({len(groups[0])} files)"
        more = f", and {counted(len(groups) - 1, 'more such group')}" if len(groups) > 1 else ""
        keys.append(f"The same bytes: {first}{more}.")
    if rows:
        keys.append("Same: bytes, or the correlation of the fingerprints of their sound, 1 for the same sound.")
    is_of_paper = "setting" in values
    # The parts that hold the clips are said below the columns that show them.
    title = table.title if is_of_paper else f"{values['paper']}: clips of the same recording"
    # The title names the data already.
    about = about_data({**values, "protocol": ""}) if is_of_paper else ""
    return ShortTable(title, columns, about, tuple(keys), empty=_none_found(values))


def _compared(values: dict[str, Any]) -> str:
    """How many clips were compared, and how many of them not by their sound."""
    too_short = values.get("too_short_clips", 0)
    by_bytes = f", {too_short} of them, which are too short for more, by their bytes only" if too_short else ""
    return f"{counted(values['clips'], 'clip')} compared{by_bytes}"


def _none_found(values: dict[str, Any]) -> str:
    """What is said where there are no pairs."""
    compared = f" among {counted(values['clips'], 'clip')}" if "clips" in values else ""
    too_short = values.get("too_short_clips", 0)
    by_bytes = f"; {too_short} were too short to be compared by their sound" if too_short else ""
    return f"No pairs were found{compared}{by_bytes}."
