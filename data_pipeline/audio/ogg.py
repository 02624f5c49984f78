"""Pages of an Ogg file: streams that follow one another, and pages that are missing.

libsndfile reads the first of several streams, and plays over missing pages, both without a word. Format: RFC 3533.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from common.core.words import counted
from data_pipeline.audio.refusal import refusal

NAME = b"OggS"
_HEADER_BYTES = 27
_BEGINS_STREAM = 2


@dataclass(frozen=True)
class _Page:
    """The header of one page.

    Args:
        position: of the page in the file, in bytes.
        has_sound: whether it ends at a time other than 0; pages of stream headers end at 0.
    """

    position: int
    begins_stream: bool
    has_sound: bool
    serial: int
    number: int


def links(content: bytes, path: Path) -> list[bytes]:
    """Split an Ogg file where streams begin after others: files that were joined, or a recording of internet radio,
    where each song is a stream of its own.

    Args:
        content: the file's bytes.
        path: for messages.

    Returns:
        The bytes of each part, in their order; `content` alone where all streams begin together.

    Raises:
        DataError: pages are missing in the middle of a stream.
    """
    begins, in_headers, last = [0], True, {}
    for page in _pages(content):
        if page.begins_stream and not in_headers:
            begins.append(page.position)
            last = {}
        in_headers = page.begins_stream
        expected = last.get(page.serial)
        if expected is not None and page.number > expected:
            raise refusal(path, f"lacks {counted(page.number - expected, 'Ogg page')} before page {page.number}")
        # Recordings of radio have a stream's headers and then pages of any number.
        if page.has_sound:
            last[page.serial] = page.number + 1
    ends = [*begins[1:], len(content)]
    return [content[begin:end] for begin, end in zip(begins, ends, strict=True)] if len(begins) > 1 else [content]


def _pages(content: bytes) -> Iterator[_Page]:
    position = content.find(NAME)
    while 0 <= position <= len(content) - _HEADER_BYTES:
        flags, time, serial, number = struct.unpack_from("<xxxxxBqII", content, position)
        segments = content[position + _HEADER_BYTES - 1]
        yield _Page(position, bool(flags & _BEGINS_STREAM), time not in (0, -1), serial, number)
        begin = position + _HEADER_BYTES
        # Some writers leave a gap behind a page.
        position = content.find(NAME, begin + segments + sum(content[begin : begin + segments]))
