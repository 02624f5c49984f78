"""Augmentation: what it changes, how much, how often; alike for one seed; nothing outside training."""

import keras
import numpy as np
import pytest

from common.core.errors import SpecError
from common.core.spec import build
from data_pipeline.augmentation.layers import RandomGain, RandomMasks, RandomNoise, Sometimes
from data_pipeline.augmentation.specs import Augmentation, SpectrogramAugmentation, WaveformAugmentation, augmented

WINDOWS = 200


@pytest.fixture(autouse=True)
def one_seed():
    keras.utils.set_random_seed(0)


def changed(layer, x) -> np.ndarray:
    return np.asarray(layer(x, training=True))


def test_noise_has_the_deviation_that_is_asked_for():
    noise = changed(RandomNoise(0.02), np.zeros((20, 5000, 1), np.float32))
    assert noise.std() == pytest.approx(0.02, rel=0.02)
    assert abs(noise.mean()) < 1e-3
    assert not np.array_equal(noise[0], noise[1])


def test_gain_is_even_in_decibels_and_one_for_each_window():
    found = changed(RandomGain(12.0), np.ones((2000, 3, 1), np.float32))
    assert (found == found[:, :1]).all()
    decibels = 20 * np.log10(found[:, 0, 0])
    assert -12 <= decibels.min() < -11.5
    assert 11.5 < decibels.max() <= 12
    assert decibels.std() == pytest.approx(24 / np.sqrt(12), rel=0.05)


def bands_and_frames(x: np.ndarray, fill: float) -> tuple[np.ndarray, np.ndarray]:
    """Number of wholly covered bands and frames of each window."""
    covered = x[..., 0] == fill
    return covered.all(axis=2).sum(axis=1), covered.all(axis=1).sum(axis=1)


def test_masks_of_fixed_width_cover_exactly_so_many():
    x = np.random.default_rng(0).uniform(1, 2, (WINDOWS, 40, 60, 1)).astype(np.float32)
    found = changed(RandomMasks(1, width=15, fill="zero"), x)
    bands, frames = bands_and_frames(found, 0)
    assert (bands == 15).all()
    assert (frames == 15).all()
    kept = found != 0
    np.testing.assert_array_equal(found[kept], x[kept])
    # Every place is possible, the first and the last too.
    is_covered = (found[..., 0] == 0).all(axis=2)
    assert is_covered[:, 0].any()
    assert is_covered[:, -1].any()
    assert len({tuple(line) for line in is_covered}) > 15


def test_masks_by_share_are_of_every_width_below_it():
    x = np.random.default_rng(0).uniform(1, 2, (1000, 40, 60, 1)).astype(np.float32)
    bands, frames = bands_and_frames(changed(RandomMasks(1, largest_share=0.3, fill="zero"), x), 0)
    assert set(bands) == set(range(12))  # floor(U * 12)
    assert set(frames) == set(range(18))
    twice, _ = bands_and_frames(changed(RandomMasks(2, largest_share=0.3, fill="zero"), x), 0)
    assert twice.max() > 12
    assert twice.max() <= 22


def test_masks_are_filled_with_the_mean_of_their_window():
    x = (np.random.default_rng(0).normal(size=(20, 30, 30, 1)) + np.arange(20)[:, None, None, None]).astype(np.float32)
    found = changed(RandomMasks(1, width=5, fill="mean"), x)
    for before, after in zip(x, found, strict=True):
        filled = np.unique(after[before != after])
        np.testing.assert_allclose(filled, before.mean(), atol=1e-5)


def test_masks_cover_both_channels_alike():
    x = np.random.default_rng(0).uniform(1, 2, (5, 20, 20, 2)).astype(np.float32)
    found = changed(RandomMasks(2, width=3, fill="zero"), x) == 0
    np.testing.assert_array_equal(found[..., 0], found[..., 1])


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_whole_windows_are_changed_with_the_probability(probability):
    layer = Sometimes([RandomNoise(0.1), RandomGain(12.0)], probability)
    x = np.ones((2000, 4, 1), np.float32)
    found = changed(layer, x)
    touched = (found != x).any(axis=(1, 2))
    assert touched.mean() == pytest.approx(probability, abs=0.04)
    # Noise and gain together: no sample of a touched window is as it was.
    assert (found != x)[touched].all()


def network() -> keras.Model:
    inputs = [keras.Input((50, 1), name="waveform"), keras.Input((8, 9, 1), name="spectrogram")]
    flat = [keras.layers.Flatten()(tensor) for tensor in inputs]
    return keras.Model(inputs, keras.layers.Concatenate()(flat))


BOTH = Augmentation(
    waveform=WaveformAugmentation(probability=1.0), spectrogram=SpectrogramAugmentation(probability=1.0, masks=1)
)
WINDOW_PAIR = [np.full((6, 50, 1), 0.5, np.float32), np.random.default_rng(0).random((6, 8, 9, 1), dtype=np.float32)]


def test_nothing_changes_outside_training():
    plain, model = network(), augmented(network(), BOTH)
    expected = np.asarray(plain(WINDOW_PAIR))
    np.testing.assert_array_equal(model.predict(WINDOW_PAIR, verbose=0), expected)
    np.testing.assert_array_equal(model(WINDOW_PAIR, training=False), expected)
    found = np.asarray(model(WINDOW_PAIR, training=True))
    assert (found[:, :50] != expected[:, :50]).all()
    assert (found[:, 50:] != expected[:, 50:]).any()


def test_one_seed_is_one_sequence_of_changes():
    def sequence() -> list[np.ndarray]:
        keras.utils.set_random_seed(7)
        model = augmented(network(), BOTH)
        return [np.asarray(model(WINDOW_PAIR, training=True)) for _ in range(2)]

    first, again = sequence(), sequence()
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[0], first[1])


def test_without_augmentation_the_network_is_itself():
    model = network()
    assert augmented(model, None) is model


@pytest.mark.parametrize("missing", ["waveform", "spectrogram"])
def test_an_augmentation_that_no_input_can_have_is_refused(missing):
    shape = (8, 9, 1) if missing == "waveform" else (50, 1)
    inputs = keras.Input(shape)
    model = keras.Model(inputs, keras.layers.Flatten()(inputs))
    with pytest.raises(SpecError, match=f"asks for .*{missing}"):
        augmented(model, BOTH)


@pytest.mark.parametrize("sizes", [{"largest_share": None}, {"width": 15}])
def test_masks_have_one_kind_of_size(sizes):
    with pytest.raises(SpecError, match="give largest_share or width"):
        build(SpectrogramAugmentation, {"probability": 1.0, **sizes})
