"""Altered copies: what is altered, that they are in the part of their clips, and that none is tested on."""

import librosa
import numpy as np
import pytest

from common.core.errors import DataError, SpecError
from common.paper.protocol import Protocol
from common.splits.windows import folds_of_windows
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.cache import track_extraction as track_module
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_track
from data_pipeline.features.spectrograms import LogMel
from data_pipeline.features.waveform import Waveform

RATE = 16000


def tone(seconds: float = 3.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def test_a_copy_depends_only_on_its_clip_and_the_seed():
    copies = OfflineAugmentation()
    np.testing.assert_array_equal(copies.altered(tone(), RATE, "a"), copies.altered(tone(), RATE, "a"))
    assert not np.array_equal(copies.altered(tone(), RATE, "a"), copies.altered(tone(), RATE, "b")[: 3 * RATE])
    other = OfflineAugmentation(seed=1)
    assert any(
        not np.array_equal(copies.altered(tone(), RATE, name), other.altered(tone(), RATE, name)) for name in "abc"
    )


def test_noise_and_shift_around_the_end():
    copies = OfflineAugmentation(tempi=(1.0,), shift_seconds=0.5)
    samples = np.zeros(RATE, np.float32)
    samples[0] = 1.0
    shifts = []
    for number in range(200):
        found = copies.altered(samples, RATE, f"clip{number}")
        assert found.dtype == np.float32
        assert len(found) == RATE
        shifts.append(int(found.argmax()))
    assert 0 <= min(shifts) < 500
    assert 7500 < max(shifts) < 8000
    noise = copies.altered(np.zeros(RATE, np.float32), RATE, "clip")
    assert noise.std() == pytest.approx(0.0025, rel=0.03)


def test_the_drawn_shift_and_tempo_are_those_of_the_copy():
    copies = OfflineAugmentation(noise_deviation=0.0)
    samples = np.zeros(RATE, np.float32)
    samples[0] = 1.0
    tempi = set()
    for number in range(40):
        shift_seconds, tempo = copies.drawn(f"clip{number}")
        found = copies.altered(samples, RATE, f"clip{number}")
        assert len(found) == round(RATE / tempo)
        tempi.add(tempo)
        if tempo == 1:
            assert found.argmax() == int(shift_seconds * RATE)
    assert tempi == {0.8, 0.9, 1.0, 1.1}


def test_a_tempo_changes_length_and_keeps_pitch():
    lengths = {}
    for number in range(24):
        found = OfflineAugmentation(noise_deviation=0.0, shift_seconds=0.0).altered(tone(), RATE, f"clip{number}")
        lengths.setdefault(round(3 * RATE / len(found), 2), found)
    assert set(lengths) == {0.8, 0.9, 1.0, 1.1}
    for samples in lengths.values():
        spectrum = np.abs(np.fft.rfft(samples[RATE // 2 : RATE // 2 + RATE]))
        assert spectrum.argmax() == pytest.approx(440, abs=2)
    theirs = librosa.effects.time_stretch(tone(), rate=0.8)
    np.testing.assert_allclose(lengths[0.8], theirs, atol=1e-6)


def test_a_catalog_with_copies_is_extracted_once_more(tiny_corpus, tmp_path):
    copies = OfflineAugmentation(tempi=(1.25,))
    catalog = tiny_corpus.catalog.with_copies(copies)
    assert len(catalog.tracks) == 24
    assert catalog.source_digest != tiny_corpus.catalog.source_digest
    assert catalog.source_digest != tiny_corpus.catalog.with_copies(OfflineAugmentation()).source_digest
    feature = LogMel(n_fft=512, hop_samples=512, n_mels=8)
    plain, doubled = prepare(tiny_corpus.catalog, feature, tmp_path), prepare(catalog, feature, tmp_path)
    # The clips are the same data.
    assert doubled.data_digest == plain.data_digest
    tracks = {track.id: track for track in doubled.tracks}
    for clip in plain.tracks:
        np.testing.assert_array_equal(read_track(doubled, tracks[clip.id]), read_track(plain, clip))
        copy = tracks[f"{clip.id}+copy"]
        assert (copy.copy_of, copy.label, copy.artist) == (clip.id, clip.label, clip.artist)
        assert copy.frames == pytest.approx(clip.frames / 1.25, abs=1)


def _opened(monkeypatch) -> list[str]:
    """Ids of the tracks that are extracted from their files."""
    opened = []
    extract = track_module.FromAudio.__call__
    monkeypatch.setattr(
        track_module.FromAudio, "__call__", lambda self, track: (opened.append(track.id), extract(self, track))[1]
    )
    return opened


def test_originals_beside_copies_come_from_the_cache_of_the_clips_alone(tiny_corpus, tmp_path, monkeypatch):
    catalog = tiny_corpus.catalog.with_copies(OfflineAugmentation(tempi=(1.25,)))
    feature = LogMel(n_fft=512, hop_samples=512, n_mels=8)
    opened = _opened(monkeypatch)
    alone = prepare(catalog, feature, tmp_path / "alone")
    assert len(opened) == 24  # there is no other cache
    prepare(tiny_corpus.catalog, feature, tmp_path / "both")
    opened.clear()
    after = prepare(catalog, feature, tmp_path / "both")
    assert sorted(opened) == sorted(track.id for track in catalog.tracks if track.copy_of is not None)
    assert after == alone.replace(folder=after.folder)  # the same checksums of shards and files


def test_other_processes_extract_originals_too(tiny_corpus, tmp_path, monkeypatch):
    """The cache may be on this machine only."""
    feature = LogMel(n_fft=512, hop_samples=512, n_mels=8)
    prepare(tiny_corpus.catalog, feature, tmp_path)
    opened = _opened(monkeypatch)
    prepare(tiny_corpus.catalog.with_copies(OfflineAugmentation()), feature, tmp_path, parallel_map=map_one_by_one)
    assert len(opened) == 24


def map_one_by_one(function, items):
    yield from map(function, items)


def test_a_changed_cache_of_the_clips_alone_is_named(tiny_corpus, tmp_path):
    feature = LogMel(n_fft=512, hop_samples=512, n_mels=8)
    plain = prepare(tiny_corpus.catalog, feature, tmp_path)
    shard = plain.folder / f"{plain.shards[0].name}.npy"
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes(content)
    with pytest.raises(DataError, match=f"{plain.folder} to extract it again"):
        prepare(tiny_corpus.catalog.with_copies(OfflineAugmentation()), feature, tmp_path)


def test_a_cache_of_the_clips_alone_that_vanishes_costs_no_clip(tiny_corpus, tmp_path, monkeypatch):
    feature = LogMel(n_fft=512, hop_samples=512, n_mels=8)
    prepare(tiny_corpus.catalog, feature, tmp_path)

    def gone(index, track):
        raise DataError(f"{index.folder}: gone")

    monkeypatch.setattr(track_module, "read_track", gone)
    catalog = tiny_corpus.catalog.with_copies(OfflineAugmentation())
    found = prepare(catalog, feature, tmp_path, skip_bad=True)
    assert (len(found.tracks), found.skipped) == (24, ())


def test_clips_of_another_length_or_decoder_are_not_taken_from_that_cache(tiny_corpus, tmp_path, monkeypatch):
    feature = LogMel(n_fft=512, hop_samples=512, n_mels=8)
    prepare(tiny_corpus.catalog, feature, tmp_path)
    opened = _opened(monkeypatch)
    catalog = tiny_corpus.catalog.replace(clip_seconds=1.0).with_copies(OfflineAugmentation())
    prepare(catalog, feature, tmp_path)
    assert len(opened) == 24


def test_two_features_of_one_rate_are_of_the_same_copy(tiny_corpus, tmp_path):
    catalog = tiny_corpus.catalog.with_copies(OfflineAugmentation(tempi=(0.8,)))
    samples = prepare(catalog, Waveform(sample_rate=RATE), tmp_path)
    spectra = prepare(catalog, LogMel(sample_rate=RATE, n_fft=512, n_mels=8), tmp_path)
    for one, other in zip(samples.tracks, spectra.tracks, strict=True):
        values = samples.feature.storage.decode(read_track(samples, one))[:, 0]
        expected = spectra.feature.extract(values)
        np.testing.assert_allclose(spectra.feature.storage.decode(read_track(spectra, other)), expected, atol=0.02)


def folds(protocol: Protocol, copied: bool = True, clips: int = 40):
    ids = [f"clip{number:02d}" for number in range(clips)]
    names = [name for clip in ids for name in ([clip, f"{clip}+copy"] if copied else [clip])]
    copies_of = [name.removesuffix("+copy") if name.endswith("+copy") else None for name in names]
    labels = ["ab"[int(name[4:6]) % 2] for name in names]
    tracks = np.repeat(np.arange(len(names)), 3)
    found = folds_of_windows(
        protocol,
        track_ids=names,
        track_labels=labels,
        window_tracks=tracks,
        window_starts=np.tile([0, 5, 10], len(names)),
        copies_of=copies_of,
    )
    return found, [{names[tracks[place]] for place in getattr(found[0], part)} for part in ("train", "valid", "test")]


def test_copies_follow_their_clips_and_none_is_tested_on():
    protocol = Protocol(fractions=(0.5, 0.25, 0.25))
    _, (train, valid, test) = folds(protocol)
    _, plain = folds(protocol, copied=False)
    for part, clips in zip((train, valid), plain, strict=False):
        assert part == clips | {f"{clip}+copy" for clip in clips}
    assert test == plain[2]


@pytest.mark.parametrize("split", ["kfold", "per_genre", "rotating"])
def test_copies_are_never_in_another_part_than_their_clips(split):
    found, _ = folds(Protocol(split=split, folds=4, fractions=(0.5, 0.25, 0.25), partitions=4))
    assert all(fold.shared_tracks == 0 for fold in found)


def test_a_split_by_window_with_copies_is_refused():
    with pytest.raises(SpecError, match="rows with altered copies"):
        folds(Protocol(unit="segment"))
