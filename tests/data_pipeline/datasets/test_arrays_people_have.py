"""Arrays as other programs write, pack and cut them: the same values, or refused with a reason."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from common.core.errors import DataError
from data_pipeline.audio import decode
from data_pipeline.cache.extraction import prepare
from data_pipeline.cache.shards import read_track
from data_pipeline.datasets import registry
from data_pipeline.datasets.request import DataRequest
from tests.helpers.arrays import NAMES, content

WHOLE, REFUSED, EITHER = "whole", "refused", "either"
_DOES = {WHOLE: "read whole", REFUSED: "refused, with a reason"}


@dataclass(frozen=True)
class Kind:
    """One kind of file.

    Args:
        name: as on the page.
        reported: where people report such files.
        make: the file's bytes.
        outcome: WHOLE: the values are those of `content()`; REFUSED: a DataError; EITHER: one or the other.
        does: what the page says, where it is not plain from the outcome.
    """

    name: str
    reported: str
    make: Callable[[], bytes]
    outcome: str
    does: str = ""

    @property
    def described(self) -> str:
        return self.does or _DOES[self.outcome]


def _npy(values: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asanyarray(values), version=version)
    return stream.getvalue()


def _with_header(type_: str, shape: str, values: bytes, *, fortran: bool = False) -> bytes:
    """A `.npy` whose header is written by hand."""
    text = f"{{'descr': {type_}, 'fortran_order': {fortran}, 'shape': {shape}, }}"
    header = text.encode().ljust(64 * (len(text) // 64 + 1) + 53) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + values


def _npz(*, folder: str = "", suffix: str = ".npy", **changes) -> bytes:
    """An `.npz` of the valid arrays, with changes: other arrays, or the bytes of other members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for key, values in (content() | changes).items():
            archive.writestr(f"{folder}{key}{suffix}", values if isinstance(values, bytes) else _npy(values))
    return stream.getvalue()


def _zip(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def _with_x_twice() -> bytes:
    stream = io.BytesIO(_npz(X=np.zeros_like(content()["X"])))
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "a") as archive:
        warnings.simplefilter("ignore")  # zipfile warns of the second member of the same name
        archive.writestr("X.npy", _npy(content()["X"]))
    return stream.getvalue()


def _saved(*arrays, **named) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, *arrays, **named)
    return stream.getvalue()


_X = content()["X"]

KINDS = (
    Kind(
        "text whose header says Fortran order",
        "rogersce/cnpy#5, llohse/libnpy#10",
        lambda: _npz(name=_with_header("'<U11'", "(4,)", np.array(NAMES).astype("<U11").tobytes(), fortran=True)),
        WHOLE,
    ),
    Kind("`X` in Fortran order", "sonos/tract#655", lambda: _npz(X=np.asfortranarray(_X)), WHOLE),
    Kind("a single value in place of `X`", "numpy/numpy#26202", lambda: _npz(X=np.array(1, np.uint8)), REFUSED),
    Kind(
        "clips as elements that are arrays themselves",
        "numpy/numpy#13431",
        lambda: _npz(X=_with_header("('|u1', (6, 387))", "(4,)", _X.tobytes())),
        REFUSED,
    ),
    Kind("values with named fields", "numpy/numpy#13431", lambda: _npz(X=_X.astype([("power", "u1")])), REFUSED),
    Kind(
        "bfloat16, which NumPy writes as bytes",
        "jax-ml/ml_dtypes#41, keras-team/keras#19091",
        lambda: _npz(X=_with_header("'<V2'", str(_X.shape), bytes(2 * _X.size))),
        REFUSED,
    ),
    Kind(
        "bfloat16 under its name",
        "GreenWaves-Technologies/bfloat16#6",
        lambda: _npz(X=_with_header("'<g2'", str(_X.shape), bytes(2 * _X.size))),
        REFUSED,
    ),
    Kind("float8", "jax-ml/ml_dtypes#148", lambda: _npz(X=_with_header("'<f1'", str(_X.shape), _X.tobytes())), REFUSED),
    Kind(
        "a shape with Python 2's long integers (`4L`)",
        "kwikteam/npy-matlab#2, numpy/numpy#5183",
        lambda: _npz(X=_with_header("'|u1'", "(4L, 6L, 387L)", _X.tobytes())),
        WHOLE,
    ),
    Kind("a header of version 2", "rogersce/cnpy#77", lambda: _npz(X=_npy(_X, (2, 0))), WHOLE),
    Kind("a header of version 3", "rogersce/cnpy#77", lambda: _npz(X=_npy(_X, (3, 0))), WHOLE),
    Kind("`X` twice in the archive: the last counts, as for NumPy", "numpy/numpy#20033", _with_x_twice, WHOLE),
    Kind("members without `.npy`", "numpy/numpy#30893, numpy/numpy#29412", lambda: _npz(suffix=""), WHOLE),
    Kind(
        "members in a folder of the archive",
        "numpy/numpy#9265",
        lambda: _npz(folder="data/"),
        EITHER,
        does=_DOES[REFUSED],
    ),
    Kind(
        "`__MACOSX` beside the members",
        "SEL-Columbia/networkplanner#116",
        lambda: _npz(**{"__MACOSX/._X": b"\0\5\x16\7"}),
        WHOLE,
    ),
    Kind(
        "an archive that is cut",
        "MedMNIST/MedMNIST#39, bowang-lab/MedSAM#112, paarthneekhara/text-to-image#69",
        lambda: _npz()[:-2000],
        REFUSED,
    ),
    Kind(
        "a dictionary as one object",
        "ZZUTK/SRNTT#9, obspy/obspy#2409",
        lambda: _saved(content()),
        REFUSED,
    ),
    Kind(
        "arrays without names",
        "kentsommer/pytorch-value-iteration-networks#9",
        lambda: _saved(*content().values()),
        REFUSED,
    ),
    Kind("pickle named .npz", "urinieto/harmonixset#8", lambda: b"\x80\4\x95\0\0\0\0\0\0\0\0}\x94.", REFUSED),
    Kind(
        "file of PyTorch named .npz",
        "mahmoodlab/CLAM#128, tinygrad/tinygrad#446",
        lambda: _zip(**{"archive/data.pkl": b"\x80\2}q\0.", "archive/data/0": _X.tobytes(), "archive/version": b"3\n"}),
        REFUSED,
    ),
    Kind(
        "names that end in NUL characters",
        "numpy/numpy#15477, capitalone/DataProfiler#428",
        lambda: _npz(name=np.array([f"{name}\0" for name in NAMES])),
        WHOLE,
        does="read whole; NumPy drops the NUL characters",
    ),
)


def _read(path: Path, cache: Path) -> dict[str, np.ndarray] | DataError:
    try:
        catalog, feature = registry.load(DataRequest(dataset="arrays", data=path, cache=cache))
        index = prepare(catalog, feature, cache)
    except DataError as error:
        return error
    return {track.id: np.asarray(read_track(index, track)) for track in index.tracks}


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in KINDS])
def test_a_file_of_arrays_is_read_whole_or_refused(kind, tmp_path):
    path = tmp_path / "clips.npz"
    path.write_bytes(kind.make())
    read = _read(path, tmp_path / "cache")
    if isinstance(read, DataError):
        assert kind.outcome in (REFUSED, EITHER), read
        assert str(path) in str(read)
        assert len(str(read).splitlines()) == 1
        return
    assert kind.outcome in (WHOLE, EITHER), f"{len(read)} clips were read"
    assert set(read) == set(NAMES)
    for name, values in zip(NAMES, _X, strict=True):
        np.testing.assert_array_equal(read[name], values.T)


def test_the_page_lists_every_kind_of_array():
    page = (Path(decode.__file__).parent / "README.md").read_text(encoding="utf-8")
    rows = [f"| {kind.name} | {kind.reported} | {kind.described} |" for kind in KINDS]
    assert [row for row in rows if row not in page.splitlines()] == []
