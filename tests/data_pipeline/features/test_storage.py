"""Storage of features: the rounding error, and values that do not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.errors import DataError
from data_pipeline.features.spectrograms import StftDb
from data_pipeline.features.storage import StorageFormat

# (format, smallest and largest value that fits)
INTEGER_FORMATS = [
    (StftDb().storage, 0.0, 1.0),
    (StorageFormat(dtype="uint8", scale=1 / 255), 0.0, 1.0),
    (StorageFormat(dtype="int16", scale=1 / 32767), -1.0, 1.0),
    (StorageFormat(dtype="uint8", scale=0.5, offset=-80.0), -80.0, 47.5),
]


@pytest.mark.parametrize(("storage", "low", "high"), INTEGER_FORMATS)
def test_storing_costs_at_most_half_a_step(storage, low, high):
    values = np.linspace(low, high, 100_001).astype(np.float32)
    stored = storage.encode(values)
    assert stored.dtype == storage.dtype
    decoded = storage.decode(stored)
    assert decoded.dtype == np.float32
    rounding = 4 * np.spacing(np.float32(max(abs(low), abs(high))))
    assert np.abs(decoded - values).max() <= storage.scale / 2 + rounding
    # What was stored once is stored the same again.
    np.testing.assert_array_equal(storage.encode(decoded), stored)


@pytest.mark.parametrize(("dtype", "relative_error"), [("float32", 0.0), ("float16", 2**-11)])
def test_floats_are_stored_to_their_precision(dtype, relative_error):
    values = np.linspace(0.001, 1, 10_001).astype(np.float32)
    storage = StorageFormat(dtype=dtype)
    np.testing.assert_allclose(storage.decode(storage.encode(values)), values, rtol=relative_error, atol=0)


@given(values=st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=20))
def test_stored_values_are_accurate_or_refused(values):
    storage = StftDb().storage
    array = np.array(values, np.float32)
    try:
        decoded = storage.decode(storage.encode(array))
    except DataError:
        assert array.min() < 0 or array.max() > 1
    else:
        np.testing.assert_allclose(decoded, array, atol=storage.scale / 2 + 1e-6)


# int16 has one step more below zero than above, hence two steps out.
OUTSIDE = [
    (storage, value)
    for storage, low, high in INTEGER_FORMATS
    for value in (low - 2 * storage.scale, high + 2 * storage.scale)
]

TOO_LARGE = [(StorageFormat(dtype="float16"), 7e4), (StorageFormat(dtype="float32"), 1e39)]

NOT_FINITE = [
    (StorageFormat(dtype=dtype), value)
    for dtype in ("float16", "float32", "int16", "uint8")
    for value in (np.nan, np.inf)
]


@pytest.mark.parametrize(("storage", "value"), OUTSIDE + TOO_LARGE + NOT_FINITE)
def test_values_that_do_not_fit_the_format_are_refused(storage, value):
    with pytest.raises(DataError, match=f"do not fit {storage.dtype}"):
        storage.encode(np.array([0.5, value, 0.5]))
