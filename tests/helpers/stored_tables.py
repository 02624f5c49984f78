"""Tables as they lie on disk, written without regenerating."""

from pathlib import Path

from common.paper.overrides import Setting
from common.records.paths import ResultPaths, file_stem
from common.records.record import Record
from common.reports.formats import write_table
from common.reports.tables.results import results_table
from reproductions.se_cnn.paper import PAPER
from tests.helpers.se_cnn_records import SETTING, record


def run_of(row: int = -1, *, setting: Setting = SETTING, **changes) -> Record:
    """A run of a row of table 5.1, whose id tells its setting, seed and correct clips."""
    number = f"{setting.digest[:6]}{row % 6}{changes.get('seed', 0)}{changes.get('correct', 232)}"
    return record(row, setting=setting, **{"run_id": number, **changes})


def write_stored(out: Path, *runs: Record, table: str = "5.1") -> Path:
    """Write the table of runs of one setting below a results folder; returns its JSON file."""
    setting = runs[0].setting
    results = ResultPaths.of(out, "se_cnn", setting.dataset)
    stem = file_stem("table", table, setting, PAPER)
    made = results_table(PAPER, PAPER.table(table), setting, list(runs))
    return write_table(results.folder, stem, made)[-1]
