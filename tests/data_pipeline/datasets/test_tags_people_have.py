"""Tags as taggers of many years left them: the artist that is read from them."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from data_pipeline.audio import decode
from tests.helpers.odd_audio import (
    RATE,
    aiff,
    ape_tag,
    chunk,
    comm,
    flac_blocks,
    flac_of,
    id3_frame,
    id3v1,
    id3v2,
    integers,
    mp3,
    signal,
    ssnd,
    written,
)

tags = pytest.importorskip("data_pipeline.datasets.tags", reason="artists are not read from tags yet")


@dataclass(frozen=True)
class Kind:
    """One kind of tag.

    Args:
        name: as on the page.
        reported: where people report such tags.
        suffix: of the file's name.
        make: the file's bytes.
        artist: that is read; None where none is found.
        does: what the page says, where it is not plain from the artist.
    """

    name: str
    reported: str
    suffix: str
    make: Callable[[], bytes]
    artist: str | None
    does: str = ""

    @property
    def described(self) -> str:
        return self.does or ("no artist" if self.artist is None else f"`{self.artist}`")


def _mp3(*frames: bytes, version: int = 3, flags: int = 0) -> bytes:
    return id3v2(b"".join(frames), version=version, flags=flags) + mp3(signal(0, 0.1))


def _tpe1(text: bytes) -> bytes:
    return id3_frame(b"TPE1", text)


def _tpe1_v24(text: bytes) -> bytes:
    return id3_frame(b"TPE1", text, synchsafe=True)


def _flac(*fields: str) -> bytes:
    """A FLAC file with these fields as its comment."""
    blocks, sound = flac_blocks(written(signal(0, 0.1), RATE, format="FLAC"))
    texts = [field.encode() for field in fields]
    comment = struct.pack("<I4sI", 4, b"test", len(texts)) + b"".join(struct.pack("<I", len(t)) + t for t in texts)
    return flac_of([blocks[0], (4, comment)], sound)


def _aiff() -> bytes:
    samples = signal(0, 0.1)
    tag = chunk(b"ID3 ", id3v2(_tpe1(b"\0Somebody")), order=">")
    return aiff(comm(len(samples)), ssnd(integers(samples, ">i2")), tag)


_UTF_16 = "Sömebody".encode("utf-16-le")

KINDS = (
    Kind(
        "ID3v2.3, UTF-16 without a byte order mark",
        "moumar/ruby-mp3info#55",
        ".mp3",
        lambda: _mp3(_tpe1(b"\1" + _UTF_16)),
        "Sömebody",
    ),
    Kind(
        "ID3v2.3, UTF-16 with a byte order mark",
        "JamesHeinrich/getID3#61",
        ".mp3",
        lambda: _mp3(_tpe1(b"\1\xff\xfe" + _UTF_16)),
        "Sömebody",
    ),
    Kind(
        "ID3v2.4, two artists with NUL between them",
        "MuntashirAkon/Metro#105, Borewit/music-metadata#432",
        ".mp3",
        lambda: _mp3(_tpe1_v24(b"\3A\0B"), version=4),
        "A; B",
    ),
    Kind(
        "ID3v2.4, two artists in UTF-16 with one byte order mark",
        "taglib/taglib#1056, OxygenCobalt/Auxio#302",
        ".mp3",
        lambda: _mp3(_tpe1_v24(b"\1\xff\xfe" + "A\0B".encode("utf-16-le")), version=4),
        "A; B",
    ),
    Kind(
        "ID3v2.3, artists joined by a slash",
        "quodlibet/mutagen#492",
        ".mp3",
        lambda: _mp3(_tpe1(b"\0Aiobahn/Rionos")),
        "Aiobahn/Rionos",
        does="one name: AC/DC is written like this, too",
    ),
    Kind("FLAC with two artists", "tinytag/tinytag#192", ".flac", lambda: _flac("ARTIST=A", "ARTIST=B"), "A; B"),
    Kind(
        "FLAC with ID3v2 before it",
        "tinytag/tinytag#46, tinytag/tinytag#33",
        ".flac",
        lambda: id3v2(_tpe1(b"\0Somebody")) + _flac(),
        "Somebody",
    ),
    Kind("FLAC named .mp3", "markcxx/coco-downloader#9", ".mp3", lambda: _flac("ARTIST=Somebody"), "Somebody"),
    Kind(
        "a name of spaces only",
        "digimezzo/dopamine-windows#82",
        ".mp3",
        lambda: _mp3(_tpe1(b"\0   "), id3_frame(b"TPE2", b"\0Band")),
        "Band",
        does="the artist of the album",
    ),
    Kind(
        "ID3v1 only, cut at 30 characters",
        "cdgriffith/puremagic#122",
        ".mp3",
        lambda: mp3(signal(0, 0.1)) + id3v1(b"Orchestra of the Age of Enlightenment"[:30]),
        "Orchestra of the Age of Enligh",
        does="the name as it is cut",
    ),
    Kind("AIFF with ID3 behind the samples", "audiojs/decode#46", ".aiff", _aiff, "Somebody"),
    Kind(
        "APEv2 only",
        "Borewit/music-metadata#362",
        ".mp3",
        lambda: mp3(signal(0, 0.1)) + ape_tag({"Artist": "Somebody"}, header=True),
        None,
    ),
    Kind(
        "ID3v2.4 with plain lengths of frames, behind a cover",
        "benrr101/node-taglib-sharp#102",
        ".mp3",
        lambda: _mp3(id3_frame(b"APIC", b"\0image/png\0\3\0" + bytes(3000)), _tpe1(b"\0Somebody"), version=4),
        None,
    ),
    Kind(
        "a frame that states more than the file holds",
        "chicio/ID3TagEditor#88",
        ".mp3",
        lambda: _mp3(b"APIC" + struct.pack(">I", 24_847_503) + bytes(1000)),
        None,
    ),
    Kind("an empty file", "mdeff/fma#36", ".mp3", lambda: b"", None),
)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in KINDS])
def test_the_artist_of_a_tag_is_read(kind, tmp_path):
    path = tmp_path / f"song{kind.suffix}"
    path.write_bytes(kind.make())
    assert tags.artist_in_tags(path) == kind.artist


def test_the_page_lists_every_kind_of_tag():
    page = (Path(decode.__file__).parent / "README.md").read_text(encoding="utf-8")
    rows = [f"| {kind.name} | {kind.reported} | {kind.described} |" for kind in KINDS]
    assert [row for row in rows if row not in page.splitlines()] == []
