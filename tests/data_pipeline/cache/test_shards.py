"""Shards: what was written is read back, and files that were changed since are refused by name."""

import json
import pickle

import numpy as np
import pytest

from common.core.errors import DataError
from common.core.files import sha256_of_file, without_digest
from data_pipeline.cache import shards
from data_pipeline.cache.shards import ShardTrack, read_finished_shard, read_index, read_track, write_shard
from data_pipeline.datasets.catalog import BadTrack, Track
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.storage import StorageFormat
from data_pipeline.windows.index import WindowSpec, index_windows
from data_pipeline.windows.reader import WindowReader

BINS = 3
FEATURE = Precomputed(bins=BINS, columns_per_second=10.0, storage=StorageFormat(dtype="int16"))


def ramp(first: int, frames: int) -> np.ndarray:
    return (first + np.arange(frames * BINS)).reshape(frames, BINS).astype(np.int16)


ARRAYS = [[ramp(1, 20), ramp(1000, 25)], [ramp(2000, 30)]]


@pytest.fixture
def index(tmp_path, make_shards):
    """A finished cache: two shards of int16, of two tracks and of one."""
    return make_shards(tmp_path / "cache", ARRAYS, StorageFormat(dtype="int16", scale=0.5))


def edit_index(folder, change) -> None:
    """Change an index, without its digest, as earlier versions wrote it."""
    path = folder / "index.json"
    values = without_digest(path, json.loads(path.read_text()))
    change(values)
    path.write_text(json.dumps(values))


def replace_shard(index, write, *, number: int = 1) -> None:
    """Put another file in place of a shard, with an index that agrees with it."""
    path = index.folder / f"shard-{number:05d}.npy"
    path.unlink()
    with open(path, "wb") as file:
        write(file)
    edit_index(index.folder, lambda values: values["shards"][number].update(sha256=sha256_of_file(path)))


def open_reader(index) -> WindowReader:
    frames = [track.frames for track in index.tracks]
    windows = index_windows(WindowSpec(seconds=1, hop_seconds=1), frames, [track.id for track in index.tracks], 10.0)
    return WindowReader(index, windows)


def test_tracks_are_read_back_as_written(index):
    opened = read_index(index.folder)
    assert opened == index
    assert [track.id for track in opened.tracks] == ["t0", "t1", "t2"]
    assert opened.labels().tolist() == [0, 1, 2]
    assert opened.size_bytes == sum(path.stat().st_size for path in index.folder.glob("*.npy"))
    for track, array in zip(opened.tracks, [array for shard in ARRAYS for array in shard], strict=True):
        stored = read_track(opened, track)
        assert stored.dtype == np.int16
        np.testing.assert_array_equal(stored, array)


def test_a_cache_can_be_moved(index, tmp_path):
    index.folder.rename(tmp_path / "elsewhere")
    moved = read_index(tmp_path / "elsewhere")
    assert moved.folder == tmp_path / "elsewhere"
    np.testing.assert_array_equal(read_track(moved, moved.tracks[2]), ARRAYS[1][0])
    assert str(tmp_path) not in (tmp_path / "elsewhere" / "index.json").read_text()


def test_every_byte_of_a_shard_counts(index):
    path = index.folder / "shard-00001.npy"
    content = path.read_bytes()
    for position in (0, 7, 60, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        with pytest.raises(DataError, match=r"shard-00001\.npy: its SHA-256 .* differs") as caught:
            read_index(index.folder)
        assert f"Delete the folder {index.folder}" in str(caught.value)
    path.write_bytes(content)
    assert read_index(index.folder) == index


@pytest.mark.parametrize("change", [lambda content: content[:-1], lambda content: content + b"\0"])
def test_a_shard_of_another_length_is_refused(index, change):
    path = index.folder / "shard-00000.npy"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DataError, match=r"shard-00000\.npy: its SHA-256"):
        read_index(index.folder)


def test_a_changed_checksum_in_the_index_is_refused(index):
    edit_index(index.folder, lambda values: values["shards"][0].update(sha256="0" * 64))
    with pytest.raises(
        DataError, match=r"shard-00000\.npy: its SHA-256 .* differs from 000000000000\.\.\. in index\.json"
    ):
        read_index(index.folder)


def edit_track(number: int, track: int, **values):
    return lambda index: index["shards"][number]["tracks"][track].update(values)


EDITS = {
    "first_row": edit_track(0, 1, first_row=19),
    "frames": edit_track(0, 0, frames=19),
    "no frames": edit_track(0, 0, frames=0),
    "beyond the end": edit_track(1, 0, frames=31),
    "before the start": edit_track(1, 0, first_row=-1),
    "label": edit_track(0, 0, label="d"),
    "another shard": edit_track(0, 0, shard=1),
    "a shard that there is not": edit_track(1, 0, shard=7),
    "twice": edit_track(1, 0, id="t0"),
    "dropped": lambda index: index["shards"][0]["tracks"].pop(0),
    "genre twice": lambda index: index.update(genres=["a", "b", "c", "a"]),
    "name": lambda index: index["shards"][0].update(name="../shard-00000"),
    "order of shards": lambda index: index["shards"].reverse(),
    "no shards": lambda index: index["shards"].clear(),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_index_without_a_digest_that_contradicts_itself_is_refused(index, edit):
    edit_index(index.folder, edit)
    with pytest.raises(DataError, match=r"index\.json: .*\. Delete the folder .* to extract it again\.$"):
        read_index(index.folder)


@pytest.mark.parametrize(
    "edit",
    [
        edit_track(0, 0, label="c"),
        edit_track(0, 0, artist="somebody"),
        lambda index: index.update(genres=["b", "a", "c"]),
        lambda index: index["feature"].update(columns_per_second=20.0),
        lambda index: index.update(sha256=""),
    ],
)
def test_an_edited_index_is_refused(index, edit):
    path = index.folder / "index.json"
    values = json.loads(path.read_text())
    edit(values)
    path.write_text(json.dumps(values))
    with pytest.raises(DataError, match=r"index\.json: was edited: .*SHA-256\. Delete the folder"):
        read_index(index.folder)


def test_an_index_of_an_earlier_version_is_read(index):
    edit_index(index.folder, lambda values: None)
    assert read_index(index.folder) == index


def test_what_cannot_be_read_is_named(index):
    path = index.folder / "shard-00001.npy"
    path.unlink()
    path.mkdir()
    with pytest.raises(DataError, match=r"shard-00001\.npy: cannot be read \(Is a directory\)"):
        read_index(index.folder)
    for name, read in (
        ("index.json", read_index),
        ("shard-00000.json", lambda folder: read_finished_shard(folder, 0)),
    ):
        (index.folder / name).unlink()
        (index.folder / name).mkdir()
        with pytest.raises(DataError, match=rf"{name}: .* is a folder; expected a file"):
            read(index.folder)


def test_large_caches_are_checked_too(index, monkeypatch, capsys):
    monkeypatch.setattr(shards, "_SILENT_CHECK_BYTES", 0)
    assert read_index(index.folder) == index
    assert "checking shards: 2 shards" in capsys.readouterr().err
    (index.folder / "shard-00001.npy").write_bytes(b"other")
    with pytest.raises(DataError, match=r"shard-00001\.npy"):
        read_index(index.folder)


def test_a_missing_shard_is_named(index):
    (index.folder / "shard-00001.npy").unlink()
    with pytest.raises(DataError, match=r"shard-00001\.npy: the index lists this shard, but it is missing"):
        read_index(index.folder)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_format_version_is_refused(index, version):
    edit_index(index.folder, lambda values: values.update(format_version=version))
    with pytest.raises(DataError, match=rf"index\.json: format version {version!r}, expected 1\. Delete the folder"):
        read_index(index.folder)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is not valid JSON"),
        ('{"format_version": 1', "is not valid JSON"),
        ("\x00\x01", "is not valid JSON"),
        ("[1]", "format version None"),
        ('{"format_version": 1}', "not a valid index"),
    ],
)
def test_an_invalid_index_is_refused(index, text, expected):
    (index.folder / "index.json").write_text(text)
    with pytest.raises(DataError, match=expected) as caught:
        read_index(index.folder)
    assert str(caught.value).startswith(f"{index.folder / 'index.json'}: ")


def test_a_folder_without_an_index_is_refused(index):
    (index.folder / "index.json").unlink()
    with pytest.raises(DataError, match=r"index\.json: the index of the shards is missing"):
        read_index(index.folder)


@pytest.mark.parametrize("as_array", [True, False])
def test_a_pickle_in_place_of_a_shard_is_never_loaded(index, bomb, as_array):
    def write(file):
        if as_array:
            np.save(file, np.array([[bomb] * BINS] * 30, dtype=object), allow_pickle=True)
        else:
            pickle.dump(bomb, file)

    with open(index.folder / "shard-00001.npy", "wb") as file:
        write(file)
    with pytest.raises(DataError, match=r"shard-00001\.npy: its SHA-256"):
        read_index(index.folder)
    # Even where the index was changed to agree with it.
    replace_shard(index, write)
    opened = read_index(index.folder)
    with pytest.raises(DataError, match=r"shard-00001\.npy: not a plain \.npy array"):
        open_reader(opened)
    with pytest.raises(DataError, match=r"shard-00001\.npy: not a plain \.npy array \(.*(?i:pickle|object)"):
        read_track(opened, opened.tracks[2])


@pytest.mark.parametrize(
    "array",
    [
        ramp(0, 29),
        ramp(0, 30).astype(np.int32),
        ramp(0, 30).astype(">i2"),
        ramp(0, 30)[:, :2],
        ramp(0, 30).ravel(),
        np.asfortranarray(ramp(0, 30)),
    ],
)
def test_an_array_that_the_index_does_not_describe_is_refused(index, array):
    replace_shard(index, lambda file: np.save(file, array))
    with pytest.raises(DataError, match=r"shard-00001\.npy: holds .*, expected \(\(30, 3\), dtype\('int16'\)\)"):
        open_reader(read_index(index.folder))


def test_a_shard_is_finished_once_its_note_and_all_its_bytes_are_there(tmp_path):
    assert read_finished_shard(tmp_path, 0) is None
    good, bad = (Track(id=name, label="a", path=tmp_path / f"{name}.wav") for name in ("t0", "t9"))
    skipped = BadTrack(id="t9", path="t9.wav", reason="t9.wav: broken")
    written = write_shard(tmp_path, 0, FEATURE, [(good, (ramp(0, 5), f"{0:064x}")), (bad, skipped)])
    assert written.tracks == (
        ShardTrack(id="t0", label="a", artist=None, shard=0, first_row=0, frames=5, source_sha256=f"{0:064x}"),
    )
    assert read_finished_shard(tmp_path, 0) == written
    assert read_finished_shard(tmp_path, 1) is None
    assert written.skipped == (skipped,)

    path = tmp_path / "shard-00000.npy"
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    assert read_finished_shard(tmp_path, 0) is None
    path.unlink()
    assert read_finished_shard(tmp_path, 0) is None
    path.write_bytes(content)
    (tmp_path / "shard-00000.json").unlink()
    assert read_finished_shard(tmp_path, 0) is None


def edit_description(path, change, *, with_digest: bool) -> None:
    values = json.loads(path.read_text())
    change(values["shard"])
    path.write_text(json.dumps(values if with_digest else values["shard"]))


def test_an_edited_description_is_refused_and_one_of_an_earlier_version_is_read(index):
    path = index.folder / "shard-00000.json"
    original = path.read_text()
    edit_description(path, lambda shard: shard["tracks"][0].update(label="c"), with_digest=True)
    with pytest.raises(DataError, match=r"shard-00000\.json: was edited: .* Delete the folder"):
        read_finished_shard(index.folder, 0)
    path.write_text(json.dumps({name: value for name, value in json.loads(original).items() if name != "sha256"}))
    with pytest.raises(DataError, match=r"shard-00000\.json: was edited: it lacks its SHA-256"):
        read_finished_shard(index.folder, 0)
    path.write_text(original)
    edit_description(path, lambda shard: None, with_digest=False)
    assert read_finished_shard(index.folder, 0) == index.shards[0]
    path.write_text(original)
    edit_description(path, lambda shard: shard["tracks"][1].update(first_row=3), with_digest=False)
    with pytest.raises(DataError, match=r"shard-00000\.json: track t1 has 25 rows from row 3, .* row 20"):
        read_finished_shard(index.folder, 0)


@pytest.mark.parametrize("text", ["{", "{}", "[]", '{"name": "shard-00000"}'])
def test_a_damaged_note_is_named(tmp_path, text):
    write_shard(tmp_path, 0, FEATURE, [])
    (tmp_path / "shard-00000.json").write_text(text)
    with pytest.raises(DataError, match=r"shard-00000\.json: .*Delete"):
        read_finished_shard(tmp_path, 0)


def test_the_data_digest_depends_on_content_and_not_on_folder_or_storage(index, tmp_path, make_shards):
    elsewhere = make_shards(tmp_path / "b", ARRAYS, StorageFormat(dtype="int16", scale=0.25))
    cut_otherwise = make_shards(tmp_path / "c", [ARRAYS[0] + ARRAYS[1]])
    assert index.data_digest == elsewhere.data_digest == cut_otherwise.data_digest
    shard = index.shards[1]
    for change in ({"id": "other"}, {"label": "a"}, {"artist": "x"}, {"source_sha256": "f" * 64}):
        changed = shard.replace(tracks=(shard.tracks[0].replace(**change),))
        assert index.replace(shards=(index.shards[0], changed)).data_digest != index.data_digest
