"""WAV, AU, AIFF, W64 and Ogg files whose headers declare another length than they hold, or none."""

import io
import struct

import numpy as np
import pytest
import soundfile

from common.core.errors import DataError
from data_pipeline.audio.containers import find_samples
from data_pipeline.audio.decode import AudioHeader, read_audio, read_header

RATE = 22050
PCM = (np.arange(1, 5001) * 37 % 65536 - 32768).astype("<i2")
DATA = PCM.tobytes()
EXPECTED = PCM.astype(np.float32) / 32768
FORMAT = struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)


def chunk(name: bytes, content: bytes, *, declared: int | None = None, order: str = "<") -> bytes:
    return name + struct.pack(order + "I", len(content) if declared is None else declared) + content


def riff(*chunks: bytes, declared: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if declared is None else declared) + body


def au(declared: int, *, offset: int = 24, order: str = ">") -> bytes:
    magic = {">": b".snd", "<": b"dns."}[order]
    head = magic + struct.pack(order + "IIIII", offset, declared, 3, RATE, 1)
    return head.ljust(offset, b"\0") + PCM.astype(order + "i2").tobytes()


FMT = chunk(b"fmt ", FORMAT)
ODD_LIST = chunk(b"LIST", b"INFOIART\x03\0\0\0abc")
WHOLE = {
    "data of 0 bytes": riff(FMT, chunk(b"data", DATA, declared=0)),
    "all sizes 0": riff(FMT, chunk(b"data", DATA, declared=0), declared=0),
    "data of 0 bytes behind an ID3 tag": b"ID3\3\0\0\0\0\0\x0a"
    + b"\0" * 10
    + riff(FMT, chunk(b"data", DATA, declared=0)),
    "data of 0 bytes behind an ID3 tag with a footer": b"ID3\4\0\x10\0\0\0\x0a"
    + b"\0" * 10
    + b"3DI\4\0\x10\0\0\0\x0a"
    + riff(FMT, chunk(b"data", DATA, declared=0)),
    "a pipe's length of both": riff(FMT, chunk(b"data", DATA, declared=0xFFFFFFD0), declared=0xFFFFFFFF),
    **{
        f"a pipe's length {length:#x}": riff(FMT, chunk(b"data", DATA, declared=length))
        for length in (0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x7FFFF000, 0x7FFF0000)
    },
    "a chunk of odd length without padding": riff(FMT, ODD_LIST, chunk(b"data", DATA)),
    "two chunks of odd length without padding": riff(FMT, ODD_LIST, ODD_LIST, chunk(b"data", DATA)),
    "empty data before the data": riff(FMT, chunk(b"data", b""), chunk(b"data", DATA)),
    "empty data before other chunks and the data": riff(
        FMT, chunk(b"data", b""), ODD_LIST + b"\0", chunk(b"data", DATA)
    ),
    "chunks behind the data": riff(FMT, chunk(b"data", DATA), ODD_LIST + b"\0", chunk(b"id3 ", b"ID3")),
    "other bytes behind the data": riff(FMT, chunk(b"data", DATA)) + b"TAG" + b"\0" * 125,
    "AU of length 0": au(0),
    "AU of length 0 with a long header": au(0, offset=32),
    "AU of little-endian length 0": au(0, order="<"),
    "AU of unknown length": au(0xFFFFFFFF),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_files_of_unclear_length_are_read_to_the_end(tmp_path, kind):
    (tmp_path / "a.wav").write_bytes(WHOLE[kind])
    np.testing.assert_array_equal(read_audio(tmp_path / "a.wav"), EXPECTED)
    assert read_header(tmp_path / "a.wav") == AudioHeader(RATE, 1, 5000)


def test_compressed_samples_of_unclear_length_are_read_to_the_end(tmp_path):
    tone = 0.5 * np.sin(np.arange(RATE) / 20)
    for subtype in ("GSM610", "IMA_ADPCM", "MS_ADPCM", "ULAW"):
        soundfile.write(tmp_path / "true.wav", tone, RATE, subtype=subtype)
        content = (tmp_path / "true.wav").read_bytes()
        place = content.index(b"data") + 4
        (tmp_path / "a.wav").write_bytes(content[:place] + b"\0" * 4 + content[place + 4 :])
        samples = read_audio(tmp_path / "a.wav")
        assert 0 <= len(samples) - RATE < 2048
        assert np.corrcoef(samples[:RATE], tone)[0, 1] > 0.99


REFUSED = {
    "no samples": (riff(FMT, chunk(b"data", b"")), "no audio frames"),
    "no samples, but chunks": (riff(FMT, chunk(b"data", b""), ODD_LIST + b"\0"), "no audio frames"),
    "AU without samples": (au(0)[:24], "no audio frames"),
    "two data chunks": (riff(FMT, chunk(b"data", DATA), chunk(b"data", DATA)), "two data chunks, expected one"),
    "a true length of two gigabytes": (
        riff(FMT, chunk(b"data", DATA, declared=0x80000002)),
        "declares 2147483650 bytes of samples, the file holds 10000",
    ),
    "empty data before cut data": (
        riff(FMT, chunk(b"data", b""), chunk(b"data", DATA, declared=len(DATA) + 2)),
        "declares 10002 bytes of samples, the file holds 10000",
    ),
    "a tag before a cut file": (
        b"ID3\3\0\0\0\0\0\x0a" + b"\0" * 10 + riff(FMT, chunk(b"data", DATA, declared=len(DATA) + 2)),
        "declares 10002 bytes of samples, the file holds 10000",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_whole_is_refused(tmp_path, kind):
    content, reason = REFUSED[kind]
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(DataError, match=reason) as caught:
        read_audio(tmp_path / "a.wav")
    assert str(caught.value).startswith(f"{tmp_path / 'a.wav'}: ")


@pytest.mark.parametrize(
    ("format", "subtype", "endian"),
    [
        ("WAV", "PCM_16", "BIG"),
        ("RF64", "PCM_16", "FILE"),
        ("W64", "PCM_16", "FILE"),
        ("AIFF", "PCM_16", "FILE"),
        ("AU", "PCM_16", "LITTLE"),
        ("OGG", "VORBIS", "FILE"),
        ("OGG", "OPUS", "FILE"),
        ("WAV", "GSM610", "FILE"),
        ("WAV", "MS_ADPCM", "FILE"),
    ],
)
def test_a_cut_file_of_any_format_is_truncated(tmp_path, format, subtype, endian):
    file = io.BytesIO()
    tone = 0.3 * np.sin(np.arange(48000) / 20) + np.random.default_rng(0).normal(0, 0.05, 48000)
    soundfile.write(file, tone, 24000, format=format, subtype=subtype, endian=endian)
    content = file.getvalue()
    (tmp_path / "a.wav").write_bytes(content)
    assert np.corrcoef(read_audio(tmp_path / "a.wav")[:48000], tone)[0, 1] > 0.85
    (tmp_path / "a.wav").write_bytes(content[: int(0.7 * len(content))])
    with pytest.raises(DataError, match=r"a\.wav: truncated: "):
        read_audio(tmp_path / "a.wav")


def test_aiff_files_without_samples_are_not_looked_through_byte_by_byte(tmp_path):
    class Counted(io.BytesIO):
        reads = 0

        def read(self, size=-1):
            self.reads += 1
            return super().read(size)

    file = Counted(b"FORM\0\0\0\0AIFF" + bytes(80_000))
    assert find_samples(file, 80_012, tmp_path / "a.aiff") is None
    assert file.reads < 10


def with_format(content: bytes, *, tag: int = 1, channels: int = 1, bits: int, align: int, order: str = "<") -> bytes:
    """A WAV file of samples in a form that is stated by hand; `align` is the bytes of a frame."""
    layout = struct.pack(order + "HHIIHH", tag, channels, RATE, RATE * align, align, bits)
    body = b"WAVE" + chunk(b"fmt ", layout, order=order) + chunk(b"data", content, order=order)
    return (b"RIFX" if order == ">" else b"RIFF") + struct.pack(order + "I", len(body)) + body


UPPER = PCM.astype("i4") << 16
LOWER = UPPER >> 8


@pytest.mark.parametrize("bits", [20, 24])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 2])
def test_24_bits_in_the_upper_part_of_4_bytes_are_read(tmp_path, bits, order, channels):
    content = UPPER.astype(order + "i4").tobytes()
    path = tmp_path / "a.wav"
    path.write_bytes(with_format(content, channels=channels, bits=bits, align=4 * channels, order=order))
    np.testing.assert_array_equal(read_audio(path, mono=False), EXPECTED.reshape(-1, channels))
    assert read_header(path) == AudioHeader(RATE, channels, 5000 // channels)


@pytest.mark.parametrize("scale", [1, 32768])
def test_floats_that_are_said_to_be_24_bits_are_read(tmp_path, scale):
    values = (EXPECTED * scale + np.float32(1e-5)).astype("<f4")
    (tmp_path / "a.wav").write_bytes(with_format(values.tobytes(), bits=24, align=4))
    np.testing.assert_array_equal(read_audio(tmp_path / "a.wav"), values)


def test_a_wrong_length_of_a_frame_alone_does_not_make_24_bits_4_bytes(tmp_path):
    content = UPPER.astype("<i4").view("u1").reshape(-1, 4)[:, 1:].tobytes()
    layout = struct.pack("<HHIIHH", 1, 1, RATE, 3 * RATE, 4, 24)
    (tmp_path / "a.wav").write_bytes(riff(chunk(b"fmt ", layout), chunk(b"data", content)))
    np.testing.assert_array_equal(read_audio(tmp_path / "a.wav"), EXPECTED)


UNSUITABLE = {
    "24 bits in the lower part of 4 bytes": (
        with_format(LOWER.astype("<i4").tobytes(), bits=24, align=4),
        r"24 bits in 4 bytes, expected in the upper 3 with zeros below, and they are somewhere else",
    ),
    "23 bits in the lower part of 4 bytes": (
        with_format((LOWER + 1).astype("<i4").tobytes(), bits=23, align=4),
        r"23 bits in 4 bytes, expected in the upper 3",
    ),
    "32 bits that are said to be 20": (
        with_format((UPPER + 1).astype("<i4").tobytes(), bits=20, align=4),
        r"20 bits in 4 bytes, expected in the upper 3",
    ),
    "3 bytes that are said to be 4": (
        with_format(UPPER.astype("<i4").view("u1").reshape(-1, 4)[:, 1:].tobytes(), bits=24, align=4),
        r"24 bits in 4 bytes, expected in the upper 3",
    ),
    "4 bits": (with_format(DATA, bits=4, align=1), r"PCM samples of 4 bits, expected 8 to 32"),
    "lengths that began anew": (
        riff(FMT, chunk(b"data", DATA, declared=2000)),
        r"declares 2000 bytes of samples, and 8000 bytes follow that are no chunks",
    ),
}


@pytest.mark.parametrize("read", [read_audio, read_header])
@pytest.mark.parametrize("kind", UNSUITABLE)
def test_what_would_be_read_as_other_sound_is_refused(tmp_path, kind, read):
    content, reason = UNSUITABLE[kind]
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(DataError, match=rf"a\.wav: .*{reason}.*Replace the file"):
        read(tmp_path / "a.wav")


def test_lengths_of_more_than_4_gb_that_began_anew_are_refused(tmp_path):
    """A sparse file of 4 GB takes no space on the disk."""
    path = tmp_path / "a.wav"
    with open(path, "wb") as file:
        file.write(riff(FMT, chunk(b"data", DATA, declared=len(DATA))))
        file.write(DATA)
        file.truncate((1 << 32) + 44 + len(DATA))
    with pytest.raises(DataError, match=r"declares 10000 bytes of samples, and 4294967296 bytes follow"):
        read_header(path)
    assert path.stat().st_size > 1 << 32


FOLLOWED = {
    "zeros": bytes(50_000),
    "a tag": b"TAG" + bytes(range(125)),
    "large chunks": chunk(b"iXML", b"<x/>" * 10_000) + chunk(b"id3 ", b"ID3" + bytes(20_001)) + b"\0",
    "a large chunk of one program only": chunk(b"_PMX", b"<x/>" * 10_000),
    "a large chunk and a few bytes": chunk(b"iXML", b"<x/>" * 10_000) + b"\1\2\3",
    "fewer bytes than the samples": b"\xaa" * 9_999,
}


@pytest.mark.parametrize("kind", FOLLOWED)
def test_what_follows_the_samples_and_is_no_sound_does_not_matter(tmp_path, kind):
    (tmp_path / "a.wav").write_bytes(riff(FMT, chunk(b"data", DATA)) + FOLLOWED[kind])
    np.testing.assert_array_equal(read_audio(tmp_path / "a.wav"), EXPECTED)


@pytest.mark.parametrize("declared", [0xFFFFFFFF, 0x00FFFFFF, 5000, 0])
def test_the_64_bit_length_of_an_rf64_counts(tmp_path, declared):
    path = tmp_path / "a.wav"

    def write(content: bytes) -> None:
        wide = chunk(b"ds64", struct.pack("<QQQI", 0, len(DATA), 5000, 0))
        path.write_bytes(b"RF64" + riff(wide, FMT, chunk(b"data", content, declared=declared))[4:])

    write(DATA)
    np.testing.assert_array_equal(read_audio(path), EXPECTED)
    assert read_header(path).frames == 5000
    write(DATA[:-2])
    with pytest.raises(DataError, match="declares 10000 bytes of samples, the file holds 9998"):
        read_audio(path)
