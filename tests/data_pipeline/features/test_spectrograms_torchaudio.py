"""Log-mel as torchaudio has it, against librosa with torchaudio's conventions; mono and stereo."""

import librosa
import numpy as np
import pytest
import soundfile

from common.core.errors import DataError
from data_pipeline.cache.extraction import prepare
from data_pipeline.datasets.catalog import Catalog, Track
from data_pipeline.datasets.demo import corpus
from data_pipeline.features.spectrograms import TorchaudioLogMel
from data_pipeline.windows.index import WindowSpec, index_windows
from data_pipeline.windows.reader import WindowReader
from data_pipeline.windows.tf_dataset import as_tf_dataset


def expected(samples: np.ndarray, spec: TorchaudioLogMel) -> np.ndarray:
    """(frames, bands) dB before the floor is set: HTK scale, no area normalisation, mirrored padding, reference 1."""
    power = librosa.feature.melspectrogram(
        y=samples,
        sr=spec.sample_rate,
        n_fft=spec.n_fft,
        hop_length=spec.hop_samples,
        n_mels=spec.n_mels,
        htk=True,
        norm=None,
        pad_mode="reflect",
    )
    return librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=None).T


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    return corpus.render_clip("country", 0)[: 6 * corpus.SAMPLE_RATE]


@pytest.mark.parametrize(
    "spec",
    [
        TorchaudioLogMel(),
        TorchaudioLogMel(sample_rate=44100, n_fft=1024, hop_samples=256, n_mels=64),
        TorchaudioLogMel(n_fft=2048, hop_samples=2048, n_mels=64, top_db=50.0),
    ],
)
def test_torch_mel_equals_librosa_with_torchaudios_conventions(music, spec):
    wanted = expected(music, spec)
    ours = spec.extract(music)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, np.maximum(wanted, wanted.max() - spec.top_db), atol=1e-3, rtol=0)
    assert ours.shape == (spec.frames(len(music)), spec.bins)


def test_values_depend_on_loudness(music):
    """Unlike the features that are scaled to the clip's maximum."""
    np.testing.assert_allclose(
        TorchaudioLogMel().extract(music / 10), TorchaudioLogMel().extract(music) - 20, atol=1e-3
    )


def test_channels_are_concatenated_and_share_one_floor(music):
    spec = TorchaudioLogMel(n_mels=32, channels=2)
    stereo = np.stack([music, music / 1000], axis=1)
    found = spec.extract(stereo)
    assert found.shape == (spec.frames(len(music)), 64)
    left, right = expected(music, spec), expected(stereo[:, 1], spec)
    floor = left.max() - 80
    np.testing.assert_allclose(found[:, :32], np.maximum(left, floor), atol=1e-3)
    np.testing.assert_allclose(found[:, 32:], np.maximum(right, floor), atol=1e-3)
    mono = spec.extract(music[:, None])
    np.testing.assert_array_equal(mono[:, :32], mono[:, 32:])


def test_storage_keeps_a_hundredth_of_a_decibel(music):
    spec = TorchaudioLogMel()
    values = spec.extract(music)
    np.testing.assert_allclose(spec.storage.decode(spec.storage.encode(values)), values, atol=0.0026)


@pytest.mark.parametrize(("channels", "given"), [(2, 3), (1, 2)])
def test_more_channels_than_the_feature_has_are_refused(channels, given):
    with pytest.raises(DataError, match=f"{given} channels, expected at most {channels}"):
        TorchaudioLogMel(channels=channels).extract(np.ones((4096, given), np.float32))


def test_a_stereo_file_reaches_the_network_with_both_channels(music, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.stack([music, music[::-1]], axis=1), corpus.SAMPLE_RATE, subtype="FLOAT")
    catalog = Catalog(
        dataset="one", title="One", genres=("a",), tracks=(Track(id="a", label="a", path=tmp_path / "a.wav"),)
    )
    spec = TorchaudioLogMel(n_mels=32, channels=2)
    index = prepare(catalog, spec, tmp_path / "cache")
    fps = spec.frames_per_second
    windows = index_windows(WindowSpec(seconds=1.0, hop_seconds=2.0), [index.tracks[0].frames], ["a"], fps)
    with WindowReader(index, windows) as reader:
        ((values, _),) = list(as_tf_dataset(reader, np.array([1]), batch_size=1))
    start, frames = int(windows.starts[1]), windows.frames
    assert values.shape == (1, 32, frames, 2)
    for channel, samples in enumerate((music, music[::-1])):
        wanted = expected(np.ascontiguousarray(samples), spec)[start : start + frames].T
        np.testing.assert_allclose(values[0, :, :, channel], wanted, atol=0.02)
