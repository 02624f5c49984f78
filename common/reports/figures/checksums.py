"""Whether the bytes of a figure's file are those that were written.

PNG has a checksum of each of its chunks. SVG has none: that of all bytes is written behind the picture, as a comment.
"""

import hashlib
import re
import zlib
from pathlib import Path
from typing import Literal

_PNG = b"\x89PNG\r\n\x1a\n"
_END = b"IEND"
# Bytes of a chunk beside its data: length, name, checksum.
_LENGTH, _NAME, _CHECKSUM = 4, 4, 4
_SVG_END = b"</svg>\n"
_COMMENT = re.compile(rb"<!-- SHA-256 of all bytes above: ([0-9a-f]{64}) -->\n\Z")

State = Literal["whole", "changed", "without checksum"]


def with_checksum(content: bytes, suffix: str) -> bytes:
    """The bytes of a figure's file with a checksum.

    Args:
        suffix: `.png` or `.svg`.
    """
    if suffix == ".png":
        return content
    return content + f"<!-- SHA-256 of all bytes above: {hashlib.sha256(content).hexdigest()} -->\n".encode()


def state_of(path: Path) -> State:
    """Whether the file of a figure is as it was written; SVG files of earlier versions have no checksum.

    Args:
        path: its suffix is `.png` or `.svg`.
    """
    content = path.read_bytes()
    if path.suffix == ".png":
        return "whole" if _is_whole_png(content) else "changed"
    comment = _COMMENT.search(content)
    if comment is None:
        return "without checksum" if content.endswith(_SVG_END) else "changed"
    above = content[: comment.start()]
    return "whole" if hashlib.sha256(above).hexdigest().encode() == comment[1] else "changed"


def _is_whole_png(content: bytes) -> bool:
    if not content.startswith(_PNG):
        return False
    place = len(_PNG)
    while place < len(content):
        length = int.from_bytes(content[place : place + _LENGTH], "big")
        end = place + _LENGTH + _NAME + length
        name, checked = content[place + _LENGTH : place + _LENGTH + _NAME], content[place + _LENGTH : end]
        if content[end : end + _CHECKSUM] != zlib.crc32(checked).to_bytes(_CHECKSUM, "big"):
            return False
        place = end + _CHECKSUM
        if name == _END:
            return place == len(content)
    return False
