"""Binary files that end with their own SHA-256: one line of text behind all other bytes.

Readers of `.npz` and HDF5 files leave such a line alone. As a part of the file it is never there without the file, nor
the file without it, unlike a second file beside it.
"""

import hashlib
import re
from pathlib import Path

from common.core.errors import DataError
from common.core.files import sha256_of_file

_START = b"\nsha256:"
_FORM = re.compile(rb"\nsha256:[0-9a-f]{64}\n")
TRAILER_BYTES = len(_START) + 64 + 1
_READ_BYTES = 1 << 20


def append_trailer(path: Path) -> None:
    """Add the SHA-256 of all bytes of a file at its end."""
    digest = sha256_of_file(path)
    with open(path, "ab") as file:
        file.write(_START + digest.encode() + b"\n")


def has_checked_trailer(path: Path) -> bool:
    """Whether a file ends with its own SHA-256, which is computed again. Where it does not, as in files of earlier
    versions, the caller has to know whether the file is whole.

    Raises:
        DataError: the file cannot be read, or its bytes have another SHA-256 than the one at its end.
    """
    try:
        with open(path, "rb") as file:
            end = file.seek(0, 2) - TRAILER_BYTES
            if end < 0:
                return False
            file.seek(end)
            trailer = file.read()
            if not _FORM.fullmatch(trailer):
                return False
            file.seek(0)
            digest, left = hashlib.sha256(), end
            while left and (piece := file.read(min(left, _READ_BYTES))):
                digest.update(piece)
                left -= len(piece)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). Make it a readable file.") from error
    stated = trailer[len(_START) : -1].decode()
    if digest.hexdigest() != stated:
        raise DataError(
            f"{path}: was changed: its bytes have the SHA-256 {digest.hexdigest()[:12]}..., and it ends with "
            f"{stated[:12]}...."
        )
    return True
