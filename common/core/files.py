"""Atomic file writing (a file is either complete or absent), JSON and checksums.

Every writer here goes through a temporary file in the same folder, fsync, and rename, so that a killed process
never leaves an incomplete file under the final name.
"""

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from common.core.errors import DataError
from common.core.interrupts import being_written
from common.core.json_values import parse_json
from common.core.leftovers import temporary_path
from common.core.words import ESCAPED

_READ_BYTES = 1 << 20
# Ten times what the record of a run on all 106,574 clips of FMA takes.
MOST_JSON_BYTES = 256 << 20
_DIGEST = "sha256"


def write_atomically(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Call `write` on a temporary binary file, then rename it to `path`.

    Raises:
        DataError: the folder cannot be written to.
    """
    with _naming_what_is_written(path), _new_file(path) as file:
        write(file)


def write_by_path(path: Path, write: Callable[[Path], None], *, suffix: str) -> None:
    """Like `write_atomically`, for libraries that take a path instead of an open file; `write` gets a temporary path.

    Args:
        suffix: of the temporary file, where the library insists on one.

    Raises:
        DataError: the folder cannot be written to.
    """
    with _naming_what_is_written(path), _renamed_to(path, suffix) as temporary:
        write(temporary)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())


@contextmanager
def npy_by_rows(path: Path, columns: int, dtype: str) -> Iterator[Callable[[np.ndarray], None]]:
    """Write a `.npy` file a few rows at a time, atomically: it holds the bytes that `numpy.save` writes of all rows.

    Args:
        columns: of each row.
        dtype: of the values.

    Yields:
        A function that appends an array (rows, columns) of that type. What the block raises passes unchanged, and
        leaves no file.

    Raises:
        DataError: the folder cannot be written to.
        ValueError: an array has another shape or type.
    """
    rows = 0
    # NumPy leaves room in a header for any number of rows, so that it can be written again.
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False}

    def append(array: np.ndarray) -> None:
        nonlocal rows
        if array.ndim != 2 or array.shape[1] != columns or array.dtype != dtype:
            raise ValueError(f"rows of shape {array.shape} and type {array.dtype}, expected (rows, {columns}), {dtype}")
        with _naming_what_is_written(path):
            # Rows one behind the other also in memory, so that a window is one contiguous piece of the file.
            file.write(np.ascontiguousarray(array).data)
        rows += len(array)

    def write_header() -> None:
        file.seek(0)
        np.lib.format.write_array_header_1_0(file, header | {"shape": (rows, columns)})

    with _new_file(path) as file:
        with _naming_what_is_written(path):
            write_header()
        yield append
        with _naming_what_is_written(path):
            write_header()


@contextmanager
def _naming_what_is_written(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into one that names the file, whose temporary name it would give."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written ({error.strerror or error}). Give a writable folder with free space."
        ) from error


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A binary file under a temporary name, which becomes `path` when the block ends without an error."""
    with _renamed_to(path) as temporary:
        file = _opened(temporary, path)
        try:
            yield file
            with _naming_what_is_written(path):
                file.flush()
                os.fsync(file.fileno())
                file.close()
        finally:
            with suppress(OSError):  # after an error what is left to write is not needed
                file.close()


def _opened(temporary: Path, path: Path) -> BinaryIO:
    with _naming_what_is_written(path):
        return open(temporary, "wb")


@contextmanager
def _renamed_to(path: Path, suffix: str = "") -> Iterator[Path]:
    """An empty file under a temporary name, which becomes `path` when the block ends without an error."""
    path = Path(path)
    with _naming_what_is_written(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _new_temporary(path, suffix)
    try:
        with being_written(temporary):
            yield temporary
            with _naming_what_is_written(path):
                os.replace(temporary, path)
    finally:
        with suppress(OSError):  # it was renamed; or it cannot be removed now, and `remove_leftovers` tries again
            os.unlink(temporary)
    _sync_folder(path.parent)


def _new_temporary(path: Path, suffix: str) -> Path:
    """An empty file beside `path`, with the permissions that the umask gives, as those of any new file: with umask 002
    all members of a group can replace and remove what one of them wrote."""
    while True:
        temporary = temporary_path(path, suffix)
        with suppress(FileExistsError):
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            return temporary


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


def read_json(
    path: Path,
    *,
    what: str,
    remedy: str = " Delete it, and it is created again.",
    most_bytes: int | None = None,
) -> Any:
    """Read a JSON file. This is the only way in which bytes of a file become JSON values.

    Args:
        what: its role, for the error message.
        remedy: what to do where it is not JSON, with a space before it.
        most_bytes: largest size that is read; None for `MOST_JSON_BYTES`.

    Raises:
        DataError: the file is missing, cannot be read, is larger than that, or is not JSON within the
            limits of `common.core.json_values`.
    """
    content = read_file(path, what=what, most_bytes=MOST_JSON_BYTES if most_bytes is None else most_bytes)
    try:
        return parse_json(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: {what} is not valid JSON (byte {error.start} is not UTF-8: {error.reason}).{remedy}"
        ) from error
    except ValueError as error:
        raise DataError(f"{path}: {what} is not valid JSON ({error}).{remedy}") from error


def read_file(path: Path, *, what: str, most_bytes: int) -> bytes:
    """The bytes of a file.

    Args:
        what: its role, for the error message.
        most_bytes: largest size that is read.

    Raises:
        DataError: the file is missing, is a folder or another thing than a file, cannot be read, or is larger.
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            # A pipe would be waited for.
            kind = "a folder" if stat.S_ISDIR(mode) else "a pipe, a device or the like"
            raise DataError(f"{path}: {what} is {kind}; expected a file. Remove it, or give it another name.")
        with open(path, "rb") as file:
            content = file.read(most_bytes + 1)
    except FileNotFoundError as error:
        raise DataError(f"{path}: {what} is missing.") from error
    except OSError as error:
        raise DataError(
            f"{path}: {what} cannot be read ({error.strerror or error}). Make it readable, or remove it."
        ) from error
    if len(content) > most_bytes:
        raise DataError(
            f"{path}: {what} has {path.stat().st_size:,} bytes; expected at most {most_bytes:,}. Remove it, or restore "
            "it from a copy."
        )
    return content


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


def without_digest(path: Path, values: Any, *, remedy: str = "") -> Any:
    """JSON values that were read from a file, without their digest; files of earlier versions have none.

    Args:
        remedy: what to do where the digest is wrong, with a space before it.

    Raises:
        DataError: the values were changed since they were written.
    """
    digests = stated_and_actual_digest(values)
    if digests is None:
        return values
    stated, actual = digests
    if actual != stated:
        raise DataError(f"{path}: was edited: its values do not match its SHA-256.{remedy}")
    return {name: value for name, value in values.items() if name != _DIGEST}


def has_digest(values: Any) -> bool:
    """Whether JSON values hold a digest of themselves; files of earlier versions hold none."""
    return isinstance(values, dict) and _DIGEST in values


def stated_and_actual_digest(values: Any) -> tuple[Any, str] | None:
    """The digest that JSON values hold, and the one that their other fields have; None where they hold none, as in
    files of earlier versions."""
    if not has_digest(values):
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


def require_usable_folder(folder: Path, *, flag: str) -> Path:
    """As `require_writable_folder`; a folder that can only be read passes, too, because all that is needed of it may
    have been made before, or by others. What is missing is then reported where it cannot be written.

    Raises:
        DataError: it is a file, cannot be created, or can be neither written to nor read.
    """
    try:
        return require_writable_folder(folder, flag=flag)
    except DataError:
        folder = expanded(folder)
        if os.path.isdir(folder) and os.access(folder, os.R_OK | os.X_OK):
            return folder
        raise


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
