"""Layers of augmentation: what they change, how much and how often."""

import keras
import numpy as np
import pytest

from data_pipeline.augmentation.layers import RandomGain, RandomMasks, RandomNoise, Sometimes

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
