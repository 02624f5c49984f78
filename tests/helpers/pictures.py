"""Files that stand for those of figures: they hold the metadata, and no picture."""

import zlib


def stand_in(suffix: str, description: str) -> bytes:
    """What Matplotlib would write.

    Args:
        suffix: `png` or `svg`.
        description: of the metadata.
    """
    if suffix == "svg":
        return f"<svg><!-- {description} --></svg>\n".encode()
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"tEXt", description.encode()) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file: length, name, data, checksum."""
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")
