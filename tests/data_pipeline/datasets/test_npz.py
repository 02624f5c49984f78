"""Archives of arrays: whatever is wrong with one is said in one line, before memory is taken for what it claims."""

import io
import struct
import time
import tracemalloc
import zipfile
from contextlib import suppress

import numpy as np
import pytest

from common.core.errors import BudgetError, DataError
from data_pipeline.datasets import arrays
from data_pipeline.datasets.npz import open_npz

TRACKS = 12


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def with_header(descr: str, shape: str, values: bytes = b"", *, start: bytes = b"\x93NUMPY\x01\x00", rest="") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}{rest}\n".encode("latin1")
    return start + struct.pack("<H", len(header)) + header + values


MEMBERS = {
    "X": npy(np.arange(TRACKS * 8 * 16, dtype=np.uint8).reshape(TRACKS, 8, 16)),
    "name": npy(np.array([f"t{row}" for row in range(TRACKS)])),
    "genre": npy(np.array(["aa", "bb", "cc"] * 4)),
    "n_samples": npy(np.full(TRACKS, 132300)),
}


@pytest.fixture
def write(tmp_path):
    """Write an archive of which some members are other bytes, with the checksums of those."""

    def write_archive(**members: bytes):
        path = tmp_path / "given.npz"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in (MEMBERS | members).items():
                archive.writestr(f"{name}.npy", content)
        return path

    return write_archive


def refusal(path) -> str:
    with pytest.raises(DataError) as caught:
        arrays.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


BAD_HEADERS = {
    "no magic in X": ({"X": b"u" + MEMBERS["X"][1:]}, "the magic string is not correct"),
    "no magic in genre": ({"genre": b"u" + MEMBERS["genre"][1:]}, "the magic string is not correct"),
    "more names than fit": (
        {"name": with_header("'<U5'", f"(9999999999, {TRACKS})", bytes(60))},
        "name: shape (9999999999, 12) of <U5 takes 2399999999760 bytes, the file holds 60",
    ),
    "more values than fit": (
        {"X": with_header("'|u1'", "(1000000, 1000000, 1000000)", bytes(60))},
        "X: shape (1000000, 1000000, 1000000) of uint8 takes 1000000000000000000 bytes, the file holds 60",
    ),
    "fewer values than there are": ({"X": MEMBERS["X"] + b"\0"}, "takes 1536 bytes, the file holds 1537"),
    "unclosed bracket": ({"name": with_header("'<U5'", "(-1, 12)", rest="   (   ")}, "EOF in multi-line statement"),
    "truth values as lengths": ({"X": with_header("'|u1'", "(True, 0, 12, 8)", bytes(9))}, "(1, 0, 12, 8)"),
    "negative length": ({"X": with_header("'|u1'", "(-1, 8, -16)", bytes(128))}, "X has shape (-1, 8, -16)"),
    "unknown type": ({"X": with_header("'<q9'", "(12, 8, 16)", bytes(1536))}, "descr is not a valid dtype"),
    "empty type": ({"X": with_header("()", "(12, 8, 16)", bytes(1536))}, "not a readable .npz"),
    "deep nesting": ({"X": with_header("(" * 900 + ")" * 900, "(1,)")}, "not a readable .npz"),
    "long header": ({"X": with_header("'|u1'", "(12, 8, 16)", rest=" " * 20000)}, "may not be safe to load securely"),
    "a header of 4 GB": (
        {"X": b"\x93NUMPY\x02\x00" + struct.pack("<I", (1 << 32) - 1)},
        "its header declares 4,294,967,295 bytes for itself, expected at most 65,536",
    ),
    "long texts": (
        {"name": with_header("'<U4097'", f"({TRACKS},)", bytes(4 * 4097 * TRACKS))},
        "name is <U4097, texts of up to 4,097 characters, expected at most 4,096",
    ),
    "unknown version": ({"X": with_header("'|u1'", "(1,)", start=b"\x93NUMPY\x09\x00")}, "version (9, 0) of the .npy"),
    "cut header": ({"X": MEMBERS["X"][:60]}, "EOF: reading array header"),
    "no header": ({"n_samples": b""}, "EOF: reading magic string"),
    "pickles": ({"X": with_header("'|O'", "(12, 8, 16)")}, "X is an object array (pickled), which is never loaded"),
    "numbers that are not characters": (
        {"name": with_header("'<U1'", "(12,)", struct.pack("<12I", *[2**31] * 12))},
        "name holds numbers that are not characters",
    ),
    "halves of characters": (
        {"genre": with_header("'<U1'", "(12,)", struct.pack("<12I", *[0xD800] * 12))},
        "genre holds numbers that are not characters",
    ),
}


@pytest.mark.parametrize("case", BAD_HEADERS)
def test_a_bad_header_is_refused_in_one_line(write, case):
    members, reason = BAD_HEADERS[case]
    assert reason in refusal(write(**members))


@pytest.mark.filterwarnings("ignore:Reading `.npy`:UserWarning")
@pytest.mark.parametrize("key", ["X", "name"])
def test_no_byte_of_a_header_leads_to_another_exception(write, key):
    """The checksums of the archive agree with the changed bytes, as where somebody wrote the file so."""
    content = MEMBERS[key]
    for position in range(128):
        for byte in b"\0('9":
            with suppress(DataError):
                arrays.load(write(**{key: content[:position] + bytes([byte]) + content[position + 1 :]}))


def test_names_of_arrays_with_line_ends_are_listed_in_one_line(tmp_path):
    path = tmp_path / "given.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X\r\ny.npy", MEMBERS["X"])
    assert "lacks X, name, genre; found X y." in refusal(path)


def test_names_of_an_unlikely_size_are_refused(write, monkeypatch):
    monkeypatch.setattr("data_pipeline.datasets.npy._MAX_SMALL_BYTES", 100)
    assert "name takes 0 MB, expected at most 0 MB" in refusal(write())


def test_headers_of_all_versions_and_orders_are_read(write):
    for version in ((1, 0), (2, 0), (3, 0)):
        file = io.BytesIO()
        array = np.asfortranarray(np.arange(24, dtype=">i2").reshape(2, 3, 4))
        np.lib.format.write_array(file, array, version=version)
        with open_npz(write(X=file.getvalue())) as archive:
            header = archive.header("X")
            assert (header.shape, header.dtype, header.fortran_order) == ((2, 3, 4), np.dtype(">i2"), True)
            assert header.values_bytes == 48
            assert file.getvalue()[header.header_bytes :] == b"".join(archive.pieces("X"))
            np.testing.assert_array_equal(archive.small_array("X"), array)


def test_loading_reads_no_spectrogram(tmp_path):
    path = tmp_path / "large.npz"
    names = np.array([f"t{row}" for row in range(200)])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, array in (("X", np.zeros((200, 256, 256), np.uint8)), ("name", names), ("genre", names)):
            archive.writestr(f"{key}.npy", npy(array))
    tracemalloc.start()
    catalog, feature = arrays.load(path, seconds_per_column=0.1)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(catalog.tracks), feature.bins) == (200, 256)
    # X takes 13 MB.
    assert peak_bytes < 2e6


def test_pieces_end_with_a_comparison_of_the_checksum(write):
    # Longer than what zipfile reads at once.
    values = npy(np.ones((TRACKS, 8, 1000), np.uint8))
    path = write(X=values)
    content = path.read_bytes()
    at = content.index(values) + 90_000
    path.write_bytes(content[:at] + b"?" + content[at + 1 :])
    # Headers and names are whole.
    arrays.load(path)
    with open_npz(path) as archive, pytest.raises(DataError, match=r"not a readable \.npz \(Bad CRC-32"):
        list(archive.pieces("X"))


def test_an_array_that_ends_before_its_claimed_size_is_refused(write):
    """Header and archive agree on a size that the compressed bytes do not have."""
    header = with_header("'|u1'", "(1000, 1000, 1000)")
    path = write()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (MEMBERS | {"X": header + bytes(5000)}).items():
            archive.writestr(f"{name}.npy", content)
        archive.getinfo("X.npy").file_size = len(header) + 10**9
    with open_npz(path) as archive:
        assert archive.header("X").values_bytes == 10**9
        with pytest.raises(DataError, match="X does not hold as many bytes as its header says"):
            list(archive.pieces("X"))


@pytest.fixture
def many(tmp_path):
    """A compressed archive of many clips, whose names take 400 bytes each."""

    def write_archive(count: int, shape=(1, 1)):
        path = tmp_path / "many.npz"
        label = np.arange(count) % 2
        np.savez_compressed(path, X=np.zeros((count, *shape), np.uint8), genre=label, name=np.zeros(count, "U100"))
        return path

    return write_archive


def test_names_that_need_more_memory_than_is_left_are_not_read(many):
    path = many(20_000)
    needed = 20_000 * (1000 + 3 * (8 + 400))
    tracemalloc.start()
    try:
        with pytest.raises(BudgetError) as caught:
            arrays.load(path, seconds_per_column=1, genre_names="a,b", memory_left_bytes=needed - 1)
        assert tracemalloc.get_traced_memory()[1] < 2e6
    finally:
        tracemalloc.stop()
    megabytes = f"{needed / 2**20:.0f} MB"
    assert str(caught.value) == (
        f"{path}: declares 20,000 clips, whose names and genres take {megabytes} of memory, and --memory-limit leaves "
        f"{megabytes}. Raise the limit, or give fewer clips."
    )
    # With as much as is needed they are read, and are then refused because all are empty.
    with pytest.raises(DataError, match="rows without a name"):
        arrays.load(path, seconds_per_column=1, genre_names="a,b", memory_left_bytes=needed)


def test_more_clips_than_the_bytes_can_hold_are_refused_before_they_are_named(many):
    path = many(100_001)
    with pytest.raises(DataError, match=r"X declares 100,001 clips in [\d,]+ bytes, expected at least 64 bytes"):
        arrays.load(path, seconds_per_column=1, genre_names="a,b")


def test_a_list_of_arrays_of_other_names_is_short(tmp_path):
    np.savez(tmp_path / "a.npz", **{f"a{number:02d}": np.zeros(2) for number in range(40)})
    assert "; found a00, a01, a02, a03, a04, a05, a06, a07, a08, a09 and 30 more." in refusal(tmp_path / "a.npz")


def test_one_name_of_many_clips_is_refused_at_once(tmp_path):
    count = 40_000
    np.savez(tmp_path / "a.npz", X=np.ones((count, 2, 2), np.uint8), name=["a"] * count, genre=["b"] * count)
    begun = time.process_time()
    with pytest.raises(DataError, match=r"name holds repeated clips: a \(1 in all\)"):
        arrays.load(tmp_path / "a.npz", seconds_per_column=1)
    # Comparing each with each takes over a minute.
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(("kind", "name"), [(zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "lzma")])
def test_compressions_that_unpack_without_a_limit_are_refused(write, kind, name):
    path = write()
    with zipfile.ZipFile(path, "w", kind) as archive:
        for key, content in MEMBERS.items():
            archive.writestr(f"{key}.npy", content)
    assert f"X is compressed by {name}, which NumPy does not write" in refusal(path)


def test_a_header_that_only_python_2_understands_is_refused_without_a_warning(write):
    # 16L is a long integer of Python 2; 16 L is nothing.
    path = write(X=with_header("'|u1'", "(12, 8, 16L )", bytes(1536)))
    assert arrays.load(path)[1].bins == 8
    path = write(X=with_header("'|u1'", "(12, 8, 16 L)", bytes(1536)))
    assert "not a readable .npz (Reading `.npy` or `.npz` file required additional header parsing" in refusal(path)


def test_what_is_quoted_of_a_damaged_archive_is_short(write):
    path = write()
    content = bytearray(path.read_bytes())
    # The length of the first member's name in its own header, which zipfile quotes.
    content[26:28] = (1000).to_bytes(2, "little")
    path.write_bytes(content)
    message = refusal(path)
    assert "File name in directory 'X.npy' and header b'X.npy" in message
    assert len(message) < len(str(path)) + 340
