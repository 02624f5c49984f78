"""The JSON values that all tables of runs begin with."""

from typing import Any

from common.paper.overrides import Setting
from common.records.record import Record
from common.reports.text.rows import protocol_text


def run_values(paper: str, table_id: str, title: str, setting: Setting, record: Record) -> dict[str, Any]:
    """Id and title of a table, its data, protocol and setting.

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
        "protocol": protocol_text(record),
        "scale": setting.scale,
        "setting": setting.as_json(),
    }
