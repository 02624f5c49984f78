"""Extraction into shards: every track once, and no bad track unnoticed."""

import threading
import time
import weakref

import numpy as np
import pytest
import soundfile

from common.core.errors import BudgetError, DataError
from common.core.files import sha256_of_file
from data_pipeline.audio.decode import read_audio
from data_pipeline.cache import extraction as prepare_module
from data_pipeline.cache import track_extraction as track_module
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_track, write_shard
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.spectrograms import LogMel, StftDb
from data_pipeline.features.storage import StorageFormat
from data_pipeline.windows.index import WindowSpec, index_windows
from data_pipeline.windows.reader import WindowReader
from tests.helpers.small_caches import FEATURE, SHARDS, cache_folder, contents, interrupt_shard_writing

pytestmark = pytest.mark.usefixtures("small_shards")


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
