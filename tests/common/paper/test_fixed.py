"""Values that no field holds: each is what the code does, and is declared only where rows depend on it."""

from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import soxr

from common.cli.listing import show_sources
from common.cli.screen import ScreenOptions
from common.paper import Experiment, LogMel, Protocol, Training, WindowSpec
from common.paper.fixed import ADAM_EPSILON, RESAMPLER, STANDARDISATION_WINDOWS, shared_fixed_values
from common.training.optimizers import optimizer_of
from data_pipeline.audio.decode import read_audio
from data_pipeline.features.precomputed import Precomputed
from data_pipeline.features.storage import StorageFormat
from data_pipeline.windows.standardisation import fit_standardisation
from tests.helpers.fitting import TinyNet
from tests.helpers.papers import KEYS, paper_of

EXPERIMENT = Experiment(
    paper="tiny",
    model=TinyNet(),
    feature=LogMel(),
    windows=WindowSpec(seconds=3, hop_seconds=1.5),
    protocol=Protocol(),
    training=Training(epochs=4, standardise=True),
)


def test_every_run_with_adam_has_the_declared_epsilon():
    trainings = {experiment.training for key in KEYS for experiment in paper_of(key).experiments}
    of_adam = [training for training in trainings if training.optimizer == "adam"]
    assert {training.accumulate_batches for training in of_adam} == {1, 8}
    assert {optimizer_of(training, []).epsilon for training in of_adam} == {float(ADAM_EPSILON.value)}


def test_files_of_another_rate_are_resampled_as_declared(tmp_path):
    assert RESAMPLER.value == "soxr, high quality"
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 8000).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, 16000, subtype="FLOAT")
    expected = soxr.resample(samples, 16000, 11025, quality="HQ")
    assert not np.array_equal(expected, soxr.resample(samples, 16000, 11025, quality="VHQ"))
    np.testing.assert_array_equal(read_audio(tmp_path / "a.wav", sample_rate=11025), expected)


def test_mean_and_deviation_are_of_as_many_windows_as_declared():
    read = []

    def read_windows(positions):
        read.extend(positions.tolist())
        return np.ones((len(positions), 2, 2), np.float32)

    feature = SimpleNamespace(storage=StorageFormat(dtype="float32"))
    fit_standardisation(SimpleNamespace(index=SimpleNamespace(feature=feature), read=read_windows), np.arange(5000))
    assert STANDARDISATION_WINDOWS.value == f"mean and deviation of at most {len(set(read)):,} windows"
    assert (read[0], read[-1]) == (0, 4999)


def test_the_storage_is_that_of_the_features():
    values = {key: paper_of(key).fixed_values.get("feature_storage") for key in KEYS}
    assert {key: value and value.value for key, value in values.items()} == {
        "_template": "int16 in steps of 1.5e-05 (log_mel)",
        "crnn": "int16 in steps of 1.5e-05 (mfcc), int16 in steps of 1.5e-05 (min_max_mel)",
        "embeddings": "int16 in steps of 0.005 (decibel_mel)",
        "nnet": "int16 in steps of 1.5e-05 (stft_db)",
        "resnet1d": "int16 in steps of 3.1e-05 (waveform)",
        "se_cnn": "int16 in steps of 1.5e-05 (stft_db)",
        "soundfusion": "int16 in steps of 0.005 (torch_mel), int16 in steps of 3.1e-05 (waveform)",
    }


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, set()),
        ({"training.standardise": False}, {"standardisation_windows"}),
        ({"training.optimizer": "adadelta"}, {"adam_epsilon"}),
        (
            {"feature": Precomputed(bins=8, columns_per_second=2.0, storage=StorageFormat(dtype="float16"))},
            {"resampler", "feature_storage"},
        ),
    ],
)
def test_only_what_rows_depend_on_is_declared(changes, missing):
    other = EXPERIMENT.replace(feature=changes["feature"]) if "feature" in changes else EXPERIMENT.with_values(changes)
    everything = {"adam_epsilon", "resampler", "feature_storage", "standardisation_windows"}
    assert set(shared_fixed_values([other])) == everything - missing
    # One row that depends on a value is enough.
    assert set(shared_fixed_values([other, EXPERIMENT])) == everything


def test_a_paper_can_replace_a_shared_value_and_add_its_own():
    embeddings, resnet1d = paper_of("embeddings"), paper_of("resnet1d")
    assert embeddings.fixed_values["resampler"].value == RESAMPLER.value
    assert "kaiser_fast" in embeddings.fixed_values["resampler"].source.reason
    assert {"fixed.resampler", "fixed.standardisation_windows"} <= set(embeddings.differing)
    assert not set(embeddings.differing) & set(embeddings.assumed)
    assert {"fixed.adam_epsilon", "fixed.resampler", "fixed.activation_after_stem_and_head"} <= set(resnet1d.assumed)


def test_sources_show_fixed_values(capsys):
    show_sources(paper_of("resnet1d"), ScreenOptions())
    printed = " ".join(capsys.readouterr().out.split())
    assert "fixed.adam_epsilon = 1e-07 assumed: Keras' default; PyTorch's is 1e-8" in printed
    assert 'training.l2_form = "sum" (other rows: "mean"; "decoupled") differs:' in printed
