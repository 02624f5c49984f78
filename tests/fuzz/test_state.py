"""Damaged weights, checkpoints and indexes: one documented error each, and never other numbers without a word.

The damage is the same in every run. Weights that do not end with their SHA-256, as earlier versions wrote them, may
crash HDF5's library, so they are read in another process here as well.
"""

import io
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import pytest

from common.core.errors import DataError
from common.core.trailers import TRAILER_BYTES
from common.training import hdf5_check
from common.training.checkpoint import Circumstances, LoopState, read_checkpoint, save_checkpoint
from common.training.hdf5 import require_readable_hdf5
from common.training.weights import copy_weights, digest_of_weights, read_weights, save_weights
from data_pipeline.cache.shards import read_finished_shard, read_index

pytestmark = pytest.mark.slow

FILES = 500
MOST_SECONDS = 5
MOST_MORE_BYTES = 500 << 20
# Reads the files that are named on its standard input, and prints the exit code of each.
READER = f"""
import runpy, sys
check = runpy.run_path({hdf5_check.__file__!r})
check["_limit_memory"](2 << 30)
check["main"].__globals__["_limit_memory"] = lambda limit_bytes: None
for line in sys.stdin:
    print("code", check["main"](line.rstrip("\\n")), flush=True)
"""


@pytest.fixture(autouse=True)
def memory():
    """Damage must not make a reader take much more memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    more_bytes = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    assert more_bytes < MOST_MORE_BYTES


@pytest.fixture(scope="module")
def network() -> keras.Model:
    inputs = keras.Input((6,))
    x = keras.layers.BatchNormalization()(keras.layers.Dense(5)(inputs))
    found = keras.Model(inputs, keras.layers.Dense(3)(x))
    found.compile("adam", "mse")
    found.optimizer.build(found.trainable_variables)
    return found


@contextmanager
def in_time() -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < MOST_SECONDS


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Other bytes: some flipped, a piece cut out, set to one value, or repeated."""
    changed = bytearray(content)
    kind = rng.integers(6)
    first, second = sorted(rng.integers(0, len(content), 2).tolist())
    if kind <= 2:
        for position in rng.integers(0, len(content), 1 + rng.integers(8)):
            changed[position] ^= 1 << int(rng.integers(8))
    elif kind == 3:
        del changed[first:second]
    elif kind == 4:
        second = min(second, first + 64)
        changed[first:second] = bytes([int(rng.choice([0, 0x7F, 0xFF]))]) * (second - first)
    else:
        changed[second:second] = content[first : first + 100]
    return bytes(changed)


def damages(content: bytes, seed: int, count: int) -> Iterator[bytes]:
    rng = np.random.default_rng(seed)
    for _ in range(count):
        found = damaged(content, rng)
        if found != content:
            yield found


def exit_codes(paths: list[Path]) -> list[int]:
    """What `hdf5_check` says of each file; it is started again after a file that crashed it or took too long."""
    codes: list[int] = []
    while len(codes) < len(paths):
        left = paths[len(codes) :]
        reader = [sys.executable, "-I", "-c", READER]
        given = "".join(f"{path}\n" for path in left)
        completed = subprocess.run(reader, input=given, capture_output=True, text=True, timeout=60)
        found = [int(line.split()[1]) for line in completed.stdout.splitlines() if line.startswith("code ")]
        codes += found if len(found) == len(left) else [*found, completed.returncode]
    return codes


def test_damaged_weights_are_refused_before_they_are_opened(network, tmp_path, monkeypatch):
    path = tmp_path / "best.weights.h5"
    save_weights(path, network)
    monkeypatch.setattr(subprocess, "run", None)
    before = digest_of_weights(copy_weights(network))
    for content in damages(path.read_bytes(), 1, FILES):
        path.write_bytes(content)
        with in_time():
            refused = is_refused(path)
        # Where not even the first bytes are those of HDF5, there is nothing that could be opened.
        assert refused or not content.startswith(b"\x89HDF\r\n\x1a\n")
    assert digest_of_weights(copy_weights(network)) == before


def is_refused(path: Path) -> bool:
    try:
        require_readable_hdf5(path)
    except DataError:
        return True
    return False


def test_damaged_weights_of_earlier_versions_crash_nothing_here(network, tmp_path, monkeypatch):
    save_weights(tmp_path / "good.weights.h5", network)
    good = (tmp_path / "good.weights.h5").read_bytes()[:-TRAILER_BYTES]
    paths = []
    for number, content in enumerate(damages(good, 2, FILES)):
        paths.append(tmp_path / f"{number}.weights.h5")
        paths[-1].write_bytes(content)
    codes = exit_codes(paths)
    # The others are opened here, as they are where the check has passed; the record's digest tells their values.
    monkeypatch.setattr("common.training.hdf5._check_in_process", lambda path, size: None)
    inputs, outputs = network.inputs, network.outputs
    opened = 0
    for path, code in zip(paths, codes, strict=True):
        if code:
            continue
        donor = keras.Model(inputs, outputs)
        with in_time():
            try:
                read_weights(path, donor)
            except DataError:
                continue
        opened += 1
        assert len(digest_of_weights(copy_weights(donor))) == 64
    assert codes.count(1) > FILES / 4
    assert opened > 0


def test_damaged_checkpoints_are_refused_or_hold_the_same(network, tmp_path):
    path = tmp_path / "checkpoint.npz"
    history = [{"epoch": n, "loss": 1.0, "val_loss": 1 / n, "seconds": 0.5} for n in (1, 2, 3)]
    circumstances = Circumstances("this run", "tensorflow", {"numpy": "2"}, {})
    state = LoopState("one", circumstances, epoch=3, history=history, best_epoch=3, best_loss=1 / 3)
    save_checkpoint(path, network, state, network.get_weights())
    good, written = read_checkpoint(path), path.read_bytes()
    for content in damages(written, 3, FILES):
        path.write_bytes(content)
        with in_time(), pytest.raises(DataError):
            read_checkpoint(path)
    as_earlier = as_an_earlier_version_wrote(written)
    path.write_bytes(as_earlier)
    assert read_checkpoint(path).state == good.state
    accepted = 0
    for content in damages(as_earlier, 4, FILES):
        path.write_bytes(content)
        with in_time():
            try:
                found = read_checkpoint(path)
            except DataError:
                continue
        # What is left are bytes of the zip that mean nothing.
        accepted += 1
        assert found.state == good.state
        assert {name: value.tobytes() for name, value in found.arrays.items()} == {
            name: value.tobytes() for name, value in good.arrays.items()
        }
    assert 0 < accepted < FILES / 2


def as_an_earlier_version_wrote(checkpoint: bytes) -> bytes:
    """The same values without SHA-256."""
    arrays = dict(np.load(io.BytesIO(checkpoint)))
    state = json.loads(arrays["state"].tobytes())
    del state["format_version"]
    written = io.BytesIO()
    np.savez(written, **arrays | {"state": np.frombuffer(json.dumps(state).encode(), np.uint8)})
    return written.getvalue()


def edited(values, rng: np.random.Generator):
    """JSON values of which one is another, of any kind."""
    others = (None, "", "x", -1, 0, 1, 7, 1 << 62, 0.5, True, [], {}, [1], "../x", "a" * 300)
    if isinstance(values, dict) and values and rng.random() < 0.9:
        name = sorted(values)[int(rng.integers(len(values)))]
        rest = {other: value for other, value in values.items() if other != name}
        return rest if rng.random() < 0.1 else values | {name: edited(values[name], rng)}
    if isinstance(values, list) and values and rng.random() < 0.9:
        place = int(rng.integers(len(values)))
        if rng.random() < 0.1:
            return values[:place] + values[place + 1 :]
        return [*values[:place], edited(values[place], rng), *values[place + 1 :]]
    return others[int(rng.integers(len(others)))]


@pytest.mark.parametrize(
    ("name", "read"),
    [("index.json", read_index), ("shard-00000.json", lambda folder: read_finished_shard(folder, 0))],
)
def test_damaged_lists_of_the_cache_are_refused_or_say_the_same(make_shards, tmp_path, name, read):
    rng = np.random.default_rng(5)
    arrays = [rng.random((20 + n, 3)).astype(np.float32) for n in range(5)]
    folder = make_shards(tmp_path / "cache", [arrays[:3], arrays[3:]]).folder
    path = folder / name
    good, text = read(folder), path.read_bytes()
    written = json.loads(text)
    for content in damages(text, 6, FILES // 4):
        path.write_bytes(content)
        require_refused_or(good, read, folder)
    for _ in range(FILES // 4):
        path.write_text(json.dumps(edited(written, rng)))
        require_refused_or(good, read, folder)
    # Those of earlier versions can be other ones, but are documented errors or consistent.
    plain = written.get("shard") or {key: value for key, value in written.items() if key != "sha256"}
    for _ in range(FILES // 2):
        path.write_text(json.dumps(edited(plain, rng)))
        with in_time():
            try:
                found = read(folder)
            except DataError:
                continue
        tracks = () if found is None else found.tracks
        placed = [(track.shard, track.first_row, track.frames) for track in tracks]
        assert placed == [(track.shard, track.first_row, track.frames) for track in good.tracks][: len(placed)]


def require_refused_or(good, read, folder: Path) -> None:
    with in_time():
        try:
            found = read(folder)
        except DataError:
            return
    assert found == good
