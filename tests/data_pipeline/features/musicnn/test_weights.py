"""musicnn's files: where they are taken from, and files that are refused."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from types import SimpleNamespace

import numpy as np
import pytest

from common.core.errors import DataError
from data_pipeline.features.musicnn import weights as musicnn_files
from data_pipeline.features.musicnn.network import build_musicnn
from data_pipeline.features.musicnn.weights import SUFFIXES, WHEEL, checkpoint_of, load_checkpoint
from tests.helpers.musicnn import write_checkpoint


def test_a_checkpoint_with_a_value_missing_or_of_another_size_is_refused(values, tmp_path):
    network = build_musicnn()
    write_checkpoint(tmp_path / "a", {name: value for name, value in values.items() if name != "conv2d_6/bias"})
    with pytest.raises(DataError, match=r"a: lacks conv2d_6/bias"):
        load_checkpoint(network, tmp_path / "a")
    write_checkpoint(tmp_path / "b", {**values, "dense/kernel": np.zeros((1506, 100), np.float32)})
    with pytest.raises(DataError, match=r"dense/kernel has shape \[1506, 100\], expected \[1506, 200\]"):
        load_checkpoint(network, tmp_path / "b")
    for damage in ("absent", "c"):
        (tmp_path / "c.index").write_bytes(b"not a checkpoint")
        with pytest.raises(DataError, match="not a readable checkpoint") as caught:
            load_checkpoint(network, tmp_path / damage)
        assert "\n" not in str(caught.value)


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A wheel with two small files of a model, known by their checksums; the package is not installed."""
    return written_wheel(tmp_path / "elsewhere", monkeypatch, ("MSD",))


@pytest.fixture
def both(tmp_path, monkeypatch):
    """As `wheel`, of both models."""
    return written_wheel(tmp_path / "elsewhere", monkeypatch, ("MSD", "MTT"))


def written_wheel(folder, monkeypatch, models):
    path = folder / WHEEL
    path.parent.mkdir()
    contents = {(model, suffix): f"{model}{suffix}".encode() for model in models for suffix in SUFFIXES}
    about = "musicnn-0.1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for (model, suffix), content in contents.items():
            archive.writestr(f"musicnn/{model}_musicnn/{suffix}", content)
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: musicnn\nVersion: 0.1.0\n")
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "".join(f"{name},,\n" for name in [*archive.namelist(), f"{about}/RECORD"]))
    monkeypatch.setattr(musicnn_files, "WHEEL_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    known = {f"{model}{suffix}": hashlib.sha256(content).hexdigest() for (model, suffix), content in contents.items()}
    monkeypatch.setattr(musicnn_files, "FILES_SHA256", known)
    monkeypatch.setattr(musicnn_files, "_installed", lambda: None)
    return path


CLIENTS = ("pip", "uv")


def choose(monkeypatch, client: str | None) -> None:
    """Make an environment that has pip; or no pip, but a uv on PATH; or neither."""
    real = importlib.util.find_spec
    found = {"pip": real("json") if client == "pip" else None}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: found.get(name, real(name, *rest)))
    real_which = shutil.which
    ours = {"uv": "/opt/uv" if client == "uv" else None}
    monkeypatch.setattr(shutil, "which", lambda name, **rest: ours[name] if name in ours else real_which(name, **rest))


def client_that(monkeypatch, client: str, *, copies=None, says: str = ""):
    """Replace pip, which brings a wheel, or uv, which unpacks it; or they fail with the message `says`."""
    choose(monkeypatch, client)
    starts = {"pip": [sys.executable, "-m", "pip", "download"], "uv": ["/opt/uv", "pip", "install"]}[client]

    def run(command, **_):
        assert command[: len(starts)] == starts
        assert {"--require-hashes", "--no-deps", "--only-binary"} < set(command)
        requirement = musicnn_files.Path(command[command.index("--requirement") + 1]).read_text()
        assert requirement == f"musicnn==0.1.0 --hash=sha256:{musicnn_files.WHEEL_SHA256}\n"
        if copies is None:
            return SimpleNamespace(returncode=1, stderr=says)
        if client == "pip":
            shutil.copy(copies, command[command.index("--dest") + 1])
        else:
            assert command[command.index("--python") + 1] == sys.executable
            with zipfile.ZipFile(copies) as archive:
                archive.extractall(command[command.index("--target") + 1])
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr(subprocess, "run", run)


@pytest.mark.parametrize("client", CLIENTS)
def test_files_are_fetched_once_and_then_taken_from_the_cache(client, wheel, tmp_path, monkeypatch):
    client_that(monkeypatch, client, copies=wheel)
    prefix = checkpoint_of("MSD", tmp_path / "cache")
    assert prefix.with_name("MSD.index").read_bytes() == b"MSD.index"
    client_that(monkeypatch, client, says="must not be asked again")
    assert checkpoint_of("MSD", tmp_path / "cache") == prefix


@pytest.mark.parametrize(("client", "kept"), [("pip", [WHEEL]), ("uv", ["MTT.data-00000-of-00001", "MTT.index"])])
def test_one_download_is_enough_for_both_models(client, kept, both, tmp_path, monkeypatch):
    client_that(monkeypatch, client, copies=both)
    checkpoint_of("MSD", tmp_path / "cache")
    names = sorted(path.name for path in (tmp_path / "cache" / "musicnn").iterdir())
    assert names == ["MSD.data-00000-of-00001", "MSD.index", *kept]
    client_that(monkeypatch, client, says="must not be asked again")
    assert checkpoint_of("MTT", tmp_path / "cache").with_name("MTT.index").read_bytes() == b"MTT.index"


def test_downloads_that_a_killed_process_left_are_removed(both, tmp_path, monkeypatch):
    left = tmp_path / "cache" / "musicnn" / ".download-abcd1234"
    left.mkdir(parents=True)
    (left / "half.whl").write_bytes(b"half")
    client_that(monkeypatch, "pip", copies=both)
    checkpoint_of("MSD", tmp_path / "cache")
    assert not left.exists()


def test_a_folder_that_cannot_be_read_is_one_line(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", "the folder")

    monkeypatch.setattr(musicnn_files, "_are_there", refuse)
    with pytest.raises(
        DataError, match=r"^the folder: cannot be read or written \(Permission denied\)\. .* --cache\.$"
    ):
        checkpoint_of("MSD", tmp_path)


@pytest.mark.parametrize("client", CLIENTS)
def test_the_real_client_fetches_a_wheel_of_this_checksum_and_no_other(client, wheel, tmp_path, monkeypatch):
    """Both find it in a folder here; neither asks an index."""
    if client == "uv" and shutil.which("uv") is None:
        pytest.skip("there is no uv on this machine")
    if client == "pip" and importlib.util.find_spec("pip") is None:
        pytest.skip("there is no pip in this environment")
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheel.parent)}
    settings |= {"UV_OFFLINE": "1", "UV_FIND_LINKS": str(wheel.parent), "UV_CACHE_DIR": str(tmp_path / "uv")}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    if client == "uv":
        real = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, *rest: None if name == "pip" else real(name, *rest)
        )
    prefix = checkpoint_of("MSD", tmp_path / "cache")
    assert prefix.with_name("MSD.index").read_bytes() == b"MSD.index"
    monkeypatch.setattr(musicnn_files, "WHEEL_SHA256", "0" * 64)
    with pytest.raises(DataError, match=rf"could not be fetched: {client}: .*(?i:hash|match)") as caught:
        checkpoint_of("MSD", tmp_path / "another")
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path / "another" / "musicnn") == []


def test_a_wheel_that_is_already_in_the_cache_is_used(wheel, tmp_path, monkeypatch):
    choose(monkeypatch, None)
    folder = tmp_path / "cache" / "musicnn"
    folder.mkdir(parents=True)
    (folder / wheel.name).write_bytes(wheel.read_bytes())
    checkpoint_of("MSD", tmp_path / "cache")
    (folder / wheel.name).write_bytes(b"damaged")
    (folder / "MSD.index").unlink()
    with pytest.raises(DataError, match=rf"{wheel.name}: SHA-256 .* expected .* Delete it"):
        checkpoint_of("MSD", tmp_path / "cache")


@pytest.mark.parametrize(
    ("client", "says", "reason"),
    [
        (
            "pip",
            "WARNING: retrying\nERROR: Could not find a version\nERROR: No matching distribution\n",
            "pip: ERROR: Could not find a version.",
        ),
        (
            "uv",
            "error: Failed to fetch\n  cause: refused\n\nhint: retry.\n",
            "uv: error: Failed to fetch cause: refused",
        ),
        ("uv", "", "uv: no message."),
    ],
)
def test_a_failed_download_gives_one_line_with_instructions(client, says, reason, wheel, tmp_path, monkeypatch):
    client_that(monkeypatch, client, says=says)
    with pytest.raises(DataError) as caught:
        checkpoint_of("MSD", tmp_path / "cache")
    assert str(caught.value).startswith(f"musicnn's pretrained weights could not be fetched: {reason}")
    assert "pip install --no-deps musicnn==0.1.0" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in (tmp_path / "cache" / "musicnn").iterdir()] == []


def test_without_pip_and_uv_the_manual_way_is_named(wheel, tmp_path, monkeypatch):
    choose(monkeypatch, None)
    with pytest.raises(DataError) as caught:
        checkpoint_of("MSD", tmp_path / "cache")
    assert str(caught.value) == (
        "musicnn's pretrained weights could not be fetched: this environment has no pip, and there is no uv on PATH. "
        "Install the package without its dependencies (pip install --no-deps musicnn==0.1.0, or the same with uv pip), "
        f"or download {WHEEL} on another machine and put it into {tmp_path / 'cache' / 'musicnn'}."
    )


def test_a_file_with_another_checksum_is_refused(wheel, tmp_path, monkeypatch):
    client_that(monkeypatch, "pip", copies=wheel)
    prefix = checkpoint_of("MSD", tmp_path / "cache")
    damaged = prefix.with_name("MSD.data-00000-of-00001")
    damaged.write_bytes(b"other")
    with pytest.raises(DataError, match=rf"{damaged.name}: is not musicnn's file: SHA-256 .*Delete it"):
        checkpoint_of("MSD", tmp_path / "cache")


def test_an_installed_package_is_read_and_never_imported(tmp_path, monkeypatch):
    package = tmp_path / "site" / "musicnn"
    (package / "MSD_musicnn").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    found = SimpleNamespace(locate_file=lambda name: tmp_path / "site" / name)
    monkeypatch.setattr(metadata, "distribution", lambda name: found)
    with pytest.raises(DataError, match=r"\.index: is missing in the installed package musicnn"):
        checkpoint_of("MSD", tmp_path / "cache")
    contents = {suffix: suffix.encode() for suffix in SUFFIXES}
    for suffix, content in contents.items():
        (package / "MSD_musicnn" / suffix).write_bytes(content)
    with pytest.raises(DataError, match=r"MSD_musicnn/\.index: is not the file of musicnn==0\.1\.0"):
        checkpoint_of("MSD", tmp_path / "cache")
    known = {f"MSD{suffix}": hashlib.sha256(content).hexdigest() for suffix, content in contents.items()}
    monkeypatch.setattr(musicnn_files, "FILES_SHA256", known)
    assert checkpoint_of("MSD", tmp_path / "cache").with_name("MSD.index").read_bytes() == b".index"
