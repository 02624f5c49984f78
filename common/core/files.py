"""Atomic file writing (a file is either complete or absent), JSON and checksums.

Every writer here goes through a temporary file in the same folder, fsync, and rename, so that a killed process
never leaves an incomplete file under the final name.
"""

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from common.core.errors import DataError
from common.core.interrupts import being_written
from common.core.words import ESCAPED

_READ_BYTES = 1 << 20
_DIGEST = "sha256"


def write_atomically(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Call `write` on a temporary binary file, then rename it to `path`.

    Raises:
        DataError: the folder cannot be written to.
    """

    def write_and_sync(temporary: Path) -> None:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())

    _replace(path, write_and_sync, suffix=".tmp")


def write_by_path(path: Path, write: Callable[[Path], None], *, suffix: str) -> None:
    """Like `write_atomically`, for libraries that take a path instead of an open file; `write` gets a temporary path.

    Args:
        suffix: of the temporary file, where the library insists on one.

    Raises:
        DataError: the folder cannot be written to.
    """

    def write_and_sync(temporary: Path) -> None:
        write(temporary)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())

    _replace(path, write_and_sync, suffix=suffix)


def _replace(path: Path, write: Callable[[Path], None], *, suffix: str) -> None:
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=suffix, dir=path.parent)
        os.close(descriptor)
        with being_written(Path(temporary)):
            write(Path(temporary))
            # mkstemp makes the file readable by its owner only; results are meant for other users, too.
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written ({error.strerror or error}). Give a writable folder with free space."
        ) from error
    finally:
        if temporary is not None:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; file systems that do not support this are left as they are."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes atomically."""
    write_atomically(path, lambda file: file.write(content))


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically; bytes of a file name that are not valid UTF-8 are written as `\\xNN`."""
    write_bytes(path, text.encode("utf-8", errors=ESCAPED))


def write_json(path: Path, value: Any) -> None:
    """Write JSON with a stable layout (two spaces, keys in the order given, NaN refused) atomically."""
    write_json_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_json_text(path: Path, text: str) -> None:
    """Write JSON in a layout of the caller's own atomically, see `json_bytes`."""
    write_bytes(path, json_bytes(text))


def json_bytes(text: str) -> bytes:
    """JSON text as UTF-8; a lone surrogate, as in a file name that is not valid UTF-8, becomes JSON's own escape, so
    that it is read back as it was."""
    return text.encode("utf-8", errors="backslashreplace")


def write_npy(path: Path, array: np.ndarray) -> None:
    """Write one array as `.npy` without pickles, atomically."""
    write_atomically(path, lambda file: np.save(file, array, allow_pickle=False))


def read_json(path: Path, *, what: str, remedy: str = " Delete it, and it is created again.") -> Any:
    """Read a JSON file.

    Args:
        what: its role, for the error message.
        remedy: what to do where it is not JSON, with a space before it.

    Raises:
        DataError: the file is missing or is not JSON.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        # Python's reader takes NaN and infinity, which are not JSON; nothing here writes them.
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except FileNotFoundError as error:
        raise DataError(f"{path}: {what} is missing.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: {what} is not valid JSON ({error}).{remedy}") from error


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a finite number")
    return value


def sha256_of_file(path: Path, *, advance: Callable[[int], None] | None = None) -> str:
    """SHA-256 of a file's bytes, read in pieces; `advance` is called with the number of bytes of each piece."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(_READ_BYTES):
            digest.update(piece)
            if advance is not None:
                advance(len(piece))
    return digest.hexdigest()


def sha256_of_json(value: Any) -> str:
    """SHA-256 of the canonical JSON of `value` (sorted keys, no spaces)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(json_bytes(text)).hexdigest()


def with_digest(values: dict[str, Any]) -> dict[str, Any]:
    """JSON values with their own digest in the field `sha256`."""
    return values | {_DIGEST: sha256_of_json(values)}


def without_digest(path: Path, values: Any) -> Any:
    """JSON values that were read from a file, without their digest; files of earlier versions have none.

    Raises:
        DataError: the values were changed since they were written.
    """
    digests = stated_and_actual_digest(values)
    if digests is None:
        return values
    stated, actual = digests
    if actual != stated:
        raise DataError(f"{path}: was edited: its values do not match its SHA-256.")
    return {name: value for name, value in values.items() if name != _DIGEST}


def stated_and_actual_digest(values: Any) -> tuple[Any, str] | None:
    """The digest that JSON values hold, and the one that their other fields have; None where they hold none, as in
    files of earlier versions."""
    if not isinstance(values, dict) or _DIGEST not in values:
        return None
    return values[_DIGEST], sha256_of_json({name: value for name, value in values.items() if name != _DIGEST})


def expanded(path: Path | str) -> Path:
    """A path with `~` replaced by the home folder.

    Raises:
        DataError: there is no such home folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise DataError(
            f"{path}: the home folder that its ~ stands for is not known. Write the path without ~, or set HOME."
        ) from error


def make_folder(folder: Path) -> Path:
    """Create a folder with its parents.

    Raises:
        DataError: it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder}: this folder cannot be created ({error.strerror or error}).") from error
    return folder


def require_writable_folder(folder: Path, *, flag: str) -> Path:
    """Create `folder` if needed and check that it is writable.

    Raises:
        DataError: it is a file, cannot be created, or a test file cannot be written into it.
    """
    folder = expanded(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DataError(
            f"{folder}: {flag} must be a writable folder, found: {error.strerror or error}. "
            f"Give another folder with {flag}."
        ) from error
    return folder
