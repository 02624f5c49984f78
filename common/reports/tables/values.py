"""The JSON values that all tables of runs begin with."""

from typing import Any

from common.paper.overrides import Setting
from common.paper.paper import Paper
from common.paper.tables import ResultTable
from common.records.record import Record
from common.reports.text.rows import protocol_text
from data_pipeline.datasets.recognise import known_dataset


def run_values(paper: str, table_id: str, title: str, setting: Setting, record: Record) -> dict[str, Any]:
    """Id and title of a table, its data, protocol and setting; `known_data` is the well-known data set that the clips
    are from, None where unknown.

    Args:
        paper: key of the paper.
        record: one of the table's runs.
    """
    return {
        "paper": paper,
        "table": table_id,
        "title": title,
        "dataset": setting.dataset,
        "data": record.data.title,
        "data_clips": record.data.clips,
        "known_data": known_dataset(setting.dataset, record.data.genres, [clip.id for clip in record.clips]),
        "protocol": protocol_text(record),
        "scale": setting.scale,
        "setting": setting.as_json(),
    }


def recommended_row(paper: Paper, table: ResultTable) -> str | None:
    """Label of the row with the network that the paper recommends; None where the table has none."""
    if not paper.recommends_default_row:
        return None
    best = paper.default_experiment.digest
    return next((row.label for row in table.rows if row.experiment.digest == best), None)
