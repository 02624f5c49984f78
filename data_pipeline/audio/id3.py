"""ID3v2 tags, which may stand before any audio file."""

from typing import BinaryIO

_HEADER_BYTES = 10
_HAS_FOOTER = 0x10


def after_tags(file: BinaryIO) -> int:
    """Position behind all ID3v2 tags at the beginning of a file; 0 where there is none.

    A tag whose size is not written in seven bits per byte, as ID3v2 demands, counts as its header only: what follows
    is looked through for the first frame.
    """
    position = 0
    while True:
        file.seek(position)
        header = file.read(_HEADER_BYTES)
        if header[:3] != b"ID3" or len(header) < _HEADER_BYTES:
            return position
        position += _HEADER_BYTES
        if max(header[6:]) < 0x80:
            size = 0
            for byte in header[6:]:
                size = size << 7 | byte
            position += size + (_HEADER_BYTES if header[5] & _HAS_FOOTER else 0)
