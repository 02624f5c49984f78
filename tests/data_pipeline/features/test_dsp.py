"""The window of the frames, and what a process loads to extract a feature, or only to declare it."""

import numpy as np
import pytest
from scipy.signal import get_window

from data_pipeline.features import dsp
from tests.helpers.imports import modules_after

EXTRACTED = """
import numpy as np
from data_pipeline.features.librosa_mel import Mfcc
from data_pipeline.features.spectrograms import LogMel, StftDb, TorchaudioLogMel

samples = np.random.default_rng(0).uniform(-1, 1, 22050).astype(np.float32)
for feature in (LogMel(), TorchaudioLogMel(), StftDb(), Mfcc()):
    assert len(feature.extract(samples)) == 44
"""


@pytest.mark.parametrize("n_fft", [2, 4, 100, 512, 1024, 1102, 2048, 4096])
def test_the_window_is_scipys_periodic_hann_window(n_fft):
    window = dsp._hann(n_fft)
    assert window.dtype == np.float64
    np.testing.assert_array_equal(window, get_window("hann", n_fft))


@pytest.mark.parametrize("padding", ["constant", "reflect"])
def test_float32_samples_give_the_bits_of_the_same_samples_in_float64(padding):
    samples = np.random.default_rng(0).normal(0, 0.1, 20_000).astype(np.float32)
    single, double = (
        np.concatenate([parts.copy() for _, parts in dsp._squared_parts(values, 1024, 512, np.float64, padding)])
        for values in (samples, samples.astype(np.float64))
    )
    np.testing.assert_array_equal(single, double)


def test_features_are_extracted_without_librosa_and_its_compiler():
    assert not {"librosa", "numba", "llvmlite", "scipy.signal", "sklearn"} & modules_after(EXTRACTED)


def test_features_are_declared_without_scipy():
    heavy = {"scipy", "librosa", "keras", "sklearn", "matplotlib", "joblib", "soundfile"}
    assert not heavy & modules_after("import data_pipeline.features")
