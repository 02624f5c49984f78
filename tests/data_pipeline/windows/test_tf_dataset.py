"""Streams: exactly the windows that were asked for, in exactly that order, within the memory limit."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.errors import BudgetError
from data_pipeline.features.storage import StorageFormat
from data_pipeline.windows.index import WindowSpec
from data_pipeline.windows.reader import WindowReader
from data_pipeline.windows.tf_dataset import as_tf_dataset, batches, batches_ahead, epoch_order
from tests.helpers.windows import window_index

BATCH = 7

ORDERS = {
    "in order": lambda count: np.arange(count),
    "backwards": lambda count: np.arange(count)[::-1],
    "shuffled": lambda count: epoch_order(np.arange(count), seed=3, epoch=1),
    "a part, some twice": lambda count: np.array([5, 5, count - 1, 0, 17, 5, 60, 61, 2]),
}


@pytest.mark.parametrize("layout", ["frames_bins", "bins_frames_channel"])
@pytest.mark.parametrize("name", ORDERS)
def test_the_dataset_is_the_windows_in_the_order_asked_for(reader, expected, name, layout):
    windows, labels = expected
    assert len(reader.windows) == len(windows)
    order = ORDERS[name](len(windows))
    dataset = as_tf_dataset(reader, order, batch_size=BATCH, layout=layout)
    found = [(values.numpy(), label.numpy()) for values, label in dataset]

    assert len(found) == dataset.cardinality() == -(-len(order) // BATCH)
    assert [len(label) for _, label in found[:-1]] == [BATCH] * (len(found) - 1)
    assert len(found[-1][1]) == (len(order) - 1) % BATCH + 1
    wanted = windows if layout == "frames_bins" else windows.transpose(0, 2, 1)[..., None]
    values = np.concatenate([batch for batch, _ in found])
    assert values.dtype == np.float32
    assert values.shape == (len(order), *wanted.shape[1:])
    np.testing.assert_allclose(values, wanted[order], rtol=0, atol=1e-7)
    assert found[0][1].dtype == np.int32
    np.testing.assert_array_equal(np.concatenate([label for _, label in found]), labels[order])


def test_shapes_are_known_before_anything_is_read(reader):
    for layout, shape in (("frames_bins", [None, 43, 16]), ("bins_frames_channel", [None, 16, 43, 1])):
        values, labels = as_tf_dataset(reader, np.arange(10), batch_size=4, layout=layout).element_spec
        assert values.shape.as_list() == shape
        assert labels.shape.as_list() == [None]


def test_a_dataset_can_be_read_again(reader):
    dataset = as_tf_dataset(reader, np.arange(20), batch_size=6)
    first, second = ([values.numpy() for values, _ in dataset] for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_empty_order_is_an_empty_dataset(reader):
    assert list(as_tf_dataset(reader, np.arange(0), batch_size=4)) == []
    assert list(batches(reader, np.arange(0), 4)) == []


@pytest.mark.parametrize(
    "storage",
    [
        StorageFormat(dtype="uint8", scale=1 / 255),
        StorageFormat(dtype="int16", scale=1 / 65534, offset=0.5),
        StorageFormat(dtype="float16"),
        StorageFormat(dtype="float32", scale=2.0, offset=-1.0),
    ],
)
def test_batches_equal_the_dataset(tmp_path, make_shards, storage):
    rng = np.random.default_rng(1)
    arrays = [[(100 * rng.random((frames, 5))).astype(storage.dtype) for frames in part] for part in ((30, 41), (55,))]
    index = make_shards(tmp_path, arrays, storage)
    with WindowReader(index, window_index(index, WindowSpec(seconds=0.8, hop_seconds=0.3))) as reader:
        order = epoch_order(np.arange(len(reader.windows)), seed=0, epoch=0)
        plain = list(batches(reader, order, 4))
        dataset = list(as_tf_dataset(reader, order, batch_size=4, layout="frames_bins"))
        assert len(plain) == len(dataset) > 2
        for (stored, stored_labels), (values, labels) in zip(plain, dataset, strict=True):
            assert stored.dtype == storage.dtype
            assert stored_labels.dtype == np.int32
            np.testing.assert_allclose(storage.decode(stored), values.numpy(), rtol=1e-6, atol=1e-7)
            np.testing.assert_array_equal(stored_labels, labels.numpy())
        every = np.concatenate([stored for stored, _ in plain])
        by_hand = [
            array[start : start + 8] for part in arrays for array in part for start in range(0, len(array) - 7, 3)
        ]
        np.testing.assert_array_equal(every, np.stack(by_hand)[order])


@given(
    positions=st.lists(st.integers(0, 10**6), unique=True, max_size=50),
    seed=st.integers(0, 2**32),
    epoch=st.integers(0, 1000),
    limit=st.none() | st.integers(0, 60),
)
def test_an_epoch_is_a_permutation_of_its_positions(positions, seed, epoch, limit):
    given_positions = np.array(positions, np.int64)
    order = epoch_order(given_positions, seed=seed, epoch=epoch)
    assert sorted(order.tolist()) == sorted(positions)
    assert given_positions.tolist() == positions
    np.testing.assert_array_equal(epoch_order(given_positions, seed=seed, epoch=epoch), order)
    np.testing.assert_array_equal(epoch_order(given_positions, seed=seed, epoch=epoch, limit=limit), order[:limit])


def test_epochs_and_seeds_differ():
    positions = np.arange(1000)
    orders = {(seed, epoch): epoch_order(positions, seed=seed, epoch=epoch) for seed in range(4) for epoch in range(4)}
    # Two exact shuffles of 1,000 agree in one place on average.
    pairs = [(one, other) for one in orders for other in orders if one < other]
    assert max((orders[one] == orders[other]).sum() for one, other in pairs) < 10


def test_limited_epochs_use_different_windows():
    parts = [set(epoch_order(np.arange(1000), seed=0, epoch=epoch, limit=100).tolist()) for epoch in range(2)]
    assert len(parts[0] | parts[1]) > 150


def test_an_epoch_is_the_same_in_every_process():
    assert epoch_order(np.arange(1000), seed=7, epoch=3)[:5].tolist() == [337, 448, 344, 896, 409]
    assert epoch_order(np.arange(1000), seed=3, epoch=7)[:5].tolist() == [2, 834, 933, 462, 157]


@given(batch_size=st.integers(1, 64), memory_left_bytes=st.integers(0, 3_000_000))
def test_batches_in_flight_fit_into_the_budget(batch_size, memory_left_bytes):
    # A window of 43 x 16 as int16 and as float32; decoding holds the stored values and two float32 copies.
    part = SimpleNamespace(window_shape=(43, 16), dtype=np.dtype("int16"))
    fake = SimpleNamespace(parts=(part,))
    decoded = batch_size * 43 * 16 * 4
    working = batch_size * 43 * 16 * 2 + 2 * decoded
    try:
        ahead = batches_ahead(fake, batch_size, memory_left_bytes)
    except BudgetError:
        assert memory_left_bytes < working + decoded
    else:
        assert 1 <= ahead <= 4
        assert working + ahead * decoded <= memory_left_bytes
        assert ahead == 4 or working + (ahead + 1) * decoded > memory_left_bytes
    assert batches_ahead(fake, batch_size, None) == 4


def test_a_budget_below_one_batch_is_refused(reader):
    with pytest.raises(
        BudgetError,
        match=r"one batch of 1000 windows needs 9 MB\. Raise --memory-limit \(memory_limit_bytes\) by at least 9 MB\.",
    ):
        as_tf_dataset(reader, np.arange(10), batch_size=1000, memory_left_bytes=2**20)


def test_no_more_batches_are_read_than_the_budget_holds(reader, monkeypatch):
    read = []

    def count(positions):
        read.append(len(positions))
        return WindowReader.read(reader, positions)

    monkeypatch.setattr(reader, "read", count)
    decoded = 4 * 43 * 16 * 4
    order = np.arange(len(reader.windows))
    dataset = as_tf_dataset(reader, order, batch_size=4, memory_left_bytes=decoded // 2 + 2 * decoded + 2 * decoded)
    stream = iter(dataset)
    for taken in range(1, 6):
        next(stream)
        time.sleep(0.05)
        # Two are waiting and one more is being read.
        assert len(read) <= taken + 3
