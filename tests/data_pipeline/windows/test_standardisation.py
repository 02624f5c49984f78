"""Standardisation of windows."""

import numpy as np
import pytest

from data_pipeline.windows.reader import WindowReader
from data_pipeline.windows.standardisation import Standardisation, fit_standardisation
from data_pipeline.windows.tf_dataset import as_tf_dataset
from tests.helpers.windows import window_index

BATCH = 7


def test_standardised_values_have_mean_zero_and_deviation_one(reader, expected):
    part = np.arange(len(reader.windows))[::2]
    standardisation = fit_standardisation(reader, part)
    assert standardisation.mean == pytest.approx(expected[0][part].mean(dtype=np.float64), abs=1e-5)
    assert standardisation.deviation == pytest.approx(expected[0][part].std(dtype=np.float64), rel=1e-4)
    dataset = as_tf_dataset(reader, part, batch_size=BATCH, layout="frames_bins", standardisation=standardisation)
    values = np.concatenate([batch.numpy() for batch, _ in dataset])
    wanted = (expected[0][part] - standardisation.mean) / standardisation.deviation
    np.testing.assert_allclose(values, wanted, rtol=0, atol=1e-5)


def test_values_that_are_all_equal_are_only_centred(tmp_path, make_shards):
    index = make_shards(tmp_path, [[np.full((40, 5), 3, np.int16)]])
    with WindowReader(index, window_index(index)) as reader:
        assert fit_standardisation(reader, np.arange(len(reader.windows))) == Standardisation(mean=3.0, deviation=1.0)
