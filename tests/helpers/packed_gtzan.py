"""Clips of GTZAN as they come packed: archives, and Hugging Face's tables."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

from data_pipeline.datasets.gtzan import GENRES


def tar_member(name: str, content: bytes = b"", **values) -> tuple[tarfile.TarInfo, bytes]:
    """A member of an archive; `values` are fields of its header, also ones that do not fit the content."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in values.items():
        setattr(info, field, value)
    return info, content


def write_tar(file: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> Path:
    """Write an archive of the given members."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, mode) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return file


def write_zip(file: Path, contents: dict[str, bytes]) -> Path:
    """Write an archive of member -> content."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return file


def write_parquet(
    file: Path,
    clips: dict[str, bytes | None],
    *,
    labels: dict[str, str] | None = None,
    as_text: bool = False,
    group_rows: int | None = None,
) -> Path:
    """Write a table of clip -> bytes of its WAV as Hugging Face does.

    Args:
        labels: genres that differ from those in the names.
        as_text: whether genres are text instead of numbers whose names are in the metadata.
        group_rows: rows of a row group.
    """
    import pyarrow
    from pyarrow import parquet

    genres = [(labels or {}).get(clip, clip.split(".")[0]) for clip in clips]
    audio = [{"bytes": content, "path": f"{clip}.wav"} for clip, content in clips.items()]
    kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    table = pyarrow.table(
        {
            "file": [f"/storage/genres/{clip.split('.')[0]}/{clip}.wav" for clip in clips],
            "audio": pyarrow.array(audio, kind),
            "genre": genres if as_text else [GENRES.index(genre) for genre in genres],
        }
    )
    described = {"info": {"features": {"genre": {"names": list(GENRES), "_type": "ClassLabel"}}}}
    table = table.replace_schema_metadata(None if as_text else {"huggingface": json.dumps(described)})
    file.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, file, row_group_size=group_rows)
    return file
