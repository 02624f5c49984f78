"""Spectrograms against librosa, and the error of storing them."""

import librosa
import numpy as np
import pytest
from pydantic import TypeAdapter

from common.core.errors import SpecError
from data_pipeline.datasets.demo import corpus
from data_pipeline.features import Feature
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.spectrograms import LogMel, StftDb
from data_pipeline.features.storage import StorageFormat

CLIP_SECONDS = 8

TOLERANCE_DB = 1e-3


@pytest.fixture(scope="module", params=["metal", "classical"])
def music(request) -> np.ndarray:
    """Eight seconds of a loud, dense genre and of a quiet, sparse one."""
    return corpus.render_clip(request.param, 0)[: CLIP_SECONDS * corpus.SAMPLE_RATE]


@pytest.mark.parametrize(("n_fft", "hop_samples", "top_db"), [(1024, 512, 80), (2048, 512, 80), (512, 441, 60)])
def test_stft_equals_librosa(music, n_fft, hop_samples, top_db):
    ours = StftDb(n_fft=n_fft, hop_samples=hop_samples, top_db=top_db).decibels(music)
    magnitudes = np.abs(librosa.stft(music, n_fft=n_fft, hop_length=hop_samples))
    theirs = librosa.amplitude_to_db(magnitudes, ref=np.max, top_db=top_db)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs.T, atol=TOLERANCE_DB, rtol=0)


@pytest.mark.parametrize(
    ("n_fft", "hop_samples", "n_mels", "sample_rate"),
    [(2048, 512, 128, 22050), (2048, 2048, 64, 22050), (1024, 256, 40, 22050), (4096, 1000, 96, 16000)],
)
def test_log_mel_equals_librosa(music, n_fft, hop_samples, n_mels, sample_rate):
    spec = LogMel(n_fft=n_fft, hop_samples=hop_samples, n_mels=n_mels, sample_rate=sample_rate)
    power = librosa.feature.melspectrogram(y=music, sr=sample_rate, n_fft=n_fft, hop_length=hop_samples, n_mels=n_mels)
    ours = spec.decibels(music)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, librosa.power_to_db(power, ref=np.max).T, atol=TOLERANCE_DB, rtol=0)


@pytest.mark.parametrize("spec", [StftDb(), LogMel(n_mels=40), StftDb(top_db=60.0)])
def test_extracted_values_fill_zero_to_one(music, spec):
    values = spec.extract(music)
    assert values.dtype == np.float32
    assert values.max() == pytest.approx(1, abs=1e-6)
    assert values.min() >= 0
    np.testing.assert_allclose((values - 1) * spec.top_db, spec.decibels(music), atol=1e-4)


def test_loudness_of_a_recording_does_not_matter(music):
    np.testing.assert_allclose(LogMel().extract(music * np.float32(0.1)), LogMel().extract(music), atol=2e-4)


@pytest.mark.parametrize("n_samples", [1, 511, 512, 1023, 1024, 1025, 22050, 64 * 512 - 1, 64 * 512, 129 * 512 + 1])
@pytest.mark.parametrize("spec", [StftDb(), LogMel(n_fft=2048, hop_samples=512), LogMel(hop_samples=2048, n_mels=64)])
def test_frames_and_bins_are_as_declared(spec, n_samples):
    values = spec.extract(np.random.default_rng(0).uniform(-1, 1, n_samples).astype(np.float32))
    assert values.shape == (spec.frames(n_samples), spec.bins)
    assert spec.frames(n_samples) == 1 + n_samples // spec.hop_samples


@pytest.mark.parametrize("spec", [StftDb(), LogMel()])
@pytest.mark.parametrize("n_fft", [0, -2, 1023])
def test_frames_have_an_even_length(spec, n_fft):
    with pytest.raises(SpecError, match="n_fft: Input should be"):
        spec.replace(n_fft=n_fft)


def test_frames_per_second():
    assert StftDb().frames_per_second == pytest.approx(43.0664, abs=1e-4)
    assert StftDb().bins == 513
    assert LogMel(hop_samples=2048, sample_rate=16000).frames_per_second == 7.8125
    given_arrays = Precomputed(bins=128, columns_per_second=12.9, storage=StorageFormat(dtype="uint8", scale=1 / 255))
    assert given_arrays.frames_per_second == 12.9


@pytest.mark.parametrize("spec", [StftDb(n_fft=512), LogMel(n_mels=40)])
def test_features_survive_a_round_trip_through_json(spec):
    assert TypeAdapter(Feature).validate_python(spec.as_json()) == spec


def test_eighty_decibels_are_stored_to_a_thousandth(music):
    spec = StftDb()
    values = spec.extract(music)
    decoded = spec.storage.decode(spec.storage.encode(values))
    assert np.abs(decoded - values).max() * spec.top_db < 1e-3
