"""The steps of a command with training: what is said while nothing can be seen."""

import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from common.cli.train import WorkerChoice


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        (WorkerChoice(jobs=2), "starting 2 workers ...\n"),
        (WorkerChoice(cluster="tcp://host:8786"), "connecting to tcp://host:8786 ...\n"),
    ],
)
def test_workers_are_announced_before_the_seconds_that_their_import_takes(monkeypatch, capsys, choice, says):
    said_before = []

    def start(asked, certificates=None):
        said_before.append(capsys.readouterr().err)
        return nullcontext(asked)

    pools = SimpleNamespace(cluster_workers=start, local_workers=start)
    monkeypatch.setitem(sys.modules, "common.execution.pools", pools)
    with choice.pool() as asked:
        assert asked == (choice.jobs or choice.cluster)
    assert said_before == [says]


def test_this_process_alone_is_not_announced(capsys):
    with WorkerChoice().pool() as pool:
        assert pool is None
    assert capsys.readouterr().err == ""
