"""Connections to a Dask scheduler that cannot be used."""

import re

import dask
import pytest

from common.cli.app import run_app
from common.cli.run import make_app
from common.core.errors import ClusterError
from common.execution import pools
from common.execution.pools import cluster_workers
from reproductions.se_cnn.paper import PAPER
from tests.helpers.loopback import Loopback


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
