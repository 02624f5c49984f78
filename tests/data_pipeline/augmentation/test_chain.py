"""The chain of augmentations: what each one changes, how far and how often; both layouts; nothing outside training."""

import keras
import numpy as np
import pytest

from common.core.errors import SpecError
from data_pipeline.augmentation.chain import SpectrogramChain
from data_pipeline.augmentation.chain_layers import (
    RandomAmplitude,
    RandomBandShift,
    RandomRoll,
    RandomStripes,
    chain_layer,
)
from data_pipeline.augmentation.network import augmented
from data_pipeline.augmentation.specs import Augmentation, SpectrogramAugmentation

WINDOWS, FRAMES, BANDS = 300, 120, 40
LAYOUTS = [(FRAMES, BANDS), (BANDS, FRAMES, 1)]


@pytest.fixture(autouse=True)
def one_seed():
    keras.utils.set_random_seed(0)


def spectrograms(shape: tuple[int, ...], windows: int = WINDOWS) -> np.ndarray:
    return np.random.default_rng(0).uniform(1, 2, (windows, *shape)).astype(np.float32)


def frames_first(x: np.ndarray) -> np.ndarray:
    """(windows, frames, bands), whatever the layout."""
    return x if x.ndim == 3 else x[..., 0].transpose(0, 2, 1)


def changed(layer, x: np.ndarray) -> np.ndarray:
    return frames_first(np.asarray(layer(x, training=True)))


@pytest.mark.parametrize("shape", LAYOUTS)
def test_stripes_cover_whole_bands_or_whole_frames(shape):
    x = spectrograms(shape)
    bands = changed(RandomStripes(1, 10, over="bands"), x) == 0
    assert (bands.any(axis=1) == bands.all(axis=1)).all()
    assert set(bands.all(axis=1).sum(axis=1)) == set(range(11))
    frames = changed(RandomStripes(1, 20, over="frames"), x) == 0
    assert (frames.any(axis=2) == frames.all(axis=2)).all()
    assert set(frames.all(axis=2).sum(axis=1)) == set(range(21))
    twice = changed(RandomStripes(2, 20, over="frames"), x) == 0
    assert 20 < twice.all(axis=2).sum(axis=1).max() <= 40


def test_stripes_cover_a_quarter_of_the_frames_at_most_and_bands_without_such_a_limit():
    found = changed(RandomStripes(1, 20, over="frames"), spectrograms((40, 8))) == 0
    assert found.all(axis=2).sum(axis=1).max() == 10
    found = changed(RandomStripes(1, 10, over="bands"), spectrograms((40, 20))) == 0
    assert set(found.all(axis=1).sum(axis=1)) == set(range(11))


@pytest.mark.parametrize("shape", LAYOUTS)
def test_a_roll_moves_frames_around_the_end(shape):
    x = spectrograms(shape)
    found = changed(RandomRoll(0.15), x)
    steps = []
    for before, after in zip(frames_first(x), found, strict=True):
        fitting = [step for step in range(-18, 19) if np.array_equal(np.roll(before, step, axis=0), after)]
        assert len(fitting) == 1
        steps += fitting
    assert (min(steps), max(steps)) == (-18, 18)
    assert abs(np.mean(steps)) < 3


@pytest.mark.parametrize("shape", LAYOUTS)
def test_a_shift_of_bands_fills_with_zeros(shape):
    x = spectrograms(shape)
    found = changed(RandomBandShift(2), x)
    steps = set()
    for before, after in zip(frames_first(x), found, strict=True):
        for step in range(-2, 3):
            expected = np.roll(before, step, axis=1)
            if step > 0:
                expected[:, :step] = 0
            elif step < 0:
                expected[:, step:] = 0
            if np.array_equal(expected, after):
                steps.add(step)
                break
        else:
            pytest.fail("no shift of up to two bands")
    assert steps == {-2, -1, 0, 1, 2}


def test_amplitude_is_one_factor_for_each_window():
    x = spectrograms((FRAMES, BANDS))
    factors = changed(RandomAmplitude(0.2), x) / x
    assert np.ptp(factors, axis=(1, 2)).max() < 1e-6
    assert 0.8 <= factors.min() < 0.81
    assert 1.19 < factors.max() <= 1.2 + 1e-6


@pytest.mark.parametrize("probability", [0.0, 0.8, 1.0])
def test_the_chain_acts_on_its_share_of_windows(probability):
    chain = SpectrogramChain(probability=probability, late_probability=1.0)
    x = spectrograms((FRAMES, BANDS), windows=600)
    touched = (changed(chain_layer(chain, "chain"), x) != x).any(axis=(1, 2))
    assert touched.mean() == pytest.approx(probability, abs=0.05)


@pytest.mark.parametrize(("early", "late"), [(0.5, 0.0), (0.0, 0.3)])
def test_early_and_late_changes_have_their_own_probability(early, late):
    chain = SpectrogramChain(probability=1.0, early_probability=early, late_probability=late)
    x = spectrograms((FRAMES, BANDS), windows=800)
    touched = (changed(chain_layer(chain, "chain"), x) != x).any(axis=(1, 2)).mean()
    # Three parts each, but for masks of width 0, rolls by 0 and shifts by 0.
    assert touched == pytest.approx(1 - (1 - max(early, late)) ** 3, abs=0.08)


def network(shape: tuple[int, ...]) -> keras.Model:
    inputs = keras.Input(shape)
    return keras.Model(inputs, keras.layers.Flatten()(inputs))


@pytest.mark.parametrize("shape", LAYOUTS)
def test_the_chain_changes_nothing_outside_training(shape):
    model = augmented(network(shape), Augmentation(chain=SpectrogramChain(probability=1.0)))
    x = spectrograms(shape, windows=4)
    flat = x.reshape(4, -1)
    np.testing.assert_array_equal(model.predict(x, verbose=0), flat)
    assert (np.asarray(model(x, training=True)) != flat).any(axis=1).all()


def test_the_chain_is_for_spectrograms_and_has_no_masks_beside_it():
    with pytest.raises(SpecError, match="asks for chain"):
        augmented(network((50, 1)), Augmentation(chain=SpectrogramChain(probability=1.0)))
    with pytest.raises(ValueError, match="give spectrogram or chain"):
        Augmentation(chain=SpectrogramChain(probability=1.0), spectrogram=SpectrogramAugmentation(probability=1.0))
