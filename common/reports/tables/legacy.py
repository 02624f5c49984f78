"""Tables of results with the metric that a study computed, which is not the accuracy over all windows."""

from dataclasses import replace

from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.tables import ResultTable
from common.records.record import Record
from common.reports.table import Note, Table
from common.reports.tables.results import results_table
from common.reports.text.rows import by_row_notes


def legacy_table(paper: Paper, table: ResultTable, setting: Setting, records: list[Record]) -> Table | None:
    """A table of results whose accuracies of single parts are capped as the study's were, see `Paper.legacy_batches`.

    Returns:
        The table with its own notes only; None where the study computed its metric correctly.
    """
    if not paper.legacy_batches:
        return None
    capped = [_capped(paper, record) for record in records]
    found = results_table(paper, table, setting, capped)
    own = {row.experiment.digest: row.label for row in table.rows}
    of_rows = {own[record.row_experiment]: record for record in records if record.row_experiment in own}
    caps = {
        label: ", ".join(
            f"{part} {100 * _kept_share(size, record.parts[part].windows):.2f} %"
            for part, size in paper.legacy_batches.items()
        )
        for label, record in of_rows.items()
    }
    values = found.values | {"table": f"{table.id}_legacy", "title": f"{table.title}, with the study's metric"}
    notes = [
        Note(
            "legacy_metric",
            "LEGACY METRIC: as in the study, the last incomplete batch is left out, but the number of correct windows "
            "is divided by the number of all windows; ours is the expected value of this. Weights were chosen by the "
            "true accuracy.",
        ),
        *by_row_notes("legacy_metric", "The highest value that this metric can take", caps, of_rows),
    ]
    return replace(found, values=values, notes=tuple(notes), warnings=())


def _kept_share(batch: int, windows: int) -> float:
    return windows // batch * batch / windows


def _capped(paper: Paper, record: Record) -> Record:
    """A record with lower accuracies of the parts that were evaluated in whole batches only."""
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
