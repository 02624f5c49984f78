"""Connections to Dask schedulers: who can connect, and those that cannot be used."""

import os
import re
import signal
import socket
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import dask
import psutil
import pytest
from distributed import Client, Security

from common.cli.app import run_app
from common.cli.run import make_app
from common.core.errors import ClusterError, DataError
from common.execution import pools
from common.execution.certificates import Certificates
from common.execution.pools import cluster_workers, local_workers
from reproductions.se_cnn.paper import PAPER
from tests.helpers.loopback import Loopback, launched, wait_until

WITHOUT_TLS = "without TLS, so whoever reaches the scheduler can run code on its workers as their user"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--cluster", "tcp://127.0.0.1:9"), "--cluster tcp://127.0.0.1:9: no Dask scheduler answers there"),
        (("--cluster", "nonsense://here"), "--cluster nonsense://here: no Dask scheduler answers there"),
        (("--cluster", "tls://127.0.0.1:9"), "--cluster tls://127.0.0.1:9: no Dask scheduler answers there .*TLS"),
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
        said = capsys.readouterr().err
        assert "no worker is there; waiting for one" in said
        assert said.count(WITHOUT_TLS) == 1
    finally:
        without_workers.end()


def port_of(address: str) -> tuple[str, int]:
    host, port = address.rpartition("/")[2].rsplit(":", 1)
    return host, int(port)


def answers_without_tls(address: str) -> bool:
    """Whether a port sends anything, as Dask's do at once where connections are not encrypted."""
    with socket.create_connection(port_of(address), timeout=1.5) as connection:
        try:
            return bool(connection.recv(1))
        except (TimeoutError, ConnectionError):
            return False


def files_with_keys(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]


def test_only_a_command_itself_reaches_its_local_workers(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with local_workers(1) as pool:
        pool.wait_for_workers()
        assert list(pool.parallel_map(abs, [-1, 2])) == [1, 2]
        client = pool._client
        workers = client.scheduler_info()["workers"]
        ports = [client.scheduler.address, *workers, *(worker["nanny"] for worker in workers.values())]
        assert [port.partition("//")[0] for port in ports] == ["tls:"] * 3
        for address in ports:
            assert not answers_without_tls(address)
        for stranger in (Security(), Security.temporary()):
            with pytest.raises((OSError, TypeError)):
                Client(client.scheduler.address, security=stranger, timeout=2)
        # Neither is the key in a file, nor on a command line or in an environment, which other users may read.
        assert files_with_keys(tmp_path) == []
        processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
        assert len(processes) > 1
        assert "PRIVATE KEY" not in str([(one.cmdline(), one.environ()) for one in processes])
        # Only the user enters the workers' folder.
        (folder,) = tmp_path.glob("encore-workers-*")
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.glob("encore-workers-*")) == []


def test_local_workers_serve_no_pages():
    with local_workers(1) as pool:
        pool.wait_for_workers()
        info = pool._client.scheduler_info()
        served = [info["services"]["dashboard"], *(one["services"]["dashboard"] for one in info["workers"].values())]
        assert len(served) == 2
        for port in served:
            for page in ("", "health", "metrics", "info/main/workers.html", "json/identity.json"):
                with pytest.raises(urllib.error.HTTPError, match="404"):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=10)


@pytest.fixture(scope="module")
def with_tls(tmp_path_factory):
    """A scheduler and a worker with TLS, and the certificates for it."""
    folder = tmp_path_factory.mktemp("tls")
    made = certificates_in(folder)
    files = ("--tls-ca-file", made.ca, "--tls-cert", made.certificate, "--tls-key", made.key)
    loopback = Loopback(folder, tls=("--protocol", "tls", *map(str, files)))
    try:
        loopback.start("one")
        yield loopback, made
    finally:
        loopback.end()


def certificates_in(folder: Path) -> Certificates:
    security = Security.temporary()
    made = Certificates(folder / "ca.pem", folder / "command.pem", folder / "command.key")
    for path, text in (
        (made.ca, security.tls_ca_file),
        (made.certificate, security.tls_client_cert),
        (made.key, security.tls_client_key),
    ):
        path.write_text(text)
    return made


def test_a_cluster_with_tls_takes_a_command_with_its_certificates_and_no_other(with_tls, tmp_path, capsys, monkeypatch):
    loopback, certificates = with_tls
    assert loopback.address.startswith("tls://")
    with cluster_workers(loopback.address, certificates) as pool:
        assert list(pool.parallel_map(abs, [-3, 4])) == [3, 4]
    together = tmp_path / "together.pem"
    together.write_text(certificates.certificate.read_text() + certificates.key.read_text())
    with cluster_workers(loopback.address, Certificates(certificates.ca, together)) as pool:
        pool.wait_for_workers()
    files = {"ca-file": certificates.ca, "client.cert": certificates.certificate, "client.key": certificates.key}
    with (
        dask.config.set({f"distributed.comm.tls.{name}": str(path) for name, path in files.items()}),
        cluster_workers(loopback.address) as pool,
    ):
        pool.wait_for_workers()
    assert WITHOUT_TLS not in capsys.readouterr().err
    monkeypatch.setattr(pools, "_CONNECT_SECONDS", 2)
    for other in (Certificates(), certificates_in(tmp_path)):
        with (
            pytest.raises(ClusterError, match=r"no Dask scheduler answers there .* and certificates that fit it"),
            cluster_workers(loopback.address, other),
        ):
            pytest.fail("connected without a certificate of the cluster")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (
            ("--cluster-ca", "{ca}", "--cluster-cert", "{pem}"),
            r"--cluster-ca \S+, --cluster-cert \S+: for a scheduler with TLS, but there is no --cluster; "
            "expected --cluster tls://HOST:8786",
        ),
        (
            ("--cluster", "tcp://here:1", "--cluster-ca", "{ca}", "--cluster-cert", "{pem}"),
            "but --cluster is tcp://here:1; expected --cluster tls://HOST:8786",
        ),
        (("--cluster", "tls://here:1", "--cluster-ca", "{ca}"), "ca.pem: expected --cluster-cert, too"),
        (
            ("--cluster", "tls://here:1", "--cluster-key", "{ca}"),
            "ca.pem: expected --cluster-ca and --cluster-cert, too",
        ),
        (
            ("--cluster", "tls://here:1", "--cluster-ca", "{gone}", "--cluster-cert", "{pem}"),
            r"error: --cluster-ca \S+gone: cannot be read \(No such file or directory\); expected a PEM file",
        ),
        (
            ("--cluster", "tls://here:1", "--cluster-ca", "{ca}", "--cluster-cert", "{pem}"),
            r"ca\.pem, \S+pem\.pem: cannot be used \(.*\)\. --cluster-ca and --cluster-cert take certificates",
        ),
    ],
)
def test_certificates_that_cannot_be_used_end_the_command_with_2(places, tmp_path, capsys, monkeypatch, flags, words):
    monkeypatch.setattr(pools, "_CONNECT_SECONDS", 1)
    names = {name: str(tmp_path / f"{name}.pem") for name in ("ca", "pem")} | {"gone": str(tmp_path / "gone")}
    for name in ("ca", "pem"):
        Path(names[name]).write_text("no certificate")
    flags = [flag.format(**names) for flag in flags]
    assert run_app(make_app(PAPER), [*places.flags("refused"), *flags]) == 2
    assert re.search(words, " ".join(capsys.readouterr().err.split()))


def test_local_workers_need_a_folder_for_temporary_files(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", os.fspath(tmp_path / "gone"))
    with pytest.raises(DataError, match="temporary files cannot be written"), local_workers(1):
        pytest.fail("workers were started")


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
