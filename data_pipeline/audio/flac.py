"""FLAC files that state fewer samples than they hold: libsndfile reads as many as are stated, without a word.

Format: RFC 9639.
"""

import re
from dataclasses import dataclass
from typing import BinaryIO

NAME = b"fLaC"
# Name, head of the first block, and its fields up to the number of samples.
_HEADER_BYTES = 26
_TOTAL_MASK = (1 << 36) - 1
_MAX_FRAME_HEADER_BYTES = 16
# Where a file does not state the length of its longest frame: 4,096 samples of two channels of 24 bits take 24 KB.
_LIKELY_FRAME_BYTES = 1 << 17
# Behind the last frame there may be tags.
_TAG_BYTES = 1 << 12
_SYNC = re.compile(rb"\xff[\xf8\xf9]")


@dataclass(frozen=True)
class _Frame:
    """Samples of each channel: which is the first, and the first of the next frame."""

    begin: int
    end: int


def header_of_all_samples(file: BinaryIO, base: int, size: int) -> bytes:
    """A header to put before what follows it in a file, which states all samples that the file holds.

    Args:
        file: open FLAC file of `size` bytes.
        base: position of its name, in bytes.

    Returns:
        As many bytes as it stands for; none where no frame lies behind the number of samples that the file states.
    """
    file.seek(base)
    head = file.read(_HEADER_BYTES)
    if len(head) < _HEADER_BYTES or head[4] & 0x7F:
        return b""
    fields = int.from_bytes(head[18:], "big")
    stated = fields & _TOTAL_MASK
    if not stated:
        return b""
    longest = int.from_bytes(head[15:18], "big") or _LIKELY_FRAME_BYTES
    tail_bytes = min(size - base - _HEADER_BYTES, 3 * longest + _TAG_BYTES)
    file.seek(size - tail_bytes)
    frames = _frames(file.read(tail_bytes), int.from_bytes(head[8:10], "big"))
    ends = {frame.end for frame in frames}
    # Other bytes may look like the header of a frame, but not like one that goes on where another ends.
    held = max((frame.end for frame in frames if frame.begin in ends and frame.begin >= stated), default=0)
    return head[:18] + (fields & ~_TOTAL_MASK | held).to_bytes(8, "big") if held else b""


def _frames(data: bytes, block_samples: int) -> list[_Frame]:
    """The frames whose headers are found in some bytes.

    Args:
        block_samples: of each frame but the last, in files whose headers count frames and not samples.
    """
    frames = []
    for found in _SYNC.finditer(data):
        header = data[found.start() : found.start() + _MAX_FRAME_HEADER_BYTES]
        if (frame := _frame(header, block_samples)) is not None:
            frames.append(frame)
    return frames


def _frame(header: bytes, block_samples: int) -> _Frame | None:
    """The frame that begins with some bytes; None where they are not the header of one, by its checksum."""
    if len(header) < 6:
        return None
    of_samples, of_rate = header[2] >> 4, header[2] & 15
    coded = _coded_number(header[4:])
    if coded is None or of_samples == 0:
        return None
    number, length = coded
    place = 4 + length
    further = {6: 1, 7: 2}.get(of_samples, 0)
    end = place + further + {12: 1, 13: 2, 14: 2}.get(of_rate, 0)
    if len(header) <= end or _crc8(header[:end]) != header[end]:
        return None
    if further:
        samples = int.from_bytes(header[place : place + further], "big") + 1
    elif of_samples == 1:
        samples = 192
    else:
        samples = 576 << of_samples - 2 if of_samples < 6 else 256 << of_samples - 8
    begin = number if header[1] & 1 else number * block_samples
    return _Frame(begin, begin + samples)


def _coded_number(data: bytes) -> tuple[int, int] | None:
    """(number, its bytes), which is written like a character of UTF-8."""
    ones = 8 - (data[0] ^ 0xFF).bit_length()
    if ones == 0:
        return data[0], 1
    rest = data[1:ones]
    if ones in (1, 8) or len(rest) < ones - 1 or any(byte >> 6 != 2 for byte in rest):
        return None
    number = data[0] & (0x7F >> ones)
    for byte in rest:
        number = number << 6 | byte & 0x3F
    return number, ones


def _crc8(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ (0x07 if value & 0x80 else 0)) & 0xFF
    return value
