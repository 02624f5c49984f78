"""Two inputs of each window: they stay paired in any order, also where one of the two lacks windows."""

import numpy as np
import pytest

from common.core.errors import BudgetError, DataError
from data_pipeline.windows.index import WindowIndex
from data_pipeline.windows.layout import input_shape
from data_pipeline.windows.paired import PairedReader, pair_windows
from data_pipeline.windows.reader import WindowReader
from data_pipeline.windows.standardisation import fit_standardisation
from data_pipeline.windows.tf_dataset import as_tf_dataset, batches_ahead
from tests.helpers.paired import BANDS, RATE


def test_both_inputs_show_the_same_time(paired_reader):
    samples, bands = paired_reader.parts
    assert len(samples.windows) == len(bands.windows) == 5 + 3 + 3
    apart = samples.windows.starts / RATE - bands.windows.starts / BANDS.frames_per_second
    assert np.abs(apart).max() <= BANDS.hop_samples / RATE
    assert input_shape(paired_reader, "bins_frames_channel") == ((RATE, 1), (16, 50, 1))


def test_a_stream_gives_both_inputs_of_each_window_in_the_order_that_is_asked_for(paired_reader):
    order = np.array([7, 0, 10, 3, 2])
    batches = list(as_tf_dataset(paired_reader, order, batch_size=2))
    assert [len(labels) for _, labels in batches] == [2, 2, 1]
    samples = np.concatenate([np.asarray(inputs[0]) for inputs, _ in batches])
    bands = np.concatenate([np.asarray(inputs[1]) for inputs, _ in batches])
    labels = np.concatenate([np.asarray(given) for _, given in batches])
    for part, found in zip(paired_reader.parts, (samples, bands), strict=True):
        values = part.index.feature.storage.decode(part.read(order))
        expected = values if part is paired_reader.parts[0] else values.transpose(0, 2, 1)[..., None]
        np.testing.assert_allclose(found, expected, atol=1e-4)
    np.testing.assert_array_equal(labels, paired_reader.labels[order])
    # The louder a window's samples, the louder its spectrogram: they belong together.
    loudness = [np.log(samples.std(axis=(1, 2))), bands.mean(axis=(1, 2, 3))]
    assert np.corrcoef(loudness)[0, 1] > 0.98


def test_each_input_is_standardised_on_its_own(paired_reader):
    everything = np.arange(len(paired_reader.windows))
    scaling = tuple(fit_standardisation(part, everything) for part in paired_reader.parts)
    ((inputs, _),) = list(as_tf_dataset(paired_reader, everything, batch_size=len(everything), standardisation=scaling))
    for values in inputs:
        assert np.asarray(values).mean() == pytest.approx(0, abs=1e-2)
        assert np.asarray(values).std() == pytest.approx(1, rel=1e-2)


def test_a_budget_counts_both_inputs(paired_reader):
    one = sum(batch_bytes(part, 4) for part in paired_reader.parts)
    assert batches_ahead(paired_reader, 4, one) == 1
    with pytest.raises(BudgetError):
        batches_ahead(paired_reader, 4, one - 1)


def batch_bytes(part: WindowReader, batch: int) -> int:
    values = batch * int(np.prod(part.window_shape))
    return values * (part.dtype.itemsize + 12)


def test_windows_that_one_input_lacks_are_left_out_of_both(opened):
    (index, windows), other = opened
    # The second track is gone, and the third has lost its last window.
    kept = [position for position in range(len(windows)) if windows.tracks[position] != 1][:-1]
    fewer = WindowIndex(windows.tracks[kept], windows.starts[kept], windows.frames)
    for pair in (pair_windows((index, fewer), other), pair_windows(other, (index, fewer))[::-1]):
        assert [windows.tracks.tolist() for windows in pair] == [[0] * 5 + [2] * 2] * 2
        np.testing.assert_array_equal(pair[0].starts, fewer.starts)


def test_inputs_without_a_window_in_common_are_refused(opened):
    (index, windows), other = opened
    none = WindowIndex(windows.tracks[:0], windows.starts[:0], windows.frames)
    with pytest.raises(DataError, match="no window is in both"):
        pair_windows((index, none), other)


def test_windows_of_different_tracks_are_never_paired(opened):
    first, second = pair_windows(*opened)
    with (
        WindowReader(opened[0][0], first) as one,
        WindowReader(
            opened[1][0], WindowIndex(second.tracks[::-1].copy(), second.starts[::-1].copy(), second.frames)
        ) as two,
        pytest.raises(DataError, match="of different clips"),
    ):
        PairedReader(one, two)
