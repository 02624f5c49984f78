"""Short tables of an audit: accuracy and leakage of each split, and pairs of duplicate clips."""

from typing import Any

from common.core.percent import percent_text
from common.core.words import counted
from common.reports.screen.columns import Column, ShortTable
from common.reports.screen.results import about_data, interval_key, mean_and_interval
from common.reports.table import Table

_WINDOW, _CLIP = "window_accuracy", "clip_accuracy_mean_softmax"


def audit_on_screen(table: Table) -> ShortTable:
    """Accuracy over windows and clips under each split, how many test clips are known, and the gap to the first."""
    values = table.values
    rows = [row for row in values["rows"] if row["measured"] or row["overlap"]]
    impossible = [row["label"] for row in values["rows"] if row not in rows]
    columns = (
        Column("split", tuple(row["label"] for row in rows), is_text=True),
        Column("window\naccuracy (%)", tuple(_accuracy(row, _WINDOW) for row in rows), 1),
        Column("clip\naccuracy (%)", tuple(_accuracy(row, _CLIP) for row in rows), 1),
        Column("known\ntest clips", tuple(map(_known, rows)), 1),
        Column(f"gap to {_short(values['gap_to'])},\nclip accuracy (points)", tuple(map(_gap, rows)), 2),
        Column("runs", tuple(str(row["measured"]["runs"]) if row["measured"] else "" for row in rows), 3),
    )
    keys = [
        f"Gap: to {values['gap_to']}, with its 95 % interval.",
        *([] if all(row["measured"] for row in rows) else ["-: not run."]),
        *([f"Splits that these data do not have: {'; '.join(impossible)}."] if impossible else []),
        "Known: the clip itself, a duplicate or another clip of its artist is in training or validation.",
        interval_key([row["measured"][_CLIP] for row in rows if row["measured"]]),
    ]
    return ShortTable(_title(table), columns, _about(values), tuple(keys))


def _title(table: Table) -> str:
    """With the name of the row that `--row` takes; older tables know its label only."""
    values = table.values
    if "row_name" not in values:
        return table.title
    return f"{values['paper']}, leakage audit of row {values['row_name']} of table {values['row_table']}"


def _short(split: str) -> str:
    """`by-window` for `holdout, by window`."""
    return split.rpartition(", ")[2].replace(" ", "-")


def _about(values: dict[str, Any]) -> str:
    """The data, and the published number of the row."""
    data, published = about_data({**values, "protocol": ""}), values["published"]
    if published["percent"] is None:
        return data
    return f"{data}; published {published['metric']}: {published['percent']:g} % (ours: {published['compared_with']})"


def _accuracy(row: dict[str, Any], name: str) -> str:
    return percent_text(row["measured"][name]["mean"]) if row["measured"] else "-"


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
        Column("first clip", tuple(row["label"] for row in rows), is_text=True),
        Column("second clip", tuple(row["second"] for row in rows), is_text=True),
        Column("similarity", tuple(f"{row['similarity']:.2f}" for row in rows), 1),
        Column("shift (s)", tuple(f"{row['shift_seconds']:.1f}" for row in rows), 2),
        Column("exact duplicate", tuple("yes" if row["exact"] else "" for row in rows), 3),
        *(
            Column(split, tuple(row["parts"][place] for row in rows), 4 + place, is_text=True)
            for place, split in enumerate(values["regimes"])
        ),
    )
    keys = []
    if rows and "exact_pairs" in values:
        keys.append(
            f"{counted(values['clips'], 'clip')} compared. Exact duplicates (the same bytes): {values['exact_pairs']}; "
            f"found by their sound: {values['near_pairs']}."
        )
    if groups := values.get("same_bytes"):
        first = f"{' = '.join(groups[0])} ({len(groups[0])} files)"
        more = f", and {counted(len(groups) - 1, 'more such group')}" if len(groups) > 1 else ""
        keys.append(f"The same bytes: {first}{more}.")
    if rows:
        keys.append(
            "Similarity: correlation of the fingerprints, 1 for the same sound. Shift: by how many seconds the second "
            "clip starts later in the recording than the first."
        )
    if rows and values["regimes"]:
        keys.append("Columns of splits: the parts that hold the first / the second clip.")
    is_of_paper = "setting" in values
    title = table.title if is_of_paper else f"{values['paper']}: {values['title']}"
    # The title names the data already.
    about = about_data({**values, "protocol": ""}) if is_of_paper else ""
    return ShortTable(title, columns, about, tuple(keys), empty=_none_found(values))


def _none_found(values: dict[str, Any]) -> str:
    """What is said where there are no pairs."""
    compared = f" among {counted(values['clips'], 'clip')}" if "clips" in values else ""
    too_short = values.get("too_short_clips", 0)
    by_bytes = f"; {too_short} were too short to be compared by their sound" if too_short else ""
    return f"No pairs were found{compared}{by_bytes}."
