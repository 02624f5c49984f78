"""A Dask scheduler and its workers on this machine, commands in processes of their own, and what these wrote."""

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import reproductions
from common.core.files import read_json

ROOT = Path(reproductions.__file__).parent.parent
SCRIPT = ROOT / "reproductions" / "se_cnn" / "run.py"
# The rounds of one row train the same network, which a process compiles once.
SIX_RUNS = ("--table", "5.1", "--row", "5", "--seeds", "1", "--epochs", "3", "--split", "rotating")
# Fields of a record that differ between two measurements of the same run.
_VARYING_FIELDS = {"wall_seconds", "peak_resident_bytes", "finished_at", "sha256"}


@dataclass
class Loopback:
    """A Dask scheduler, and workers as separate processes that nothing restarts."""

    folder: Path
    tls: tuple[str, ...] = ()  # flags with certificates for scheduler and workers
    workers: dict[str, subprocess.Popen] = field(default_factory=dict)
    scheduler: subprocess.Popen | None = None

    @property
    def address(self) -> str:
        return json.loads((self.folder / "scheduler.json").read_text())["address"]

    def start(self, *names: str) -> None:
        """Start the scheduler, and workers of these names."""
        at_scheduler = ["--scheduler-file", str(self.folder / "scheduler.json"), "--dashboard-address", "127.0.0.1:0"]
        self.scheduler = self._launch("scheduler", "--host", "127.0.0.1", "--port", "0", *self.tls, *at_scheduler)
        wait_until((self.folder / "scheduler.json").exists)
        for name in names:
            self.workers[name] = self._launch(
                "worker",
                "--nthreads",
                "1",
                "--memory-limit",
                "0",
                "--no-nanny",
                *self.tls,
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
                command, cwd=self.folder, stdout=file, stderr=file, env={**_environment(), **one_thread}
            )

    def log(self, name: str) -> str:
        """Everything that a worker has logged."""
        return (self.folder / f"{name}.log").read_text()

    def begun(self) -> list[tuple[str, str, str]]:
        """(worker, run id, name of the run) of every training that a worker has begun."""
        return [(name, *run) for name in self.workers for run in re.findall(r"run (\w+) begins: (.*)", self.log(name))]

    def end(self) -> None:
        for process in (*self.workers.values(), self.scheduler):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()


def launched(arguments: list[str], folder: Path, **options) -> subprocess.Popen:
    """`run.py` of SE-CNN with these arguments, started in a process of its own.

    Args:
        options: further ones of `subprocess.Popen`.
    """
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *arguments],
        **{"cwd": folder, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": _environment()},
        **options,
    )


def wait_until(holds, seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)


def tables(out: Path) -> dict[str, bytes]:
    """Every table as it was written."""
    return {path.name: path.read_bytes() for path in (out / "se_cnn" / "arrays").glob("table_*")}


def measured(out: Path) -> dict[str, dict]:
    """Run id -> its record, without the time and the memory that the run took."""
    found = {}
    for path in (out / "se_cnn" / "arrays" / "runs").glob("*.json"):
        record = {
            name: value for name, value in read_json(path, what="a record").items() if name not in _VARYING_FIELDS
        }
        record["history"] = [{k: v for k, v in entry.items() if k != "seconds"} for entry in record["history"]]
        found[path.stem] = record
    return found


def _environment() -> dict[str, str]:
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
