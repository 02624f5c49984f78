"""Single clips for figures: the values that a training is fed, without the features of all other clips."""

import numpy as np
import pytest

from common.core.errors import DataError
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.cache import examples
from data_pipeline.cache.examples import ExampleReader
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_track
from data_pipeline.datasets.arrays import load
from data_pipeline.features.spectrograms import LogMel
from data_pipeline.features.waveform import Waveform
from tests.helpers.arrays import content

MEL = LogMel(n_fft=1024, hop_samples=1024, n_mels=16)


def ids_of(clips) -> list[str]:
    return [clip.track.id for clip in clips]


def test_a_clip_alone_has_the_values_of_a_training_and_no_other_clip_is_read(tiny_corpus, tmp_path):
    catalog = tiny_corpus.catalog
    index = prepare(catalog, MEL, tmp_path / "all")
    stored = next(track for track in index.tracks if track.id == "classical.00002")
    missing = catalog.replace(
        tracks=[
            track if track.id == stored.id else track.replace(path=tmp_path / "none.wav") for track in catalog.tracks
        ]
    )
    reader = ExampleReader(missing, cache=tmp_path / "few")
    (clip,) = reader.clips([track for track in missing.tracks if track.id == stored.id], MEL)
    np.testing.assert_array_equal(clip.values, MEL.storage.decode(read_track(index, stored)))
    assert clip.source_sha256 == stored.source_sha256
    assert clip.seconds == pytest.approx(5.0, abs=0.1)
    assert not (tmp_path / "few").exists()
    # From shards that are there already, no file is read.
    reader = ExampleReader(missing, cache=tmp_path / "few", stored=[index])
    for clip, track in zip(reader.clips(missing.tracks, MEL), index.tracks, strict=True):
        np.testing.assert_array_equal(clip.values, MEL.storage.decode(read_track(index, track)))


def test_clips_that_cannot_be_used_are_passed_over_only_where_they_may_be_skipped(own_corpus, tmp_path):
    own_corpus.path("blues", 0).write_bytes(b"no audio")
    tracks = own_corpus.catalog.tracks
    with pytest.raises(DataError, match=r"blues\.00000\.wav"):
        next(ExampleReader(own_corpus.catalog, cache=tmp_path).clips(tracks, MEL))
    skipping = ExampleReader(own_corpus.catalog, cache=tmp_path, skip_bad=True)
    assert ids_of(skipping.clips(tracks[:2], MEL)) == ["blues.00001"]
    assert ids_of(skipping.clips(tracks[:2], MEL, least_frames=200)) == []
    index = prepare(own_corpus.catalog, MEL, tmp_path, skip_bad=True)
    stored = ExampleReader(own_corpus.catalog, cache=tmp_path, skip_bad=True, stored=[index])
    assert stored.usable == tracks[1:]
    assert ids_of(stored.clips(tracks[:2], MEL)) == ["blues.00001"]
    assert stored.sources == {track.id: track.source_sha256 for track in index.clips}
    assert skipping.usable == tracks
    assert skipping.sources is None
    assert (skipping.may_lack_some, stored.may_lack_some) == (True, False)


def test_of_a_shortened_data_set_the_middle_of_a_clip_is_shown(tiny_corpus, tmp_path):
    feature, catalog = Waveform(sample_rate=22050), tiny_corpus.catalog
    (whole,) = ExampleReader(catalog, cache=tmp_path).clips(catalog.tracks[:1], feature)
    short = catalog.with_clip_seconds(2.0)
    (middle,) = ExampleReader(short, cache=tmp_path).clips(short.tracks[:1], feature)
    np.testing.assert_array_equal(middle.values, whole.values[33075:77175])


def test_an_altered_copy_is_that_of_a_training(tiny_corpus, tmp_path):
    copies = OfflineAugmentation(tempi=(1.0,))
    catalog = tiny_corpus.catalog
    index = prepare(catalog.with_copies(copies), MEL, tmp_path)
    place = next(track for track in index.tracks if track.id == "blues.00001+copy")
    # Shards do not say how the copies in them were made, so these are made again.
    reader = ExampleReader(catalog, cache=tmp_path, stored=[index])
    (copy,) = reader.clips(catalog.tracks[1:2], MEL, copies=copies)
    assert (copy.track.id, copy.track.copy_of) == ("blues.00001+copy", "blues.00001")
    np.testing.assert_array_equal(copy.values, MEL.storage.decode(read_track(index, place)))
    assert reader.usable == catalog.tracks


def test_arrays_are_extracted_once_as_for_a_training(tmp_path, monkeypatch):
    path = tmp_path / "arrays.npz"
    np.savez(path, **content())
    catalog, feature = load(path)
    prepared = []

    def counting(*arguments, **options):
        prepared.append(prepare(*arguments, **options))
        return prepared[-1]

    monkeypatch.setattr(examples, "prepare", counting)
    reader = ExampleReader(catalog, cache=tmp_path / "cache")
    clips = list(reader.clips(catalog.tracks, feature))
    assert ids_of(clips) == sorted(content()["name"])
    np.testing.assert_array_equal(clips[0].values, feature.storage.decode(content()["X"][1].T))
    list(reader.clips(catalog.tracks, feature))
    assert len(prepared) == 1


def test_arrays_that_cannot_be_used_are_refused_after_one_attempt(tmp_path, monkeypatch):
    path = tmp_path / "arrays.npz"
    values = content()
    values["X"][2] = 0
    np.savez(path, **values)
    catalog, feature = load(path)
    attempts = []

    def counting(*arguments, **options):
        attempts.append(1)
        return prepare(*arguments, **options)

    monkeypatch.setattr(examples, "prepare", counting)
    reader = ExampleReader(catalog, cache=tmp_path / "cache")
    for _ in range(2):
        with pytest.raises(DataError, match=r"X\[2\] \(rock\.00000\) is all zero"):
            next(reader.clips(catalog.tracks, feature))
    assert len(attempts) == 1
    skipping = ExampleReader(catalog, cache=tmp_path / "cache", skip_bad=True)
    assert ids_of(skipping.clips(catalog.tracks, feature)) == ["blues.00001", "blues.00003", "jazz.00054"]
    # What is counted does not depend on what was read before.
    assert skipping.usable == catalog.tracks
    assert skipping.may_lack_some
