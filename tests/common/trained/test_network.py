"""A network with two inputs hears a song by both of its features."""

import keras
import numpy as np
import pytest
import soundfile

from common.paper import Input
from common.paper.experiment import Experiment
from common.trained.network import Trained, WindowPredictions
from data_pipeline.windows.standardisation import Standardisation
from tests.helpers.paired import BANDS, RATE, SAMPLES, WINDOWS
from tests.helpers.se_cnn_records import SETTING, record

GENRES = ("a", "b")


def experiment() -> Experiment:
    return Experiment.model_validate(
        record().experiment
        | {
            "model": {},
            "feature": SAMPLES.as_json(),
            "windows": WINDOWS.as_json(),
            "second_input": Input(feature=BANDS, windows=WINDOWS).as_json(),
        }
    )


@pytest.fixture
def trained(tmp_path) -> Trained:
    """A network whose logits are the largest value of each input after standardisation."""
    samples, bands = keras.Input((RATE, 1)), keras.Input((16, 50, 1))
    largest = [keras.layers.Flatten()(one) for one in (samples, bands)]
    logits = keras.ops.stack([keras.ops.max(one, axis=1) for one in largest], axis=1)
    model = keras.Model([samples, bands], logits)
    scaled = (Standardisation(0.0, 0.5), Standardisation(-40.0, 20.0))
    return Trained(record(setting=SETTING), experiment(), model, scaled, "bins_frames_channel", tmp_path)


def test_both_inputs_are_of_the_same_windows(trained, tmp_path):
    rng, count = np.random.default_rng(0), 3 * RATE
    samples = (rng.standard_normal(count) * np.linspace(0.001, 0.2, count)).astype(np.float32)
    soundfile.write(tmp_path / "song.wav", samples, RATE, subtype="FLOAT")
    found = trained.predict_windows(tmp_path / "song.wav")
    assert found.starts_seconds.tolist() == [0, 0.75, 1.5]
    bands = BANDS.storage.decode(BANDS.storage.encode(BANDS.extract(samples)))
    first = SAMPLES.storage.decode(SAMPLES.storage.encode(SAMPLES.extract(samples)))
    expected = []
    for start in (0, 0.75, 1.5):
        frame = int(start * BANDS.frames_per_second)
        whole = round(start * RATE)
        logits = np.array([first[whole : whole + RATE].max() / 0.5, (bands[frame : frame + 50].max() + 40) / 20])
        expected.append(np.exp(logits) / np.exp(logits).sum())
    np.testing.assert_allclose(found.probabilities, expected, rtol=1e-4)


def test_windows_vote_and_their_probabilities_are_averaged():
    found = WindowPredictions(GENRES, np.array([0.0, 1.0, 2.0]), np.array([[0.6, 0.4], [0.55, 0.45], [0.1, 0.9]]))
    assert found.clip.votes == (2, 1)
    assert list(found.mean.items()) == [("b", 0.583333), ("a", 0.416667)]
