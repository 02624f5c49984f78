"""How many bytes of samples a file's header declares, and how many the file holds.

libsndfile shortens a file whose data end early without a word, and reads nothing where a header declares 0 bytes. WAV
and AU files whose headers leave the length open, or that hold a chunk which stops libsndfile, get a new header.

Formats of WAV: Microsoft, Multiple Channel Audio Data and WAVE Files (2007); RF64: EBU Tech 3306.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from common.core.errors import DataError
from data_pipeline.audio import flac
from data_pipeline.audio.id3 import after_tags
from data_pipeline.audio.refusal import refusal

# Writers that cannot seek back (pipes, live encoders) leave these in place of a length.
_UNKNOWN_LENGTHS = {
    *(0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFDB, 0xFFFFF000),
    *(0x80000000, 0x7FFFFFFF, 0x7FFFFFFE, 0x7FFFFFDB, 0x7FFFF000, 0x7FFF0000),
}
_KNOWN_CHUNKS = {
    *(b"fmt ", b"data", b"fact", b"LIST", b"JUNK", b"junk", b"PAD ", b"bext", b"iXML", b"id3 ", b"ID3 ", b"cue "),
    *(b"smpl", b"inst", b"PEAK", b"cart", b"chna", b"axml", b"umid", b"minf", b"elm1", b"regn", b"DISP", b"acid"),
}
_MAX_FORMAT_BYTES = 4096
_MAX_OGG_PAGE_BYTES = 27 + 255 + 255 * 255
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
# What does not fit into the lower 3 bytes of 4.
_TOP = 1 << 23
# Samples as floats are in [-1, 1] or on the scale of 16 bits.
_MAX_FLOAT = 1e6
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class SampleData:
    """Where a file's samples are, in bytes.

    Args:
        begin: of the samples.
        length: of the samples.
        header: stands before the samples in `mended`; empty where libsndfile reads the file as it is.
    """

    begin: int
    length: int
    header: bytes = b""

    def mended(self, content: bytes) -> bytes:
        """The file with a header that libsndfile understands."""
        return self.header + content[self.begin : self.begin + self.length]


def find_samples(file: BinaryIO, size: int, path: Path) -> SampleData | None:
    """Look for the samples of a WAV, AU, AIFF or W64 file, and for the end of an Ogg or FLAC file.

    Args:
        file: open file of `size` bytes.
        path: for messages.

    Returns:
        Where they are; None for other formats, and where the header is not understood.

    Raises:
        DataError: the header declares more bytes than the file holds, or fewer than half of them; there are two pieces
            of samples; or the samples are in a form that libsndfile takes for another one.
    """
    base = after_tags(file)
    file.seek(base)
    head = file.read(40)
    if head[:4] in (b".snd", b"dns.") and len(head) >= 24:
        return _au(head, base, size, path)
    if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE":
        return _wav(file, base, size, path)
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return _aiff(file, base, size, path)
    if head[:4] == b"riff" and head[24:28] == b"wave":
        return _w64(file, base, size, path)
    if head[:4] == flac.NAME:
        header = flac.header_of_all_samples(file, base, size)
        return SampleData(base + len(header), size - base - len(header), header) if header else None
    if head[:4] == b"OggS":
        _require_whole_last_page(file, size, path)
    return None


def is_mpeg_candidate(file: BinaryIO) -> bool:
    """Whether a file may be an MPEG stream: it does not begin as one of the other formats, or as an archive."""
    file.seek(after_tags(file))
    head = file.read(12)
    others = (b"RIFF", b"RIFX", b"RF64", b".snd", b"dns.", b"FORM", b"riff", b"OggS", b"fLaC", b"caff", b"PK\3\4")
    return not head.startswith(others) and head[4:8] != b"ftyp"


def _truncated(path: Path, declared: int, available: int) -> DataError:
    return refusal(path, f"truncated: the header declares {declared} bytes of samples, the file holds {available}")


def _au(head: bytes, base: int, size: int, path: Path) -> SampleData:
    order = ">" if head[:4] == b".snd" else "<"
    offset, declared = struct.unpack(order + "II", head[4:12])
    begin = base + offset
    available = max(0, size - begin)
    if declared == 0 and available and offset >= 24:
        header = struct.pack(order + "4sII", head[:4], 24, _within_32_bits(available)) + head[12:24]
        return SampleData(begin, available, header)
    if declared in _UNKNOWN_LENGTHS:
        return SampleData(begin, available)
    if declared > available:
        raise _truncated(path, declared, available)
    return SampleData(begin, declared)


def _wav(file: BinaryIO, base: int, size: int, path: Path) -> SampleData | None:
    head = _at(file, base, 12)
    order = ">" if head[:4] == b"RIFX" else "<"
    is_wide = head[:4] == b"RF64"
    whole_is_unknown = not is_wide and struct.unpack(order + "I", head[4:8])[0] in _UNKNOWN_LENGTHS
    layout, wide, found, is_odd = b"", None, None, False
    position = base + 12
    while position + 8 <= size:
        name, length = struct.unpack(order + "4sI", _at(file, position, 8))
        position += 8
        if name == b"fmt ":
            layout = _at(file, position, min(length, _MAX_FORMAT_BYTES))
        elif name == b"ds64":
            wide = struct.unpack("<Q", _at(file, position + 8, 8).ljust(8, b"\0"))[0]
        elif name == b"data" and found is not None:
            if 0 < length <= size - position:
                raise refusal(path, "holds two data chunks, expected one")
        elif name == b"data":
            # libsndfile goes by the 64-bit length, whatever the other one says.
            length, available = wide if is_wide and wide else length, size - position
            is_unknown = length in _UNKNOWN_LENGTHS or (whole_is_unknown and length > available)
            if length == 0:
                is_odd = True
                is_unknown = available > 0 and not _are_chunks(file, position, size, order)
            if is_unknown:
                found = (position, available)
                break
            if length > available:
                raise _truncated(path, length, available)
            if length:
                found = (position, length)
                _require_nothing_else(file, position, length, size, order, path)
        elif not _is_name(name):
            break
        position = _next_chunk(file, position, length)
        is_odd = is_odd or (found is None and position % 2 != base % 2)
    if found is None:
        return None
    layout, is_changed = _readable_layout(file, *found, layout, order, path)
    header = _wav_header(order, layout, found[1]) if (is_odd or is_changed) and len(layout) >= 16 else b""
    return SampleData(*found, header)


def _require_nothing_else(file: BinaryIO, begin: int, length: int, size: int, order: str, path: Path) -> None:
    """Raise a DataError where more bytes than the declared samples follow them, and are neither chunks nor zeros.

    Lengths have 32 bits: in a file of more than 4 GB they began anew at 0, and at least 4 GB follow.
    """
    position = _next_chunk(file, begin, length)
    if size - position <= length or _at(file, position, 4) in _KNOWN_CHUNKS:
        return
    if _are_chunks(file, position, size, order) or _are_zeros(file, position):
        return
    raise refusal(
        path,
        f"the header declares {length} bytes of samples, and {size - position} bytes follow that are no chunks: the "
        "length is wrong, as in WAV files of more than 4 GB, whose lengths began anew at 0. If they are samples, write "
        "the file again as RF64 or FLAC",
    )


def _are_zeros(file: BinaryIO, position: int) -> bool:
    """Whether nothing but zeros follows, as programs leave it that set a file's size before they fill it."""
    file.seek(position)
    while piece := file.read(_PIECE_BYTES):
        if any(piece):
            return False
    return True


def _readable_layout(
    file: BinaryIO, begin: int, length: int, layout: bytes, order: str, path: Path
) -> tuple[bytes, bool]:
    """The content of a format chunk, and whether it was changed.

    Where the header says 24 bits and frames of 4 bytes a channel, libsndfile guesses from the samples what they are,
    and reads noise, or three quarters of them, where the guess fails. So the header has to say it in another way.
    """
    if len(layout) < 16:
        return layout, False
    tag, channels, rate, rate_bytes, align, bits = struct.unpack(order + "HHIIHH", layout[:16])
    if tag == _EXTENSIBLE and len(layout) >= 26:
        (tag,) = struct.unpack(order + "H", layout[24:26])
    if tag != _PCM:
        return layout, False
    if 0 < bits < 8:
        raise refusal(path, f"its header declares PCM samples of {bits} bits, expected 8 to 32")
    if not 16 < bits <= 24 or align != 4 * channels:
        return layout, False
    tag, width = _PCM, 3
    if rate_bytes == rate * align:
        tag, width = _form_in_4_bytes(_at(file, begin, length // 4 * 4), order, bits, path), 4
    align = width * channels
    return struct.pack(order + "HHIIHH", tag, channels, rate, rate * align, align, 8 * width), True


def _form_in_4_bytes(content: bytes, order: str, bits: int, path: Path) -> int:
    """The format tag of samples in 4 bytes each that a header declares as integers of 17 to 24 bits."""
    integers = np.frombuffer(content, order + "i4")
    if not len(integers) or not integers.any():
        return _PCM
    if not (integers & 0xFF).any() and not -_TOP <= integers.min() <= integers.max() < _TOP:
        return _PCM  # of 32 bits, the lower ones zero, as the format demands
    # As floats, small negative integers are not numbers, or huge ones.
    with np.errstate(invalid="ignore"):
        loudest = np.abs(np.frombuffer(content, order + "f4")).max()
    if loudest < _MAX_FLOAT:
        return _FLOAT  # as Cool Edit wrote them
    raise refusal(
        path,
        f"its header declares samples of {bits} bits in 4 bytes, expected in the upper 3 with zeros below, and they "
        "are somewhere else. Write the file again with 24 or 32 bits",
    )


def _wav_header(order: str, layout: bytes, length: int) -> bytes:
    layout += b"\0" * (len(layout) % 2)
    name = b"RIFX" if order == ">" else b"RIFF"
    whole = _within_32_bits(4 + 8 + len(layout) + 8 + length)
    data = struct.pack(order + "4sI", b"data", _within_32_bits(length))
    return struct.pack(order + "4sI4s4sI", name, whole, b"WAVE", b"fmt ", len(layout)) + layout + data


def _next_chunk(file: BinaryIO, begin: int, length: int) -> int:
    """Where the chunk after one of `length` bytes begins: behind a byte of padding that some writers leave out."""
    padded = begin + length + length % 2
    if length % 2 and _at(file, padded, 4) not in _KNOWN_CHUNKS and _at(file, padded - 1, 4) in _KNOWN_CHUNKS:
        return padded - 1
    return padded


def _are_chunks(file: BinaryIO, position: int, size: int, order: str) -> bool:
    """Whether chunks fill the file from `position` to its end: after an empty data chunk, either they or samples do."""
    while position + 8 <= size:
        name, length = struct.unpack(order + "4sI", _at(file, position, 8))
        if not _is_name(name):
            return False
        if name == b"data":
            return True
        position = _next_chunk(file, position + 8, length)
    return position in (size, size + 1)


def _is_name(name: bytes) -> bool:
    return all(0x20 <= byte < 0x7F for byte in name)


def _aiff(file: BinaryIO, base: int, size: int, path: Path) -> SampleData | None:
    position = base + 12
    while position + 8 <= size:
        name, length = struct.unpack(">4sI", _at(file, position, 8))
        begin, declared = position + 16, length - 8
        if name == b"SSND" and declared > 0 and length not in _UNKNOWN_LENGTHS:
            if declared > size - begin:
                raise _truncated(path, declared, max(0, size - begin))
            return SampleData(begin, declared)
        if not _is_name(name):
            break
        position += 8 + length + length % 2
    return None


def _w64(file: BinaryIO, base: int, size: int, path: Path) -> SampleData | None:
    # Sizes have 64 bits and include the 24 bytes of name and size; chunks begin at multiples of 8 bytes.
    position = base + 40
    while position + 24 <= size:
        name, length = struct.unpack("<16sQ", _at(file, position, 24))
        begin, declared = position + 24, length - 24
        if name[:4] == b"data":
            if declared > size - begin:
                raise _truncated(path, declared, size - begin)
            return SampleData(begin, max(0, declared))
        position += max(24, length + -length % 8)
    return None


def _require_whole_last_page(file: BinaryIO, size: int, path: Path) -> None:
    """Raise a DataError where an Ogg file ends within a page: nothing declares the length of the whole file."""
    tail = _at(file, max(0, size - 2 * _MAX_OGG_PAGE_BYTES), 2 * _MAX_OGG_PAGE_BYTES)
    if (begin := tail.rfind(b"OggS")) < 0:
        return
    page = tail[begin:]
    segments = page[27 : 27 + page[26]] if len(page) > 26 else b""
    declared = 27 + len(segments) + sum(segments)
    if len(page) < declared or (len(page) > 26 and len(segments) < page[26]):
        raise refusal(path, f"truncated: its last page has {len(page)} of at least {declared} bytes")


def _at(file: BinaryIO, position: int, count: int) -> bytes:
    file.seek(position)
    return file.read(count)


def _within_32_bits(length: int) -> int:
    return min(length, 0xFFFFFFFF)
