"""Tables of results under the metric that a study used, which is not an accuracy of all windows."""

from typing import Any

from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.tables import ResultTable
from common.records.record import Record
from common.reports.tables.results import results_table
from common.reports.text.rows import by_row_lines


def legacy_table(paper: Paper, table: ResultTable, setting: Setting, records: list[Record]) -> dict[str, Any] | None:
    """A table of results whose accuracies of single parts are capped as the study's were, see `Paper.legacy_batches`.

    Returns:
        The table as JSON values, its own lines of the caption alone; None where the study did nothing of the kind.
    """
    if not paper.legacy_batches:
        return None
    capped = [_capped(paper, record) for record in records]
    values = results_table(paper, table, setting, capped)
    values["table"] = f"{table.id}_legacy"
    values["title"] = f"{table.title}, with the study's metric"
    own = {row.experiment.digest: row.label for row in table.rows}
    of_rows = {own[record.row_experiment]: record for record in records if record.row_experiment in own}
    caps = {
        label: ", ".join(
            f"{part} {100 * _kept_share(size, record.parts[part].windows):.2f} %"
            for part, size in paper.legacy_batches.items()
        )
        for label, record in of_rows.items()
    }
    values["caption"] = [
        "LEGACY METRIC: the last incomplete batch is left out and the rest divided by all windows, as in the study; "
        "ours is the expected value of that. Weights were chosen by the true accuracy.",
        *by_row_lines("The most that can be reached so", caps, of_rows),
    ]
    return values


def _kept_share(batch: int, windows: int) -> float:
    return windows // batch * batch / windows


def _capped(paper: Paper, record: Record) -> Record:
    """A record with lower accuracies of the parts that were judged in whole batches alone."""
    share = {part: _kept_share(size, record.parts[part].windows) for part, size in paper.legacy_batches.items()}
    history = [
        entry
        | {
            name: entry[name] * share[part]
            for part, name in (("train", "accuracy"), ("valid", "val_accuracy"))
            if part in share
        }
        for entry in record.history
    ]
    metrics = {part: dict(values) for part, values in record.metrics.items()}
    for part in share.keys() & metrics.keys():
        metrics[part]["window_accuracy"] *= share[part]
    return record.replace(history=tuple(history), metrics=metrics)
