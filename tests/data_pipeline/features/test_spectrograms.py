"""Features against librosa, and what storing them costs."""

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from common.core.errors import DataError, SpecError
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
def test_features_come_back_from_json(spec):
    assert TypeAdapter(Feature).validate_python(spec.as_json()) == spec


# (format, smallest and largest value that fits)
INTEGER_FORMATS = [
    (StftDb().storage, 0.0, 1.0),
    (StorageFormat(dtype="uint8", scale=1 / 255), 0.0, 1.0),
    (StorageFormat(dtype="int16", scale=1 / 32767), -1.0, 1.0),
    (StorageFormat(dtype="uint8", scale=0.5, offset=-80.0), -80.0, 47.5),
]


@pytest.mark.parametrize(("storage", "low", "high"), INTEGER_FORMATS)
def test_storing_costs_at_most_half_a_step(storage, low, high):
    values = np.linspace(low, high, 100_001).astype(np.float32)
    stored = storage.encode(values)
    assert stored.dtype == storage.dtype
    decoded = storage.decode(stored)
    assert decoded.dtype == np.float32
    rounding = 4 * np.spacing(np.float32(max(abs(low), abs(high))))
    assert np.abs(decoded - values).max() <= storage.scale / 2 + rounding
    # What was stored once is stored the same again.
    np.testing.assert_array_equal(storage.encode(decoded), stored)


@pytest.mark.parametrize(("dtype", "relative_error"), [("float32", 0.0), ("float16", 2**-11)])
def test_floats_are_stored_to_their_precision(dtype, relative_error):
    values = np.linspace(0.001, 1, 10_001).astype(np.float32)
    storage = StorageFormat(dtype=dtype)
    np.testing.assert_allclose(storage.decode(storage.encode(values)), values, rtol=relative_error, atol=0)


def test_eighty_decibels_are_stored_to_a_thousandth(music):
    spec = StftDb()
    values = spec.extract(music)
    decoded = spec.storage.decode(spec.storage.encode(values))
    assert np.abs(decoded - values).max() * spec.top_db < 1e-3


@given(values=st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=20))
def test_what_is_stored_is_right_or_refused(values):
    storage = StftDb().storage
    array = np.array(values, np.float32)
    try:
        decoded = storage.decode(storage.encode(array))
    except DataError:
        assert array.min() < 0 or array.max() > 1
    else:
        np.testing.assert_allclose(decoded, array, atol=storage.scale / 2 + 1e-6)


# int16 has one step more below zero than above, hence two steps out.
OUTSIDE = [
    (storage, value)
    for storage, low, high in INTEGER_FORMATS
    for value in (low - 2 * storage.scale, high + 2 * storage.scale)
]
TOO_LARGE = [(StorageFormat(dtype="float16"), 7e4), (StorageFormat(dtype="float32"), 1e39)]
NOT_FINITE = [
    (StorageFormat(dtype=dtype), value)
    for dtype in ("float16", "float32", "int16", "uint8")
    for value in (np.nan, np.inf)
]


@pytest.mark.parametrize(("storage", "value"), OUTSIDE + TOO_LARGE + NOT_FINITE)
def test_what_does_not_fit_is_refused(storage, value):
    with pytest.raises(DataError, match=f"do not fit {storage.dtype}"):
        storage.encode(np.array([0.5, value, 0.5]))
