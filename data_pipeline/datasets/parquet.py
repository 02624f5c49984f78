"""Audio in .parquet files, as Hugging Face's data sets come: a row for each clip, with the bytes of its file.

Columns: `audio` with `bytes` and `path`, optionally `file` (the path that the file once had) and a label, which is text
or a number whose names are in the file's metadata under `huggingface`.

Memory: pyarrow unpacks a page at a time. Hugging Face's pages hold 100 clips, which takes 0.3 GB for GTZAN, however
large the file is; other threads would read ahead.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from common.core.errors import DataError
from common.core.extras import require_extra
from common.core.words import listed
from data_pipeline.datasets.archives import MOST_MEMBER_BYTES, MOST_RATIO, SMALL_BYTES

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

# Few, because each row holds a whole file.
_ROWS = 8
# Of names and labels: a name is stored once for all rows that have it, and read once for each.
_LISTED_ROWS = 256
_MOST_TEXT_BYTES = 4096
# So many rows that take fewer bytes in the file, each, hold no audio: equal rows take none.
_MANY_ROWS, _LEAST_ROW_BYTES = 10_000, 64
_BUFFER_BYTES = 1 << 20
_PIECE_BYTES = 1 << 20


class AudioRows:
    """The rows of several .parquet files one after the other, see `open_audio_rows`.

    Args:
        paths: name of each row's audio file, with the folders that are stated.
        labels: of each row; None where there is no column of labels.
    """

    def __init__(self, files: Sequence[Path], label_column: str):
        self._files = files
        self.paths: list[PurePosixPath] = []
        self.labels: list[str] | None = []
        self._audio_bytes = 0
        for file in files:
            with _readable(file) as table:
                self._list(file, table, label_column)

    def _list(self, file: Path, table: "ParquetFile", label_column: str) -> None:
        columns = [field.name for field in table.schema_arrow]
        # Places of the columns as they are stored, in which a column of records is split.
        stored = {table.schema.column(place).path: place for place in range(len(table.schema.names))}
        if not {"audio.bytes", "audio.path"} <= set(stored):
            raise DataError(
                f"{file}: has the columns {listed(columns)}; expected audio, with bytes and path, as Hugging Face "
                "writes it."
            )
        wanted = [name for name in ("file", label_column) if name in columns]
        _require_plausible(file, table, stored, ["audio.path", *(name for name in wanted if name in stored)])
        rows: list[dict[str, Any]] = []
        for batch in table.iter_batches(batch_size=_LISTED_ROWS, columns=["audio.path", *wanted]):
            rows += batch.to_pylist()
        for row in rows:
            # The path inside `audio` is the file's name alone in most copies, and empty in some.
            named = row["audio"]["path"] if row["audio"] else None
            named = named or row.get("file") or ""
            if not isinstance(named, str):
                raise _of_another_type(file, "audio.path or file", named, "text")
            self.paths.append(PurePosixPath(named.replace("\\", "/")))
        if label_column not in columns:
            self.labels = None
        elif self.labels is not None:
            self.labels += _label_names(table, label_column, [row[label_column] for row in rows])
        groups = (table.metadata.row_group(group) for group in range(table.metadata.num_row_groups))
        self._audio_bytes += sum(group.column(stored["audio.bytes"]).total_uncompressed_size for group in groups)

    def total_bytes(self, places: Sequence[int]) -> int:
        """Bytes of the audio of all rows, of which some may be wanted only."""
        return self._audio_bytes if places else 0

    def contents(self, places: Sequence[int]) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Place and bytes, in pieces, of the audio of rows.

        Args:
            places: of rows in `paths`.

        Raises:
            DataError: a row holds no bytes, or a file is damaged.
        """
        wanted, place = set(places), 0
        for file in self._files:
            with _readable(file) as table:
                batches = table.iter_batches(batch_size=_ROWS, columns=["audio.bytes"], use_threads=False)
                while True:
                    with _damage_named(file):
                        batch = next(batches, None)
                    if batch is None:
                        break
                    for audio in batch.column("audio"):
                        if place in wanted:
                            yield place, _pieces(file, self.paths[place], audio)
                        place += 1


def _require_plausible(file: Path, table: "ParquetFile", stored: dict[str, int], texts: list[str]) -> None:
    """Refuse a file that is made to fill memory, by what it declares: more rows than it can hold audio of, audio that
    unpacks to far more than audio does, or texts longer than names are.

    Args:
        stored: name -> place of the columns as they are stored.
        texts: names of columns that are read as a whole.
    """
    packed, rows = file.stat().st_size, table.metadata.num_rows
    groups = [table.metadata.row_group(group) for group in range(table.metadata.num_row_groups)]
    if rows > _MANY_ROWS and packed < _LEAST_ROW_BYTES * rows:
        raise DataError(f"{file}: declares {rows:,} rows in {packed:,} bytes, too few for audio. Get the file anew.")
    unpacked = sum(group.column(stored["audio.bytes"]).total_uncompressed_size for group in groups)
    if unpacked > SMALL_BYTES and unpacked > MOST_RATIO * packed:
        raise DataError(
            f"{file}: holds {packed / 2**20:,.1f} MB that unpack to {unpacked / 2**20:,.0f} MB, which no file of audio "
            "does. It was not unpacked. Get it anew."
        )
    for name in texts:
        for group in groups:
            size = group.column(stored[name]).total_uncompressed_size
            if size > _MOST_TEXT_BYTES * max(group.num_rows, _LISTED_ROWS):
                raise DataError(
                    f"{file}: its column {name} takes {size:,} bytes for {group.num_rows:,} rows, expected names of at "
                    f"most {_MOST_TEXT_BYTES:,} bytes. Get the file anew."
                )


def _pieces(file: Path, path: PurePosixPath, audio: Any) -> Iterator[bytes]:
    from pyarrow import BinaryScalar

    stored = audio["bytes"] if audio.is_valid else None
    if stored is None or not stored.is_valid:
        raise DataError(
            f"{file}: the row of {path} holds a path and no audio. Get the copy of the data set that holds the audio."
        )
    if not isinstance(stored, BinaryScalar):
        raise _of_another_type(file, "audio.bytes", stored.as_py(), "bytes")
    content = stored.as_buffer()
    if content.size > MOST_MEMBER_BYTES:
        raise DataError(
            f"{file}: the audio of {path} takes {content.size / 2**20:,.0f} MB, expected a clip of at most "
            f"{MOST_MEMBER_BYTES >> 20} MB. Get the file anew."
        )
    for start in range(0, content.size, _PIECE_BYTES):
        yield content[start : start + _PIECE_BYTES].to_pybytes()


def _of_another_type(file: Path, column: str, value: Any, expected: str) -> DataError:
    return DataError(
        f"{file}: its column {column} holds {type(value).__name__}, expected {expected}, as Hugging Face writes it."
    )


def _label_names(table: "ParquetFile", column: str, values: list[Any]) -> list[str]:
    metadata = (table.schema_arrow.metadata or {}).get(b"huggingface")
    try:
        names = json.loads(metadata)["info"]["features"][column].get("names") if metadata else None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        names = None  # no description of the column that Hugging Face would write; numbers then stay numbers
    if isinstance(names, list):
        return [str(names[v] if isinstance(v, int) and 0 <= v < len(names) else v) for v in values]
    return [str(value) for value in values]


@contextmanager
def open_audio_rows(files: Sequence[Path], *, label_column: str) -> Iterator[AudioRows]:
    """Open .parquet files, and list the names and labels of all rows.

    Raises:
        ExtraError: pyarrow is not installed.
        DataError: a file is damaged, or has no column of audio.
    """
    require_extra("parquet", needed_by=str(files[0]))
    yield AudioRows(files, label_column)


@contextmanager
def _readable(file: Path) -> Iterator["ParquetFile"]:
    from pyarrow import parquet

    with _damage_named(file):
        table = parquet.ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False)
    with table, _damage_named(file):
        yield table


@contextmanager
def _damage_named(file: Path) -> Iterator[None]:
    from pyarrow import ArrowException

    try:
        yield
    # ValueError: text that is not UTF-8.
    except (ArrowException, OSError, ValueError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise DataError(
            f"{file}: cannot be read as a .parquet file ({reason}). It may be damaged, or not fully downloaded: get it "
            "anew."
        ) from error
