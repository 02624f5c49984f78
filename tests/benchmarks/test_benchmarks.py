"""The benchmarks measure what they claim to, at sizes that take seconds; no speed is tested here."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from benchmarks import (
    accumulation,
    accumulation_child,
    harness,
    log_mel,
    memory,
    memory_child,
    recurrent,
    report_page,
    searching,
    starting,
    streaming,
    synthetic,
    training_step,
)
from benchmarks.__main__ import BENCHMARKS, summary
from common.core.errors import BudgetError, DataError, RunError
from data_pipeline.cache.shards import read_index
from data_pipeline.windows.reader import WindowReader
from tests.helpers.small_results import write_small_results

SPIN = "import time; ends = time.perf_counter() + 0.5\nwhile time.perf_counter() < ends: pass"


def require_structure(result, *, rounds, peers, ratios):
    assert set(result.values) == peers
    assert set(result.ratios) == ratios
    for figures in (*result.values.values(), *result.ratios.values()):
        assert len(figures) == rounds
        assert all(np.isfinite(figure) and figure > 0 for figure in figures)
    assert result.requirements
    # What is written can be read, and holds all that a reader needs to interpret the figures.
    values = json.loads(json.dumps(result.as_json(), allow_nan=False))
    assert values["settings"]["rounds"] == rounds
    assert values["versions"]["numpy"] == np.__version__
    assert values["machine"]["cores"] >= 1
    return values


def test_searching():
    result = searching.measure(trials=9, window=2, early=7)
    values = require_structure(
        result,
        rounds=2,
        peers={"trials around 7", "trials up to 9"},
        ratios={"trials up to 9 / trials around 7"},
    )
    assert values["settings"]["surrogate_trials"] == 64


def test_report_page(tmp_path):
    write_small_results(tmp_path / "committed")
    # All eleven networks of SE-CNN with four seeds, and four of them again with two epochs.
    result = report_page.measure(
        tmp_path, records=60, rounds=1, page=tmp_path / "kept.html", committed=tmp_path / "committed"
    )
    require_structure(result, rounds=1, peers={report_page.COMMITTED, report_page.GENERATED}, ratios=set())
    assert result.facts["generated records: runs"] == 60
    # The recommended network is a row of each of three tables.
    assert result.facts["generated records: rows"] == 13 + 4
    assert result.facts["committed results: runs"] == 3
    assert result.facts["generated records: MB"] == (tmp_path / "kept.html").stat().st_size / 1e6


@pytest.mark.slow
def test_starting():
    result = starting.measure(rounds=1)
    names = {started.name for started in starting.COMMANDS}
    values = require_structure(result, rounds=1, peers=names, ratios=set())
    assert len(values["requirements"]) == len(names)


def test_starting_refuses_a_command_that_ends_otherwise():
    wrong = starting.Started("python", ("-c", "raise SystemExit(3)"), 1.0)
    with pytest.raises(RunError, match="python: ended with exit code 3, expected 0"):
        starting._processor_seconds(wrong)


def test_log_mel():
    result = log_mel.measure(repeats=1, rounds=2)
    require_structure(result, rounds=2, peers={"Encore", "librosa"}, ratios={"librosa / Encore"})
    assert result.requirements[1].holds, "the features differ by more than they may"


@pytest.mark.slow
def test_streaming(tmp_path):
    result = streaming.measure(tmp_path, size_bytes=1 << 20, windows=50, rounds=2, bins=33)
    values = require_structure(
        result,
        rounds=2,
        peers={"stream", "npy files", "generator"},
        ratios={"npy files / stream", "generator / stream"},
    )
    assert values["settings"]["shard_bytes"] >= 1 << 20
    assert values["requirements"][0]["requirement"] == "at least 1.3"
    assert values["requirements"][0]["measured"] == min(ratio["median"] for ratio in values["ratios"].values())


def test_streaming_refuses_a_peer_that_delivers_other_windows():
    order = np.arange(3)
    windows = np.random.default_rng(0).random((3, 4, 5), np.float32)
    feeds = {"stream": lambda order: [(windows, order)], "other": lambda order: [(windows[::-1], order)]}
    with pytest.raises(AssertionError):
        streaming._require_equal(feeds, order)


@pytest.mark.slow
def test_training_step(tmp_path):
    result = training_step.measure(
        tmp_path, bins=32, frames=32, steps=2, rounds=2, batch_windows=4, widths=(4, 4, 4, 4, 4)
    )
    values = require_structure(
        result,
        rounds=2,
        peers={"stream", "array", "array again"},
        ratios={"stream / array", "array again / array", "stream / array, processor time"},
    )
    assert [entry["requirement"] for entry in values["requirements"]] == ["at most 1.05"] * 2
    assert values["requirements"][1]["measured"] >= 1, "the control counts a difference in either direction"


@pytest.mark.slow
def test_memory_child_streams_every_window_and_trains(tmp_path):
    index = synthetic.write_shards(tmp_path / "cache", size_bytes=300_000, bins=32)
    report = memory_child.consume(
        cache=str(tmp_path / "cache"), work=str(tmp_path / "work"), frames=32, limit_bytes=1 << 40, steps=1
    )
    assert report["windows"] == len(index.tracks) * (synthetic.TRACK_FRAMES // 32)
    assert report["peak_bytes"] > 1 << 20
    assert len((tmp_path / "work" / "history.csv").read_text().splitlines()) == 1 + memory_child.EPOCHS


def test_accumulation(monkeypatch):
    """A variant that runs out of memory is left out and named; with nothing to compare, the benchmark fails."""

    def pretend(task):
        if task["precision"] == "float32" and task["windows"] == 80:
            return None
        return {"peak_bytes": (1 + task["windows"]) << 20, "before_bytes": 1}

    monkeypatch.setattr(accumulation, "in_process_of_its_own", pretend)
    result = accumulation.measure(precisions=["mixed_bfloat16", "float32"], updates=1, rounds=2)
    ways = {f"{precision}, {way}" for precision in ("mixed_bfloat16", "float32") for way in accumulation.WAYS}
    values = require_structure(
        result,
        rounds=2,
        peers=ways - {"float32, batch of 80"},
        ratios={"mixed_bfloat16, 8 batches of 10 / batch of 80"},
    )
    assert values["settings"]["ended_for_lack_of_memory"] == ["float32, batch of 80"]
    assert values["requirements"][0]["measured"] == pytest.approx(11 / 81)
    with pytest.raises(RunError, match="float32, batch of 80"):
        accumulation.measure(precisions=["float32"], updates=1, rounds=1)


@pytest.mark.slow
def test_accumulation_child_makes_updates():
    task = {"paper": "crnn", "row": recurrent.ROW, "shape": [8, 4], "windows": 2, "batches": 2, "updates": 1}
    report = accumulation_child.consume(**task, precision="float32")
    assert report["peak_bytes"] >= report["before_bytes"] > 1 << 20


def test_recurrent(monkeypatch):
    def pretend(task):
        gigabytes = {("float32", 1): 8, ("float32", 4): 3, ("mixed_bfloat16", 1): 5, ("mixed_bfloat16", 4): 2}
        assert task["windows"] * task["batches"] == 16
        return {"peak_bytes": gigabytes[task["precision"], task["batches"]] << 30, "before_bytes": 1}

    monkeypatch.setattr(recurrent, "in_process_of_its_own", pretend)
    result = recurrent.measure(updates=1, rounds=2)
    ways = {f"{precision}, {way}" for precision in recurrent.PRECISIONS for way in recurrent.WAYS}
    values = require_structure(
        result, rounds=2, peers=ways, ratios={f"{p}, 4 batches of 4 / batch of 16" for p in recurrent.PRECISIONS}
    )
    assert values["requirements"][0]["measured"] == 3
    assert result.holds
    monkeypatch.setattr(recurrent, "in_process_of_its_own", lambda task: None)
    with pytest.raises(RunError, match="batch of 16: the system ended"):
        recurrent.measure(updates=1, rounds=1)


def test_memory(tmp_path, monkeypatch):
    report = {"peak_bytes": 1 << 30, "windows": 7, "batch_windows": 32, "widths": [16], "epochs": 2}
    tasks = []

    def pretend(task):
        tasks.append(task)
        return {**report, "peak_bytes": report["peak_bytes"] * (2 if task["cache"].endswith("large") else 1)}

    monkeypatch.setattr(memory, "in_process_of_its_own", pretend)
    sizes = {"small": 1 << 18, "large": 1 << 20}
    result = memory.measure(tmp_path, sizes=sizes, limit_bytes=1 << 30, steps=1, rounds=2, bins=32, frames=32)
    require_structure(result, rounds=2, peers={"small", "large"}, ratios={"large / small"})
    assert result.ratios["large / small"] == [2, 2]
    assert not result.holds
    assert [task["cache"].rsplit("/")[-1] for task in tasks] == ["small", "large"] * 2
    assert len({task["work"] for task in tasks}) == 4, "a training would resume from another's checkpoint"


@pytest.mark.slow
def test_memory_in_processes_of_their_own(tmp_path):
    sizes = {"small": 1 << 18, "large": 1 << 20}
    result = memory.measure(tmp_path, sizes=sizes, limit_bytes=1 << 40, steps=1, rounds=1, bins=32, frames=32)
    assert all(100 < peak < 100_000 for peaks in result.values.values() for peak in peaks)
    with pytest.raises(BudgetError, match="memory limit"):
        memory.measure(tmp_path / "again", sizes=sizes, limit_bytes=1, steps=1, rounds=1, bins=32, frames=32)


def test_synthetic_shards_are_a_finished_cache(tmp_path):
    written = synthetic.write_shards(tmp_path / "cache", size_bytes=70 << 20, bins=513)
    index = read_index(tmp_path / "cache")
    assert index.shards == written.shards
    assert len(index.shards) == 3
    assert index.size_bytes >= 70 << 20
    windows = synthetic.disjoint_windows(index, 128)
    with WindowReader(index, windows) as reader:
        first_of_each_shard = [0, *np.flatnonzero(np.diff(reader._shards)) + 1]
        values = reader.read(np.array(first_of_each_shard))
    assert len({window.tobytes() for window in values}) == 3, "shards repeat each other"


def test_too_little_free_space_is_one_clear_error(tmp_path):
    with (
        pytest.raises(DataError, match=r"needs .* GB of free space, found .* --folder"),
        synthetic.scratch(tmp_path, 1 << 60),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_scratch_is_removed(tmp_path):
    def interrupted():
        with synthetic.scratch(tmp_path, 1) as place:
            (place / "file").write_bytes(b"1")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not list(tmp_path.iterdir())


def test_peers_take_turns_and_the_first_round_does_not_count():
    calls = []
    peers = {name: lambda number, name=name: calls.append((name, number)) for name in "AB"}
    timing = harness.interleave(peers, 2)
    assert calls == [("A", 0), ("B", 0), ("A", 1), ("B", 1), ("A", 2), ("B", 2)]
    for measured in (timing.seconds, timing.processor_seconds):
        assert {name: len(values) for name, values in measured.items()} == {"A": 2, "B": 2}


def test_work_of_other_processes_is_distinguished_from_our_own(monkeypatch):
    def spin(number):
        ends = time.perf_counter() + 0.2
        while time.perf_counter() < ends:
            pass

    for cores in (0.0, 0.7):
        monkeypatch.setattr(
            harness, "_busy_seconds", lambda cores=cores: time.process_time() + cores * time.perf_counter()
        )
        assert harness.interleave({"spin": spin}, 1).other_cores == pytest.approx(cores, abs=0.05)


def test_another_process_makes_the_system_busy():
    before = harness._busy_seconds()
    subprocess.run([sys.executable, "-c", SPIN], check=True)
    assert 0.3 < harness._busy_seconds() - before < 60 * os.cpu_count()


def test_a_peer_may_return_its_own_time():
    timing = harness.interleave({"own": lambda number: 10.0 + number, "whole call": lambda number: None}, 2)
    assert timing.seconds["own"] == [11.0, 12.0]
    assert max(timing.seconds["whole call"]) < 10


def test_closing_a_stream_is_not_part_of_its_time():
    def feed(order):
        yield np.zeros((len(order), 1)), order
        time.sleep(0.3)

    assert streaming._drain(feed, np.arange(3)) < 0.2
    with pytest.raises(AssertionError, match="3 windows were delivered, expected 4"):
        streaming._drain(lambda order: feed(order[:3]), np.arange(4))


def test_a_busy_machine_is_warned_of(tmp_path, capsys):
    requirement = harness.Requirement("theirs / ours", "at least", 1.3, 2.0)
    for cores, warned in ((0.0, False), (1.5, True)):
        facts = {harness.OTHER_CORES: cores}
        result = harness.Result("name", "", "s", {"a": [1.0]}, {"r": [1.0]}, (requirement,), {}, facts)
        harness.finish(result, tmp_path)
        assert ("1.50 cores busy" in capsys.readouterr().err) is warned


@pytest.mark.parametrize(
    ("bound", "measured", "holds"),
    [("at least", 1.3, True), ("at least", 1.29, False), ("at most", 1.3, True), ("at most", 1.31, False)],
)
def test_the_exit_code_depends_on_the_requirement(tmp_path, capsys, bound, measured, holds):
    requirement = harness.Requirement("theirs / ours", bound, 1.3, measured)
    result = harness.Result("name", "Title", "s", {"ours": [1.0, 3.0, 2.0]}, {"r": [1.0]}, (requirement,), {})
    assert harness.finish(result, tmp_path) == (0 if holds else 1)
    written = json.loads((tmp_path / "name.json").read_text())
    assert written["holds"] is holds
    assert written["values"]["ours"] == {"median": 2.0, "min": 1.0, "max": 3.0, "rounds": [1.0, 3.0, 2.0]}
    assert f"{bound} 1.3" in capsys.readouterr().out


def test_the_summary_names_what_could_not_be_measured(tmp_path):
    requirement = harness.Requirement("theirs / ours", "at least", 1.3, 2.0)
    harness.finish(harness.Result("log_mel", "", "s", {"a": [1.0]}, {"r": [1.0]}, (requirement,), {}), tmp_path)
    table = summary({"log_mel": 0, "memory": 2}, tmp_path)
    cells = [list(column.cells) for column in table.columns]
    assert cells[0] == ["log_mel", "memory"]
    assert cells[1] == ["theirs / ours", "not measured (exit code 2)"]
    assert cells[4] == ["yes", "no"]
    assert set(BENCHMARKS) == {
        "log_mel",
        "extraction",
        "streaming",
        "training_step",
        "memory",
        "accumulation",
        "recurrent",
        "embeddings",
        "searching",
        "starting",
        "report_page",
        "endurance_runs",
        "endurance_trials",
        "endurance_epochs",
        "presses",
        "kills",
    }
