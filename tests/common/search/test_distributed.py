"""Searches as processes: killed on the way and started again; a chief with two workers of which one is killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import reproductions
from common.records.paths import ResultPaths

ROOT = Path(reproductions.__file__).parent.parent
SCRIPT = ROOT / "tests/helpers/tiny_search.py"
_PATIENCE_SECONDS = 240


@pytest.fixture
def start(tiny_arrays, tmp_path):
    running = []

    def begin(out: str, *arguments: str, program: tuple[str, ...] = (str(SCRIPT),)) -> subprocess.Popen:
        data = ("--dataset", "arrays", "--data", str(tiny_arrays), "--cache", str(tmp_path / "cache"))
        with open(tmp_path / f"{out}-{len(running)}.log", "w") as log:
            process = subprocess.Popen(
                [sys.executable, *program, *data, "--out", str(tmp_path / out), *arguments],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        process.log = Path(log.name)
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()


def await_text(process: subprocess.Popen, text: str, *, times: int = 1) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while process.log.read_text().count(text) < times:
        assert process.poll() is None, process.log.read_text()
        assert time.monotonic() < until, process.log.read_text()
        time.sleep(0.2)


def finish(process: subprocess.Popen) -> str:
    assert process.wait(_PATIENCE_SECONDS) == 0, process.log.read_text()
    return process.log.read_text()


def results(tmp_path: Path, out: str) -> tuple[str, list[str], dict[str, int]]:
    """Table, ids of trials that ended, and for each run how often it was trained."""
    paths = ResultPaths.of(tmp_path / out, "se_cnn", "arrays")
    search = paths.search("tiny")
    table = (paths.folder / "table_search_tiny.json").read_text()
    ended = json.loads(search.state.read_text())["ended"]
    # A header, then one line for each trained epoch.
    epochs = {
        path.parent.name: len(path.read_text().splitlines()) - 1 for path in search.folder.glob("work/*/history.csv")
    }
    assert set(epochs) == {path.stem for path in search.runs.glob("*.json")}
    return table, ended, epochs


@pytest.mark.slow
def test_a_killed_search_ends_as_one_that_was_not(start, tmp_path):
    finish(start("whole", "--trials", "8"))
    first = start("killed", "--trials", "8")
    await_text(first, "trial 1: ")
    first.send_signal(signal.SIGKILL)
    first.wait()
    state = ResultPaths.of(tmp_path / "killed", "se_cnn", "arrays").search("tiny").state
    state.write_bytes(state.read_bytes()[:100])
    second = start("killed", "--trials", "8")
    await_text(second, "trial 6: ")
    second.send_signal(signal.SIGKILL)
    second.wait()
    finish(start("killed", "--trials", "8"))
    assert results(tmp_path, "killed") == results(tmp_path, "whole")


@pytest.mark.slow
def test_a_search_that_goes_on_in_new_processes_ends_as_one_that_does_not(start, tmp_path):
    finish(start("whole", "--trials", "5"))
    two_each = "import runpy, common.cli.search as one; one.TRIALS_PER_PROCESS = 2; "
    code = f"{two_each}runpy.run_path({str(SCRIPT)!r}, None, '__main__')"
    renewed = start("renewed", "--trials", "5", "--fresh", program=("-c", code))
    log = finish(renewed)
    assert log.count("continuing in a new process") == 2
    assert "4 trials ended before, 1 to go" in log
    assert results(tmp_path, "renewed") == results(tmp_path, "whole")


@pytest.mark.slow
def test_a_chief_and_two_workers_of_which_one_is_killed(start, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    asked = ("--trials", "12", "--chief", address)
    chief = start("many", *asked, "--role", "chief", "--lease", "15")
    await_text(chief, "waiting for workers")
    workers = [start("many", *asked, "--role", "worker") for _ in range(2)]
    # Its second trial, so that it is killed while it has one.
    await_text(workers[0], " done)", times=2)
    workers[0].send_signal(signal.SIGKILL)
    log = finish(chief)
    finish(workers[1])
    _, ended, epochs = results(tmp_path, "many")
    assert sorted(ended) == [f"{number:02d}" for number in range(12)]
    assert "12/12: trial" in log
    # None was trained twice, not even what the lost worker left behind.
    assert set(epochs.values()) == {2}
    refused = start("many", *asked, "--role", "worker", "--seed", "5")
    assert refused.wait(_PATIENCE_SECONDS) == 1
    assert "no chief answered" in refused.log.read_text().replace("\n", " ")
