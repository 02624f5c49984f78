"""Rows of tables of results, their numbers as in the tables' JSON files, and the runs that these come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from common.core.spec import build
from common.metrics.clips import ALL_METRIC_NAMES, METRIC_NAMES
from common.paper.overrides import Setting
from common.paper.protocol import UNIT_NAMES
from common.records.divergence import Divergence, epoch_of_rise
from common.records.record import Record
from common.report_page.collect_tables import declared_row
from common.report_page.names import Ids, shown
from common.report_page.payload import ConfusionView, Measured, RowView, RunView
from common.report_page.read import PaperResults, ReadTable
from common.reports.screen.results import data_name
from common.reports.stored import StoredTable
from common.reports.table import FLAGS, Flag
from common.reports.tables.genres import decision_counts, genre_scores
from common.reports.tables.intervals import bounds_text
from common.reports.tables.results import mean_text
from common.reports.text.flag_words import FLAG_WORDS
from common.reports.text.rows import protocol_text

# Flags that depend on a row's own runs, not on the whole table.
_OF_ROWS: tuple[Flag, ...] = ("contaminated", "diverged", "one_seed", "one_seed_in_some_rows")
# Names of curves: those of the values of an epoch in records.
_CURVES = ("loss", "val_loss", "accuracy", "val_accuracy", "learning_rate")
# Significant digits of a number on a curve: a screen shows fewer.
_DIGITS = 5


@dataclass(frozen=True)
class RunNames:
    """What a run is called.

    Args:
        row: name of its row.
        heading: its paper, table and row.
        data: as its tables name it.
    """

    row: str
    heading: str
    data: str


class GenreLists:
    """The lists of genres of the page, each once."""

    def __init__(self) -> None:
        self.every: list[tuple[str, ...]] = []

    def place(self, genres: Sequence[str]) -> int:
        """Place of a list of genres."""
        names = tuple(map(shown, genres))
        if names not in self.every:
            self.every.append(names)
        return self.every.index(names)


def rows_of(
    one: ReadTable, table_id: str, results: PaperResults, places: dict[str, int], genres: GenreLists, ids: Ids
) -> list[RowView]:
    """The rows of a table of results, also those that were not run.

    Args:
        table_id: of the HTML element of the table.
        places: key of each run -> its place on the page.
    """
    values, stored = one.stored.values, one.stored
    found = []
    for row, cells in zip(values["rows"], one.table.rows, strict=True):
        records = [record for run in row["records"] if (record := results.record(one.results, run))]
        keys = [f"{values['paper']}/{one.results.dataset}/{run}" for run in row["records"]]
        flags = _flags(one, row, records, results.diverged.get(one.results.dataset, []))
        counts = _decisions(records)
        name = row.get("name") or row["label"]
        found.append(
            RowView(
                id=ids.new(values["paper"], one.results.dataset, stored.path.stem.removeprefix("table_"), name),
                table=table_id,
                paper=values["paper"],
                table_id=shown(stored.id),
                name=shown(name),
                label=shown(row["label"]),
                heading=row_heading(values["row_header"], row["label"]),
                data=shown(data_name(values)),
                split=stored.setting["split"],
                unit=UNIT_NAMES[stored.setting["unit"]],
                protocol=shown(values["protocol"] or ""),
                flags=flags,
                flag_words=tuple(FLAG_WORDS[flag] for flag in FLAG_WORDS if flag in flags),
                contaminated="contaminated" in flags,
                reduced=bool(stored.reductions) or "other_data" in stored.values["flags"],
                recommended=values.get("recommended") == row["label"],
                metrics=tuple(_published(one, row, cells)),
                others=tuple(_others(stored, row)),
                parameters=row["trainable_parameters"],
                runs=tuple(places[key] for key in keys if key in places),
                confusion=None
                if counts is None
                else ConfusionView(genres.place(records[0].data.genres), tuple(map(tuple, counts.tolist()))),
                scores=()
                if counts is None
                else tuple(
                    (score["precision"], score["recall"], score["f1"], int(tested))
                    for score, tested in zip(genre_scores(counts), counts.sum(axis=1), strict=True)
                ),
            )
        )
    return found


def row_heading(header: str, label: str) -> str:
    """The label of a row; where it has no letter, after the head of its column."""
    return shown(label if any(map(str.isalpha, label)) else f"{header}: {label}")


def _decisions(records: list[Record]) -> Any:
    """Clips of each genre by what they were decided for, over all runs; None where there are none, or the runs have
    different genres."""
    records = [record for record in records if record.clips]
    if not records or len({record.data.genres for record in records}) > 1:
        return None
    return decision_counts(records, len(records[0].data.genres))


def _flags(one: ReadTable, row: dict[str, Any], records: list[Record], diverged: list[Divergence]) -> tuple[Flag, ...]:
    """The flags of a row: those of the table that hold for all its rows, and its own."""
    of_table = one.stored.values["flags"]
    found = {flag for flag in of_table if flag not in _OF_ROWS}
    if records:
        found |= {"contaminated"} if any(record.shared_clips for record in records) else set()
        found |= {"one_seed"} if len({record.seed for record in records}) == 1 else set()
        rose = any(epoch_of_rise(record.history, len(record.data.genres)) is not None for record in records)
    else:
        # Without its records the table is all that is known of a row.
        found |= {"contaminated", "one_seed"} & set(of_table) if row["measured"] else set()
        rose = False
    found |= {"diverged"} if rose or _lost(one, row, diverged) else set()
    return tuple(flag for flag in FLAGS if flag in found)


def _lost(one: ReadTable, row: dict[str, Any], diverged: list[Divergence]) -> bool:
    """Whether a run of a row has no record, because its loss was not finite."""
    declared = declared_row(one, row["label"])
    if declared is None or "diverged" not in one.stored.values["flags"]:
        return False
    setting = build(Setting, one.stored.setting)
    return any((note.row_experiment, note.setting) == (declared.experiment.digest, setting) for note in diverged)


def _published(one: ReadTable, row: dict[str, Any], cells: tuple[str, ...]) -> list[Measured]:
    """The published metrics of a row, with what was measured; texts are the cells of the table."""
    header, found, place = one.table.header, [], 0
    for name in one.stored.values["metrics"]:
        metric = one.stored.values["compared_with"][name]
        measured = row["measured"].get(name)
        place = header.index(f"Published {name.replace('_', ' ')} (%)", place)
        ours = next(number for number in range(place + 1, len(header)) if header[number].startswith("Our "))
        inside = header.index("Published inside interval", ours)
        found.append(
            Measured(
                name=shown(name.replace("_", " ")),
                metric=metric,
                metric_name=ALL_METRIC_NAMES[metric],
                published=row["published"][name],
                **_numbers(measured),
                difference=row["difference"].get(name),
                published_text=cells[place],
                mean_text=cells[ours],
                interval_text=cells[ours + 1],
                inside_text=cells[inside],
                difference_text=cells[inside + 1],
            )
        )
        place = inside
    return found


def _others(stored: StoredTable, row: dict[str, Any]) -> list[Measured]:
    """The accuracies of a row that no published number is compared with."""
    compared = stored.values["compared_with"].values()
    return [
        Measured(
            name=METRIC_NAMES[metric],
            metric=metric,
            metric_name=METRIC_NAMES[metric],
            published=None,
            **_numbers(row["measured"][metric]),
            difference=None,
            published_text="",
            mean_text=mean_text(row["measured"][metric]),
            interval_text=bounds_text(row["measured"][metric]["ci95"]),
            inside_text="",
            difference_text="",
        )
        for metric in METRIC_NAMES
        if row["measured"] and metric not in compared
    ]


def _numbers(measured: dict[str, Any] | None) -> dict[str, Any]:
    """The numbers of a metric as its table's JSON has them."""
    if not measured:
        return {"mean": None, "low": None, "high": None, "runs": 0, "clips": 0}
    low, high = measured["ci95"]
    return {
        "mean": measured["mean"],
        "low": low,
        "high": high,
        "runs": measured["runs"],
        "clips": measured["clips"],
    }


def run_view(key: str, record: Record, names: RunNames, genres: GenreLists) -> RunView:
    """A run with its learning curves."""
    return RunView(
        key=key,
        paper=record.paper,
        dataset=record.setting.dataset,
        data=shown(names.data),
        name=shown(names.row),
        heading=shown(names.heading),
        split=record.setting.split,
        unit=UNIT_NAMES[record.setting.unit],
        protocol=shown(protocol_text(record)),
        seed=record.seed,
        fold=record.fold,
        folds=record.folds,
        best_epoch=record.best_epoch,
        genres=genres.place(record.data.genres),
        curves={
            curve: tuple(_rounded(entry[curve]) for entry in record.history)
            for curve in _CURVES
            if all(curve in entry for entry in record.history)
        },
    )


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
