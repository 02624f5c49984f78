"""Archives: every member is listed with its size, and what an attacker or a broken download makes of one is refused."""

import tarfile
import tracemalloc
import zipfile
from pathlib import PurePosixPath

import numpy as np
import pytest

from common.core.errors import DataError
from data_pipeline.datasets import archives
from data_pipeline.datasets.archives import open_archive
from tests.helpers.packed_gtzan import tar_member, write_tar, write_zip

CONTENT = bytes(range(256)) * 100


def read_all(file) -> dict[str, bytes]:
    with open_archive(file) as archive:
        places = list(range(len(archive.paths)))
        archive.total_bytes(places)
        return {archive.paths[i].as_posix(): b"".join(pieces) for i, pieces in archive.contents(places)}


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.TGZ", "w:gz"), ("a.tar.bz2", "w:bz2"), ("a.tar.xz", "w:xz")],
)
def test_files_of_a_tar_are_read(tmp_path, name, mode):
    members = tar_member("x", type=tarfile.DIRTYPE), tar_member("x/one.wav", CONTENT), tar_member("two.wav", b"2")
    assert read_all(write_tar(tmp_path / name, *members, mode=mode)) == {"x/one.wav": CONTENT, "two.wav": b"2"}


def test_files_of_a_zip_are_read(tmp_path):
    file = write_zip(tmp_path / "a.ZIP", {"x/": b"", "x/one.wav": CONTENT, "x\\two.wav": b"2"})
    assert read_all(file) == {"x/one.wav": CONTENT, "x/two.wav": b"2"}


def test_only_what_is_asked_for_is_read(tmp_path):
    file = write_tar(tmp_path / "a.tar.gz", *(tar_member(f"{i}.wav", bytes([i]) * 10) for i in range(4)))
    with open_archive(file) as archive:
        assert archive.total_bytes([3, 1]) == 20
        # In the order of the archive, which is not read backwards.
        assert [(i, b"".join(pieces)) for i, pieces in archive.contents([3, 1])] == [(1, b"\1" * 10), (3, b"\3" * 10)]


def test_hidden_files_and_those_of_macos_are_not_listed(tmp_path):
    names = ("__MACOSX/genres/blues/._a.wav", "genres/._a.wav", ".git/a.wav", "./genres/a.wav")
    file = write_tar(tmp_path / "a.tar.gz", *(tar_member(name, b"1") for name in names))
    with open_archive(file) as archive:
        assert archive.paths == [PurePosixPath("genres/a.wav")]


@pytest.mark.parametrize("name", ["/etc/blues.00000.wav", "../blues.00000.wav", "genres/../../x.wav", "C:/x.wav"])
def test_paths_that_lead_out_of_the_archive_are_refused(tmp_path, name):
    for file in (
        write_tar(tmp_path / "a.tar.gz", tar_member(name, b"1")),
        write_zip(tmp_path / "a.zip", {name.replace("/", "\\"): b"1"}),
    ):
        with pytest.raises(DataError, match=f"the path of its member {name} leads out of the archive"):
            read_all(file)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused_in_place_of_files(tmp_path, kind):
    file = write_tar(tmp_path / "a.tar.gz", tar_member("blues.00000.wav", type=kind, linkname="/etc/passwd"))
    with pytest.raises(DataError, match=r"blues\.00000\.wav is a link or a device"):
        read_all(file)


def test_links_in_a_zip_are_refused_in_place_of_files(tmp_path):
    info = zipfile.ZipInfo("blues.00000.wav")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match=r"blues\.00000\.wav is a link or a device"):
        read_all(tmp_path / "a.zip")


def test_links_elsewhere_in_an_archive_do_no_harm(tmp_path):
    members = tar_member("latest", type=tarfile.SYMTYPE, linkname="genres"), tar_member("a.wav", b"1")
    with open_archive(write_tar(tmp_path / "a.tar.gz", *members)) as archive:
        assert archive.total_bytes([archive.paths.index(PurePosixPath("a.wav"))]) == 1


def test_members_that_are_larger_than_any_clip_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_MEMBER_BYTES", 1 << 20)
    file = write_zip(tmp_path / "a.zip", {"blues.00000.wav": bytes((1 << 20) + 1)})
    with pytest.raises(DataError, match=r"blues\.00000\.wav unpacks to 1 MB, expected a clip of at most 1 MB"):
        read_all(file)


def test_an_archive_that_unpacks_to_a_hundred_times_its_size_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "SMALL_BYTES", 1 << 20)
    zeros = bytes(1 << 20)
    tar = write_tar(tmp_path / "a.tar.gz", *(tar_member(f"{i}.txt", zeros) for i in range(3)))
    for file in (tar, write_zip(tmp_path / "a.zip", {f"{i}.txt": zeros for i in range(3)})):
        with pytest.raises(DataError, match="that unpack to more than 2 MB, which no archive of audio does"):
            read_all(file)


def test_a_header_that_claims_much_is_refused_before_its_content_is_read(tmp_path):
    info, _ = tar_member("a.txt", size=1 << 40)
    (tmp_path / "a.tar").write_bytes(info.tobuf() + bytes(10240))
    with pytest.raises(DataError, match="that unpack to more than 1,048,576 MB"):
        read_all(tmp_path / "a.tar")


@pytest.mark.parametrize("name", ["genres.tar.gz", "genres.tar", "genres.zip"])
@pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.95])
def test_an_archive_that_was_not_fully_downloaded_is_named(tmp_path, name, share):
    contents = {f"{i}.wav": np.random.default_rng(i).bytes(20_000) for i in range(3)}
    file = tmp_path / name
    if name.endswith(".zip"):
        write_zip(file, contents)
    else:
        members = (tar_member(*member) for member in contents.items())
        write_tar(file, *members, mode="w:gz" if name.endswith("gz") else "w")
    whole = file.read_bytes()
    # A .tar ends in up to 10 kB of zeros, which hold nothing.
    file.write_bytes(whole[: int(share * min(len(whole), 60_000))])
    with pytest.raises(DataError, match=rf"{name}: cannot be unpacked \(.+\)\. It may be damaged, or not fully"):
        read_all(file)


def test_a_damaged_member_of_a_zip_is_named(tmp_path):
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("blues.00000.wav", CONTENT)
    damaged = file.read_bytes().replace(CONTENT[:256], bytes(256), 1)
    file.write_bytes(damaged)
    with pytest.raises(DataError, match=r"cannot be unpacked \(Bad CRC-32"):
        read_all(file)


def test_an_encrypted_zip_is_named(tmp_path):
    file = write_zip(tmp_path / "a.zip", {"blues.00000.wav": CONTENT})
    content = bytearray(file.read_bytes())
    for start, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(start) + flags] |= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"cannot be unpacked \(.*encrypted"):
        read_all(file)


def test_errors_of_whoever_takes_the_pieces_are_not_called_damage(tmp_path):
    file = write_tar(tmp_path / "a.tar.gz", tar_member("a.wav", CONTENT))
    with open_archive(file) as archive:
        _, pieces = next(archive.contents([0]))
        next(pieces)
        with pytest.raises(OSError, match="disk full"):
            pieces.throw(OSError("disk full"))


def test_a_file_that_is_no_archive_is_named(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(b"<html>404</html>" * 10)
    with pytest.raises(DataError, match=r"a\.tar\.gz: cannot be unpacked"):
        read_all(tmp_path / "a.tar.gz")


def test_members_of_a_zip_that_have_no_name_are_left_out(tmp_path):
    file = write_zip(tmp_path / "a.zip", {"one.wav": CONTENT, "two.wav": b"2"})
    file.write_bytes(file.read_bytes().replace(b"two.wav", b"\0wo.wav"))
    assert read_all(file) == {"one.wav": CONTENT}


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_name_of_many_megabytes_is_refused_before_it_is_read(tmp_path, kind):
    long = tar_member("././@LongLink", bytes(20 << 20), type=kind)
    file = write_tar(tmp_path / "a.tar.gz", long, tar_member("a.wav", b"1"))
    assert file.stat().st_size < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(
            DataError, match=r"a\.tar\.gz: cannot be unpacked \(.*takes 20,971,520 bytes, expected at most"
        ):
            read_all(file)
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip"])
def test_more_members_than_audio_has_are_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr(archives, "_MOST_MEMBERS", 3)
    names = ["x/", "y/", "x/a.wav", "y/b.wav"]
    if name.endswith(".zip"):
        file = write_zip(tmp_path / name, dict.fromkeys(names, b""))
    else:
        members = (tar_member(n, type=tarfile.DIRTYPE if n.endswith("/") else tarfile.REGTYPE) for n in names)
        file = write_tar(tmp_path / name, *members)
    with pytest.raises(DataError, match=r"cannot be unpacked \(it holds more than 3 members\)"):
        read_all(file)
    monkeypatch.setattr(archives, "_MOST_MEMBERS", 4)
    assert set(read_all(file)) == {"x/a.wav", "y/b.wav"}


@pytest.mark.parametrize(("kind", "name"), [(zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "lzma")])
def test_compressions_that_unpack_without_a_limit_are_refused(tmp_path, kind, name):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", kind) as archive:
        archive.writestr("x/a.wav", bytes(50 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(
            DataError, match=rf"cannot be unpacked \(x/a\.wav is compressed by {name}, expected deflate\)"
        ):
            read_all(tmp_path / "a.zip")
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()
