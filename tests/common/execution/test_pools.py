"""Work in other processes: a scheduler and workers on loopback, some of which are killed on the way."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import dask
import pytest

import reproductions
from common.cli.app import run_app
from common.cli.run import make_app
from common.core.errors import ClusterError, DataError
from common.core.files import read_json
from common.execution import pools as execution
from common.execution.dask_pool import _chains
from common.execution.pools import cluster_workers, local_workers
from common.records.record import read_record
from common.runs.options import Options
from common.runs.plan import plan
from common.runs.runner import Job, execute
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.cache import extraction as prepare_module
from data_pipeline.cache.extraction import prepare
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.features.spectrograms import LogMel, StftDb
from reproductions.se_cnn.paper import PAPER

ROOT = Path(reproductions.__file__).parent.parent
SCRIPT = ROOT / "reproductions" / "se_cnn" / "run.py"
APP = make_app(PAPER)
# Rounds of one row train one network, which a process compiles once.
SIX_RUNS = ("--table", "5.1", "--row", "5", "--seeds", "1", "--epochs", "3", "--split", "rotating")
# Of no matter for what was measured.
PASSING = {"wall_seconds", "peak_resident_bytes", "finished_at"}


@dataclass
class Loopback:
    """A Dask scheduler, and workers that are processes of their own, without anybody who starts them again."""

    folder: Path
    workers: dict[str, subprocess.Popen] = field(default_factory=dict)
    scheduler: subprocess.Popen | None = None

    @property
    def address(self) -> str:
        return json.loads((self.folder / "scheduler.json").read_text())["address"]

    def start(self, *names: str) -> None:
        """Start the scheduler, and workers of these names."""
        at_scheduler = ["--scheduler-file", str(self.folder / "scheduler.json"), "--dashboard-address", "127.0.0.1:0"]
        self.scheduler = self._launch("scheduler", "--host", "127.0.0.1", "--port", "0", *at_scheduler)
        wait_until((self.folder / "scheduler.json").exists)
        for name in names:
            self.workers[name] = self._launch(
                "worker",
                "--nthreads",
                "1",
                "--memory-limit",
                "0",
                "--no-nanny",
                *at_scheduler,
                "--name",
                name,
                log=name,
            )

    def _launch(self, kind: str, *arguments: str, log: str = "scheduler") -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments]
        # As Dask's nanny sets them.
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        with open(self.folder / f"{log}.log", "wb") as file:
            return subprocess.Popen(
                command, cwd=self.folder, stdout=file, stderr=file, env={**environment(), **one_thread}
            )

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def begun(self) -> list[tuple[str, str, str]]:
        """(worker, run id, name of the run) of every training that was ever begun."""
        return [(name, *run) for name in self.workers for run in re.findall(r"run (\w+) begins: (.*)", self.log(name))]

    def end(self) -> None:
        for process in (*self.workers.values(), self.scheduler):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()


def environment() -> dict[str, str]:
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def wait_until(holds, seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.fixture(scope="module")
def loopback(tmp_path_factory):
    made = Loopback(tmp_path_factory.mktemp("loopback"))
    try:
        made.start("one", "two")
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def places(tiny_arrays, tmp_path_factory):
    """Flags of a command whose results go to a folder of that name."""
    folder = tmp_path_factory.mktemp("places")

    def flags(name: str) -> list[str]:
        where = ("--cache", str(folder / "cache"), "--out", str(folder / name))
        return ["--dataset", "arrays", "--data", str(tiny_arrays), *where]

    return SimpleNamespace(flags=flags, folder=folder)


@pytest.fixture(scope="module")
def undisturbed(places) -> Path:
    """Results of the six runs in one process."""
    assert run_app(APP, [*places.flags("plain"), *SIX_RUNS]) == 0
    return places.folder / "plain"


def tables(out: Path) -> dict[str, bytes]:
    """Every table as it was written."""
    return {path.name: path.read_bytes() for path in (out / "se_cnn" / "arrays").glob("table_*")}


def measured(out: Path) -> dict[str, dict]:
    """What every record says of its run, without the time and the memory that it took."""
    found = {}
    for path in (out / "se_cnn" / "arrays" / "runs").glob("*.json"):
        record = {name: value for name, value in read_json(path, what="a record").items() if name not in PASSING}
        record["history"] = [{k: v for k, v in entry.items() if k != "seconds"} for entry in record["history"]]
        found[path.stem] = record
    return found


def launched(arguments: list[str], folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *arguments],
        **{"cwd": folder, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment()},
    )


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


def test_a_file_that_a_worker_does_not_see_is_no_bad_file(loopback, own_corpus, tmp_path, monkeypatch):
    catalog = own_corpus.catalog
    monkeypatch.setattr(Catalog, "source_digest", "as on the machine of the command")
    own_corpus.path("blues", 2).unlink()
    with (
        cluster_workers(loopback.address) as pool,
        pytest.raises(DataError, match=r"worker on .*blues\.00002\.wav: is not there, .* under the same path"),
    ):
        prepare(catalog, StftDb(), tmp_path, skip_bad=True, parallel_map=pool.parallel_map)


@pytest.mark.slow
def test_a_command_that_is_interrupted_frees_its_workers(loopback, places, tmp_path):
    many_epochs = ("--table", "5.1", "--row", "5", "--seeds", "1", "--epochs", "500")
    arguments = [*places.flags("interrupted"), *many_epochs, "--set", "training.patience_epochs=500"]
    process = launched([*arguments, "--cluster", loopback.address], tmp_path)
    for line in process.stderr:
        if "epoch 2/500" in line:
            process.send_signal(signal.SIGINT)
            break
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "goes on from there" in errors
    wait_until(lambda: any("is given up" in loopback.log(name) for name in loopback.workers))


@pytest.mark.slow
def test_a_killed_worker_loses_no_run_and_changes_no_digit(loopback, places, undisturbed, tmp_path):
    before = loopback.begun()
    process = launched([*places.flags("cluster"), *SIX_RUNS, "--cluster", loopback.address], tmp_path)
    lost, errors = None, ""
    for line in process.stderr:
        errors += line
        if lost is None and "epoch 1/3" in line:
            # Its second epoch is under way.
            name = re.search(r"\] (.*): epoch", line)[1]
            killed, lost, _ = next(run for run in loopback.begun() if run not in before and run[2] == name)
            loopback.workers[killed].kill()
    process.communicate(timeout=240)
    assert process.returncode == 0, errors
    assert f"{name}: its worker was lost, done again by another" in errors
    assert f"{name}: going on after epoch 1" in errors or f"{name}: epoch 2/3" in errors
    assert tables(places.folder / "cluster") == tables(undisturbed) != {}
    assert measured(places.folder / "cluster") == measured(undisturbed)
    runs = [run for _, run, _ in (Counter(loopback.begun()) - Counter(before)).elements()]
    assert sorted(runs) == sorted([*measured(undisturbed), lost])


@pytest.mark.slow
def test_local_workers_give_the_same_digits_and_keep_what_does_not_fail(places, undisturbed, capsys):
    broken = sorted(measured(undisturbed))[0]
    out = places.folder / "jobs"
    logs = out / "se_cnn" / "arrays" / "work" / broken / "tensorboard"
    logs.parent.mkdir(parents=True)
    logs.write_text("a file where a folder is needed")
    assert run_app(APP, [*places.flags("jobs"), *SIX_RUNS, "--jobs", "2"]) == 1
    assert re.search(
        r"warning: failed: 5\.1 \[5\], seed 0, round \d/6: .* \(see .*error\.txt\)", capsys.readouterr().err
    )
    assert (logs.parent / "error.txt").exists()
    assert measured(out) == {run: record for run, record in measured(undisturbed).items() if run != broken}


def deadly(model, shape, classes):
    """The network without blocks ends the process that builds it, as lack of memory would."""
    if not model.se_blocks:
        os._exit(1)
    return PAPER.build(model, shape, classes)


@pytest.mark.slow
def test_a_run_that_kills_its_workers_fails_alone(places):
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
    assert re.search(r"5\.1 \[0\].*--jobs 2: 1 worker processes died over it.*--memory-limit", failure)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--jobs", "2", "--cluster", "tcp://127.0.0.1:8786"), "--jobs 2, --cluster tcp://127.0.0.1:8786: .* give one"),
        (("--jobs", "0"), "'--jobs': Input should be greater than or equal to 1"),
        (("--cluster", "tcp://127.0.0.1:9"), "--cluster tcp://127.0.0.1:9: no Dask scheduler answers there"),
        (("--cluster", "nonsense://here"), "--cluster nonsense://here: no Dask scheduler answers there"),
        (("--from-records", "--jobs", "2"), "--from-records: makes the tables of all records"),
    ],
)
def test_flags_that_cannot_be_followed_end_with_2(places, capsys, monkeypatch, flags, words):
    monkeypatch.setattr(execution, "_CONNECT_SECONDS", 1)
    where = [] if "--from-records" in flags else places.flags("refused")
    assert run_app(APP, [*where, *flags]) == 2
    assert re.search(words, " ".join(capsys.readouterr().err.split()))


def test_a_scheduler_without_workers_is_waited_for_so_long(tmp_path, capsys):
    alone = Loopback(tmp_path)
    try:
        alone.start()
        with (
            dask.config.set({"encore.wait-for-workers": "1 s"}),
            pytest.raises(ClusterError, match=r"no worker joined within 1 s\. Start one: dask worker"),
            cluster_workers(alone.address),
        ):
            pass
        assert "no worker is there; waiting for one" in capsys.readouterr().err
    finally:
        alone.end()


def test_a_run_is_forgotten_once_for_a_command(tmp_path):
    """Or a worker that takes over a run of `--fresh` would start it over."""
    work = SimpleNamespace(paper=PAPER, setting=SimpleNamespace(dataset="arrays"))
    planned = SimpleNamespace(run=SimpleNamespace(id="r"))
    job = Job(work, Options(out=tmp_path, fresh=True), "first command")
    checkpoint, record = job.work / "r" / "checkpoint.npz", job.records / "r.json"
    for file in (checkpoint, record):
        file.parent.mkdir(parents=True)
        file.touch()
    job.forget_once(planned)
    assert not checkpoint.exists()
    assert not record.exists()
    checkpoint.touch()
    job.forget_once(planned)
    assert checkpoint.exists()
    Job(work, job.options, "second command").forget_once(planned)
    assert not checkpoint.exists()


def test_a_record_from_afar_is_kept_beside_none_but_an_old_one(undisturbed, tmp_path):
    """A worker that sees no `--out` sends its record; one that does has written it already."""
    work = SimpleNamespace(paper=PAPER, setting=SimpleNamespace(dataset="arrays"))
    first = next((undisturbed / "se_cnn" / "arrays" / "runs").glob("*.json"))
    record = read_record(first)
    job = Job(work, Options(out=tmp_path), "a command")
    job.keep(record)
    (path,) = job.records.iterdir()
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
