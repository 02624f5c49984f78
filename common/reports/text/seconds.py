"""How long an epoch took: the mean of a row's runs, and what it was measured on."""

import math
from collections.abc import Sequence

from common.core.words import counted
from common.paper.tables import ResultTable
from common.records.machines import machine_summary
from common.records.record import Record
from common.reports.table import Note
from common.reports.text.rows import by_row_notes

_MILLISECONDS = 3


def mean_epoch_seconds(records: Sequence[Record]) -> float | None:
    """Mean seconds of an epoch over the runs of a row; None where no run has noted them.

    The first epoch of a run is left out, because it includes building the network's graph, unless it is the only one.
    """
    of_runs = []
    for record in records:
        seconds = [entry["seconds"] for entry in record.history[1:] or record.history if "seconds" in entry]
        of_runs += [math.fsum(seconds) / len(seconds)] if seconds else []
    return round(math.fsum(of_runs) / len(of_runs), _MILLISECONDS) if of_runs else None


def seconds_notes(table: ResultTable, of_rows: dict[str, list[Record]]) -> list[Note]:
    """What the seconds per epoch of a table are, and on which machines they were measured; none for tables without.

    Args:
        of_rows: name of each row that was run -> its records.
    """
    if table.seconds_per_epoch is None:
        return []
    of_rows = {name: mine for name, mine in of_rows.items() if mean_epoch_seconds(mine) is not None}
    heading = (
        "Seconds per epoch: training and validation, mean over the epochs after the first of each run, or its only one"
    )
    if table.seconds_per_epoch:
        heading += "; the published ones are of another machine, so no difference is shown"
    texts = {name: " and ".join(sorted(set(map(_machine, mine)))) for name, mine in of_rows.items()}
    return by_row_notes("machines", f"{heading}. Ours are of", texts, of_rows)


def _machine(record: Record) -> str:
    threads = record.machine.get("threads")
    summary = machine_summary(record.machine, record.versions)
    return f"{summary}, {counted(threads, 'thread')}" if isinstance(threads, int) else summary
