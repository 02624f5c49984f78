"""Versions of the extraction: a change of stored values without a new version would let old caches answer for new ones.

The values below were stored by the version beside them. Where a change of values is meant, raise the
`extraction_version` of each kind concerned, and put the new version and values here.
"""

import json
from typing import get_args

import numpy as np
import pytest
import soundfile

from data_pipeline.audio.decode import DECODING_VERSION
from data_pipeline.augmentation.offline import OfflineAugmentation
from data_pipeline.cache import extraction
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import ShardIndex, read_index, read_track
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.features import Feature
from data_pipeline.features.librosa_mel import AbsoluteDbLogMel, Mfcc, MinMaxLogMel
from data_pipeline.features.musicnn.embedding import MusicnnEmbedding
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.spectrograms import LogMel, StftDb, TorchaudioLogMel
from data_pipeline.features.waveform import Waveform

KINDS = get_args(get_args(Feature)[0])
FILE_RATE = 44100
# Places in (frames, bins) as fractions: the first frame, some in the middle, one in the silence at the end; not the top
# bins, which resampling leaves empty.
PLACES = [(0, 0.5), (0.1, 0.05), (0.25, 0.6), (0.4, 0.3), (0.55, 0.75), (0.7, 0.15), (0.97, 0.45)]
# Results differ in the last digits among processors: by less than a step, as do values of librosa.
TOLERATED_STEPS = 2
# feature -> (version, shape of the stored values, stored values at PLACES and the mean of all)
PINNED = {
    StftDb(): (1, (130, 513), [7577, 14690, -3092, 10846, 12196, 10309, -32767, 4586]),
    LogMel(): (1, (130, 128), [10500, 9235, 11486, 8100, 12056, 14629, -32767, 7229]),
    TorchaudioLogMel(): (1, (130, 128), [2221, -532, 1930, 1482, 2208, 1154, -10281, 210]),
    TorchaudioLogMel(channels=2): (1, (130, 256), [-3903, 1304, 965, 2403, 3000, 1524, -9135, 816]),
    AbsoluteDbLogMel(): (1, (130, 128), [-1129, -1438, -889, -1715, -750, -121, -11693, -1928]),
    MinMaxLogMel(clip_seconds=4, padding="repeat"): (
        1,
        (173, 128),
        [10500, 15994, 14993, 6267, 13249, -32767, 10836, 9068],
    ),
    Mfcc(): (1, (130, 20), [29596, 31123, 29948, 29917, 32030, 30673, 30654, 30175]),
    Waveform(): (1, (66150, 1), [1052, 2450, 2225, 627, 3364, -4508, 0, -1]),
}


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Catalog:
    """16-bit stereo noise with two tones, 3 s at another rate than that of the features; the last 0.4 s are silent."""
    time = np.arange(3 * FILE_RATE) / FILE_RATE
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (2, time.size))
    tones = 0.2 * np.sin(2 * np.pi * np.array([[440], [1500]]) * time)
    path = tmp_path_factory.mktemp("recording") / "a.wav"
    samples = np.where(time < 2.6, noise + tones, 0)
    soundfile.write(path, np.rint(samples.T * 32767).astype(np.int16), FILE_RATE, subtype="PCM_16")
    return Catalog(
        dataset="one", title="One", genres=("a",), tracks=(Track(id="a", label="a", path=path, artist=None),)
    )


def stored_of(index: ShardIndex) -> list[int]:
    """The values at PLACES, then the mean of all."""
    values = read_track(index, index.tracks[0])
    frames, bins = values.shape
    return [*(int(values[int(at * frames), int(place * bins)]) for at, place in PLACES), round(values.mean())]


@pytest.mark.parametrize("feature", list(PINNED), ids=lambda feature: f"{feature.kind}-{feature.channels}")
def test_a_version_of_the_extraction_stores_the_same_values(recording, tmp_path, feature):
    version, shape, expected = PINNED[feature]
    assert feature.extraction_version == version, "put the values of the new version into PINNED"
    index = prepare(recording, feature, tmp_path)
    assert read_track(index, index.tracks[0]).shape == shape
    np.testing.assert_allclose(
        stored_of(index),
        expected,
        rtol=0,
        atol=TOLERATED_STEPS,
        err_msg=f"{type(feature).__name__} stores other values: raise its extraction_version, and change PINNED",
    )


def test_every_kind_of_feature_has_a_version_and_pinned_values():
    assert all("extraction_version" in vars(kind) for kind in KINDS)
    # Embeddings are pinned in musicnn/test_embedding.py; arrays are stored as they are given (test_precomputed.py).
    assert {type(feature) for feature in PINNED} | {MusicnnEmbedding, Precomputed} == set(KINDS)


def test_a_version_of_altered_copies_makes_the_same_ones():
    samples = (0.5 * np.sin(2 * np.pi * 440 * np.arange(32000) / 16000)).astype(np.float32)
    assert OfflineAugmentation.extraction_version == 1
    slower = OfflineAugmentation(tempi=(0.8,)).altered(samples, 16000, "clip")
    shifted = OfflineAugmentation(tempi=(1.0,)).altered(samples, 16000, "clip")
    assert len(slower) == 40000
    np.testing.assert_allclose(slower[[5000, 12345, 30000]], [-0.2258636, -0.2032037, 0.2284181], atol=1e-4)
    np.testing.assert_allclose(shifted[[5000, 12345, 30000]], [-0.2536067, -0.2190272, 0.2537781], atol=1e-6)


FEATURE = LogMel(n_fft=512, n_mels=16)


def test_another_version_is_extracted_into_another_folder(recording, tmp_path, monkeypatch):
    first = prepare(recording, FEATURE, tmp_path)
    assert (first.extraction_version, first.copies_version) == (1, None)
    monkeypatch.setattr(LogMel, "extraction_version", 2)
    second = prepare(recording, FEATURE, tmp_path)
    assert second.folder != first.folder
    assert read_index(second.folder).extraction_version == 2
    # Only of the kind that was changed, and the first is found again.
    plain = prepare(recording, StftDb(n_fft=64), tmp_path)
    monkeypatch.setattr(LogMel, "extraction_version", 1)
    assert prepare(recording, FEATURE, tmp_path) == first
    assert prepare(recording, StftDb(n_fft=64), tmp_path) == plain


def test_another_version_of_copies_is_extracted_into_another_folder(recording, tmp_path, monkeypatch):
    catalog = recording.with_copies(OfflineAugmentation(tempi=(1.0,)))
    plain, first = prepare(recording, FEATURE, tmp_path), prepare(catalog, FEATURE, tmp_path)
    assert first.copies_version == 1
    monkeypatch.setattr(OfflineAugmentation, "extraction_version", 2)
    assert prepare(catalog, FEATURE, tmp_path).folder != first.folder
    assert prepare(catalog, FEATURE, tmp_path).copies_version == 2
    assert prepare(recording, FEATURE, tmp_path) == plain


@pytest.mark.parametrize("kind", KINDS)
def test_the_version_is_part_of_caches_and_not_of_what_names_runs(recording, monkeypatch, kind):
    given = {"bins": 3, "columns_per_second": 2.0, "storage": {"dtype": "uint8"}} if kind is Precomputed else {}
    feature = kind.model_validate(given)
    digest, values, key = feature.digest, feature.as_json(), extraction._cache_key(recording, feature, "soundfile")
    monkeypatch.setattr(kind, "extraction_version", 2)
    assert (feature.digest, feature.as_json()) == (digest, values)
    assert extraction._cache_key(recording, feature, "soundfile") != key


def test_the_version_of_decoding_is_part_of_caches_of_audio_only(recording, monkeypatch):
    arrays = Precomputed(bins=3, columns_per_second=2.0, storage={"dtype": "uint8"})
    keys = {feature: extraction._cache_key(recording, feature, "soundfile") for feature in (FEATURE, arrays)}
    monkeypatch.setattr(extraction, "DECODING_VERSION", DECODING_VERSION + 1)
    assert extraction._cache_key(recording, FEATURE, "soundfile") != keys[FEATURE]
    assert extraction._cache_key(recording, arrays, "soundfile") == keys[arrays]


def test_features_are_extracted_again_where_decoding_changed(recording, monkeypatch, tmp_path):
    first = prepare(recording, FEATURE, tmp_path)
    monkeypatch.setattr(extraction, "DECODING_VERSION", DECODING_VERSION + 1)
    again = prepare(recording, FEATURE, tmp_path)
    assert again.folder != first.folder
    assert (again.tracks, again.data_digest) == (first.tracks, first.data_digest)


def test_an_index_of_older_code_is_read(recording, tmp_path):
    index = prepare(recording, FEATURE, tmp_path)
    path = index.folder / "index.json"
    values = json.loads(path.read_text())
    later = ("extraction_version", "copies_version", "clip_seconds", "sha256")
    path.write_text(json.dumps({name: value for name, value in values.items() if name not in later}))
    assert read_index(index.folder) == index.replace(extraction_version=None)
