"""musicnn's files: where they are taken from, and files that are refused."""

import hashlib
import subprocess
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
    path = tmp_path / "elsewhere" / WHEEL
    path.parent.mkdir()
    contents = {suffix: f"MSD{suffix}".encode() for suffix in SUFFIXES}
    with zipfile.ZipFile(path, "w") as archive:
        for suffix, content in contents.items():
            archive.writestr(f"musicnn/MSD_musicnn/{suffix}", content)
    monkeypatch.setattr(musicnn_files, "WHEEL_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    known = {f"MSD{suffix}": hashlib.sha256(content).hexdigest() for suffix, content in contents.items()}
    monkeypatch.setattr(musicnn_files, "FILES_SHA256", known)
    monkeypatch.setattr(musicnn_files, "_installed", lambda: None)
    return path


def pip_that(monkeypatch, *, copies=None, says: str = ""):
    """Replace pip: it copies a wheel, or fails with the message `says`."""

    def run(command, **_):
        place = command[command.index("--dest") + 1]
        assert "--require-hashes" in command
        assert "--no-deps" in command
        if copies is not None:
            (musicnn_files.Path(place) / WHEEL).write_bytes(copies.read_bytes())
        return SimpleNamespace(returncode=0 if copies else 1, stderr=says)

    monkeypatch.setattr(subprocess, "run", run)


def test_files_are_fetched_once_and_then_taken_from_the_cache(wheel, tmp_path, monkeypatch):
    pip_that(monkeypatch, copies=wheel)
    prefix = checkpoint_of("MSD", tmp_path / "cache")
    assert prefix.with_name("MSD.index").read_bytes() == b"MSD.index"
    pip_that(monkeypatch, says="must not be asked again")
    assert checkpoint_of("MSD", tmp_path / "cache") == prefix


def test_a_wheel_that_is_already_in_the_cache_is_used(wheel, tmp_path, monkeypatch):
    pip_that(monkeypatch, says="must not be asked")
    folder = tmp_path / "cache" / "musicnn"
    folder.mkdir(parents=True)
    (folder / wheel.name).write_bytes(wheel.read_bytes())
    checkpoint_of("MSD", tmp_path / "cache")
    (folder / wheel.name).write_bytes(b"damaged")
    (folder / "MSD.index").unlink()
    with pytest.raises(DataError, match=rf"{wheel.name}: SHA-256 .* expected .* Delete it"):
        checkpoint_of("MSD", tmp_path / "cache")


def test_a_failed_download_gives_one_line_with_instructions(wheel, tmp_path, monkeypatch):
    pip_that(monkeypatch, says="WARNING: retrying\nERROR: Could not find a version\nERROR: No matching distribution\n")
    with pytest.raises(DataError, match="could not be fetched: pip: ERROR: Could not find a version") as caught:
        checkpoint_of("MSD", tmp_path / "cache")
    assert "pip install --no-deps musicnn==0.1.0" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [path.name for path in (tmp_path / "cache" / "musicnn").iterdir()] == []


def test_a_file_with_another_checksum_is_refused(wheel, tmp_path, monkeypatch):
    pip_that(monkeypatch, copies=wheel)
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
