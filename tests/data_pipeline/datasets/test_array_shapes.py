"""What a header says of spectrograms, before any value is read."""

from pathlib import Path

import numpy as np
import pytest

from common.core.errors import DataError
from data_pipeline.datasets.array_shapes import of_one_channel, storage_of, warn_of_transposed
from data_pipeline.datasets.npy import ArrayHeader

FILE = Path("given.npz")


def header(shape, dtype="float32") -> ArrayHeader:
    return ArrayHeader(shape, np.dtype(dtype), fortran_order=False, header_bytes=128)


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ((4, 6, 9), (4, 6, 9)),
        ((4, 6, 9, 1), (4, 6, 9)),
        ((4, 1, 6, 9), (4, 6, 9)),
        ((4, 1, 9, 1), (4, 1, 9)),
    ],
)
def test_one_channel_is_left_out(shape, found):
    assert of_one_channel(FILE, header(shape)).shape == found


def test_one_channel_of_a_clip_is_left_out():
    for shape in ((6, 9), (6, 9, 1), (1, 6, 9)):
        assert of_one_channel(FILE, header(shape), axes="(bins, columns)").shape == (6, 9)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((4, 6, 9, 3), r"colours \(RGB\), which are not levels"),
        ((4, 3, 6, 9), r"colours \(RGB\), which are not levels"),
        ((4, 6, 9, 4), r"colours \(RGB\), which are not levels"),
        ((4, 6, 9, 2), "or one channel. Save one channel, or the mean of all"),
        ((4, 6), r"rank 2, shape \(4, 6\); .* Samples of audio are saved as one bin: X\[\.\.\., None, :\]"),
        ((4, 0, 9), r"is empty, shape \(4, 0, 9\)"),
    ],
)
def test_other_shapes_are_refused_with_the_reason(shape, reason):
    with pytest.raises(DataError, match=reason):
        of_one_channel(FILE, header(shape))


@pytest.mark.parametrize(
    ("dtype", "advice"),
    [
        ("bool", r"Save X\.astype\(np\.float32\)\."),
        ("int8", r"Save X\.astype\(np\.float32\), or uint8 \(read as 0 to 1\) or int16"),
        ("int32", r"Save X\.astype\(np\.float32\), or uint8"),
        ("int64", r"Save X\.astype\(np\.float32\), or uint8"),
        ("uint16", r"Save X\.astype\(np\.float32\), or uint8"),
        ("complex64", r"Save magnitudes: np\.abs\(X\)\.astype\(np\.float32\)"),
        ("longdouble", r"Save X\.astype\(np\.float32\)\."),
        ("datetime64[s]", r"Save numbers\."),
    ],
)
def test_other_types_are_refused_with_what_to_save(dtype, advice):
    with pytest.raises(DataError, match=rf"X is .*, expected one of uint8, int16, .* float64\. {advice}"):
        storage_of(FILE, header((4, 6, 9), dtype))


@pytest.mark.parametrize(
    ("bins", "columns", "is_warned"),
    [(1292, 128, True), (130, 64, True), (128, 1292, False), (128, 128, False), (96, 60, False), (1, 128, False)],
)
def test_axes_that_look_exchanged_are_pointed_out(capsys, bins, columns, is_warned):
    warn_of_transposed(FILE, bins, columns)
    assert ("looks transposed" in capsys.readouterr().err) == is_warned
