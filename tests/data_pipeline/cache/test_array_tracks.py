"""Spectrograms of single tracks: the values of the whole array, whatever its order, one in memory at a time."""

import errno
import os
import subprocess
import sys
import weakref
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from common.core.errors import BudgetError, DataError
from data_pipeline.cache import array_tracks, extraction
from data_pipeline.cache.array_tracks import open_array_tracks
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_track
from data_pipeline.datasets import arrays, npy, npz

ROOT = Path(array_tracks.__file__).parents[2]
TRACKS, BINS, COLUMNS = 7, 5, 33
TRACK_BYTES = BINS * COLUMNS


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    """Pieces and blocks that end in the middle of tracks and of values."""
    monkeypatch.setattr(npy, "_PIECE_BYTES", 101)
    monkeypatch.setattr(array_tracks, "_BLOCK_BYTES", 300)


def spectrograms(dtype: str = "uint8") -> np.ndarray:
    return np.random.default_rng(0).integers(1, 250, (TRACKS, BINS, COLUMNS)).astype(dtype)


def save(path: Path, x: np.ndarray, write=np.savez_compressed) -> Path:
    # Not in the order of their ids, which is that of extraction.
    names = np.array([f"t{number}" for number in np.random.default_rng(1).permutation(len(x))])
    write(path, X=x, name=names, genre=np.array(["a", "b"] * len(x))[: len(x)], n_samples=np.full(len(x), 22050))
    return path


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", ">i2", "float16", "float32", ">f4", "float64", ">f8"])
def test_shards_hold_the_values_that_numpy_loads(tmp_path, dtype, order, write):
    path = save(tmp_path / "given.npz", np.asarray(spectrograms(dtype), order=order), write)
    catalog, feature = arrays.load(path)
    index = prepare(catalog, feature, tmp_path / "cache")
    with np.load(path, allow_pickle=False) as loaded:
        whole, names = loaded["X"], loaded["name"].tolist()
    assert [track.id for track in index.tracks] == sorted(names)
    for track in index.tracks:
        expected = np.ascontiguousarray(whole[names.index(track.id)].T, feature.storage.dtype)
        stored = read_track(index, track)
        assert stored.dtype == expected.dtype
        assert stored.tobytes() == expected.tobytes()


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_systems_without_positioned_reads_read_the_same_values_also_from_threads(tmp_path, monkeypatch, write):
    path = save(tmp_path / "given.npz", spectrograms(), write)
    for name in ("pread", "pwrite", "preadv"):
        monkeypatch.delattr(os, name, raising=False)
    with open_array_tracks(path, tmp_path) as tracks, ThreadPoolExecutor(8) as pool:
        rows = list(range(TRACKS)) * 40
        for row, found in zip(rows, pool.map(tracks.read, rows), strict=True):
            np.testing.assert_array_equal(found, spectrograms()[row].T)


@pytest.mark.parametrize(("order", "write"), [("C", np.savez), ("C", np.savez_compressed), ("F", np.savez)])
def test_no_more_than_one_track_is_read_at_a_time(tmp_path, monkeypatch, order, write):
    path = save(tmp_path / "given.npz", np.asarray(spectrograms(), order=order), write)
    read, sizes = os.pread, []

    def pread(descriptor, size, position):
        sizes.append(size)
        return read(descriptor, size, position)

    monkeypatch.setattr(os, "pread", pread)
    prepare(*arrays.load(path), tmp_path / "cache")
    assert sizes == [TRACK_BYTES] * TRACKS


@pytest.mark.parametrize(("order", "write"), [("C", np.savez_compressed), ("F", np.savez)])
def test_the_temporary_copy_has_no_name_that_could_be_left_over(tmp_path, order, write):
    path = save(tmp_path / "given.npz", np.asarray(spectrograms(), order=order), write)
    folder = tmp_path / "cache"
    folder.mkdir()
    with open_array_tracks(path, folder) as tracks:
        assert os.fstat(tracks.opened.fileno()).st_size == TRACKS * TRACK_BYTES
        # Of the folder's file system, which has the space.
        assert os.fstat(tracks.opened.fileno()).st_dev == folder.stat().st_dev
        assert list(folder.iterdir()) == []
    assert tracks.opened.closed


def test_an_uncompressed_array_is_read_where_it_is(tmp_path):
    path = save(tmp_path / "given.npz", spectrograms(), np.savez)
    with open_array_tracks(path, tmp_path / "nowhere") as tracks:
        assert tracks.opened.name == str(path)
        np.testing.assert_array_equal(tracks.read(3), spectrograms()[3].T)


def test_a_system_call_may_return_less_than_it_was_asked_for(tmp_path, monkeypatch):
    read, write = os.pread, os.pwrite
    monkeypatch.setattr(os, "pread", lambda descriptor, size, position: read(descriptor, min(size, 13), position))
    monkeypatch.setattr(os, "pwrite", lambda descriptor, content, position: write(descriptor, content[:17], position))
    with open_array_tracks(save(tmp_path / "given.npz", spectrograms()), tmp_path) as tracks:
        for row, expected in enumerate(spectrograms()):
            np.testing.assert_array_equal(tracks.read(row), expected.T)


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_damage_far_behind_the_header_is_noticed_before_anything_is_stored(tmp_path, write):
    rng = np.random.default_rng(0)
    path = save(tmp_path / "given.npz", rng.integers(0, 256, (TRACKS, BINS, 2000), np.uint8), write)
    content = path.read_bytes()
    at = 50_000
    path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    catalog, feature = arrays.load(path)
    with pytest.raises(DataError, match=r"given\.npz: not a readable \.npz \("):
        prepare(catalog, feature, tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("shard-*"))


def test_a_file_that_becomes_shorter_while_it_is_read_is_named(tmp_path):
    path = save(tmp_path / "given.npz", spectrograms(), np.savez)
    with open_array_tracks(path, tmp_path) as tracks:
        os.truncate(path, 700)
        with pytest.raises(DataError, match="ends before its array X does: it was changed while it was read"):
            tracks.read(6)


def test_a_file_that_was_replaced_since_it_was_opened_is_refused(tmp_path):
    path = save(tmp_path / "given.npz", spectrograms())
    catalog, feature = arrays.load(path)
    for other in (spectrograms()[:4], spectrograms()[:, :3]):
        save(path, other)
        with pytest.raises(DataError, match=r"X has become \(\d, \d, 33\) since the file was opened"):
            prepare(catalog, feature, tmp_path / "cache")


def test_a_folder_without_space_for_the_copy_is_named(tmp_path, monkeypatch):
    path = save(tmp_path / "given.npz", spectrograms())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(array_tracks.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 1000}))
        with (
            pytest.raises(DataError, match=r"has 0 MB of free space, but .* another folder with --cache"),
            open_array_tracks(path, tmp_path),
        ):
            pass

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with (
        pytest.raises(DataError, match=r"temporary copy of X of .* cannot be written \(No space left on device\)"),
        open_array_tracks(path, tmp_path),
    ):
        pass


@pytest.mark.parametrize(("write", "copied"), [(np.savez, 0), (np.savez_compressed, TRACKS * TRACK_BYTES)])
def test_space_for_shards_and_copy_is_required_before_values_are_read(tmp_path, monkeypatch, write, copied):
    loaded = arrays.load(save(tmp_path / "given.npz", spectrograms(), write))
    free = TRACKS * TRACK_BYTES + copied
    monkeypatch.setattr(array_tracks.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": free - 1}))
    with monkeypatch.context() as patch:
        patch.setattr(npz.Npz, "pieces", None)
        with pytest.raises(DataError, match=r"has 0 MB of free space, but the features of given\.npz take 0 MB"):
            prepare(*loaded, tmp_path / "cache")
    free += 1
    assert prepare(*loaded, tmp_path / "cache").tracks


@pytest.mark.parametrize("per_shard", [1, TRACKS])
@pytest.mark.parametrize("form", ["archive", "clips"])
def test_clips_that_do_not_fit_into_memory_are_refused_before_values_are_read(tmp_path, monkeypatch, form, per_shard):
    x = spectrograms("float64")
    if form == "archive":
        loaded = arrays.load(save(tmp_path / "given.npz", x, np.savez))
    else:
        for row, values in enumerate(x):
            (tmp_path / "clips" / "ab"[row % 2]).mkdir(parents=True, exist_ok=True)
            np.save(tmp_path / "clips" / "ab"[row % 2] / f"{row}.npy", values)
        loaded = arrays.load(tmp_path / "clips", seconds_per_column=0.1)
    # All tracks of a shard as float32, and once more when they are joined; or, of one track, the last one as float64,
    # and a truth value for each of its values.
    needed = 2 * TRACKS * BINS * COLUMNS * 4
    if per_shard == 1:
        monkeypatch.setattr(extraction, "_TARGET_SHARD_BYTES", 1)
        needed = BINS * COLUMNS * (4 + 8 + 1)
    declared = (
        rf"declares {BINS} bins x {COLUMNS} columns of \w+ for its largest clip, so that storing its clips takes 0 MB"
    )
    with pytest.raises(BudgetError, match=rf"{declared} of memory, and --memory-limit leaves 0 MB\. Raise the limit"):
        prepare(*loaded, tmp_path / "cache", memory_left_bytes=needed - 1)
    assert not list((tmp_path / "cache").rglob("*.npy"))
    assert len(prepare(*loaded, tmp_path / "cache", memory_left_bytes=needed).tracks) == TRACKS
    # What is in the cache is not read again.
    assert prepare(*loaded, tmp_path / "cache", memory_left_bytes=0).tracks


def test_what_is_in_a_shard_on_disk_is_not_held_while_the_next_is_made(tmp_path, monkeypatch):
    attempt, made = extraction._attempt, []

    def attempt_with_nothing_held(*arguments):
        assert [values() for values in made if values() is not None] == []
        outcome = attempt(*arguments)
        made.append(weakref.ref(outcome[0]))
        return outcome

    monkeypatch.setattr(extraction, "_attempt", attempt_with_nothing_held)
    monkeypatch.setattr(extraction, "_TARGET_SHARD_BYTES", 1)
    prepare(*arrays.load(save(tmp_path / "given.npz", spectrograms())), tmp_path / "cache")
    assert len(made) == TRACKS


def test_nothing_is_copied_where_all_shards_exist(tmp_path, monkeypatch):
    path = save(tmp_path / "given.npz", spectrograms())
    index = prepare(*arrays.load(path), tmp_path / "cache")
    (index.folder / "index.json").unlink()

    def refuse(*_):
        raise AssertionError("read again")

    monkeypatch.setattr(npz.Npz, "pieces", refuse)
    assert prepare(*arrays.load(path), tmp_path / "cache") == index


PEAK = """
import sys
from pathlib import Path
from common.training.memory import peak_resident_bytes
from data_pipeline.cache.extraction import prepare
from data_pipeline.datasets import arrays
before = peak_resident_bytes()
catalog, feature = arrays.load(Path(sys.argv[1]))
print(peak_resident_bytes() - before)
prepare(catalog, feature, Path(sys.argv[2]))
print(peak_resident_bytes() - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("order", "write"), [("C", np.savez), ("C", np.savez_compressed), ("F", np.savez)])
def test_a_large_file_takes_no_more_memory_than_a_few_shards(tmp_path, order, write):
    """200 MB of spectrograms; a shard takes 32 MB."""
    x = np.zeros((800, 128, 1953), np.uint8, order=order)
    x[:, ::16, ::16] = 1
    path = save(tmp_path / "large.npz", x, write)
    command = [sys.executable, "-c", PEAK, str(path), str(tmp_path / "cache")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loading, extraction = map(int, done.stdout.split())
    assert loading < 20e6
    assert extraction < 100e6


def test_an_array_without_the_npy_suffix_is_found(tmp_path):
    """Archives that were written without NumPy may hold X without the suffix."""
    path, renamed = save(tmp_path / "given.npz", spectrograms()), tmp_path / "renamed.npz"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(renamed, "w") as target:
        for name in source.namelist():
            target.writestr(name.removesuffix(".npy"), source.read(name))
    assert prepare(*arrays.load(renamed), tmp_path / "cache").tracks
