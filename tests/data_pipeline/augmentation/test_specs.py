"""Networks with augmentation: the same changes for the same seed, and nothing outside training."""

import keras
import numpy as np
import pytest

from common.core.errors import SpecError
from common.core.spec import build
from data_pipeline.augmentation.network import augmented
from data_pipeline.augmentation.specs import Augmentation, SpectrogramAugmentation, WaveformAugmentation


@pytest.fixture(autouse=True)
def one_seed():
    keras.utils.set_random_seed(0)


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


def test_without_augmentation_the_network_is_returned_unchanged():
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
