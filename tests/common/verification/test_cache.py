"""The folder of all caches: what `encore verify` compares in it, and what it says of caches of earlier versions."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from common.verification.cache import verify_cache


@pytest.fixture
def folder(make_shards, tmp_path) -> Path:
    """A finished cache of two shards."""
    arrays = [np.full((5 + n, 3), n + 1, np.float32) for n in range(3)]
    return make_shards(tmp_path / "shards" / "made-1", [arrays[:2], arrays[2:]]).folder


def test_a_cache_that_holds_is_counted(folder, tmp_path):
    found = verify_cache(tmp_path)
    assert (found.faults, found.unchecked) == ((), ())
    assert found.summary == "2 shards of features, 0 lists of duplicates, 0 unpacked files compared: all right"
    assert (found.counts["indexes"], found.counts["shards"]) == (1, 2)


def test_without_a_cache_nothing_is_checked(tmp_path):
    assert verify_cache(None).summary == "not checked: there is no cache folder"
    assert verify_cache(tmp_path).summary.endswith("0 unpacked files compared")


def test_missing_shards_are_named(folder, tmp_path):
    (folder / "shard-00001.npy").unlink()
    (fault,) = verify_cache(tmp_path).faults
    assert fault.path == folder / "shard-00001.npy"
    assert fault.found == "the index lists this shard, but it is missing"
    assert fault.remedy == f"Delete the folder {folder} to extract it again."


def test_shards_are_compared_without_an_index_as_well(folder, tmp_path):
    (folder / "index.json").unlink()
    path = folder / "shard-00000.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    (fault,) = verify_cache(tmp_path).faults
    assert fault.path == path


def test_a_description_of_another_shard_than_the_index_lists_is_named(folder, make_shards, tmp_path):
    other = make_shards(tmp_path / "other", [[np.ones((5, 3), np.float32)]]).folder
    shutil.copy(other / "shard-00000.json", folder)
    (fault,) = verify_cache(tmp_path).faults
    assert (fault.path, fault.found) == (folder / "shard-00000.json", "another shard than index.json")


def test_lists_of_earlier_versions_are_counted(folder, tmp_path):
    for path in folder.glob("*.json"):
        values = json.loads(path.read_text())
        path.write_text(json.dumps(values.get("shard") or {n: v for n, v in values.items() if n != "sha256"}))
    found = verify_cache(tmp_path)
    assert found.faults == ()
    assert found.unchecked == (
        "3 lists of the cache against a digest of its own (written before Encore stored digests)",
    )


def test_copies_of_descriptions_that_people_made_are_left_alone(folder, tmp_path):
    for name in ("shard-00000-old.json", "shard-00000 - Copy.json", "shard-x.json"):
        shutil.copy(folder / "shard-00000.json", folder / name)
    assert verify_cache(tmp_path).faults == ()


@pytest.mark.parametrize("name", ["shards", "shards/made-1", "duplicates", "unpacked"])
def test_folders_that_cannot_be_read_are_named(folder, tmp_path, monkeypatch, name):
    (tmp_path / name).mkdir(exist_ok=True)
    listed = Path.iterdir

    def refuse(path):
        if path == tmp_path / name:
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    (fault,) = verify_cache(tmp_path).faults
    assert (fault.path, fault.found) == (tmp_path / name, "a folder that cannot be read (Permission denied)")
