"""How the benchmark of interrupted and killed commands judges what it sees, with commands that take no training."""

import json
import random
import signal
from collections import Counter

import pytest

from benchmarks import kills
from benchmarks.kills import CLEAN, Ended, end_of_press, killed_and_repeated, results_of, run
from common.core.errors import RunError

_COMMAND = """
import json, sys, time
from pathlib import Path
from common.core.interrupts import end_on_signals
end_on_signals()
started = Path("started")
again = started.exists()
started.touch()
runs = Path("out/se_cnn/folder_music/runs")
runs.mkdir(parents=True, exist_ok=True)
values = {"metrics": 0.5, "finished_at": time.time(), "history": [{"loss": 1.0, "seconds": 2.0}]}
"""
_FINISH = '(runs / "ab.json").write_text(json.dumps(values))\n'
_WAIT = "if not again: time.sleep(60)\n"


@pytest.fixture
def ended(tmp_path, monkeypatch):
    """Run code as a command, and send it a signal when it has begun."""

    def of(code: str, sent: signal.Signals | None = signal.SIGINT) -> Ended:
        monkeypatch.setitem(kills.COMMANDS, "tiny", ("-c", _COMMAND + code))
        return run("tiny", tmp_path, sent, 1.5)

    return of


def test_a_command_that_ends_as_it_should_is_clean(ended):
    assert end_of_press(ended(_WAIT)) == CLEAN


def test_a_command_that_ended_before_is_not_counted(ended):
    assert end_of_press(ended("")) == kills.OVER


@pytest.mark.slow
def test_a_command_that_goes_on_after_a_signal_is_ended_and_named(ended, monkeypatch):
    monkeypatch.setattr(kills, "_LOST_SECONDS", 1)
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + _WAIT
    assert end_of_press(ended(ignoring)) == "went on"


def test_a_process_that_a_command_leaves_behind_is_ended_and_counted(ended, monkeypatch):
    monkeypatch.setattr(kills, "_ALONE_SECONDS", 0.5)
    child = "import signal, subprocess; signal.signal(signal.SIGTERM, signal.SIG_DFL)\n"
    child += "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n" + _WAIT
    assert ended(child, signal.SIGTERM).orphans == 1


@pytest.mark.parametrize(
    ("code", "lines", "seconds", "orphans", "end"),
    [
        (130, ["training ...", "interrupted: kept"], 1.0, 0, CLEAN),
        (130, ["interrupted: kept"], 5.1, 0, "too late"),
        (130, ["interrupted: kept"], 1.0, 1, "processes left"),
        (130, ["interrupted: kept", "interrupted"], 1.0, 0, "other lines than one"),
        (130, ["interrupted", "There appear to be 6 leaked semaphore objects"], 1.0, 0, "other lines than one"),
        (-2, ["Traceback (most recent call last):"], 1.0, 0, "a traceback"),
        (1, ["1/2: FAILED: SystemError: ...", "interrupted"], 1.0, 0, "a failed run"),
        (143, ["interrupted"], 1.0, 0, "exit code 143"),
        (0, ["written to: out"], 1.0, 0, "went on"),
    ],
)
def test_each_end_of_a_press_has_a_name(code, lines, seconds, orphans, end):
    assert end_of_press(Ended(code, lines, seconds, True, orphans)) == end


def test_signals_that_come_too_late_are_replaced_and_too_many_of_them_are_an_error():
    ends = Counter()
    moments = kills._moments(random.Random(0), {"short": 1.0, "long": 9.0}, 3, ends)
    sent = []
    for name, moment in moments:
        sent.append(name)
        assert 0.5 <= moment <= {"short": 1.0, "long": 9.0}[name]
        ends[kills.OVER if name == "short" else CLEAN] += 1
    assert sent == ["short", "long"] * 3
    with pytest.raises(RunError, match="7 of 9 commands ended before their usual time"):
        next(kills._moments(random.Random(0), {"short": 1.0}, 3, Counter({kills.OVER: 7, CLEAN: 2})))


@pytest.mark.parametrize(
    ("code", "faults"),
    [
        (_WAIT + _FINISH, []),
        (_WAIT + "values['metrics'] = time.time()\n" + _FINISH, ["other results"]),
        (_FINISH + _WAIT, ["a finished run was trained again"]),
        (_WAIT + "Path('out/.ab.json.x1.tmp').touch()\n" + _FINISH, ["temporary files left"]),
        (
            "h = Path('out/work/ab/history.csv'); h.parent.mkdir(parents=True, exist_ok=True)\n"
            "h.write_text('epoch,seconds\\n1,7.5\\n')\n" + _WAIT + _FINISH,
            ["a finished epoch was trained again"],
        ),
        (_WAIT + "sys.exit(3)", ["repeated: exit code 3"]),
    ],
)
def test_after_a_kill_what_differs_from_a_command_that_nobody_ended_is_named(tmp_path, monkeypatch, code, faults):
    monkeypatch.setitem(kills.COMMANDS, "tiny", ("-c", _COMMAND + code))
    whole = tmp_path / "whole" / "out" / "se_cnn" / "folder_music" / "runs"
    whole.mkdir(parents=True)
    record = {"metrics": 0.5, "finished_at": 0, "history": [{"loss": 1.0, "seconds": 9.0}]}
    (whole / "ab.json").write_text(json.dumps(record))
    folder = tmp_path / "killed"
    folder.mkdir()
    assert killed_and_repeated("tiny", folder, "SIGKILL", 1.5, results_of(tmp_path / "whole")) == (True, faults)
