"""Min-max features against librosa; length of clips; scaling to the track's own range."""

import librosa
import numpy as np
import pytest

from common.core.errors import SpecError
from common.core.spec import build
from data_pipeline.datasets.demo import corpus
from data_pipeline.features.librosa_mel import AbsoluteDbLogMel, Mfcc, MinMaxLogMel


@pytest.fixture(scope="module", params=["metal", "classical"])
def music(request) -> np.ndarray:
    return corpus.render_clip(request.param, 0)[: 5 * corpus.SAMPLE_RATE]


def between_zero_and_one(values: np.ndarray) -> np.ndarray:
    return (values - values.min()) / (values.max() - values.min() + 1e-6)


@pytest.mark.parametrize(("n_fft", "hop_samples", "n_mels"), [(2048, 512, 128), (1024, 2048, 40)])
def test_log_mel_is_librosas_scaled_by_its_own_range(music, n_fft, hop_samples, n_mels):
    power = librosa.feature.melspectrogram(y=music, sr=22050, n_fft=n_fft, hop_length=hop_samples, n_mels=n_mels)
    theirs = between_zero_and_one(librosa.power_to_db(power, ref=np.max))
    ours = MinMaxLogMel(n_fft=n_fft, hop_samples=hop_samples, n_mels=n_mels).extract(music)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs.T, atol=2e-5, rtol=0)


@pytest.mark.parametrize("n_mfcc", [20, 13])
def test_mfcc_are_librosas(music, n_mfcc):
    theirs = librosa.feature.mfcc(y=music, sr=22050, n_mfcc=n_mfcc, n_fft=2048, hop_length=512, n_mels=128)
    feature = Mfcc(n_mfcc=n_mfcc)
    np.testing.assert_allclose(feature.coefficients(music), theirs.T, atol=5e-3, rtol=0)
    np.testing.assert_allclose(feature.extract(music), between_zero_and_one(theirs).T, atol=2e-5, rtol=0)
    assert feature.bins == n_mfcc


def test_decibels_are_librosas(music):
    power = librosa.feature.melspectrogram(y=music, sr=22050, n_fft=1024, hop_length=512, n_mels=96)
    feature = AbsoluteDbLogMel(n_fft=1024, n_mels=96)
    found = feature.extract(music)
    np.testing.assert_allclose(found, librosa.power_to_db(power).T, atol=1e-3, rtol=0)
    stored = feature.storage.decode(feature.storage.encode(found))
    np.testing.assert_allclose(stored, found, atol=3e-3)


@pytest.mark.parametrize("kind", [MinMaxLogMel, Mfcc])
def test_tracks_are_cut_or_padded_to_one_length(music, kind):
    feature = kind(clip_seconds=3.0)
    frames = feature.frames(len(music))
    assert frames == feature.frames(100) == 1 + 3 * 22050 // 512
    np.testing.assert_array_equal(feature.extract(music), kind().extract(music[: 3 * 22050]))
    short = music[: 2 * 22050]
    padded = np.concatenate([short, np.zeros(22050, np.float32)])
    assert len(feature.extract(short)) == frames
    np.testing.assert_array_equal(feature.extract(short), kind().extract(padded))
    repeated = kind(clip_seconds=3.0, padding="repeat").extract(short)
    np.testing.assert_array_equal(repeated, kind().extract(np.concatenate([short, short])[: 3 * 22050]))
    # The study's 30 seconds.
    assert kind(clip_seconds=30.0).frames(660_985) == 1292


@pytest.mark.parametrize("kind", [MinMaxLogMel, Mfcc])
def test_values_span_zero_to_one_and_survive_storage(music, kind):
    feature = kind(n_mels=32)
    values = feature.extract(music)
    assert values.min() == 0
    assert values.max() == pytest.approx(1, abs=1e-6)
    stored = feature.storage.decode(feature.storage.encode(values))
    np.testing.assert_allclose(stored, values, atol=1e-5)


def test_more_coefficients_than_bands_are_refused():
    with pytest.raises(SpecError, match="n_mfcc must be at most n_mels 16"):
        build(Mfcc, {"n_mels": 16})
