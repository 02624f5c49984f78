"""Windows per second of our stream, compared with two usual ways of feeding such data.

    python -m benchmarks.streaming --gigabytes 1

All three deliver the same windows (128 frames x 513 bins, stored as int16) in the same exactly shuffled order, as
float32 tensors in batches of 32, from the operating system's page cache where it is large enough:

* `stream`: `data_pipeline.windows.tf_dataset.as_tf_dataset` over the shards;
* `npy files`: every window its own `.npy` file; a Python loop loads, stacks and converts batches;
* `generator`: `tf.data.Dataset.from_generator` over memory maps of the shards, batched and prefetched.
"""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.harness import RESULTS, Folder, Out, Requirement, Result, Rounds, finish, interleave, launch, ratios
from benchmarks.synthetic import disjoint_windows, scratch, write_shards
from data_pipeline.windows.reader import WindowReader
from data_pipeline.windows.tf_dataset import as_tf_dataset, epoch_order

MIN_RATIO = 1.3
BATCH_WINDOWS = 32


def command(
    gigabytes: Annotated[float, typer.Option(min=0.001, help="Size of the shards.")] = 1.0,
    windows: Annotated[int, typer.Option(min=1, help="Windows in a round, at most.")] = 4000,
    rounds: Rounds = 9,
    folder: Folder = None,
    out: Out = RESULTS,
) -> int:
    """Windows per second of the stream compared with .npy files and with a generator."""
    size_bytes = int(gigabytes * 2**30)
    with scratch(folder, 2 * size_bytes) as temporary:
        return finish(measure(temporary, size_bytes=size_bytes, windows=windows, rounds=rounds), out)


def measure(folder: Path, *, size_bytes: int, windows: int, rounds: int, frames: int = 128, bins: int = 513) -> Result:
    """Write the data below `folder` and measure.

    Args:
        size_bytes: of the shards; the `.npy` files take as much again.
        windows: in a round, at most.
        frames, bins: of a window.
    """
    index = write_shards(folder / "shards", size_bytes=size_bytes, bins=bins)
    with WindowReader(index, disjoint_windows(index, frames)) as reader:
        everything = np.arange(len(reader.windows))
        windows = min(windows, len(everything))
        paths = _save_windows(reader, folder / "windows")
        maps = [np.load(index.folder / f"{shard.name}.npy", mmap_mode="r") for shard in index.shards]
        feeds = {
            "stream": lambda order: as_tf_dataset(reader, order, batch_size=BATCH_WINDOWS, layout="frames_bins"),
            "npy files": lambda order: _npy_files(reader, paths, order),
            "generator": lambda order: _generator(reader, maps, order),
        }
        _require_equal(feeds, everything[:: max(1, len(everything) // BATCH_WINDOWS)][:BATCH_WINDOWS])

        def peer(feed):
            return lambda number: _drain(feed, epoch_order(everything, seed=0, epoch=number, limit=windows))

        timing = interleave({name: peer(feed) for name, feed in feeds.items()}, rounds)
    seconds = timing.seconds
    compared = {f"{name} / stream": ratios(seconds[name], seconds["stream"]) for name in feeds if name != "stream"}
    return Result(
        name="streaming",
        title=f"Feeding {windows} shuffled windows of {frames} frames x {bins} bins",
        unit="seconds",
        values=seconds,
        ratios=compared,
        requirements=(
            Requirement(
                "the faster peer's time / ours", "at least", MIN_RATIO, min(map(statistics.median, compared.values()))
            ),
        ),
        settings={
            "shard_bytes": index.size_bytes,
            "window": {"frames": frames, "bins": bins, "stored": str(reader.dtype)},
            "windows_per_round": windows,
            "batch_windows": BATCH_WINDOWS,
            "rounds": rounds,
        },
        facts={f"{name}, windows per second": windows / statistics.median(each) for name, each in seconds.items()}
        | timing.facts,
    )


def _save_windows(reader: WindowReader, folder: Path) -> list[Path]:
    """Every window in its own file, as stored."""
    folder.mkdir()
    paths = [folder / f"{position:07d}.npy" for position in range(len(reader.windows))]
    for position, path in enumerate(paths):
        np.save(path, reader.read(np.array([position]))[0])
    return paths


def _npy_files(reader: WindowReader, paths: list[Path], order: np.ndarray) -> Iterator[tuple]:
    import tensorflow as tf

    storage, labels = reader.index.feature.storage, reader.labels
    for first in range(0, len(order), BATCH_WINDOWS):
        positions = order[first : first + BATCH_WINDOWS]
        stored = np.stack([np.load(paths[position]) for position in positions])
        yield tf.convert_to_tensor(storage.decode(stored)), tf.convert_to_tensor(labels[positions])


def _generator(reader: WindowReader, maps: list[np.ndarray], order: np.ndarray):
    import tensorflow as tf

    storage, labels, windows = reader.index.feature.storage, reader.labels, reader.windows
    tracks = reader.index.tracks

    def each() -> Iterator[tuple[np.ndarray, np.int32]]:
        for position in order:
            track = tracks[windows.tracks[position]]
            first = track.first_row + windows.starts[position]
            yield storage.decode(maps[track.shard][first : first + windows.frames]), labels[position]

    signature = tf.TensorSpec(reader.window_shape, tf.float32), tf.TensorSpec((), tf.int32)
    return (
        tf.data.Dataset.from_generator(each, output_signature=signature).batch(BATCH_WINDOWS).prefetch(tf.data.AUTOTUNE)
    )


def _drain(feed, order: np.ndarray) -> float:
    """Seconds until the last batch is delivered: shutting down an autotuned tf.data pipeline may take seconds more."""
    delivered, began = 0, time.perf_counter()
    for values, _ in feed(order):
        delivered += int(values.shape[0])
        ended = time.perf_counter()
    if delivered != len(order):
        raise AssertionError(f"{delivered} windows were delivered, expected {len(order)}")
    return ended - began


def _require_equal(feeds: dict, order: np.ndarray) -> None:
    """Check that all peers deliver the same windows as the stream."""
    delivered = {name: [[np.asarray(part) for part in batch] for batch in feed(order)] for name, feed in feeds.items()}
    for batches in delivered.values():
        for batch, expected in zip(batches, delivered["stream"], strict=True):
            np.testing.assert_allclose(batch[0], expected[0], atol=1e-6)
            np.testing.assert_array_equal(batch[1], expected[1])


if __name__ == "__main__":
    launch(command)
