"""Reading windows from shards: the stored bytes, few open files, and shards that vanish."""

import os
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from common.core.errors import DataError
from data_pipeline.windows import reader as reader_module
from data_pipeline.windows.reader import WindowReader
from data_pipeline.windows.tf_dataset import batches, epoch_order
from tests.helpers.windows import FEATURE, window_index

BATCH = 7


def test_a_window_takes_the_bytes_that_are_stored(reader):
    assert reader.window_shape == (43, 16)
    assert reader.read(np.array([0])).nbytes == 43 * 16 * 2


@pytest.fixture
def without_positioned_reads(monkeypatch):
    """As on Windows, which has no `os.preadv`."""
    monkeypatch.setattr(reader_module, "os", SimpleNamespace(open=os.open, close=os.close, O_RDONLY=os.O_RDONLY))


def test_systems_without_positioned_reads_read_the_same_bytes(index, reader, request):
    order = epoch_order(np.arange(len(reader.windows)), seed=0, epoch=0)
    with_positions = reader.read(order)
    request.getfixturevalue("without_positioned_reads")
    with WindowReader(index, window_index(index)) as moving:
        np.testing.assert_array_equal(moving.read(order), with_positions)


def test_threads_do_not_move_each_others_position_in_a_file(index, reader, without_positioned_reads):
    everything = np.arange(len(reader.windows))
    expected = reader.read(everything)
    orders = [epoch_order(everything, seed=0, epoch=number) for number in range(80)]
    with ThreadPoolExecutor(8) as pool:
        for order, found in zip(orders, pool.map(reader.read, orders), strict=True):
            np.testing.assert_array_equal(found, expected[order])


def test_a_short_file_is_noticed_without_positioned_reads(tmp_path, make_shards, without_positioned_reads):
    index = make_shards(tmp_path, [[np.ones((99, 5), np.int16)]])
    with WindowReader(index, window_index(index)) as reader:
        path = tmp_path / "shard-00000.npy"
        path.write_bytes(path.read_bytes()[:500])
        with pytest.raises(DataError, match=r"shard-00000\.npy: ended early \(0 of 100 bytes\)"):
            reader.read(np.array([len(reader.windows) - 1]))


def test_few_open_files_are_enough(index, expected, monkeypatch):
    opened, closed = [], []

    def open_file(path, flags):
        opened.append(os.open(path, flags))
        return opened[-1]

    def close_file(descriptor):
        closed.append(descriptor)
        os.close(descriptor)

    watched = SimpleNamespace(open=open_file, close=close_file, preadv=os.preadv, O_RDONLY=os.O_RDONLY)
    monkeypatch.setattr(reader_module, "os", watched)
    monkeypatch.setattr(reader_module, "_OPEN_FILES", 1)
    order = epoch_order(np.arange(len(expected[0])), seed=0, epoch=0)
    with WindowReader(index, window_index(index)) as reader:
        for batch, (stored, _) in enumerate(batches(reader, order, BATCH)):
            wanted = expected[0][order[batch * BATCH : (batch + 1) * BATCH]]
            np.testing.assert_array_equal(FEATURE.storage.decode(stored), wanted)
            assert len(opened) - len(closed) == 1
        assert len(opened) > 20
    assert sorted(closed) == sorted(opened)


def test_the_file_used_longest_ago_is_closed_first(index, monkeypatch):
    monkeypatch.setattr(reader_module, "_OPEN_FILES", 2)
    with WindowReader(index, window_index(index)) as reader:
        one_of_each = [
            int(np.flatnonzero(np.array([t.shard for t in index.tracks])[reader.windows.tracks] == s)[0])
            for s in range(3)
        ]
        for shard in (0, 1, 0, 2):
            reader.read(np.array([one_of_each[shard]]))
        assert sorted(reader._files) == [0, 2]


def test_all_files_stay_open_below_the_limit_and_close_at_the_end(reader):
    reader.read(np.arange(len(reader.windows)))
    descriptors = list(reader._files.values())
    assert len(descriptors) == 4
    reader.close()
    for descriptor in descriptors:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)
    # Reading opens them again.
    assert reader.read(np.array([0])).shape == (1, 43, 16)


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:500])])
def test_a_shard_that_vanishes_while_it_is_used_is_named(tmp_path, make_shards, spoil):
    index = make_shards(tmp_path, [[np.ones((40, 5), np.int16)], [np.ones((99, 5), np.int16)]])
    with WindowReader(index, window_index(index)) as reader:
        spoil(tmp_path / "shard-00001.npy")
        reader.read(np.array([0]))
        with pytest.raises(DataError, match=r"shard-00001\.npy: (ended early|cannot be opened)"):
            reader.read(np.array([0, len(reader.windows) - 1]))
