"""Short tables that break a table of results down: by round, by genre, by pair of rows, and confusion matrices."""

from typing import Any

from common.core.percent import percent_text
from common.reports.cell_texts import MEAN_CLIPS, cell_text
from common.reports.screen.columns import Column, ShortTable
from common.reports.screen.results import about_data, interval_key, mean_and_interval
from common.reports.table import Table

_METRICS = {
    "window_accuracy": "window accuracy (%)",
    "clip_accuracy_mean_softmax": "clip accuracy (%)",
    "clip_accuracy_majority_vote": "majority vote (%)",
}
_SCORES = {"precision": "precision (%)", "recall": "recall (%)", "f1": "F1 (%)"}
# Names of rows that are longer than this are replaced by letters above columns.
_LONGEST_HEAD = 14
# Smaller p values round to 0.00.
_LEAST_P = 0.005


def rounds_on_screen(table: Table) -> ShortTable:
    """Accuracies of each round or fold, and their means."""
    values = table.values
    rows, kind = values["rows"], values["kind"]

    short = {"mean": "mean", "standard deviation": "sd"}

    def of_round(name: str) -> tuple[str, ...]:
        return tuple(str(row.get(name, "")) for row in rows)

    # Older tables know the rows by their labels only.
    is_named = all("name" in row for row in rows)
    names = tuple(row["name"] if is_named else row.get("of", row["label"]) for row in rows)
    columns = (
        Column("row" if is_named else values["row_header"], names, is_text=True, is_group=True),
        Column(kind, tuple(short.get(row.get("summary", ""), str(row.get("round", ""))) for row in rows)),
        Column("seed", of_round("seed"), 4),
        *(
            Column(head, tuple(percent_text(row["measured"][name]) for row in rows), priority)
            for priority, (name, head) in enumerate(_METRICS.items(), start=1)
        ),
        Column("test clips", tuple(str(row["clips"]["test"]) if "clips" in row else "" for row in rows), 5),
        Column("clips seen before", of_round("test_clips_met_before"), 6),
        Column("kept epoch", of_round("best_epoch"), 7),
    )
    return ShortTable(
        table.title, columns, about_data(values), ("Clip accuracy: by mean softmax. sd: standard deviation.",)
    )


def genres_on_screen(table: Table) -> ShortTable:
    """F1 of each genre for every row that was run; precision and recall as well where that is one row."""
    values = table.values
    rows, labels = values["rows"], values["columns"]
    # Older tables know the rows by their labels only.
    names = [values.get("column_names", {}).get(label, label) for label in labels]
    columns = [
        Column("genre", tuple(row["label"] for row in rows), is_text=True),
        Column("test clips", tuple(str(row["clips"]) for row in rows), 1),
    ]

    def scores(label: str, name: str) -> tuple[str, ...]:
        found = [row["measured"][label][name] for row in rows]
        return tuple("-" if value is None else percent_text(value) for value in found)

    if len(labels) == 1:
        columns += [Column(head, scores(labels[0], name), 2) for name, head in _SCORES.items()]
        return ShortTable(table.title, tuple(columns), about_data(values), (f"Row {names[0]}.",))
    heads, keys = _short_heads(names)
    columns += [
        Column(head, scores(label, "f1"), place)
        for place, (head, label) in enumerate(zip(heads, labels, strict=True), start=2)
    ]
    return ShortTable(table.title, tuple(columns), about_data(values), ("F1 in percent, by row.", *keys))


def _short_heads(names: list[str]) -> tuple[list[str], list[str]]:
    """Heads of columns, and what they stand for where they are letters."""
    if all(len(name) <= _LONGEST_HEAD for name in names):
        return names, []
    letters = [chr(ord("A") + place) for place in range(len(names))]
    return letters, [f"{'; '.join(f'{letter}: {name}' for letter, name in zip(letters, names, strict=True))}."]


def pairs_on_screen(table: Table) -> ShortTable:
    """Differences of rows from the one that they are compared with."""
    values = table.values
    rows = values["rows"]

    def difference(name: str) -> tuple[str, ...]:
        return tuple(mean_and_interval(row["difference"][name], signed=True) for row in rows)

    # Older tables know the rows by their labels only.
    is_named = "reference_name" in values
    reference = values["reference_name"] if is_named else values["reference"]
    columns = (
        Column(
            "row" if is_named else values["row_header"],
            tuple(row["name"] if is_named else row["label"] for row in rows),
            is_text=True,
        ),
        Column("window accuracy\n(points)", difference("window_accuracy"), 3),
        Column("clip accuracy\n(points)", difference("clip_accuracy_mean_softmax"), 1),
        Column("p\n(clips, Holm)", tuple(_p_value(row["p_holm"]) for row in rows), 2),
        Column("runs", tuple(str(row["runs"]) for row in rows), 4),
        Column("test clips", tuple(str(row["clips"]) for row in rows), 5),
    )
    keys = (
        f"Each row minus {reference}, on the same test clips.",
        interval_key([entry for row in rows for entry in row["difference"].values()]),
        "p: permutation test on clip accuracy, corrected for the number of rows (Holm).",
    )
    recommended = " (recommended)" if values.get("recommended") == values["reference"] else ""
    title = (
        f"{values['paper']}, Table {table.id.removesuffix('_pairs')}, each row compared with {reference}{recommended}"
    )
    return ShortTable(title, columns, about_data(values), keys, needed_keys=2)


def _p_value(value: float) -> str:
    return f"{value:.2f}" if value >= _LEAST_P else f"< {_LEAST_P:g}"


def confusion_on_screen(table: Table) -> ShortTable:
    """The measured matrix in percent of the true genre's clips, or in mean clips, genres numbered; of a published one
    of the same genres, the diagonal."""
    values = table.values
    rows, genres = values["rows"], values["metrics"]
    size = len(str(len(genres)))
    columns = [
        Column("true genre", tuple(f"{place:{size}} {row['label']}" for place, row in enumerate(rows, 1)), is_text=True)
    ]
    cells = [[cell_text(row["measured"][genre]) for row in rows] for genre in genres]
    widest = max((len(cell) for column in cells for cell in column), default=0)
    columns += [Column(str(place), tuple(column), least_width=widest) for place, column in enumerate(cells, start=1)]
    unit = "Mean clips over the runs" if values.get("cells") == MEAN_CLIPS else "Percent of the true genre's clips"
    keys = [f"{unit}; column numbers are predicted genres, numbered as the rows are."]
    if all(row["published"] for row in rows):
        columns.append(Column("published diagonal", tuple(_own_share(row) for row in rows), 1))
    for name, words in (("measured_matrix", "Measured matrix"), ("published_matrix", "Published matrix")):
        # Of a matrix that was published in percent, the number of clips is not known.
        if values[name]["accuracy"] is not None:
            keys.append(f"{words}: {percent_text(values[name]['accuracy'])} % of clips right.")
    return ShortTable(table.title, tuple(columns), about_data(values), (" ".join(keys),), is_matrix=True)


def _own_share(row: dict[str, Any]) -> str:
    return cell_text(row["published"][row["label"]])
