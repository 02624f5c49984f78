"""What features are called in messages."""

import pytest

from data_pipeline.features.librosa_mel import Mfcc
from data_pipeline.features.names import feature_name
from data_pipeline.features.spectrograms import LogMel, StftDb
from data_pipeline.features.waveform import Waveform
from tests.helpers.papers import KEYS, paper_of


@pytest.mark.parametrize(
    ("feature", "name"),
    [
        (LogMel(n_mels=64), "64-band log-mel spectrograms"),
        (LogMel(n_mels=128), "128-band log-mel spectrograms"),
        (StftDb(n_fft=1024), "513-bin STFT spectrograms"),
        (Mfcc(n_mfcc=13), "13 MFCC"),
        (Waveform(sample_rate=16000), "16000 Hz waveforms"),
    ],
)
def test_a_name_says_what_it_is_and_what_tells_it_from_others(feature, name):
    assert feature_name(feature) == name


@pytest.mark.parametrize("key", KEYS)
def test_every_feature_of_every_paper_has_a_name_without_code(key):
    for experiment in paper_of(key).experiments:
        for given in experiment.inputs:
            assert "_" not in feature_name(given.feature)
