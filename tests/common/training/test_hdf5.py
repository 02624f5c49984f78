"""Files of weights are looked at before HDF5's library opens them here."""

import subprocess
import sys

import h5py
import numpy as np
import pytest

from common.core.errors import DataError
from common.core.trailers import append_trailer
from common.training import hdf5_check
from common.training.hdf5 import require_readable_hdf5


@pytest.fixture
def path(tmp_path):
    """A file of two arrays."""
    found = tmp_path / "best.weights.h5"
    with h5py.File(found, "w") as file:
        file["layers/dense/vars/0"] = np.arange(12.0).reshape(3, 4)
        file["layers/dense/vars/1"] = np.arange(4.0)
        file["layers"].attrs["name"] = "dense"
    return found


def test_a_file_with_its_sha256_is_compared_and_not_opened(path, monkeypatch):
    append_trailer(path)
    monkeypatch.setattr(subprocess, "run", None)
    assert require_readable_hdf5(path)
    content = path.read_bytes()
    path.write_bytes(content[:300] + b"!" + content[301:])
    with pytest.raises(DataError, match="was changed: its bytes have the SHA-256"):
        require_readable_hdf5(path)


@pytest.mark.parametrize("with_trailer", [True, False])
@pytest.mark.parametrize("change", [lambda content: content[:-1], lambda content: content + b"\0"])
def test_a_file_of_another_length_than_it_says_is_refused_without_opening_it(path, change, with_trailer, monkeypatch):
    if with_trailer:
        append_trailer(path)
    path.write_bytes(change(path.read_bytes()))
    monkeypatch.setattr(subprocess, "run", None)
    with pytest.raises(DataError, match="was changed or cut off: it has"):
        require_readable_hdf5(path)


def test_a_file_of_an_earlier_version_is_read_in_another_process(path):
    assert not require_readable_hdf5(path)
    content = bytearray(path.read_bytes())
    content[136] ^= 0xFF  # signature of the first tree
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a readable HDF5 file"):
        require_readable_hdf5(path)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import os; os.abort()", "its reader crashed with exit code -6"),
        ("while True: pass", "reading it does not end"),
        ("print('the reason.'); raise SystemExit(1)", r"\(the reason\)\.$"),
    ],
)
def test_a_reader_that_crashes_or_hangs_is_one_line(path, tmp_path, monkeypatch, program, said):
    (tmp_path / "reader.py").write_text(program)
    monkeypatch.setattr(hdf5_check, "__file__", str(tmp_path / "reader.py"))
    monkeypatch.setattr("common.training.hdf5._CHECK_SECONDS", 2)
    with pytest.raises(DataError, match=said):
        require_readable_hdf5(path)


def add_link(file):
    file["layers/other"] = h5py.ExternalLink("other.h5", "/")


def add_array_elsewhere(file):
    file.create_dataset("elsewhere", (3,), "u1", external=[("other.bin", 0, 3)])


def add_twice(file):
    file["again"] = file["layers"]


def add_large(file):
    file.create_dataset("large", (1 << 40,), "f4", chunks=(1024,))


@pytest.mark.parametrize(
    ("add", "said"),
    [
        (add_link, "other is a link to another place"),
        (add_array_elsewhere, "elsewhere has its values in another file"),
        (add_twice, "is in the file twice"),
        (add_large, "large takes 4,398,046,511,104 bytes, more than the file can hold"),
    ],
)
def test_what_no_file_of_weights_holds_is_refused(path, capsys, monkeypatch, add, said):
    with h5py.File(path, "a") as file:
        add(file)
    monkeypatch.setattr(hdf5_check, "_limit_memory", lambda limit_bytes: None)  # it would be that of the tests
    assert hdf5_check.main(str(path)) == 1
    assert said in capsys.readouterr().out


def test_the_memory_of_the_reader_is_limited():
    program = (
        f"import runpy; check = runpy.run_path({hdf5_check.__file__!r}); check['_limit_memory'](1 << 30);"
        "bytearray(2 << 30)"
    )
    completed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert completed.stderr.splitlines()[-1] == "MemoryError"


def test_a_file_that_is_not_hdf5_is_left_to_its_reader(tmp_path):
    (tmp_path / "weights.npz").write_bytes(b"PK\3\4 and more")
    assert not require_readable_hdf5(tmp_path / "weights.npz")
