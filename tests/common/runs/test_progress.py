"""What the progress of a run prints, and that tables print the same numbers."""

import csv
import io
import json
import re

import pytest
from rich.console import Console

from common.core import console
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
    assert capsys.readouterr().err == "1/1: 5.1 [0], seed 0: building the network ...\n"
    callback.on_epoch_end({"epoch": 1, "loss": 2.3, "val_accuracy": SHARE})
    mine = record(metrics={"test": METRICS})
    display.end(callback, RunResult(mine.run_id, mine, trained=True).line)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "1/1: 5.1 [0], seed 0: epoch 1/1, loss 2.300, validation 10.4 %"
    assert lines[1].startswith("1/1: 5.1 [0], seed 0: test window accuracy 10.4 % (")
    assert format_score(SHARE, "val_accuracy") == "validation 10.4 %"
    table = table_of(mine)
    assert cells_of(table, "1,2,3,4,5")["Our window accuracy (%)"] == "10.4"
    columns, *rows = csv.reader(io.StringIO(as_csv(table)))
    assert percent_text(float(dict(zip(columns, rows[-1], strict=True))["window_accuracy_percent"])) == "10.4"
    write_table(tmp_path, "table_5.1", table)
    stored = json.loads((tmp_path / "table_5.1.json").read_text(encoding="utf-8"))["rows"][-1]["measured"]["accuracy"]
    assert stored["mean"] == row_of(table, "1,2,3,4,5")["measured"]["accuracy"]["mean"] == 10.350877
    assert percent_text(stored["mean"]) == "10.4"


@pytest.fixture
def screen(monkeypatch):
    """The last state of the bars on a terminal of 80 columns."""
    monkeypatch.setattr(console, "messages", Console(file=io.StringIO(), width=80, force_terminal=True))

    def lines(display: ProgressDisplay) -> list[str]:
        seen = io.StringIO()
        Console(file=seen, width=80, force_terminal=True, no_color=True).print(display.bars().get_renderable())
        return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", seen.getvalue()).splitlines()]

    return lines


def test_bars_show_short_names_and_no_number_is_cut_at_80_columns(screen):
    display = ProgressDisplay(runs=30, finished=12, epochs=4500)
    with display:
        name = "5.1 [se-12345], 5.2 [se-12345], 5.3 [se-12345], seed 0, fold 10/10"
        callback = display.begin(name, 150, short="[se-12345]", place="seed 0, fold 10/10")
        callback.on_step("reading training windows")
        assert screen(display)[1].startswith("[se-12345] ")
        assert "seed 0, fold 10/10 reading training windows" in screen(display)[1]
        callback.on_epoch_begin(0, 40)
        callback.on_epoch_end({"epoch": 1, "loss": 12.345, "val_accuracy": 1.0})
        callback.on_epoch_begin(1, 40)
        total, run = screen(display)
    assert total.startswith("runs ")
    assert "12/30 done" in total
    assert "12/30 done, epochs 1/4500, 0:0" in total
    assert "seed 0, fold 10/10 epoch 2/150, loss 12.345, validation 100.0 %" in run


def test_names_in_brackets_are_shown_and_a_finished_bar_shows_no_time_left(screen):
    display = ProgressDisplay(runs=1, finished=0, epochs=1)
    with display:
        callback = display.begin("5.1 [r32], seed 0", 1, short="[r32]", place="seed 0")
        callback.on_epoch_end({"epoch": 1, "loss": 1.0, "val_accuracy": 0.5})
        assert screen(display)[1].startswith("[r32] ")
        display.end(callback, "test window accuracy 50.0 %")
        (total,) = screen(display)
    assert "1/1 done" in total
    # What is left of the line is the bar.
    assert re.fullmatch(r"runs  1/1 done, epochs 1/1, 0:0\d ━{40,}", total)
    assert len(total) == 80


def test_trials_are_counted_by_their_own_numbers_only_and_their_values_come_last(capsys):
    display = ProgressDisplay(runs=30, finished=4, epochs=26, numbered=False)
    callback = display.begin("trial 04", 1, short="trial 04", about="r=8 width=32")
    callback.on_step("building the network")
    display.end(callback, "validation 50.0 %")
    first, last = capsys.readouterr().err.splitlines()
    assert first == "trial 04: building the network ..."
    assert re.fullmatch(r"trial 04: validation 50\.0 % \(\d+ s, 5/30 done\), r=8 width=32", last)


def test_a_search_counts_trials(screen):
    display = ProgressDisplay(runs=30, finished=4, epochs=26, numbered=False, things="trials")
    with display:
        (total,) = screen(display)
    assert total.startswith("trials  4/30 done, epochs 0/26, 0:00")


def test_the_time_left_counts_epochs_by_what_they_cost(monkeypatch, screen):
    """Two runs of one epoch, of which the second takes nine times as long."""
    now = [0.0]
    made = console.new_bars
    monkeypatch.setattr("common.runs.progress.new_bars", lambda *columns, **more: _at(made(*columns, **more), now))
    display = ProgressDisplay(runs=2, finished=0, epochs=3, costs={"small": 2, "large": 18}, work=22)
    with display:
        small = display.begin("small", 2)
        for epoch in (1, 2):
            now[0] += 10
            small.on_epoch_end({"epoch": epoch, "loss": 1.0, "val_accuracy": 0.5})
        display.end(small, "")
        (total,) = screen(display)
    # Of equal cost, 10 s would be left.
    assert "1/2 done, epochs 2/3, 0:20, 1:30 left" in total


def test_no_time_left_is_shown_where_costs_are_not_known(screen):
    display = ProgressDisplay(runs=2, finished=0, epochs=3, work=None)
    with display:
        run = display.begin("one", 2)
        for epoch in (1, 2):
            run.on_epoch_end({"epoch": epoch, "loss": 1.0, "val_accuracy": 0.5})
        total = screen(display)[0]
    assert "epochs 2/3, 0:00" in total
    assert "left" not in total


def test_the_bar_of_a_run_is_of_all_its_epochs(screen):
    display = ProgressDisplay(runs=1, finished=0, epochs=4)
    with display:
        run = display.begin("one", 4)
        run.on_epoch_begin(2, 10)
        run.batches(5)
        (task,) = [task for task in display.bars().tasks if task.id == run.task]
        assert (task.completed, task.total) == (25, 40)


def _at(bars, now: list[float]):
    """The bars, which take the time from a list."""
    bars.get_time = lambda: now[0]
    return bars
