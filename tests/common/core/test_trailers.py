"""Files that end with their own SHA-256."""

import pytest

from common.core.errors import DataError
from common.core.trailers import TRAILER_BYTES, append_trailer, has_checked_trailer


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "file.bin"
    found.write_bytes(b"some bytes" * 300_000)
    return found


def test_the_digest_follows_the_bytes_in_one_line(path):
    content = path.read_bytes()
    append_trailer(path)
    written = path.read_bytes()
    assert written[: len(content)] == content
    assert written[len(content) :].startswith(b"\nsha256:")
    assert len(written) == len(content) + TRAILER_BYTES
    assert has_checked_trailer(path)


def test_every_byte_counts(path):
    path.write_bytes(b"short")
    append_trailer(path)
    content = path.read_bytes()
    for position in range(len(content)):
        path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        try:
            assert not has_checked_trailer(path), position
            found = len(content) - TRAILER_BYTES <= position  # the form of the line
        except DataError as error:
            found = "was changed: its bytes have the SHA-256" in str(error)
        assert found, position


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 500])
def test_a_file_without_one(path, content):
    path.write_bytes(content)
    assert not has_checked_trailer(path)


def test_a_file_that_was_cut_off_has_none(path):
    append_trailer(path)
    path.write_bytes(path.read_bytes()[:-1])
    assert not has_checked_trailer(path)


def test_what_cannot_be_read_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read \(Is a directory\)"):
        has_checked_trailer(tmp_path)
    with pytest.raises(DataError, match=r"none: cannot be read \(No such file"):
        has_checked_trailer(tmp_path / "none")
