"""Carrying out runs: one failure does not stop the others, `--fresh`, and records that workers return."""

import dataclasses
import errno
import functools
import os
import shutil
import signal
from types import SimpleNamespace

import numpy as np
import pytest

from common.core import interrupts
from common.core.errors import BudgetError, DataError, RunError
from common.core.interrupts import Interrupted
from common.core.leftovers import temporary_path
from common.core.locks import lock
from common.records.paths import ResultPaths, RunPaths
from common.records.record import read_record, write_record
from common.runs import evaluate, runner
from common.runs.options import Options
from common.runs.plan import Plan, plan
from common.runs.runner import Job, execute
from common.training import memory
from common.training.memory import MemoryLimit
from common.training.weights import digest_of_weights
from reproductions.se_cnn.paper import PAPER
from tests.helpers.se_cnn_records import record as se_cnn_record
from tests.helpers.se_cnn_runs import options_of_row

pytestmark = pytest.mark.usefixtures("kept_models")


class StubPlan(SimpleNamespace):
    """A plan of which only the place of its results is used."""

    results = Plan.results


@pytest.fixture
def stub_plan():
    return StubPlan(paper=PAPER, setting=SimpleNamespace(dataset="arrays"))


@pytest.fixture
def options(tiny_arrays, tmp_path):
    return functools.partial(options_of_row, tiny_arrays, tmp_path)


def test_one_failed_run_keeps_the_others(monkeypatch, tiny_arrays, tmp_path):
    options = Options(
        dataset="arrays", data=tiny_arrays, tables=("5.1",), rows=("0", "5"), seeds=1, epochs=1,
        cache=tmp_path / "cache", out=tmp_path / "out",
    )  # fmt: skip
    train = runner.train_and_evaluate

    def fail_first(work, planned, *arguments):
        if "table 5.1, se-0" in planned.labels:
            raise RunError("the loss is not finite in epoch 1")
        return train(work, planned, *arguments)

    monkeypatch.setattr(runner, "train_and_evaluate", fail_first)
    outcome = execute(plan(PAPER, options), options)
    assert outcome.trained == 1
    assert len(outcome.failed) == 1
    assert "table 5.1, se-0" in outcome.failed[0]
    assert len(list((tmp_path / "out" / "se_cnn" / "arrays" / "runs").glob("*.json"))) == 1


def failing(monkeypatch, error: Exception) -> None:
    def fail(*_):
        raise error

    monkeypatch.setattr(runner, "train_and_evaluate", fail)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE])
def test_a_failure_of_the_disk_stops_the_command_and_is_named_itself(options, monkeypatch, code):
    chosen = options()
    failing(monkeypatch, OSError(code, os.strerror(code), "/the/file"))
    with pytest.raises(
        DataError, match=rf"^/the/file: cannot be read or written \({os.strerror(code)}\)\. .* are kept\.$"
    ):
        execute(plan(PAPER, chosen), chosen)
    assert list(chosen.out.rglob("error.txt")) == []


def test_another_failure_of_a_file_is_that_of_one_run(options, monkeypatch):
    chosen = options()
    failing(monkeypatch, FileExistsError(errno.EEXIST, "File exists", "/the/file"))
    outcome = execute(plan(PAPER, chosen), chosen)
    (path,) = chosen.out.rglob("error.txt")
    assert outcome.failed[0].endswith(f"FileExistsError: [Errno 17] File exists: '/the/file' (see {path})")
    assert path.read_text().startswith("Traceback (most recent call last):")


def test_a_failure_whose_traceback_cannot_be_kept_is_named_before_the_reason_for_that(options, monkeypatch):
    chosen = options()
    work = plan(PAPER, chosen)
    failing(monkeypatch, ValueError("the network is broken\nsecond line"))
    work.results(chosen.out).work(work.runs[0].run.id).error.mkdir(parents=True)
    with pytest.raises(
        DataError,
        match=r"^ValueError: the network is broken\. Its traceback could not be kept: \S+error\.txt: cannot be written",
    ):
        execute(work, chosen)


def test_a_run_that_exceeds_the_memory_limit_in_its_evaluation_keeps_its_record(options, monkeypatch):
    chosen = options(memory_limit=MemoryLimit(1 << 50))
    work = plan(PAPER, chosen)
    (planned,) = work.runs
    aggregate = evaluate.aggregate_windows

    def take_much(*arguments, **named):
        monkeypatch.setattr(memory, "peak_resident_bytes", lambda: (1 << 50) + 1)
        return aggregate(*arguments, **named)

    monkeypatch.setattr(evaluate, "aggregate_windows", take_much)
    with pytest.raises(BudgetError, match=r"after evaluation the process peaked .* This run's record is written"):
        execute(work, chosen)
    assert read_record(work.results(chosen.out).record(planned.run.id)).metrics["test"]
    monkeypatch.undo()
    summary = execute(plan(PAPER, chosen), chosen)
    assert (summary.trained, summary.finished_before) == (0, 1)


def test_a_record_holds_mean_and_deviation_of_the_training_windows(options):
    work = plan(PAPER, options())
    (planned,) = work.runs
    execute(work, options())
    record = read_record(work.results(options().out).record(planned.run.id))
    reader = plan(PAPER, options()).runs[0].reader
    windows = reader.index.feature.storage.decode(reader.read(np.sort(planned.run.fold.train)))
    expected = windows.mean(dtype=np.float64), windows.std(dtype=np.float64)
    assert (record.input_mean, record.input_deviation) == pytest.approx(expected, rel=1e-9)
    reader.close()


def test_each_part_of_a_run_is_named_when_it_begins(options, capsys):
    work = plan(PAPER, options())
    (planned,) = work.runs
    capsys.readouterr()
    execute(work, options())
    lines = capsys.readouterr().err.splitlines()
    begins = f"1/1: {planned.name}: "
    assert all(line.startswith(begins) for line in lines)
    parts = [line.removeprefix(begins) for line in lines]
    valid, test = len(planned.run.fold.valid), len(planned.run.fold.test)
    assert parts[:3] == ["building the network ...", "reading training windows ...", "training, at most 1 epoch ..."]
    assert parts[3].startswith("epoch 1/1, loss ")
    assert parts[4:6] == [f"validating on {valid} windows ...", f"testing on {test} windows ..."]
    assert parts[6].startswith("test window accuracy ")
    assert len(parts) == 7


def test_fresh_removes_a_run_once_per_command(stub_plan, tmp_path):
    """Otherwise a worker that takes over a run of `--fresh` would start it over."""
    planned = SimpleNamespace(run=SimpleNamespace(id="r"))
    job = Job(stub_plan, Options(out=tmp_path, fresh=True), "first command")
    paths = ResultPaths.of(tmp_path, "se_cnn", "arrays")
    checkpoint, record = paths.work("r").checkpoint, paths.record("r")
    for file in (checkpoint, record):
        file.parent.mkdir(parents=True)
        file.touch()
    job.forget_once(planned)
    assert not checkpoint.exists()
    assert not record.exists()
    checkpoint.touch()
    job.forget_once(planned)
    assert checkpoint.exists()
    Job(stub_plan, job.options, "second command").forget_once(planned)
    assert not checkpoint.exists()


def test_a_run_removes_what_killed_processes_left_in_its_folder_once_it_has_the_lock(stub_plan, tmp_path):
    planned = SimpleNamespace(run=SimpleNamespace(id="r"))
    job = Job(stub_plan, Options(out=tmp_path), "a command")
    checkpoint = job.paths.work("r").checkpoint
    left = [temporary_path(checkpoint), temporary_path(job.paths.work("r").best_weights, ".weights.h5")]
    checkpoint.parent.mkdir(parents=True)
    for file in (checkpoint, *left):
        file.write_bytes(b"x")
    with lock(job.paths.work_lock("r"), flag="--out"), runner.claim(job, planned) as is_mine:
        assert not is_mine
        assert all(file.exists() for file in left)
    with runner.claim(job, planned) as is_mine:
        assert is_mine
        assert list(checkpoint.parent.iterdir()) == [checkpoint]


def test_old_temporary_records_are_removed_and_new_ones_are_not(options):
    chosen = options()
    work = plan(PAPER, chosen)
    execute(work, chosen)
    paths = work.results(chosen.out)
    old, new = temporary_path(paths.record("old")), temporary_path(paths.record("new"))
    for file in (old, new):
        file.write_bytes(b"half")
    os.utime(old, (1, 1))
    execute(work, chosen)
    assert sorted(path.name for path in paths.runs.iterdir()) == sorted([new.name, f"{work.runs[0].run.id}.json"])


def test_a_returned_record_is_written_once_and_replaces_another_only_with_fresh(stub_plan, tmp_path):
    """A worker that does not share `--out` returns its record; one that shares it has written the record already."""
    first = write_record(RunPaths(tmp_path / "worker"), se_cnn_record())
    record = read_record(first)
    job = Job(stub_plan, Options(out=tmp_path), "a command")
    job.keep(record)
    (path,) = job.paths.runs.iterdir()
    assert path.read_bytes() == first.read_bytes()
    inode = path.stat().st_ino
    fresh = dataclasses.replace(job, options=Options(out=tmp_path, fresh=True))
    fresh.keep(record)
    assert path.stat().st_ino == inode
    later = record.replace(finished_at="2100-01-01T00:00:00+00:00")
    job.keep(later)
    assert read_record(path) == record
    fresh.keep(later)
    assert read_record(path) == later


def test_a_carried_round_starts_from_the_weights_of_the_round_before(options, tmp_path):
    changes = ("protocol.carry_weights=true", "protocol.partitions=3")
    chosen = options(split="rotating", changes=changes)
    work = plan(PAPER, chosen)
    paths = ResultPaths.of(tmp_path / "out", "se_cnn", "arrays")
    ids = [planned.run.id for planned in work.runs]
    assert [planned.previous for planned in work.runs] == [None, *ids[:-1]]
    assert not execute(work, chosen).failed
    first, second, third = (read_record(paths.record(name)) for name in ids)
    assert first.started_from == ""
    assert (second.started_from, third.started_from) == (first.kept_weights, second.kept_weights)
    assert len({first.kept_weights, second.kept_weights, third.kept_weights}) == 3

    def weights(number: int) -> list[np.ndarray]:
        model = PAPER.build(work.runs[0].run.experiment.model, (32, 39, 1), 4)
        model.load_weights(paths.work(ids[number]).best_weights)
        return model.get_weights()

    assert digest_of_weights(weights(1)) == second.kept_weights
    # Other weights in their place are refused.
    shutil.copy(paths.work(ids[0]).best_weights, paths.work(ids[1]).best_weights)
    paths.record(ids[2]).unlink()
    (failure,) = execute(plan(PAPER, chosen), chosen).failed
    assert "holds other weights than the previous round's record names" in failure


def test_accumulation_that_never_updates_fails_the_run(options):
    chosen = options(changes=("training.accumulate_batches=1000",))
    for _ in range(2):  # the second time with all epochs in the checkpoint
        (failure,) = execute(plan(PAPER, chosen), chosen).failed
        assert "never made an update" in failure
        assert "training.accumulate_left_over=flush" in failure


def test_an_error_that_an_interrupt_caused_is_no_failed_run(options, tmp_path, monkeypatch):
    """Libraries turn an interrupt into errors of their own."""

    def interrupt(*_):
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise SystemError("returned a result with an exception set") from error

    monkeypatch.setattr(runner, "train_and_evaluate", interrupt)
    chosen = options()
    with pytest.raises(KeyboardInterrupt):
        execute(plan(PAPER, chosen), chosen)
    assert not list(tmp_path.rglob("error.txt"))


def test_no_run_begins_after_a_signal(options, monkeypatch):
    begun = []
    monkeypatch.setattr(runner, "run_one", lambda *arguments: begun.append(arguments))
    chosen = options()
    planned = plan(PAPER, chosen)
    monkeypatch.setattr(interrupts._State, "asked", signal.SIGINT)
    with pytest.raises(Interrupted):
        next(runner.in_this_process(chosen)(Job(planned, chosen, "command", tuple(planned.runs)), None))
    assert begun == []


@pytest.mark.slow
def test_fresh_removes_all_rounds_of_carried_weights_at_once(options, tmp_path, monkeypatch):
    """Otherwise an interrupted command would go on with later rounds of the earlier one."""
    chosen = options(split="rotating", changes=("protocol.carry_weights=true",))
    assert execute(plan(PAPER, chosen), chosen).trained == 6
    runs = tmp_path / "out" / "se_cnn" / "arrays" / "runs"
    assert len(list(runs.glob("*.json"))) == 6

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "train_and_evaluate", interrupt)
    fresh = dataclasses.replace(chosen, fresh=True)
    with pytest.raises(KeyboardInterrupt):
        execute(plan(PAPER, fresh), fresh)
    assert not list(runs.glob("*.json"))
