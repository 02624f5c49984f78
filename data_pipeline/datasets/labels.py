"""Tables of a user's own: genre, artist and part of each clip, as `--labels FILE.csv`.

The first line names the columns: `path` (of the clip, below the folder of the data set, with `/` between folders), and
any of `genre`, `artist` and `split` (train, valid, test or removed). Text is UTF-8; columns are separated by commas,
semicolons or tabs. A genre or artist with a control character is refused, because whoever made the table can mend it;
those of folders and tags are shown with escapes instead, see `common.core.words.printable`.
"""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from common.core.console import warn
from common.core.errors import BudgetError, DataError, SpecError
from common.core.nearest import did_you_mean, nearest_names
from common.core.words import control_character, listed, printable
from data_pipeline.datasets.files import require_reachable

COLUMNS = ("path", "genre", "artist", "split")
# Spellings of the parts of a split -> the part.
_PARTS = {
    **{"train": "train", "training": "train"},
    **{"valid": "valid", "validation": "valid", "val": "valid"},
    **{"test": "test", "testing": "test"},
    "removed": "removed",
}
_DELIMITERS = (",", ";", "\t")
# A million clips with paths of 100 characters, genre, artist and part take 130 MB.
_MOST_BYTES = 256 << 20
# Of memory, while a table is read: its bytes, its text twice, and an entry for each clip.
_TIMES_HELD = 8
_EXPECTED = (
    "a first line such as path,genre,artist,split, of which path is needed; columns separated by commas, semicolons or "
    "tabs"
)


@dataclass(frozen=True)
class LabelRow:
    """One clip of the table; None where a cell is empty or there is no such column.

    Args:
        line: where it is in the file, from 1.
        path: of the clip, below the folder of the data set.
        part: `train`, `valid`, `test` or `removed`.
    """

    line: int
    path: str
    genre: str | None
    artist: str | None
    part: str | None


@dataclass(frozen=True)
class Labels:
    """A table of clips.

    Args:
        file: that it was read from.
        columns: those of `COLUMNS` that it has.
    """

    file: Path
    columns: tuple[str, ...]
    rows: tuple[LabelRow, ...]


def read_labels(file: Path, *, memory_left_bytes: int | None = None) -> Labels:
    """Read a table of clips. Further columns are named in a warning and not used.

    Args:
        memory_left_bytes: what the process may still take; None for no limit.

    Raises:
        SpecError: there is no such file.
        DataError: it cannot be read, is larger than 256 MB, is not UTF-8, its header is not one of such a table, or a
            row is not valid.
        BudgetError: it takes more memory than is left; it was not read then.
    """
    file = Path(file).expanduser()
    require_reachable(file, flag="--labels")
    if not file.is_file():
        kind = "is a folder" if file.is_dir() else "does not exist"
        raise SpecError(f"--labels {file}: {kind}; expected a table of the clips, with {_EXPECTED}.")
    text = _text(file, memory_left_bytes)
    if not text.strip():
        raise DataError(f"--labels {file}: is empty; expected {_EXPECTED}.")
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().casefold() for name in next(reader)]
        _check_header(file, header)
        rows = [
            _row(file, reader.line_num, header, [cell.strip() for cell in cells])
            for cells in reader
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise DataError(
            f"--labels {file}, line {reader.line_num}: not a valid row ({error}). Quote cells that hold the separator "
            "or quotes."
        ) from error
    if not rows:
        raise DataError(f"--labels {file}: has no row below its header; expected one for each clip.")
    _require_once(file, rows)
    return Labels(file, tuple(name for name in COLUMNS if name in header), tuple(rows))


def _text(file: Path, memory_left_bytes: int | None) -> str:
    try:
        size = file.stat().st_size
        _require_room(file, size, memory_left_bytes)
        content = file.read_bytes()
    except OSError as error:
        raise DataError(
            f"--labels {file}: cannot be read ({error.strerror or error}). Check its permissions."
        ) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"--labels {file}, line {line}: not UTF-8 text ({error.reason}). Save the table as UTF-8."
        ) from error


def _require_room(file: Path, size: int, left_bytes: int | None) -> None:
    if size > _MOST_BYTES:
        raise DataError(
            f"--labels {file}: takes {size / 2**20:,.0f} MB, expected at most {_MOST_BYTES >> 20} MB for a table of "
            "clips. Keep its columns path, genre, artist and split only."
        )
    if left_bytes is not None and _TIMES_HELD * size > left_bytes:
        raise BudgetError(
            f"--labels {file}: takes {size / 2**20:,.0f} MB, which need {_TIMES_HELD * size / 2**20:,.0f} MB of memory "
            f"while they are read, and --memory-limit leaves {max(0, left_bytes) / 2**20:,.0f} MB. Raise the limit."
        )


def _check_header(file: Path, header: list[str]) -> None:
    shown = listed(header)
    if "path" not in header:
        raise DataError(f"--labels {file}: its first line has no column path, but: {shown}. Expected {_EXPECTED}.")
    twice = sorted(name for name, count in Counter(header).items() if count > 1)
    if twice:
        raise DataError(f"--labels {file}: its first line has {listed(twice)} twice: {shown}. Keep one of them.")
    others = [name for name in header if name not in COLUMNS]
    if others:
        near = did_you_mean(
            list(dict.fromkeys(n for other in others for n in nearest_names(other, COLUMNS) if n not in header))
        )
        warn(f"--labels {file}: columns that are not used: {listed(others)}{near}")


def _row(file: Path, line: int, header: list[str], cells: list[str]) -> LabelRow:
    where = f"--labels {file}, line {line}"
    if len(cells) != len(header):
        raise DataError(
            f"{where}: has {len(cells)} cells, expected {len(header)} ({listed(header)}). Quote cells that hold the "
            "separator."
        )
    values = dict(zip(header, cells, strict=True))
    if not values["path"]:
        raise DataError(f"{where}: has no path; expected one below the folder of the data set, e.g. rock/song.mp3.")
    for column in ("genre", "artist"):
        if found := control_character(values.get(column, "")):
            raise DataError(
                f"{where}: the {column} holds the control character {found}: {printable(values[column])}. Save it "
                "without."
            )
    path = PurePosixPath(values["path"])
    if path.is_absolute() or ".." in path.parts:
        raise DataError(
            f"{where}: the path {values['path']} is not below the folder of the data set. Give it as it is below that "
            "folder, e.g. rock/song.mp3."
        )
    split = values.get("split", "")
    part = _PARTS.get(split.casefold())
    if split and part is None:
        raise DataError(f"{where}: split is {split}; expected train, valid, test or removed, or nothing.")
    return LabelRow(line, path.as_posix(), values.get("genre") or None, values.get("artist") or None, part)


def _require_once(file: Path, rows: list[LabelRow]) -> None:
    first: dict[str, int] = {}
    for row in rows:
        if row.path in first:
            raise DataError(
                f"--labels {file}, line {row.line}: {row.path} is in line {first[row.path]} already. Keep one of them."
            )
        first[row.path] = row.line
