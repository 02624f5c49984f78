"""Connections to a Dask scheduler that cannot be used."""

import os
import re
import signal
import time

import dask
import psutil
import pytest

from common.cli.app import run_app
from common.cli.run import make_app
from common.core.errors import ClusterError
from common.execution import pools
from common.execution.pools import cluster_workers
from reproductions.se_cnn.paper import PAPER
from tests.helpers.loopback import Loopback, launched, wait_until


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--cluster", "tcp://127.0.0.1:9"), "--cluster tcp://127.0.0.1:9: no Dask scheduler answers there"),
        (("--cluster", "nonsense://here"), "--cluster nonsense://here: no Dask scheduler answers there"),
    ],
)
def test_an_address_without_a_scheduler_ends_the_command_with_2(places, capsys, monkeypatch, flags, words):
    monkeypatch.setattr(pools, "_CONNECT_SECONDS", 1)
    assert run_app(make_app(PAPER), [*places.flags("refused"), *flags]) == 2
    assert re.search(words, " ".join(capsys.readouterr().err.split()))


def test_waiting_for_the_first_worker_has_a_time_limit(tmp_path, capsys):
    without_workers = Loopback(tmp_path)
    try:
        without_workers.start()
        with (
            dask.config.set({"encore.wait-for-workers": "1 s"}),
            pytest.raises(ClusterError, match=r"no worker joined within 1 s\. Start one: dask worker"),
            cluster_workers(without_workers.address),
        ):
            pass
        assert "no worker is there; waiting for one" in capsys.readouterr().err
    finally:
        without_workers.end()


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("after", ["starting 2 workers", "training, at most"])
def test_a_signal_ends_a_command_with_its_workers_in_one_line(places, tmp_path, sent, code, after):
    """SIGINT goes to the workers, too, as a terminal sends it."""
    many_epochs = ("--table", "5.1", "--row", "5", "--seeds", "2", "--epochs", "500")
    arguments = [*places.flags(f"ended-{code}"), *many_epochs, "--set", "training.patience_epochs=500", "--jobs", "2"]
    process = launched(arguments, tmp_path, start_new_session=True)
    for line in process.stderr:
        if after in line:
            break
    wait_until(lambda: len(psutil.Process(process.pid).children()) >= 2)
    workers = psutil.Process(process.pid).children(recursive=True)
    if sent == signal.SIGINT:
        os.killpg(process.pid, sent)
    else:
        process.send_signal(sent)
    began = time.monotonic()
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - began < 5
    assert process.returncode == code
    *progress, last = errors.splitlines()
    assert last.endswith("finished runs and epochs are kept; the same command (without --fresh) continues from there")
    assert not [line for line in progress if "Traceback" in line or "leaked" in line]
    _, left = psutil.wait_procs(workers, timeout=5)
    assert left == []
