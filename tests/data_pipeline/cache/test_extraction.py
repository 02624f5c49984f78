"""Extraction into shards: every track once, also after interruptions, and no bad track unnoticed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest
import soundfile

from common.core.errors import BudgetError, DataError
from common.core.files import sha256_of_file
from data_pipeline.audio.decode import read_audio
from data_pipeline.cache import extraction as prepare_module
from data_pipeline.cache import shards as shards_module
from data_pipeline.cache import track_extraction as track_module
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_finished_shard, read_track, write_shard
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.spectrograms import LogMel, StftDb
from data_pipeline.features.storage import StorageFormat
from data_pipeline.windows.index import WindowSpec, index_windows
from data_pipeline.windows.reader import WindowReader
from tests.helpers.other_user import as_other_user, shared_folder

FEATURE = LogMel(n_fft=512, hop_samples=512, n_mels=16)

# Three tracks of FEATURE fit, so the twelve of the tiny corpus make four shards.
SMALL_SHARD_BYTES = 130_000

SHARDS = 4


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(prepare_module, "_TARGET_SHARD_BYTES", SMALL_SHARD_BYTES)


@pytest.fixture
def decoded(monkeypatch) -> list[str]:
    """Names of the files that are decoded, in order."""
    names = []

    def read(path, **options):
        names.append(path.stem)
        return read_audio(path, **options)

    monkeypatch.setattr(track_module, "read_audio", read)
    return names


def cache_folder(cache: Path) -> Path:
    """The one folder of shards in a cache."""
    (folder,) = (cache / "shards").iterdir()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Shards, notes and index of a cache folder, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


@pytest.fixture(scope="module")
def undisturbed(tiny_corpus, tmp_path_factory) -> dict[str, bytes]:
    """The cache of the tiny corpus as an uninterrupted preparation makes it."""
    cache = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare_module, "_TARGET_SHARD_BYTES", SMALL_SHARD_BYTES)
        prepare(tiny_corpus.catalog, FEATURE, cache)
    return contents(cache_folder(cache))


def test_the_feature_and_the_data_are_named_in_words(tiny_corpus, tmp_path, capsys):
    prepare(tiny_corpus.catalog, LogMel(n_mels=20, n_fft=512), tmp_path)
    said = capsys.readouterr().err
    assert f"extracting 20-band log-mel spectrograms of {tiny_corpus.catalog.title}: " in said
    prepare(tiny_corpus.catalog.replace(dataset="demo"), LogMel(n_mels=24, n_fft=512), tmp_path)
    assert "extracting 24-band log-mel spectrograms of the demo corpus: " in capsys.readouterr().err


def test_every_track_is_extracted_in_catalog_order(tiny_corpus, tmp_path):
    catalog = tiny_corpus.catalog
    index = prepare(catalog, FEATURE, tmp_path)
    assert len(index.shards) == SHARDS
    assert [shard.name for shard in index.shards] == [f"shard-{number:05d}" for number in range(SHARDS)]
    assert [(t.id, t.label, t.artist) for t in index.tracks] == [(t.id, t.label, t.artist) for t in catalog.tracks]
    assert index.labels().tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert index.genres == catalog.genres
    assert index.skipped == ()
    for stored, track in zip(index.tracks, catalog.tracks, strict=True):
        expected = FEATURE.storage.encode(FEATURE.extract(read_audio(track.path)))
        assert stored.frames == FEATURE.frames(tiny_corpus.CLIP_SAMPLES)
        assert stored.source_sha256 == sha256_of_file(track.path)
        np.testing.assert_array_equal(read_track(index, stored), expected)


def test_the_number_of_threads_changes_nothing(tiny_corpus, tmp_path, undisturbed):
    prepare(tiny_corpus.catalog, FEATURE, tmp_path, jobs=1)
    assert contents(cache_folder(tmp_path)) == undisturbed


def test_finished_tracks_wait_for_the_shards_to_be_written_and_not_in_memory():
    started = []
    results = prepare_module._in_threads(started.append, range(100), threads=3)
    for taken in range(5):
        next(results)
        time.sleep(0.01)  # the threads have nothing else to do
        assert len(started) <= taken + 6
    results.close()
    assert len(started) <= 10


def test_each_finished_track_is_written_before_the_next_is_taken(tmp_path):
    feature = Precomputed(bins=2, columns_per_second=1.0, storage=StorageFormat(dtype="int16"))
    held = []

    def clips():
        for number in range(5):
            assert all(values() is None for values in held[:-1])
            values = np.full((3, 2), number, np.int16)
            held.append(weakref.ref(values))
            yield Track(id=f"t{number}", label="a", path=tmp_path), (values, "0" * 64)
            del values

    shard = write_shard(tmp_path, 0, feature, clips())
    assert shard.rows == 15
    assert [(track.first_row, track.frames) for track in shard.tracks] == [(first, 3) for first in range(0, 15, 3)]


def test_files_of_another_rate_are_resampled(own_corpus, tmp_path):
    path = own_corpus.path("blues", 0)
    soundfile.write(path, np.sin(np.arange(5 * 44100) / 20), 44100)
    index = prepare(own_corpus.catalog, FEATURE, tmp_path / "cache")
    assert index.tracks[0].frames == FEATURE.frames(own_corpus.CLIP_SAMPLES)
    np.testing.assert_array_equal(
        read_track(index, index.tracks[0]),
        FEATURE.storage.encode(FEATURE.extract(read_audio(path, sample_rate=22050))),
    )


def test_a_finished_cache_is_opened_not_made_again(tiny_corpus, tmp_path, decoded, snapshot):
    first = prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    before = snapshot(tmp_path)
    assert len(decoded) == 12
    assert prepare(tiny_corpus.catalog, FEATURE, tmp_path) == first
    assert len(decoded) == 12
    assert snapshot(tmp_path) == before


def test_two_simultaneous_preparations_share_the_work(tiny_corpus, tmp_path, decoded):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(prepare(tiny_corpus.catalog, FEATURE, tmp_path))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert found[0] == found[1]
    assert len(decoded) == 12


def interrupt_shard_writing(monkeypatch):
    """Stop before the second shard."""
    write = write_shard

    def stop(folder, number, *rest):
        if number == 1:
            raise KeyboardInterrupt
        return write(folder, number, *rest)

    monkeypatch.setattr(prepare_module, "write_shard", stop)


def interrupt_note_writing(monkeypatch):
    """Stop between the second shard and its note."""
    write = shards_module.write_json

    def stop(path, value):
        if path.name == "shard-00001.json":
            raise KeyboardInterrupt
        write(path, value)

    monkeypatch.setattr(shards_module, "write_json", stop)


def interrupt_index_writing(monkeypatch):
    """Stop when everything but the index is there."""

    def stop(index):
        raise KeyboardInterrupt

    monkeypatch.setattr(prepare_module, "write_index", stop)


@pytest.mark.parametrize(
    ("interrupt", "finished"),
    [(interrupt_shard_writing, 1), (interrupt_note_writing, 1), (interrupt_index_writing, SHARDS)],
)
def test_an_interrupted_preparation_can_be_resumed(
    tiny_corpus, tmp_path, undisturbed, decoded, snapshot, interrupt, finished
):
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch)
        with pytest.raises(KeyboardInterrupt):
            prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    folder = cache_folder(tmp_path)
    kept = [folder / f"shard-{number:05d}.{suffix}" for number in range(finished) for suffix in ("npy", "json")]
    before = snapshot(folder)
    assert not (folder / "index.json").exists()
    decoded.clear()

    prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    assert contents(folder) == undisturbed
    after = snapshot(folder)
    assert [after[path] for path in kept] == [before[path] for path in kept]
    assert sorted(decoded) == [track.id for track in tiny_corpus.catalog.tracks[3 * finished :]]


KILLED_IN_THE_MIDDLE_OF_A_SHARD = """
import os, signal, sys
from contextlib import contextmanager
from pathlib import Path
from data_pipeline.cache import extraction as prepare, shards
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.features.spectrograms import LogMel

write, calls = shards.npy_by_rows, []

@contextmanager
def write_and_die(*arguments):
    calls.append(arguments)
    with write(*arguments) as append:
        def append_and_die(array):
            append(array)
            if len(calls) == 3:
                os.kill(os.getpid(), signal.SIGKILL)
        yield append_and_die

shards.npy_by_rows = write_and_die
prepare._TARGET_SHARD_BYTES = int(sys.argv[3])
catalog = Catalog.model_validate_json(Path(sys.argv[1]).read_text())
prepare.prepare(catalog, LogMel(n_fft=512, hop_samples=512, n_mels=16), Path(sys.argv[2]))
"""


def test_a_killed_preparation_can_be_resumed(tiny_corpus, tmp_path, undisturbed, decoded):
    (tmp_path / "catalog.json").write_text(tiny_corpus.catalog.model_dump_json())
    arguments = [str(tmp_path / "catalog.json"), str(tmp_path / "cache"), str(SMALL_SHARD_BYTES)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_IN_THE_MIDDLE_OF_A_SHARD, *arguments],
        cwd=Path(prepare_module.__file__).parents[2],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    folder = cache_folder(tmp_path / "cache")
    assert [path.name for path in folder.glob("shard-*.npy")] != []
    (left,) = folder.glob(".*.tmp")
    assert left.stat().st_size > 0

    prepare(tiny_corpus.catalog, FEATURE, tmp_path / "cache")
    assert list(folder.glob(".*")) == [folder / ".lock"]
    assert contents(folder) == undisturbed
    assert sorted(decoded) == [track.id for track in tiny_corpus.catalog.tracks[6:]]


def test_leftover_temporary_files_never_count(tiny_corpus, tmp_path, undisturbed):
    prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    folder = cache_folder(tmp_path)
    for name in ("index.json", "shard-00002.npy", "shard-00002.json"):
        os.rename(folder / name, folder / f".{name}.abc123.tmp")
    for number in range(SHARDS):
        (folder / f".shard-{number:05d}.npy.xyz.tmp").write_bytes(b"half of an arr")
    prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    assert contents(folder) == undisturbed


def test_a_shard_changed_between_two_attempts_is_noticed(tiny_corpus, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        interrupt_index_writing(patch)
        with pytest.raises(KeyboardInterrupt):
            prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    path = cache_folder(tmp_path) / "shard-00003.npy"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DataError, match=r"shard-00003\.npy: its SHA-256"):
        prepare(tiny_corpus.catalog, FEATURE, tmp_path)


def damage(corpus) -> dict[str, str]:
    """Damage one clip in the first shard and two in the third: id -> what its message must say."""
    cut = corpus.path("blues", 1)
    cut.write_bytes(cut.read_bytes()[:-100])
    corpus.path("classical", 2).write_text("not found")
    soundfile.write(corpus.path("classical", 3), np.zeros(1000), 22050)
    return {"blues.00001": "truncated", "classical.00002": "does not decode", "classical.00003": "are zero"}


GOOD_SHARDS = {1, 3}


def test_all_bad_tracks_are_named_and_good_shards_are_kept(own_corpus, tmp_path, decoded, snapshot):
    expected = damage(own_corpus)
    with pytest.raises(DataError, match=r"^3 of 12 clips cannot be used:\n") as caught:
        prepare(own_corpus.catalog, FEATURE, tmp_path / "cache")
    for (name, reason), line in zip(expected.items(), str(caught.value).splitlines()[1:], strict=True):
        assert str(own_corpus.path(*name.split(".")[:1], int(name[-1]))) in line
        assert reason in line
    folder = cache_folder(tmp_path / "cache")
    assert not (folder / "index.json").exists()
    assert {int(path.stem[-1]) for path in folder.glob("*.npy")} == GOOD_SHARDS
    before = snapshot(folder)
    decoded.clear()

    index = prepare(own_corpus.catalog, FEATURE, tmp_path / "cache", skip_bad=True)
    assert sorted(decoded) == [track.id for track in own_corpus.catalog.tracks[0:3] + own_corpus.catalog.tracks[6:9]]
    after = snapshot(folder)
    assert {path: after[path] for path in before} == before
    assert {bad.id: bad.path for bad in index.skipped} == {
        track.id: track.path for track in own_corpus.catalog.tracks if track.id in expected
    }
    assert all(expected[bad.id] in bad.reason for bad in index.skipped)
    assert [t.id for t in index.tracks] == [t.id for t in own_corpus.catalog.tracks if t.id not in expected]
    for stored in index.tracks:
        source = own_corpus.path(stored.label, int(stored.id[-1]))
        np.testing.assert_array_equal(
            read_track(index, stored), FEATURE.storage.encode(FEATURE.extract(read_audio(source)))
        )

    # A later command without skip_bad still refuses what an earlier one skipped.
    with pytest.raises(DataError, match=r"^3 of 12 clips cannot be used:\n"):
        prepare(own_corpus.catalog, FEATURE, tmp_path / "cache")
    assert prepare(own_corpus.catalog, FEATURE, tmp_path / "cache", skip_bad=True) == index


def test_clips_skipped_by_an_interrupted_command_are_still_refused_later(own_corpus, tmp_path):
    damage(own_corpus)
    with pytest.MonkeyPatch.context() as patch:
        interrupt_shard_writing(patch)
        with pytest.raises(KeyboardInterrupt):
            prepare(own_corpus.catalog, FEATURE, tmp_path / "cache", skip_bad=True)
    with pytest.raises(DataError, match=r"^3 of 12 clips cannot be used:\n"):
        prepare(own_corpus.catalog, FEATURE, tmp_path / "cache")


def test_only_tracks_that_became_readable_are_extracted_again(
    tiny_corpus, tmp_path, undisturbed, decoded, monkeypatch, snapshot
):
    """A network drive that fails for a moment leaves the files as they were."""

    def fail_for_a_moment(path, **options):
        if path.stem in ("blues.00001", "classical.00002"):
            raise DataError(f"{path}: cannot be read (input/output error).")
        return read_audio(path, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(track_module, "read_audio", fail_for_a_moment)
        with pytest.raises(DataError, match=r"^2 of 12 clips"):
            prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    folder = cache_folder(tmp_path)
    before = snapshot(folder)
    prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    assert sorted(decoded) == [track.id for track in tiny_corpus.catalog.tracks[0:3] + tiny_corpus.catalog.tracks[6:9]]
    assert contents(folder) == undisturbed
    after = snapshot(folder)
    assert {path: after[path] for path in before} == before


def test_a_repaired_file_is_read_again(own_corpus, tiny_corpus, tmp_path, undisturbed):
    damage(own_corpus)
    prepare(own_corpus.catalog, FEATURE, tmp_path / "cache", skip_bad=True)
    for track in own_corpus.catalog.tracks:
        track.path.write_bytes(tiny_corpus.path(track.label, int(track.id[-1])).read_bytes())
    index = prepare(own_corpus.catalog, FEATURE, tmp_path / "cache")
    assert index.skipped == ()
    assert contents(index.folder) == undisturbed


def test_one_bad_track_is_one_line(own_corpus, tmp_path):
    path = own_corpus.path("country", 3)
    path.write_text("not found")
    with pytest.raises(DataError) as caught:
        prepare(own_corpus.catalog, FEATURE, tmp_path / "cache")
    assert str(caught.value).startswith(f"{path}: does not decode as audio")
    assert "\n" not in str(caught.value)


def test_a_long_list_of_bad_tracks_ends_with_their_number(own_corpus, tmp_path):
    for track in own_corpus.catalog.tracks:
        track.path.write_text("not found")
    with pytest.raises(DataError, match=r"^12 of 12 clips cannot be used:\n") as caught:
        prepare(own_corpus.catalog, FEATURE, tmp_path / "cache")
    assert str(caught.value).endswith("\n  ... and 2 more")
    with pytest.raises(DataError, match=r"none of its 12 tracks can be used; first: .*blues\.00000\.wav"):
        prepare(own_corpus.catalog, FEATURE, tmp_path / "cache", skip_bad=True)
    assert not (cache_folder(tmp_path / "cache") / "index.json").exists()


def test_a_shard_with_only_bad_tracks_does_not_affect_the_others(own_corpus, tmp_path):
    for track in own_corpus.catalog.tracks[3:6]:
        track.path.write_text("not found")
    index = prepare(own_corpus.catalog, FEATURE, tmp_path / "cache", skip_bad=True)
    assert len(index.tracks) == 9
    assert index.shards[1].rows == 0
    frames = [track.frames for track in index.tracks]
    windows = index_windows(WindowSpec(seconds=5, hop_seconds=5), frames, [t.id for t in index.tracks], 43.0)
    with WindowReader(index, windows) as reader:
        for number, track in enumerate(index.tracks):
            np.testing.assert_array_equal(
                reader.read(np.array([number]))[0], read_track(index, track)[: windows.frames]
            )


@pytest.mark.parametrize("feature", [FEATURE, StftDb(n_fft=64)])
def test_samples_beyond_any_scale_are_refused_by_name(own_corpus, tmp_path, feature):
    path = own_corpus.path("blues", 0)
    soundfile.write(path, np.full(20000, 1e30, np.float32), 22050, subtype="FLOAT")
    with pytest.raises(DataError, match="do not fit int16") as caught:
        prepare(own_corpus.catalog, feature, tmp_path / "cache")
    assert str(caught.value).startswith(f"{path}: {feature.kind}: ")


def test_a_cache_that_cannot_be_written_is_named(tiny_corpus, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="--cache must be a writable folder") as caught:
        prepare(tiny_corpus.catalog, FEATURE, tmp_path / "file" / "cache")
    assert str(caught.value).startswith(str(tmp_path / "file" / "cache"))


OF_ANOTHER_USER = """
catalog = Catalog.model_validate_json((folder / 'catalog.json').read_text())
index = prepare(catalog, LogMel(n_fft=512, hop_samples=512, n_mels=16), folder / 'cache')
print(read_track(index, index.tracks[0]).shape[1])
prepare(catalog, LogMel(n_fft=512, hop_samples=512, n_mels=8), folder / 'cache')
"""
IMPORTS_OF_ANOTHER_USER = """
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_track
from data_pipeline.datasets.catalog import Catalog
from data_pipeline.features.spectrograms import LogMel
"""


def test_a_finished_cache_of_another_user_is_used_and_nothing_is_written(tiny_corpus):
    with shared_folder(0o755) as folder:
        corpus = tiny_corpus.copy_to(folder / "corpus")
        corpus.folder.chmod(0o755)
        (folder / "catalog.json").write_text(corpus.catalog.model_dump_json())
        prepare(corpus.catalog, FEATURE, folder / "cache")
        for path in sorted((folder / "cache").rglob("*"), reverse=True):
            path.chmod(0o555 if path.is_dir() else 0o444)
        (folder / "cache").chmod(0o555)
        read, said = as_other_user(OF_ANOTHER_USER, folder, imports=IMPORTS_OF_ANOTHER_USER).splitlines()
        assert read == "16"
        # Of another feature nothing is there.
        assert said.startswith(f"refused: {folder}/cache: --cache must be a writable folder, found: Permission denied.")


def folders(cache: Path) -> set[str]:
    return {path.name for path in (cache / "shards").iterdir()}


def test_another_source_or_feature_gets_another_folder(own_corpus, tmp_path):
    cache, catalog = tmp_path / "cache", own_corpus.catalog
    first = prepare(catalog, FEATURE, cache)
    assert len(folders(cache)) == 1
    assert first.folder.name.startswith("tiny-")

    # A file of the same size with another sample in it.
    path = own_corpus.path("classical", 2)
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    changed = prepare(own_corpus.catalog, FEATURE, cache)
    assert len(folders(cache)) == 2
    assert changed.data_digest != first.data_digest

    fewer = catalog.replace(tracks=catalog.tracks[:-1])
    other_artist = catalog.replace(tracks=(catalog.tracks[0].replace(artist="another artist"), *catalog.tracks[1:]))
    for number, (variant, feature) in enumerate(
        [(fewer, FEATURE), (other_artist, FEATURE), (catalog, FEATURE.replace(n_mels=8)), (catalog, StftDb(n_fft=64))]
    ):
        index = prepare(variant, feature, cache)
        assert len(folders(cache)) == 3 + number
        assert index.feature == feature
    # All of them stay; going back costs nothing.
    assert prepare(own_corpus.catalog, FEATURE, cache) == changed
    assert len(folders(cache)) == 6


def test_the_data_digest_does_not_depend_on_folders_times_or_features(tiny_corpus, own_corpus, tmp_path):
    for number, track in enumerate(own_corpus.catalog.tracks):
        os.utime(track.path, (10**9 + number, 10**9 + number))
    here = prepare(tiny_corpus.catalog, FEATURE, tmp_path / "here")
    there = prepare(own_corpus.catalog, FEATURE.replace(n_mels=8), tmp_path / "there")
    assert here.folder.name != there.folder.name
    assert here.data_digest == there.data_digest


def test_only_the_middle_of_a_clip_is_extracted(tiny_corpus, tmp_path):
    catalog = tiny_corpus.catalog.with_clip_seconds(2.0)
    index = prepare(catalog, FEATURE, tmp_path / "cut")
    samples = read_audio(catalog.tracks[0].path)
    middle = FEATURE.storage.encode(FEATURE.extract(samples[33_075 : 33_075 + 44_100]))
    np.testing.assert_array_equal(read_track(index, index.tracks[0]), middle)
    whole = prepare(tiny_corpus.catalog, FEATURE, tmp_path / "whole")
    assert index.data_digest != whole.data_digest
    longer = prepare(tiny_corpus.catalog.with_clip_seconds(9.0), FEATURE, tmp_path / "longer")
    np.testing.assert_array_equal(read_track(longer, longer.tracks[0]), read_track(whole, whole.tracks[0]))
    assert len({one.data_digest for one in (index, whole, longer)}) == 3


def test_whole_and_cut_clips_share_no_folder_of_a_cache(tiny_corpus, tmp_path):
    lengths = [
        prepare(tiny_corpus.catalog.replace(clip_seconds=seconds), FEATURE, tmp_path).tracks[0].frames
        for seconds in (None, 2.0, 3.0, None)
    ]
    assert lengths == [216, 87, 130, 216]
    assert len(folders(tmp_path)) == 3


def test_a_clip_whose_middle_is_silent_is_named(own_corpus, tmp_path):
    path = own_corpus.path("blues", 0)
    samples, rate = soundfile.read(path)
    samples[rate : 4 * rate] = 0
    soundfile.write(path, samples, rate)
    with pytest.raises(DataError, match=r"blues\.00000\.wav: the middle 2 s are digital silence"):
        prepare(own_corpus.catalog.with_clip_seconds(2.0), FEATURE, tmp_path)


def test_shards_of_long_files_hold_fewer_of_them(tmp_path, monkeypatch):
    sizes = {"a": 1 << 20, "b": 1 << 20, "c": 60 << 20, "d": 1 << 20, "e": 60 << 20, "f": 60 << 20}
    for name, size in sizes.items():
        with open(tmp_path / f"{name}.wav", "wb") as file:
            file.truncate(size)
    tracks = tuple(Track(id=name, label="rock", path=tmp_path / f"{name}.wav") for name in sizes)
    catalog = Catalog(dataset="folder", title="own", genres=("rock",), tracks=tracks)

    def planned(catalog: Catalog) -> list[str]:
        return ["".join(track.id for track in shard) for shard in prepare_module._plan(catalog, FEATURE)]

    second_bytes = FEATURE.frames_per_second * FEATURE.bins * np.dtype(FEATURE.storage.dtype).itemsize
    monkeypatch.setattr(prepare_module, "_TARGET_SHARD_BYTES", 120 * 30 * second_bytes)
    assert planned(catalog) == ["abcdef"]
    monkeypatch.setattr(prepare_module, "_TARGET_SHARD_BYTES", 4 * 30 * second_bytes)
    assert planned(catalog) == ["ab", "c", "d", "e", "f"]
    # Of 30 s of each, a shard holds four.
    assert planned(catalog.with_clip_seconds(30)) == ["abcd", "ef"]


def test_a_shard_of_other_clips_is_made_again(tiny_corpus, undisturbed, tmp_path, monkeypatch):
    monkeypatch.setattr(prepare_module, "_TARGET_SHARD_BYTES", SMALL_SHARD_BYTES)
    prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    folder = cache_folder(tmp_path)
    (folder / "index.json").unlink()
    # As if all were planned one shard later.
    for number in range(1, len(list(folder.glob("shard*.npy")))):
        shard = read_finished_shard(folder, number)
        rows = np.load(folder / f"{shard.name}.npy")
        clips = [
            (
                Track(id=track.id, label=track.label, artist=track.artist, path=folder),
                (rows[track.first_row : track.first_row + track.frames], track.source_sha256),
            )
            for track in shard.tracks
        ]
        write_shard(folder, number - 1, FEATURE, clips)
    prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    assert contents(folder) == undisturbed


def edit_index(folder: Path, change) -> None:
    """Change an index, without its digest, as earlier versions wrote it."""
    path = folder / "index.json"
    values = json.loads(path.read_text())
    del values["sha256"]
    change(values)
    path.write_text(json.dumps(values))


def test_a_finished_cache_of_an_earlier_version_is_used(tiny_corpus, tmp_path, decoded):
    first = prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    folder = cache_folder(tmp_path)
    edit_index(folder, lambda values: None)
    for path in folder.glob("shard-*.json"):
        path.write_text(json.dumps(json.loads(path.read_text())["shard"]))
    decoded.clear()
    assert prepare(tiny_corpus.catalog, FEATURE, tmp_path) == first
    # An extraction that an earlier version began goes on as well.
    (folder / "index.json").unlink()
    assert prepare(tiny_corpus.catalog, FEATURE, tmp_path) == first
    assert decoded == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda values: values.update(genres=values["genres"][::-1]), "is of tiny with the genres country, classical"),
        (lambda values: values.update(dataset="other"), "is of other with the genres"),
        (lambda values: values["feature"].update(top_db=40.0), "is of another feature"),
        (lambda values: values.update(clip_seconds=2.0), "is of another feature"),
        (lambda values: values.update(extraction_version=7), "is of another way to extract features"),
        (
            lambda values: values["shards"][0]["tracks"][0].update(label="country"),
            "lists track blues.00000 with another",
        ),
        (lambda values: values["shards"][3]["tracks"][2].update(artist="x"), "lists track country.00003 with another"),
        (lambda values: values["shards"][0]["tracks"][1].update(id="x"), "lists track x in another place"),
        (lambda values: values["shards"].pop(), "lacks track country.00001"),
    ],
)
def test_an_index_that_is_not_of_the_data_is_refused(tiny_corpus, tmp_path, change, said):
    """Without a digest, only the data set itself tells."""
    prepare(tiny_corpus.catalog, FEATURE, tmp_path)
    edit_index(cache_folder(tmp_path), change)
    with pytest.raises(DataError, match=rf"index\.json: {said}.* expected that of Tiny corpus.*Delete the folder"):
        prepare(tiny_corpus.catalog, FEATURE, tmp_path)


def test_a_clip_that_is_far_too_long_is_a_bad_track(own_corpus, tmp_path):
    long = own_corpus.path("blues", 1)
    soundfile.write(long, np.full(5 * 22050, 0.1), 4000)
    catalog = own_corpus.catalog.replace(most_seconds=27)
    message = (
        rf"^{long}: lasts 28 s \(110,250 frames at 4,000 Hz\), expected at most 27 s beside the other clips: its "
        r"header is wrong, or it is no clip\. Replace the file, or skip it with --skip-bad \(skip_bad=True\)\.$"
    )
    with pytest.raises(DataError, match=message):
        prepare(catalog, FEATURE, tmp_path)
    index = prepare(catalog, FEATURE, tmp_path, skip_bad=True)
    assert [(bad.id, len(index.tracks)) for bad in index.skipped] == [("blues.00001", 11)]


def test_a_clip_that_needs_more_memory_than_is_left_is_refused_before_it_is_decoded(own_corpus, tmp_path):
    long = own_corpus.path("blues", 1)
    soundfile.write(long, np.full((60 * 8000, 2), 0.1), 8000)
    size = long.stat().st_size
    # Of the samples at 22,050 Hz five arrays, beside those that were decoded and the file's bytes.
    needed = size + 4 * (60 * 8000 + 5 * 60 * 22050)
    with pytest.raises(BudgetError) as caught:
        prepare(own_corpus.catalog, FEATURE, tmp_path, memory_left_bytes=needed - 1)
    assert str(caught.value) == (
        f"{long}: declares 480,000 frames of 2 channels at 8,000 Hz, and is {size:,} bytes long, which needs "
        f"{needed / 2**20:,.0f} MB of memory, and --memory-limit leaves {needed / 2**20:,.0f} MB. Raise the limit, or "
        "cut the file into shorter clips."
    )
    assert len(prepare(own_corpus.catalog, FEATURE, tmp_path, memory_left_bytes=needed).tracks) == 12


def test_a_file_of_more_bytes_than_are_left_is_not_read(own_corpus, tmp_path, monkeypatch):
    size = max(track.path.stat().st_size for track in own_corpus.catalog.tracks)
    monkeypatch.setattr(track_module, "read_content", None)
    with pytest.raises(BudgetError, match=rf"is {size:,} bytes long, which needs 0 MB of memory, and --memory-limit"):
        prepare(own_corpus.catalog, FEATURE, tmp_path, memory_left_bytes=size - 1)


def test_threads_wait_for_each_other_where_memory_is_short(tiny_corpus, tmp_path, monkeypatch, undisturbed):
    running, most, lock = 0, 0, threading.Lock()
    extract = LogMel.extract

    def watched(self, samples):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return extract(self, samples)

    monkeypatch.setattr(LogMel, "extract", watched)
    size = tiny_corpus.path("blues", 0).stat().st_size
    of_one = size + 4 * 6 * tiny_corpus.CLIP_SAMPLES
    prepare(tiny_corpus.catalog, FEATURE, tmp_path, jobs=6, memory_left_bytes=2 * of_one)
    assert most == 2
    assert contents(cache_folder(tmp_path)) == undisturbed
