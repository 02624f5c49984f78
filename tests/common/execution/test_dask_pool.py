"""Runs and extraction on workers: a scheduler and workers on loopback, some of which are killed on the way."""

import dataclasses
import os
import re
import threading
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import dask
import pytest
from filelock import FileLock

from common.cli.app import run_app
from common.cli.run import make_app
from common.execution import dask_pool
from common.execution.dask_pool import _BusyChains, _chains
from common.execution.pools import cluster_workers, local_workers
from common.runs.options import Options
from common.runs.plan import plan
from common.runs.runner import execute
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.cache import extraction as prepare_module
from data_pipeline.cache.extraction import prepare
from data_pipeline.features.spectrograms import LogMel, StftDb
from reproductions.se_cnn.paper import PAPER
from tests.helpers.loopback import SIX_RUNS, launched, measured, tables

APP = make_app(PAPER)


@pytest.fixture(scope="module")
def undisturbed(places) -> Path:
    """Results of the six runs in one process."""
    assert run_app(APP, [*places.flags("plain"), *SIX_RUNS]) == 0
    return places.folder / "plain"


@pytest.mark.slow
def test_shards_made_by_workers_hold_the_same_bytes(loopback, tiny_corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(prepare_module, "_TARGET_SHARD_BYTES", 130_000)
    with cluster_workers(loopback.address) as pool:
        for catalog, feature in (
            (tiny_corpus.catalog, LogMel(n_fft=512, hop_samples=512, n_mels=16)),
            (tiny_corpus.catalog.first_of_each_genre(1).with_copies(OfflineAugmentation(seed=3)), StftDb()),
        ):
            prepare(catalog, feature, tmp_path / "here")
            prepare(catalog, feature, tmp_path / "there", parallel_map=pool.parallel_map)

    def made(kind: str) -> dict[Path, bytes]:
        files = [path for path in (tmp_path / kind).rglob("*") if path.is_file()]
        return {path.relative_to(tmp_path / kind): path.read_bytes() for path in files}

    assert made("here") == made("there")
    assert sum(path.suffix == ".npy" for path in made("here")) > 4


@pytest.mark.slow
def test_a_killed_worker_loses_no_run_and_changes_no_digit(loopback, places, undisturbed, tmp_path):
    before = loopback.begun()
    process = launched([*places.flags("cluster"), *SIX_RUNS, "--cluster", loopback.address], tmp_path)
    lost, errors = None, ""
    for line in process.stderr:
        errors += line
        if lost is None and "epoch 1/3" in line:
            # Its second epoch is under way.
            name = re.search(r"\d+/\d+: (.*): epoch", line)[1]
            killed, lost, _ = next(run for run in loopback.begun() if run not in before and run[2] == name)
            loopback.workers[killed].kill()
    process.communicate(timeout=240)
    assert process.returncode == 0, errors
    assert f"{name}: its worker was lost, another one takes over" in errors
    assert f"{name}: continuing after epoch 1" in errors or f"{name}: epoch 2/3" in errors
    assert tables(places.folder / "cluster") == tables(undisturbed) != {}
    assert measured(places.folder / "cluster") == measured(undisturbed)
    runs = [run for _, run, _ in (Counter(loopback.begun()) - Counter(before)).elements()]
    assert sorted(runs) == sorted([*measured(undisturbed), lost])


@pytest.mark.slow
def test_local_workers_give_the_same_digits_and_a_failed_run_does_not_stop_the_others(places, undisturbed, capsys):
    broken = sorted(measured(undisturbed))[0]
    out = places.folder / "jobs"
    work = out / "se_cnn" / "arrays" / "work"
    number = measured(undisturbed)[broken]["fold"] + 1
    for parent in (undisturbed / "se_cnn" / "arrays" / "work" / "tensorboard").iterdir():
        (curves,) = parent.glob(f"seed0-round{number}-*")
        # A folder where a file is needed.
        (work / "tensorboard" / parent.name / curves.name / "run.txt").mkdir(parents=True)
    assert run_app(APP, [*places.flags("jobs"), *SIX_RUNS, "--jobs", "2"]) == 1
    assert re.search(
        r"warning: failed: table 5\.1, se-5, seed 0, round \d/6: .* \(see .*error\.txt\)", capsys.readouterr().err
    )
    assert (work / broken / "error.txt").exists()
    assert measured(out) == {run: record for run, record in measured(undisturbed).items() if run != broken}


def deadly(model, shape, classes):
    """The network without blocks ends the process that builds it, as lack of memory would."""
    if not model.se_blocks:
        os._exit(1)
    return PAPER.build(model, shape, classes)


@pytest.mark.slow
def test_a_run_that_kills_its_workers_fails_without_the_others(places):
    where = places.flags("killing")
    options = Options(
        dataset="arrays", data=Path(where[3]), cache=Path(where[5]), out=Path(where[7]),
        tables=("5.1",), rows=("0", "5"), seeds=1, epochs=1,
    )  # fmt: skip
    paper = dataclasses.replace(PAPER, build=deadly)
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), local_workers(2) as pool:
        outcome = execute(plan(paper, options), options, pool.work)
    assert outcome.trained == 1
    (failure,) = outcome.failed
    assert re.search(r"table 5\.1, se-0.*--jobs 2: 1 worker processes ended while running it.*--memory-limit", failure)


def test_rounds_that_carry_weights_are_one_task():
    def one(name, previous=None):
        return SimpleNamespace(run=SimpleNamespace(id=name), previous=previous)

    runs = [one("a1"), one("b1"), one("a2", "a1"), one("c"), one("b2", "b1"), one("a3", "a2"), one("z2", "z1")]
    chains = [[planned.run.id for planned in chain] for chain in _chains(runs)]
    assert chains == [["a1", "a2", "a3"], ["b1", "b2"], ["c"], ["z2"]]


@pytest.mark.slow
def test_carried_rounds_on_a_cluster_are_those_of_one_process(loopback, places):
    rounds = ("--table", "5.1", "--row", "5", "--seeds", "2", "--epochs", "1", "--split", "rotating", "--carry-weights")
    assert run_app(APP, [*places.flags("rounds"), *rounds]) == 0
    assert run_app(APP, [*places.flags("rounds_there"), *rounds, "--cluster", loopback.address]) == 0
    assert measured(places.folder / "rounds_there") == measured(places.folder / "rounds")
    assert len(measured(places.folder / "rounds")) == 12


def test_runs_that_are_busy_are_sent_again_later(monkeypatch, capsys):
    now = [10.0]
    monkeypatch.setattr(dask_pool.time, "monotonic", lambda: now[0])
    busy = _BusyChains()
    assert not busy
    assert busy.due() == []
    chain = [SimpleNamespace(name="5.1 [se-5], seed 0")]
    busy.put(chain)
    now[0] += 0.5
    assert (busy.due(), len(busy)) == ([], 1)
    now[0] += 0.6
    assert (busy.due(), len(busy)) == ([chain], 0)
    busy.put(chain)
    assert busy.times == 2  # a part of the key, because Dask takes tasks of one key for one task
    assert capsys.readouterr().err.count("waiting for runs that another command carries out") == 1


@pytest.mark.slow
def test_workers_pass_over_a_run_in_progress(places):
    """The second of two commands takes the free runs, and the first one's when it is free again."""
    where = places.flags("shared")
    options = Options(
        dataset="arrays", data=Path(where[3]), cache=Path(where[5]), out=Path(where[7]),
        tables=("5.1",), rows=("5",), seeds=2, epochs=1,
    )  # fmt: skip
    work = plan(PAPER, options)
    paths = work.results(options.out)
    first, second = (planned.run.id for planned in work.runs)
    paths.work_lock(first).parent.mkdir(parents=True)
    of_other_command = FileLock(paths.work_lock(first), thread_local=False)
    of_other_command.acquire()

    def free_it_when_the_other_run_is_finished():
        while not paths.record(second).exists():
            time.sleep(0.1)
        of_other_command.release()

    waiting = threading.Thread(target=free_it_when_the_other_run_is_finished)
    waiting.start()
    with local_workers(1) as pool:
        outcome = execute(work, options, pool.work)
    waiting.join()
    assert (outcome.trained, outcome.failed) == (2, [])
