"""What the progress of a run prints, and that tables print the same numbers."""

import csv
import io
import json

from common.core.percent import percent_text
from common.reports.formats import as_csv, write_table
from common.runs.progress import ProgressDisplay
from common.runs.runner import RunResult
from common.search.space import format_score
from tests.helpers.se_cnn_records import record, table_of
from tests.helpers.tables import cells_of, row_of

# In percent 10.350877: 10.4, but 10.3 where 10.35 is rounded a second time.
SHARE = 590 / 5700
METRICS = {"window_accuracy": SHARE, "clip_accuracy_mean_softmax": SHARE, "clip_accuracy_majority_vote": SHARE}


def test_progress_and_summaries_of_runs_round_as_tables_do(capsys, tmp_path):
    display = ProgressDisplay(runs=1, finished=0, epochs=1)
    callback = display.begin("5.1 [0], seed 0", epochs=1)
    callback.on_step("building the network")
    assert capsys.readouterr().err == "[1/1] 5.1 [0], seed 0: building the network ...\n"
    callback.on_epoch_end({"epoch": 1, "loss": 2.3, "val_accuracy": SHARE})
    mine = record(metrics={"test": METRICS})
    display.end(callback, RunResult(mine.run_id, mine, trained=True).line)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "[1/1] 5.1 [0], seed 0: epoch 1/1, loss 2.300, validation 10.4 %"
    assert lines[1].startswith("[1/1] 5.1 [0], seed 0: test window accuracy 10.4 % (")
    assert format_score(SHARE, "val_accuracy") == "validation accuracy 10.4 %"
    table = table_of(mine)
    assert cells_of(table, "1,2,3,4,5")["Our window accuracy (%)"] == "10.4"
    columns, *rows = csv.reader(io.StringIO(as_csv(table)))
    assert percent_text(float(dict(zip(columns, rows[-1], strict=True))["window_accuracy_percent"])) == "10.4"
    write_table(tmp_path, "table_5.1", table)
    stored = json.loads((tmp_path / "table_5.1.json").read_text(encoding="utf-8"))["rows"][-1]["measured"]["accuracy"]
    assert stored["mean"] == row_of(table, "1,2,3,4,5")["measured"]["accuracy"]["mean"] == 10.350877
    assert percent_text(stored["mean"]) == "10.4"
