"""Damaged files of arrays, see `tests.helpers.fuzzing`."""

import io
import random
import zipfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from common.core.errors import BudgetError, DataError, SpecError
from data_pipeline.cache.array_tracks import open_array_tracks
from data_pipeline.datasets import arrays
from data_pipeline.datasets.array_clips import clip_header, open_clip
from data_pipeline.datasets.check.arrays import check_arrays
from tests.helpers.fuzzing import Format, mutated

TRACKS = 12
_LEFT_BYTES = 100 << 20
_NUMBERS = (b"0", b"1", b"-1", b"2", b"11", b"13", b"1000000", b"99999999999", b"True", b"None", b"1e9", b"(3,)")
_TYPES = (b"|O", b"<U5000", b"<U0", b"<f2", b">f8", b"<i8", b"|S3", b"<c16", b"|V8", b"<M8[s]", b"|b1", b"<q9", b"")


def _npy(array: np.ndarray) -> bytes:
    written = io.BytesIO()
    np.save(written, array)
    return written.getvalue()


@lru_cache
def _members() -> dict[str, bytes]:
    return {
        "X": _npy(np.random.default_rng(0).integers(1, 200, (TRACKS, 4, 8)).astype(np.uint8)),
        "name": _npy(np.array([f"clip {row}" for row in range(TRACKS)])),
        "genre": _npy(np.array(["ambient", "bebop"] * (TRACKS // 2))),
        "n_samples": _npy(np.full(TRACKS, 22050)),
    }


def _packed(members: dict[str, bytes], rng: random.Random) -> bytes:
    written = io.BytesIO()
    kind = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    with zipfile.ZipFile(written, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return written.getvalue()


def _other_header(content: bytes, rng: random.Random) -> bytes:
    """Another shape, type or order in the text of a header, whose length is kept where that is possible."""
    begin, end = 10, content.index(b"\n") + 1
    text = content[begin:end]
    number = rng.choice(_NUMBERS)
    change = rng.random()
    if change < 0.4:
        old = rng.choice([part for part in text.replace(b"(", b",").replace(b")", b",").split(b",") if part.strip()])
        text = text.replace(old, b" " + number, 1)
    elif change < 0.7:
        old = text[text.index(b"'descr': ") + 9 : text.index(b", 'fortran")]
        text = text.replace(old, b"'" + rng.choice(_TYPES) + b"'", 1)
    elif change < 0.8:
        text = text.replace(b"False", b"True")
    else:
        text = mutated(text, rng)
    return content[:8] + len(text).to_bytes(2, "little") + text + content[end:]


def made(rng: random.Random) -> tuple[str, bytes]:
    """An `.npz` with a damaged member, header, list of members or end; or one damaged `.npy`."""
    members = dict(_members())
    change = rng.random()
    if change < 0.15:
        damage: Callable[[bytes, random.Random], bytes] = rng.choice((_other_header, mutated))
        return "clip.npy", damage(_npy(np.ones((4, 8), np.float32)), rng)
    if change < 0.65:
        key = rng.choice(list(members))
        damage = _other_header if rng.random() < 0.7 else mutated
        members[key] = damage(members[key], rng)
        return "a.npz", _packed(members, rng)
    content = _packed(members, rng)
    if change < 0.85:
        # The list of the members stands at the end.
        begin = content.rindex(b"PK\x01\x02") - 200
        return "a.npz", content[:begin] + mutated(content[begin:], rng, header_bytes=600)
    return "a.npz", mutated(content, rng, header_bytes=len(content))


def read(path: Path) -> None:
    """Read a file in every way: its catalog, with and without a limit on memory, its values, and as a check does."""
    if path.suffix == ".npy":
        readers: tuple[Callable[[], object], ...] = (
            lambda: clip_header(path),
            lambda: open_clip(path).whole_array("X"),
            lambda: arrays.load(path),
        )
    else:
        readers = (
            lambda: arrays.load(path),
            lambda: arrays.load(path, seconds_per_column=0.1, genre_names="a,b", memory_left_bytes=_LEFT_BYTES),
            lambda: _read_tracks(path),
            lambda: check_arrays(path, seconds_per_column=0.1),
        )
    for reader in readers:
        try:
            reader()
        except (DataError, BudgetError) as error:
            _require_documented(error, path)
        except SpecError as error:
            if "--genre-names" not in str(error):
                raise


def _read_tracks(path: Path) -> None:
    with open_array_tracks(path, path.parent) as tracks:
        for row in {0, tracks.header.shape[0] - 1}:
            tracks.read(row)


def _require_documented(error: Exception, path: Path) -> None:
    message = str(error)
    assert message.startswith(f"{path}: "), message
    assert "\n" not in message, message
    assert len(message) < 2000, message
    assert not isinstance(error.__cause__, MemoryError), f"took memory for what is claimed: {message}"


FORMAT = Format(made, read)
